"""The vocabulary of endings, and Envoy's own words for each: reset reasons, details, flags, bodies.

Sources: Envoy `stream_info.h`, `utility.cc`, `router.cc` and the filters' sources (1.10-1.40).
"""

from enum import StrEnum


class Ending(StrEnum):
    """How one account of a request says that it ended."""

    OK = "ok"
    CONNECTION_TERMINATION = "connection termination"
    """UC: the upstream connection was there, then closed or reset before the answer was whole."""
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


RESETS: dict[str, Ending] = {
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
"""Reset reasons inside `upstream_reset_..._response_started{...}` and in Envoy's own bodies."""

NAMES: dict[str, Ending] = {
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
    "request_payload_too_large": Ending.FILTER_FAILED,
    "response_payload_too_large": Ending.FILTER_FAILED,
    "lua_response": Ending.FILTER_FAILED,
    "filter_removed_required_response_headers": Ending.FILTER_FAILED,
    "filter_removed_required_request_headers": Ending.FILTER_FAILED,
    "filter_added_invalid_request_data": Ending.FILTER_FAILED,
    "filter_added_invalid_response_data": Ending.FILTER_FAILED,
    "rbac_access_denied": Ending.RBAC_DENIED,
    "upgrade_failed": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "early_connect_data": Ending.DOWNSTREAM_PROTOCOL_ERROR,
    "websocket_handshake_unsuccessful": Ending.VIA_UPSTREAM,
    "downstream_header_timeout": Ending.REQUEST_TIMEOUT,
    "denied_by_admission_control": Ending.OVERLOAD,
    "reached_concurrency_limit": Ending.OVERLOAD,
    "dns_cache_overflow": Ending.OVERFLOW,
    "dynamic_forward_proxy_pending_request_overflow": Ending.OVERFLOW,
    "sub_cluster_overflow": Ending.OVERFLOW,
    "health_check_failed": Ending.NO_HEALTHY_UPSTREAM,
}
"""Response code details by name (Envoy 1.11-1.40); prefixes of families stand in `ending.py`."""

FLAGS: tuple[tuple[str, Ending], ...] = (
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

SHORT_BODIES: dict[str, Ending] = {
    "no healthy upstream": Ending.NO_HEALTHY_UPSTREAM,
    "upstream request timeout": Ending.RESPONSE_TIMEOUT,
    "stream timeout": Ending.STREAM_IDLE_TIMEOUT,
    "rbac: access denied": Ending.RBAC_DENIED,
    "fault filter abort": Ending.FAULT_ABORT,
    "local_rate_limited": Ending.RATE_LIMITED,
    "upstream max stream duration reached": Ending.MAX_DURATION,
    "downstream duration timeout": Ending.MAX_DURATION,
    "envoy overloaded": Ending.OVERLOAD,
    "dns resolution failure": Ending.DNS_FAILURE,
    "jwt is missing": Ending.JWT_DENIED,
    "jwks remote fetch is failed": Ending.JWT_DENIED,
    "jwt verification fails": Ending.JWT_DENIED,
    "jwt is expired": Ending.JWT_DENIED,
    "jwks doesn't have key to match kid or alg from jwt": Ending.JWT_DENIED,
    "jwt issuer is not configured": Ending.JWT_DENIED,
    "audiences in jwt are not allowed": Ending.JWT_DENIED,
}
"""Whole bodies of Envoy's own, in lower case, and the ending each tells."""
