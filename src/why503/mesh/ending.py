"""How a request ended, in one vocabulary for every Envoy version, log format and witness.

Response code details say it best; then the flags, the body a client saw, and last the length of the
body that Envoy writes by itself. Sources: Envoy `router.cc`, `stream_info.h`, `utility.cc`
(1.10-1.40) and measurements on 1.40.0.
"""

import re

from why503.facts import Request, Witness
from why503.mesh.ending_name import FLAGS, NAMES, RESETS, SHORT_BODIES, Ending
from why503.mesh.envoy_body import (
    AMBIGUOUS_LENGTH,
    BODY,
    DENIALS,
    RBAC_LENGTH,
    WRITTEN_BY_ENVOY,
    ending_words_of_length,
)
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

__all__ = ["Ending", "Outcome", "errno_of", "outcome_of"]


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


_DETAILS = lazy_re(
    r"^(?P<name>[A-Za-z0-9_.-]{1,120})"
    r"(?:\{(?P<reason>[^,|{}]{0,200})(?:[,|{](?P<transport>.*?))?\}?)?$",
    re.DOTALL,
)
_POLICY = lazy_re(r"^rbac_access_denied_matched_policy\[(?P<policy>.*?)\]?$", re.DOTALL)

_ERRNO = lazy_re(r"connect error:? ?(?P<number>\d{1,3})\b")
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


BARE_RESET = "reset"
"""Detail of a body that says no more than `upstream connect error` (Envoy before 1.10, or cut)."""
HEADERS_TOO_LARGE = "headers too large"
"""Detail of a 431 of which only the code is told: a proxy or the server behind it gave it."""
_HEADERS_TOO_LARGE = 431
_UPGRADE_REQUIRED = 426
BODY_TOO_LARGE = "request_payload_too_large"
"""Detail of a 413: a filter that buffers the body found it longer than the proxy's buffer."""
_TOO_LARGE = 413


def outcome_of(request: Request) -> Outcome:
    """How this witness says that the request ended."""
    return (
        _by_details(request)
        or _by_termination(request)
        or _by_flags(request)
        or _by_body(request)
        or _by_code(request)
    )


def _words(text: str) -> str:
    return " ".join(text.replace("_", " ").split())


def _is_blocked(request: Request) -> bool:
    return request.route == "block_all" or request.upstream_cluster == "BlackHoleCluster"


def _begun(request: Request) -> bool:
    """True where part of a good answer was sent (a gRPC error has code 200 too, but no body)."""
    return 0 < (request.code or 0) < 400 and bool(request.bytes_sent)


def _used_up(request: Request) -> bool:
    return "URX" in (request.flags or ())


# Details


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
    if found is None:
        return None
    name, reason = found["name"], found["reason"] or ""
    if name in {"upstream_reset_before_response_started", "upstream_reset_after_response_started"}:
        transport = _words(found["transport"] or "") or _words(request.transport_failure or "")
        return _by_reset(
            request, _words(reason), transport, after=name.startswith("upstream_reset_a")
        )
    return _by_name(request, name, reason)


def _by_reset(request: Request, reason: str, transport: str, *, after: bool) -> Outcome | None:
    if reason in RESETS:
        return _reset(reason, transport, request, after=after)
    return (
        None
        if request.flags
        else Outcome(ending=Ending.UNKNOWN, detail=reason, after_headers=after)
    )


def _by_name(request: Request, name: str, reason: str) -> Outcome | None:
    ending = NAMES.get(name) or _codec_or_filter(name)
    if ending is Ending.VIA_UPSTREAM:
        cut_off = request.flags and (request.code or 0) < 400
        return None if cut_off else _via_upstream(request)
    if ending is not None:
        return Outcome(
            ending=ending,
            detail=reason or name,
            after_headers=_begun(request),
            retried=_used_up(request),
        )
    if request.flags or (request.code or 0) < 400:
        return None
    return Outcome(ending=Ending.UNKNOWN, detail=name)


def _codec_or_filter(name: str) -> Ending | None:
    if name.startswith(("http1.", "http2.", "http3.")):
        return Ending.DOWNSTREAM_PROTOCOL_ERROR
    if name.startswith(("ext_proc_error", "grpc_json_transcode", "early_grpc_json_transcode")):
        return Ending.FILTER_FAILED
    return Ending.NO_HEALTHY_UPSTREAM if name.startswith("health_check_failed") else None


