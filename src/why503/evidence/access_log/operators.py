"""Envoy's access log operators: which field each one fills and what its value looks like."""

import re

from why503.evidence.access_log.timestamp import (
    DEFAULT_PATTERN,
    TimeParser,
    compile_time,
    guess_time,
)
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

OPERATOR = lazy_re(r"%%|%([A-Z][A-Z0-9_]{1,60})(?:\((.{0,400}?)\))?(?::\d{1,6})?%", re.DOTALL)
"""One operator; groups: its name, the text between its parentheses."""

_PLAIN: dict[str, str] = {
    "START_TIME": "time",
    "START_TIME_LOCAL": "time",
    "PATH": "path",
    "PROTOCOL": "protocol",
    "RESPONSE_CODE": "code",
    "RESPONSE_FLAGS": "flags",
    "RESPONSE_FLAGS_LONG": "flags",
    "RESPONSE_CODE_DETAILS": "details",
    "CONNECTION_TERMINATION_DETAILS": "termination_details",
    "UPSTREAM_TRANSPORT_FAILURE_REASON": "transport_failure",
    "BYTES_RECEIVED": "bytes_received",
    "BYTES_SENT": "bytes_sent",
    "DURATION": "duration",
    "RESPONSE_DURATION": "upstream_service_time",
    "UPSTREAM_HOST": "upstream_host",
    "UPSTREAM_REMOTE_ADDRESS": "upstream_host",
    "UPSTREAM_CLUSTER": "upstream_cluster",
    "UPSTREAM_CLUSTER_RAW": "upstream_cluster",
    "UPSTREAM_LOCAL_ADDRESS": "upstream_local",
    "DOWNSTREAM_LOCAL_ADDRESS": "downstream_local",
    "DOWNSTREAM_REMOTE_ADDRESS": "downstream_remote",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": "downstream_remote",
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": "downstream_remote",
    "REQUESTED_SERVER_NAME": "server_name",
    "ROUTE_NAME": "route",
}
_HEADERS: dict[str, str] = {
    ":METHOD": "method",
    ":PATH": "path",
    "X-ENVOY-ORIGINAL-PATH": "path",
    "X-FORWARDED-FOR": "forwarded_for",
    "USER-AGENT": "user_agent",
    "X-REQUEST-ID": "request_id",
    ":AUTHORITY": "authority",
    "HOST": "authority",
}
_OTHERS = frozenset(
    """
    REQ RESP TRAILER DYNAMIC_METADATA FILTER_STATE CLUSTER_METADATA UPSTREAM_METADATA
    METADATA CEL REQUEST_DURATION RESPONSE_TX_DURATION COMMON_DURATION HOSTNAME ENVIRONMENT
    STREAM_ID TRACE_ID CONNECTION_ID UPSTREAM_CONNECTION_ID GRPC_STATUS GRPC_STATUS_NUMBER
    VIRTUAL_CLUSTER_NAME UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_WIRE_BYTES_SENT
    UPSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT DOWNSTREAM_WIRE_BYTES_RECEIVED
    DOWNSTREAM_TLS_VERSION DOWNSTREAM_TLS_CIPHER DOWNSTREAM_PEER_URI_SAN
    DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_REMOTE_PORT
    DOWNSTREAM_LOCAL_PORT UPSTREAM_HOST_NAME UPSTREAM_PROTOCOL BYTES_RETRANS
    UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
    UPSTREAM_TLS_VERSION DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
    DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_TRANSPORT_FAILURE_REASON
    FILTER_CHAIN_NAME ACCESS_LOG_TYPE UNIQUE_ID EMIT_TIME LOCAL_REPLY_BODY
    REQUEST_HEADERS_BYTES RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES
    UPSTREAM_PEER_URI_SAN UPSTREAM_PEER_SUBJECT CUSTOM_FLAGS QUERY_PARAM QUERY_PARAMS
    TLS_JA3_FINGERPRINT UPSTREAM_CONNECTION_POOL_READY_DURATION ROUNDTRIP_DURATION
    """.split()  # noqa: SIM905 - a list of sixty quoted names reads worse
)
_STRICT: dict[str, str] = {
    "code": r"(?:\d{3}|0|-)",
    "flags": r"(?:[A-Z][A-Za-z0-9_]{1,40}(?:,[A-Z][A-Za-z0-9_]{1,40}){0,15}|-)",
    "bytes_received": r"(?:\d{1,18}|-)",
    "bytes_sent": r"(?:\d{1,18}|-)",
    "duration": r"(?:\d{1,15}(?:\.\d{1,9})?|-)",
    "upstream_service_time": r"(?:\d{1,15}|-)",
    "method": r"[^\s\"/]{1,60}",
    "protocol": r"(?:HTTP/[0-9.]{1,4}|-)",
}
_QUOTED_STRICT = {"upstream_host": r'(?:[^\s"]{1,300}:\d{1,5}|[^\s"]{0,300}/[^\s"]{0,300}|-|)'}


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One `%OPERATOR%` of a format string."""

    name: str
    field: str | None
    """The `Request` attribute that it fills, or None."""
    typed: str
    """Pattern of its values without capturing groups, or ``""`` where any text may stand."""
    quoted: str = ""
    """Pattern between double quotes, or ``""`` for any text without quotes."""
    parse_time: TimeParser | None = None


def is_operator(name: str) -> bool:
    """True for the name of an operator that Envoy has."""
    return name in _PLAIN or name in _OTHERS


def _header_field(name: str, argument: str) -> str | None:
    headers = [part.strip().upper() for part in argument.split("?")]
    if name == "RESP":
        return "upstream_service_time" if "X-ENVOY-UPSTREAM-SERVICE-TIME" in headers else None
    return next((_HEADERS[header] for header in headers if header in _HEADERS), None)


def operator(name: str, argument: str | None) -> Operator:
    """The operator called ``name`` with the text between its parentheses."""
    is_header = name in {"REQ", "RESP"}
    field = _header_field(name, argument or "") if is_header else _PLAIN.get(name)
    typed = _STRICT.get(field or "", "")
    parse: TimeParser | None = None
    if field == "time":
        typed, parse = DEFAULT_PATTERN, guess_time
        if argument and "%" in argument:
            typed, parse = compile_time(argument)
    return Operator(
        name=name,
        field=field,
        typed=typed,
        quoted=_QUOTED_STRICT.get(field or "", ""),
        parse_time=parse,
    )
