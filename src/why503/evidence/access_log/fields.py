"""The fields of one access log line as written, and their plain values.

A line that was understood is a `Fields`: names of `Request` attributes to the text that stood
there, ``-`` where the value was missing; a field that the format lacks has no entry.
"""

from functools import lru_cache

from why503.support.pattern import lazy_re

Fields = dict[str, str]

LONG_FLAGS: dict[str, str] = {
    "NoHealthyUpstream": "UH",
    "UpstreamConnectionFailure": "UF",
    "UpstreamConnectionTermination": "UC",
    "UpstreamOverflow": "UO",
    "UpstreamRemoteReset": "UR",
    "LocalReset": "LR",
    "UpstreamRequestTimeout": "UT",
    "UpstreamRetryLimitExceeded": "URX",
    "NoRouteFound": "NR",
    "NoClusterFound": "NC",
    "DownstreamConnectionTermination": "DC",
    "DownstreamRemoteReset": "DR",
    "DownstreamProtocolError": "DPE",
    "UpstreamProtocolError": "UPE",
    "DurationTimeout": "DT",
    "StreamIdleTimeout": "SI",
    "UpstreamMaxStreamDurationReached": "UMSDR",
    "FailedLocalHealthCheck": "LH",
    "RateLimited": "RL",
    "RateLimitServiceError": "RLSE",
    "UnauthorizedExternalService": "UAEX",
    "InvalidEnvoyRequestHeaders": "IH",
    "DelayInjected": "DI",
    "FaultInjected": "FI",
    "ResponseFromCacheFilter": "RFCF",
    "NoFilterConfigFound": "NFCF",
    "OverloadManagerTerminated": "OM",
    "DnsResolutionFailed": "DF",
    "DropOverload": "DO",
    "UnconditionalDropOverload": "UDO",
}
"""`%RESPONSE_FLAGS_LONG%` to `%RESPONSE_FLAGS%`."""

KNOWN_FLAGS = frozenset(LONG_FLAGS.values())

MISSING = frozenset({"", "-"})

_FLAG_SEPARATOR = lazy_re(r"[\s,;|\[\]\"']+")
_NUMBER = lazy_re(r"([+-]?\d{1,18})(?:\.0*)?")
_TIME_SPAN = lazy_re(r"(\d{1,15}(?:\.\d{1,12})?)\s?(ns|us|µs|ms|s|m)?")
_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@lru_cache(maxsize=4096)
def flags_of(text: str) -> frozenset[str]:
    """Response flags of a field, short spelling, without ``-``."""
    words = (word for word in _FLAG_SEPARATOR.split(text) if word not in MISSING)
    return frozenset(LONG_FLAGS.get(word, word) for word in words)


def are_known_flags(text: str) -> bool:
    """True for ``-`` and for a list of Envoy's own flags, short or long."""
    return text == "-" or (bool(flags := flags_of(text)) and flags <= KNOWN_FLAGS)


def whole(text: str | None) -> int | None:
    """A whole number, or None where there is none."""
    if text is None:
        return None
    found = _NUMBER.fullmatch(text)
    return int(found.group(1)) if found else None


def milliseconds(text: str | None) -> float | None:
    """A time span in milliseconds (the unit where none is written), or None."""
    if text is None:
        return None
    found = _TIME_SPAN.fullmatch(text)
    return float(found.group(1)) * _MILLISECONDS[found.group(2) or "ms"] if found else None


def told(fields: Fields, name: str) -> str | None:
    """The text of a field: None where the format lacks it, ``""`` where its value is missing."""
    value = fields.get(name)
    return "" if value == "-" else value


def present(fields: Fields, name: str) -> bool:
    """True where the field is there and has a value."""
    return fields.get(name, "-") not in MISSING


_CUT_WITHOUT_A_FLAG = ("max_duration_timeout", "duration_timeout", "stream_idle_timeout")
"""Details of an answer that was cut off; its code may be 200 and its flags empty."""


def has_failed(fields: Fields, code: int | None, flags: frozenset[str]) -> bool:
    """True for a request that failed or carries a flag; never for a plain TCP line."""
    if flags or fields.get("details", "").startswith(_CUT_WITHOUT_A_FLAG):
        return True
    if code == 0:
        return any(present(fields, name) for name in ("method", "path", "protocol"))
    return code is not None and code >= 400