def _by_termination(request: Request) -> Outcome | None:
    """A TCP connection that a policy denied says so in its connection termination details."""
    policy = _POLICY.match((request.termination_details or "").strip())
    return Outcome(ending=Ending.RBAC_DENIED, detail=policy["policy"]) if policy else None


# Answers that were passed on

_AT_ONCE = 20.0
"""Milliseconds within which a filter of a proxy behind denies; an application may take longer."""


def _via_upstream(request: Request) -> Outcome:
    failed = (request.code or 0) >= 400 or _used_up(request)
    behind = _behind(request) if failed else None
    return Outcome(
        ending=Ending.VIA_UPSTREAM if failed else Ending.OK,
        retried=_used_up(request),
        surmised=behind is not None and not request.body,
        behind=behind,
    )


def _behind(request: Request) -> Ending | None:
    """What a proxy behind wrote, from the body or its exact length (Envoy's texts are fixed)."""
    if request.body:
        told = _by_body(request)
        return told.ending if told else None
    if request.code not in WRITTEN_BY_ENVOY or not request.bytes_sent:
        return None
    if request.code in DENIALS and (request.upstream_service_time or 0.0) > _AT_ONCE:
        return None
    if request.bytes_sent == AMBIGUOUS_LENGTH and request.details is None:
        return Ending.CONNECTION_FAILURE
    words = ending_words_of_length(request.bytes_sent, request.code)
    return Ending(words) if words else None


# Resets


def _reset(
    reason: str,
    transport: str,
    request: Request,
    *,
    after: bool = False,
    retried: bool = False,
) -> Outcome:
    ending = RESETS.get(reason, Ending.UNKNOWN)
    number = errno_of(transport)
    if "TLS error" in transport and ending in _CAN_BE_TLS:
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


_CAN_BE_TLS = frozenset({Ending.CONNECTION_FAILURE, Ending.CONNECTION_TERMINATION, Ending.UNKNOWN})
"""With TLS 1.3 the alert that refuses our certificate comes after the handshake."""


def errno_of(transport: str) -> int | None:
    """Linux errno in a transport failure reason: a number (Envoy 1.20-1.30) or words (1.31+)."""
    if "connect error" not in transport:
        return None
    if found := _ERRNO.search(transport):
        return int(found["number"])
    return next((number for words, number in _ERRNO_WORDS.items() if words in transport), None)


# Flags


def _by_flags(request: Request) -> Outcome | None:
    flags = request.flags
    if not flags:
        return None
    if _is_blocked(request):
        return Outcome(ending=Ending.BLOCKED)
    ending = next((found for flag, found in FLAGS if flag in flags), Ending.UNKNOWN)
    code = request.code or 0
    if ending in {Ending.FAULT_DELAY, Ending.UNKNOWN} and code:
        # A delay, the cache or an extension's flag: the code says whether it went well.
        return Outcome(ending=ending) if code < 400 else None
    if ending is Ending.VIA_UPSTREAM:
        return _via_upstream(request)
    transport = _words(request.transport_failure or "")
    if ending in {Ending.CONNECTION_FAILURE, Ending.CONNECTION_TERMINATION}:
        reason = _told_by_length(request) or ending.value
        return _reset(reason, transport, request, after=_begun(request))
    if ending is Ending.NO_ROUTE:
        ending = _no_route(request)
    return Outcome(
        ending=ending,
        transport=transport,
        after_headers=_begun(request),
        retried=_used_up(request),
    )


def _told_by_length(request: Request) -> str:
    """`connection timeout` where UF and the body's length say so; ``""`` otherwise."""
    if request.code not in WRITTEN_BY_ENVOY or request.bytes_sent in {None, AMBIGUOUS_LENGTH}:
        return ""
    words = ending_words_of_length(request.bytes_sent or 0, request.code or 0)
    return words if words == Ending.CONNECTION_TIMEOUT and "UF" in (request.flags or ()) else ""


def _no_route(request: Request) -> Ending:
    """NR is 404 for a missing route; Envoy before 1.18 wrote 503 NR for a missing cluster."""
    if not request.method and not request.code:
        return Ending.NO_FILTER_CHAIN
    return Ending.NO_CLUSTER if request.code == 503 else Ending.NO_ROUTE


