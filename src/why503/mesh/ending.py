"""How a request ended, in one vocabulary for every Envoy version, log format and witness.

Response code details say it best; then the flags, the body a client saw, and last the length of the
body that Envoy writes by itself. Sources: Envoy `router.cc`, `stream_info.h`, `utility.cc`
(1.10-1.40) and measurements on 1.40.0.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from why503.facts import Request
from why503.mesh.envoy_body import BODY, WRITTEN_BY_ENVOY, ending_words_of_length


class Ending(StrEnum):
    """How one account of a request says that it ended."""

    OK = "ok"
    CONNECTION_TERMINATION = "connection termination"
    """UC: the upstream connection was established, then closed or reset before the answer was whole."""
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_TIMEOUT = "connection timeout"
    NO_ROUTE_TO_HOST = "no route to host"
    """errno 113 or 101: the network, or a packet filter that rejects, says that there is no way."""
    CONNECTION_FAILURE = "connection failure"
    """UF and nothing more is told (Envoy before 1.27 says no more than this)."""
    TLS_FAILURE = "TLS failure"
    REMOTE_RESET = "remote reset"
    REFUSED_STREAM = "remote refused stream reset"
    LOCAL_RESET = "local reset"
    PROTOCOL_ERROR = "protocol error"
    OVERFLOW = "overflow"
    NO_HEALTHY_UPSTREAM = "no healthy upstream"
    NO_ROUTE = "no route"
    NO_CLUSTER = "no cluster"
    NO_FILTER_CHAIN = "no filter chain"
    BLOCKED = "blocked"
    """REGISTRY_ONLY: the catch-all host `block_all` or the `BlackHoleCluster` took the request."""
    RESPONSE_TIMEOUT = "response timeout"
    PER_TRY_TIMEOUT = "per try timeout"
    STREAM_IDLE_TIMEOUT = "stream idle timeout"
    MAX_DURATION = "max duration"
    REQUEST_TIMEOUT = "request timeout"
    """The client did not send its whole request, or its headers, in time."""
    CLIENT_GONE = "client gone"
    PROXY_CLOSED = "proxy closed"
    """The proxy itself closed the client's connection, as when it shuts down."""
    DOWNSTREAM_PROTOCOL_ERROR = "downstream protocol error"
    RATE_LIMITED = "rate limited"
    RATE_LIMIT_ERROR = "rate limit service error"
    EXT_AUTHZ_DENIED = "ext_authz denied"
    EXT_AUTHZ_ERROR = "ext_authz error"
    RBAC_DENIED = "RBAC denied"
    JWT_DENIED = "JWT denied"
    FAULT_ABORT = "fault abort"
    FAULT_DELAY = "fault delay"
    OVERLOAD = "overload"
    DNS_FAILURE = "DNS failure"
    FILTER_FAILED = "filter failed"
    DIRECT_RESPONSE = "direct response"
    VIA_UPSTREAM = "via upstream"
    """The answer came from the upstream; this proxy passed it on."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one witness says that a request ended."""

    ending: Ending
    transport: str = ""
    """Transport failure reason with blanks for underscores, or ``""``."""
    errno: int | None = None
    """Number of the failed connect(), where told (Linux)."""
    detail: str = ""
    """Name of the response code details, or the policy, filter or codec word inside them."""
    after_headers: bool = False
    """The answer had begun: its code says nothing about how it ended."""
    retried: bool = False
    """The proxy had tried again and its retries were used up (URX, or the body says so)."""
    surmised: bool = False
    """Known only from the length of the body or from the code."""
    behind: Ending | None = None
    """With VIA_UPSTREAM: what the proxy behind wrote, where the body or its length betrays it."""


_DETAILS = re.compile(
    r"^(?P<name>[A-Za-z0-9_.]{1,120})(?:\{(?P<reason>[^,|{}]{0,200})(?:[,|](?P<transport>.*?))?\}?)?$", re.DOTALL
)
_POLICY = re.compile(r"^rbac_access_denied_matched_policy\[(?P<policy>.*?)\]?$", re.DOTALL)