# Bodies and codes


def _by_body(request: Request) -> Outcome | None:
    found = BODY.search(request.body or "")
    if not found:
        cut = (request.body or "").startswith("upstream connect error")
        return Outcome(ending=Ending.UNKNOWN, detail=BARE_RESET, surmised=True) if cut else None
    if words := found["short"]:
        return Outcome(ending=SHORT_BODIES[" ".join(words.lower().split())], detail=words)
    if not found["reason"]:
        return Outcome(ending=Ending.UNKNOWN, detail=BARE_RESET, surmised=True)
    reason = _words(found["reason"])
    reason = next((known for known in RESETS if known.lower() == reason.lower()), reason)
    transport = _words(found["transport"] or "")
    return _reset(reason, transport, request, retried=bool(found["retried"]))


def _by_code(request: Request) -> Outcome:
    code = request.code
    if request.witness is Witness.CLIENT and request.transport_failure == "Connection refused":
        return Outcome(ending=Ending.CONNECTION_REFUSED, transport=request.transport_failure)
    if request.witness is Witness.CLIENT and request.transport_failure == "Connection timed out":
        return Outcome(ending=Ending.CONNECTION_TIMEOUT, transport=request.transport_failure)
    if request.witness is Witness.CLIENT and request.transport_failure == "Connection reset":
        return Outcome(ending=Ending.CONNECTION_TERMINATION, transport=request.transport_failure)
    if code is None or (code == 0 and request.witness is Witness.CLIENT):
        return Outcome(ending=Ending.UNKNOWN, surmised=True)
    if code == 0:
        ending = Ending.CLIENT_GONE if request.method else Ending.OK
        return Outcome(ending=ending, surmised=True)
    if code < 400:
        return Outcome(ending=Ending.OK)
    if _is_blocked(request):
        return Outcome(ending=Ending.BLOCKED)
    return _by_error_code(request)


def _is_proxys_own_404(request: Request) -> bool:
    """A client's 404 with Envoy's name, no time of an upstream, and nothing in it."""
    return (
        request.witness is Witness.CLIENT
        and request.code == 404
        and request.server in {"envoy", "istio-envoy"}
        and request.upstream_service_time is None
        and request.body is None
        and not request.bytes_sent
    )


def _is_refused_for_length(request: Request) -> bool:
    """A client's 413 without a body of an application and without the time of an upstream."""
    return (
        request.witness is Witness.CLIENT
        and request.code == _TOO_LARGE
        and request.upstream_service_time is None
        and (request.body or "").lower() in {"", "payload too large"}
    )


def _is_refused_for_version(request: Request) -> bool:
    """A client's 426 with Envoy's name and no time of an upstream: it had asked in HTTP/1.0."""
    return (
        request.witness is Witness.CLIENT
        and request.code == _UPGRADE_REQUIRED
        and request.server in {"envoy", "istio-envoy"}
        and request.upstream_service_time is None
    )


def _by_error_code(request: Request) -> Outcome:
    """An error code without flags, details or body."""
    behind = _behind(request)
    answered = request.upstream_service_time is not None
    alone = request.upstream_host == "" and not answered
    if alone and request.code == 403 and request.bytes_sent == RBAC_LENGTH:
        return Outcome(ending=Ending.RBAC_DENIED, surmised=True)
    if request.code == _HEADERS_TOO_LARGE and request.flags is None:
        return Outcome(
            ending=Ending.DOWNSTREAM_PROTOCOL_ERROR, detail=HEADERS_TOO_LARGE, surmised=True
        )
    if _is_refused_for_version(request):
        return Outcome(ending=Ending.DOWNSTREAM_PROTOCOL_ERROR, detail="low_version", surmised=True)
    if _is_refused_for_length(request):
        return Outcome(ending=Ending.FILTER_FAILED, detail=BODY_TOO_LARGE, surmised=True)
    if _is_proxys_own_404(request):
        return Outcome(ending=Ending.NO_ROUTE, surmised=True)
    if not alone and (answered or request.flags == frozenset()):
        return Outcome(ending=Ending.VIA_UPSTREAM, behind=behind, surmised=behind is not None)
    if request.flags is None and behind is not None:
        return Outcome(ending=behind, surmised=True)
    return Outcome(ending=Ending.UNKNOWN, surmised=True)