_RESETS: dict[str, Ending] = {
    "connection termination": Ending.CONNECTION_TERMINATION,
    "connection failure": Ending.CONNECTION_FAILURE,
    "local connection failure": Ending.CONNECTION_FAILURE,
    "remote connection failure": Ending.CONNECTION_FAILURE,
    "connection timeout": Ending.CONNECTION_TIMEOUT,
    "local reset": Ending.LOCAL_RESET,
    "local refused stream reset": Ending.LOCAL_RESET,
    "HTTP/1 premature upstream half close": Ending.LOCAL_RESET,
    "remote reset": Ending.REMOTE_RESET,
    "remote refused stream reset": Ending.REFUSED_STREAM,
    "remote error with CONNECT request": Ending.REMOTE_RESET,
    "overflow": Ending.OVERFLOW,
    "protocol error": Ending.PROTOCOL_ERROR,
    "overload manager reset": Ending.OVERLOAD,
}

_NAMES: dict[str, Ending] = {
    "via_upstream": Ending.VIA_UPSTREAM,
    "direct_response": Ending.DIRECT_RESPONSE,
    "response_timeout": Ending.RESPONSE_TIMEOUT,
    "upstream_response_timeout": Ending.RESPONSE_TIMEOUT,
    "upstream_per_try_timeout": Ending.PER_TRY_TIMEOUT,
    "upstream_per_try_idle_timeout": Ending.PER_TRY_TIMEOUT,
    "upstream_max_stream_duration_reached": Ending.MAX_DURATION,
    "max_duration_timeout": Ending.MAX_DURATION,
    "duration_timeout": Ending.MAX_DURATION,
    "stream_idle_timeout": Ending.STREAM_IDLE_TIMEOUT,
    "request_overall_timeout": Ending.REQUEST_TIMEOUT,
    "request_header_timeout": Ending.REQUEST_TIMEOUT,
    "no_healthy_upstream": Ending.NO_HEALTHY_UPSTREAM,
    "cluster_not_found": Ending.NO_CLUSTER,
    "route_not_found": Ending.NO_ROUTE,
    "route_configuration_not_found": Ending.NO_ROUTE,
    "filter_chain_not_found": Ending.NO_FILTER_CHAIN,
    "maintenance_mode": Ending.OVERFLOW,
    "drop_overload": Ending.OVERLOAD,
    "unconditional_drop_overload": Ending.OVERLOAD,
    "overload": Ending.OVERLOAD,
    "downstream_remote_disconnect": Ending.CLIENT_GONE,
    "http2.remote_reset": Ending.CLIENT_GONE,
    "http2.remote_refuse": Ending.CLIENT_GONE,
    "http3.remote_reset": Ending.CLIENT_GONE,
    "http3.remote_refuse": Ending.CLIENT_GONE,
    "low_version": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "missing_host_header": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "path_normalization_failed": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "missing_path_rejected": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "absolute_path_rejected": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "invalid_path": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "request_headers_failed_strict_check": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "local_rate_limited": Ending.RATE_LIMITED,
    "request_rate_limited": Ending.RATE_LIMITED,
    "rate_limiter_error": Ending.RATE_LIMIT_ERROR,
    "ext_authz_denied": Ending.EXT_AUTHZ_DENIED,
    "ext_authz_error": Ending.EXT_AUTHZ_ERROR,
    "ext_authz_invalid": Ending.EXT_AUTHZ_ERROR,
    "jwt_authn_access_denied": Ending.JWT_DENIED,
    "fault_filter_abort": Ending.FAULT_ABORT,
    "dns_resolution_failure": Ending.DNS_FAILURE,
    "dns_resolution_timeout": Ending.DNS_FAILURE,
    "wasm_fail_stream": Ending.FILTER_FAILED,
    "lua_response": Ending.FILTER_FAILED,
    "filter_removed_required_response_headers": Ending.FILTER_FAILED,
    "filter_removed_required_request_headers": Ending.FILTER_FAILED,
    "filter_added_invalid_request_data": Ending.FILTER_FAILED,
    "filter_added_invalid_response_data": Ending.FILTER_FAILED,
}

_FLAGS: tuple[tuple[str, Ending], ...] = (
    ("FI", Ending.FAULT_ABORT),
    ("UAEX", Ending.EXT_AUTHZ_DENIED),
    ("RLSE", Ending.RATE_LIMIT_ERROR),
    ("RL", Ending.RATE_LIMITED),
    ("UO", Ending.OVERFLOW),
    ("UH", Ending.NO_HEALTHY_UPSTREAM),
    ("NC", Ending.NO_CLUSTER),
    ("NR", Ending.NO_ROUTE),
    ("UF", Ending.CONNECTION_FAILURE),
    ("UC", Ending.CONNECTION_TERMINATION),
    ("UPE", Ending.PROTOCOL_ERROR),
    ("UR", Ending.REMOTE_RESET),
    ("LR", Ending.LOCAL_RESET),
    ("UT", Ending.RESPONSE_TIMEOUT),
    ("SI", Ending.STREAM_IDLE_TIMEOUT),
    ("UMSDR", Ending.MAX_DURATION),
    ("DT", Ending.MAX_DURATION),
    ("DPE", Ending.DOWNSTREAM_PROTOCOL_ERROR),
    ("IH", Ending.DOWNSTREAM_PROTOCOL_ERROR),
    ("OM", Ending.OVERLOAD),
    ("DO", Ending.OVERLOAD),
    ("UDO", Ending.OVERLOAD),
    ("DF", Ending.DNS_FAILURE),
    ("NFCF", Ending.FILTER_FAILED),
    ("LH", Ending.NO_HEALTHY_UPSTREAM),
    ("DC", Ending.CLIENT_GONE),
    ("DR", Ending.CLIENT_GONE),
    ("DI", Ending.FAULT_DELAY),
    ("URX", Ending.VIA_UPSTREAM),
)
"""First match wins: what decided before what followed from it."""

_ERRNO = re.compile(r"connect error:? ?(?P<number>\d{1,3})\b")
_ERRNO_WORDS = {
    "Connection refused": 111,
    "No route to host": 113,
    "Connection timed out": 110,
    "Network is unreachable": 101,
    "Connection reset by peer": 104,
    "Cannot assign requested address": 99,
    "Too many open files": 24,
}
_CONNECT_ERRNO = {
    111: Ending.CONNECTION_REFUSED,
    113: Ending.NO_ROUTE_TO_HOST,
    101: Ending.NO_ROUTE_TO_HOST,
    110: Ending.CONNECTION_TIMEOUT,
}


def outcome_of(request: Request) -> Outcome:
    """How this witness says that the request ended."""
    return _by_details(request) or _by_flags(request) or _by_body(request) or _by_code(request)


def _words(text: str) -> str:
    return text.replace("_", " ").strip()


def _is_blocked(request: Request) -> bool:
    return request.route == "block_all" or request.upstream_cluster == "BlackHoleCluster"


def _by_details(request: Request) -> Outcome | None:
    details = (request.details or "").strip()
    if not details:
        return None
    if _is_blocked(request):
        return Outcome(ending=Ending.BLOCKED, detail=details)
    if policy := _POLICY.match(details):
        return Outcome(ending=Ending.RBAC_DENIED, detail=policy["policy"])
    if details.startswith("downstream_local_disconnect"):
        return Outcome(ending=Ending.PROXY_CLOSED, detail=details)
    found = _DETAILS.match(details)
    if not found:
        return None
    name, reason = found["name"], found["reason"] or ""
    if name in {"upstream_reset_before_response_started", "upstream_reset_after_response_started"}:
        transport = _words(found["transport"] or "") or _words(request.transport_failure or "")
        return _reset(_words(reason), transport, request, after=name.startswith("upstream_reset_after"))
    ending = _NAMES.get(name) or _codec_or_filter(name)
    if ending is None:
        return None
    if ending is Ending.VIA_UPSTREAM:
        return _via_upstream(request)
    return Outcome(ending=ending, detail=reason or name, retried=_used_up(request))


def _codec_or_filter(name: str) -> Ending | None:
    if name.startswith(("http1.", "http2.", "http3.")):
        return Ending.DOWNSTREAM_PROTOCOL_ERROR
    if name.startswith(("ext_proc_error", "grpc_json_transcode", "early_grpc_json_transcode")):
        return Ending.FILTER_FAILED
    return None


def _used_up(request: Request) -> bool:
    return "URX" in (request.flags or ())


def _via_upstream(request: Request) -> Outcome:
    code = request.code or 0
    failed = code >= 400 or _used_up(request)
    return Outcome(
        ending=Ending.VIA_UPSTREAM if failed else Ending.OK,
        retried=_used_up(request),
        behind=_behind(request) if failed else None,
    )


def _behind(request: Request) -> Ending | None:
    """What a proxy behind wrote, from the body or its exact length (Envoy's texts are fixed)."""
    if request.body and (told := _by_body(request)):
        return told.ending
    if request.code in WRITTEN_BY_ENVOY and request.bytes_sent:
        words = ending_words_of_length(request.bytes_sent, request.code)
        return Ending(words) if words else None
    return None


def _reset(reason: str, transport: str, request: Request, *, after: bool = False, retried: bool = False) -> Outcome:
    ending = _RESETS.get(reason, Ending.UNKNOWN)
    number = errno_of(transport)
    if "TLS error" in transport and ending in {Ending.CONNECTION_FAILURE, Ending.UNKNOWN}:
        ending = Ending.TLS_FAILURE
    elif ending is Ending.CONNECTION_FAILURE and number is not None:
        ending = _CONNECT_ERRNO.get(number, ending)
    return Outcome(
        ending=ending,
        transport=transport,
        errno=number,
        detail=reason,
        after_headers=after,
        retried=retried or _used_up(request),
    )


def errno_of(transport: str) -> int | None:
    """Linux errno in a transport failure reason, as number (Envoy 1.20-1.30) or in words (1.31+)."""
    if "connect error" not in transport:
        return None
    if found := _ERRNO.search(transport):
        return int(found["number"])
    return next((number for words, number in _ERRNO_WORDS.items() if words in transport), None)


def _by_flags(request: Request) -> Outcome | None:
    flags = request.flags
    if not flags:
        return None
    if _is_blocked(request):
        return Outcome(ending=Ending.BLOCKED)
    ending = next((found for flag, found in _FLAGS if flag in flags), Ending.UNKNOWN)
    transport = _words(request.transport_failure or "")
    if ending in {Ending.CONNECTION_FAILURE, Ending.CONNECTION_TERMINATION}:
        reason = "connection failure" if ending is Ending.CONNECTION_FAILURE else "connection termination"
        return _reset(_told_by_length(request) or reason, transport, request)
    if ending is Ending.NO_ROUTE:
        ending = _no_route(request)
    if ending is Ending.VIA_UPSTREAM:
        return _via_upstream(request)
    return Outcome(ending=ending, transport=transport, retried=_used_up(request))


def _told_by_length(request: Request) -> str:
    """Reset reason where the body's length tells a connect timeout from a refusal (Envoy 1.27+)."""
    if request.code not in WRITTEN_BY_ENVOY or not request.bytes_sent:
        return ""
    words = ending_words_of_length(request.bytes_sent, request.code)
    return "connection timeout" if words == "connection timeout" and request.bytes_sent != AMBIGUOUS else ""


AMBIGUOUS = 91
"""`connection timeout` and (before 1.27) `connection failure` give bodies of this one length."""


def _no_route(request: Request) -> Ending:
    """NR is 404 for a missing route; Envoy before 1.18 wrote 503 NR for a missing cluster."""
    if not request.method and not request.code:
        return Ending.NO_FILTER_CHAIN
    return Ending.NO_CLUSTER if request.code == 503 else Ending.NO_ROUTE


def _by_body(request: Request) -> Outcome | None:
    found = BODY.search(request.body or "")
    if not found:
        return None
    if words := found["short"]:
        return Outcome(ending=Ending(WRITTEN_BY_ENVOY_SHORT[words.lower()]), detail=words)
    if not found["reason"]:
        return Outcome(ending=Ending.UNKNOWN, detail="reset", surmised=True)
    return _reset(
        _words(found["reason"]), _words(found["transport"] or ""), request, retried=bool(found["retried"])
    )


WRITTEN_BY_ENVOY_SHORT = {
    "no healthy upstream": "no healthy upstream",
    "upstream request timeout": "response timeout",
    "stream timeout": "stream idle timeout",
    "rbac: access denied": "RBAC denied",
    "fault filter abort": "fault abort",
    "local_rate_limited": "rate limited",
    "upstream max stream duration reached": "max duration",
    "envoy overloaded": "overload",
    "dns resolution failure": "DNS failure",
    "jwt is missing": "JWT denied",
    "jwks remote fetch is failed": "JWT denied",
    "jwt verification fails": "JWT denied",
    "jwt is expired": "JWT denied",
}
"""Whole bodies of Envoy's own, in lower case, and the ending each tells."""


def _by_code(request: Request) -> Outcome:
    code = request.code
    if code is None:
        return Outcome(ending=Ending.UNKNOWN, surmised=True)
    if code == 0:
        ending = Ending.CLIENT_GONE if request.method else Ending.OK
        return Outcome(ending=ending, surmised=True)
    if code < 400:
        return Outcome(ending=Ending.OK)
    if _is_blocked(request):
        return Outcome(ending=Ending.BLOCKED)
    behind = _behind(request)
    if request.upstream_service_time is not None or request.flags == frozenset():
        return Outcome(ending=Ending.VIA_UPSTREAM, behind=behind)
    if request.flags is None and behind is not None:
        return Outcome(ending=behind, surmised=True)
    return Outcome(ending=Ending.UNKNOWN, surmised=True)
