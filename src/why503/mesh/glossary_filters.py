"""Response code details of HTTP filters and of the codec that reads what the caller sent."""

from why503.mesh.glossary_details import Row, details_entry
from why503.mesh.glossary_entry import (
    ANALYZE,
    APPLICATION,
    AUTH_SERVICE,
    BREAKERS,
    CALLER_TIMEOUT,
    CLUSTERS,
    ENDPOINTS,
    HEADERS,
    TELLING_PROXY,
    Entry,
    Kind,
    signs,
)
from why503.support.text import _

_POLICIES = _(
    "AuthorizationPolicies that select the workload: `istioctl x authz check POD` lists what its "
    "proxy has of them"
)
_JWT = _("RequestAuthentication: issuer, audiences and `jwksUri`; decode the token and compare")
_LIMITS = _("EnvoyFilters with a rate limit filter")
_DNS = _("The name, resolved from inside the proxy's pod")

_FILTERS: tuple[Row, ...] = (
    (
        "rbac_access_denied_matched_policy",
        "403",
        "",
        _(
            "An AuthorizationPolicy refused the request. The brackets name the policy that "
            "matched; `none` means that ALLOW policies exist and none of them matched."
        ),
        (_POLICIES, ANALYZE),
    ),
    (
        "rbac_access_denied",
        "403",
        "",
        _("The older name: an AuthorizationPolicy refused the request; which one is not told."),
        (_POLICIES, ANALYZE),
    ),
    (
        "jwt_authn_access_denied",
        "401 / 403",
        "",
        _(
            "The token of the request was refused, or the keys to check it could not be fetched; "
            "the braces say which."
        ),
        (_JWT,),
    ),
    (
        "ext_authz_denied",
        _("as the service says, often 403"),
        "UAEX",
        _("The external authorization service refused the request."),
        (_("The log of the authorization service"),),
    ),
    (
        "ext_authz_error",
        "403",
        "UAEX",
        _(
            "The external authorization service could not be asked, or not in time, and the filter "
            "refuses in that case."
        ),
        (
            _("The authorization service: is it up, and can this proxy reach it?"),
            CLUSTERS,
            ENDPOINTS,
        ),
    ),
    (
        "ext_authz_invalid",
        "500",
        "UAEX",
        _(
            "The external authorization service answered with something that may not be put into a "
            "request."
        ),
        (_("The log of the authorization service"),),
    ),
    ("request_rate_limited", "429", "RL", _("The global rate limit service said no."), (_LIMITS,)),
    (
        "rate_limiter_error",
        "500",
        "RLSE",
        _("The global rate limit service could not be asked, and the filter refuses in that case."),
        (_("The rate limit service: is it up, and can this proxy reach it?"), CLUSTERS),
    ),
    ("local_rate_limited", "429", "RL", _("This proxy's own token bucket was empty."), (_LIMITS,)),
    (
        "fault_filter_abort",
        _("as configured"),
        "FI",
        _("A fault injection ended the request on purpose."),
        (_("VirtualServices with `fault.abort`"),),
    ),
    (
        "denied_by_admission_control",
        "503",
        "",
        _("The admission control filter sheds load, because too many requests failed lately."),
        (_("EnvoyFilters with admission control"),),
    ),
    (
        "reached_concurrency_limit",
        "503",
        "",
        _("The adaptive concurrency filter sheds load, because answers became slow."),
        (_("EnvoyFilters with adaptive concurrency"),),
    ),
    (
        "dns_resolution_failure",
        "503",
        "DF",
        _("The dynamic forward proxy could not resolve the host name."),
        (_DNS,),
    ),
    (
        "dns_resolution_timeout",
        "503",
        "DF",
        _("The dynamic forward proxy got no DNS answer in time."),
        (_DNS,),
    ),
    (
        "dns_cache_overflow",
        "503",
        "",
        _("The dynamic forward proxy's DNS cache is full."),
        (BREAKERS,),
    ),
    (
        "dynamic_forward_proxy_pending_request_overflow",
        "503",
        "",
        _("Too many requests wait for DNS in the dynamic forward proxy."),
        (_DNS, BREAKERS),
    ),
    (
        "sub_cluster_overflow",
        "503",
        "",
        _("The dynamic forward proxy may not make another cluster."),
        (BREAKERS,),
    ),
    (
        "sub_cluster_warming_timeout",
        "503",
        "",
        _("A cluster of the dynamic forward proxy was not ready in time."),
        (_DNS,),
    ),
    (
        "ext_proc_error",
        "500 / 504",
        "",
        _(
            "The external processing service failed or did not answer in time; the rest of the "
            "word says which."
        ),
        (_("The external processing service: is it up, and how long does it take?"),),
    ),
    (
        "early_grpc_json_transcode_failure",
        "4xx",
        "",
        _("The request cannot be turned from JSON into gRPC."),
        (HEADERS,),
    ),
    (
        "grpc_json_transcode_failure",
        "500 / 502",
        "",
        _("The answer cannot be turned from gRPC into JSON."),
        (HEADERS,),
    ),
    (
        "health_check_failed",
        "503",
        "",
        _("The health check filter answers with failure, as it was told to."),
        (_("A drain in progress, or a health check failed by hand"),),
    ),
    (
        "health_check_failed_no_cluster_found",
        "503",
        "",
        _("The health check filter watches a cluster that this proxy does not have."),
        (CLUSTERS,),
    ),
    (
        "health_check_failed_cluster_empty",
        "503",
        "",
        _("The health check filter watches a cluster without hosts."),
        (ENDPOINTS,),
    ),
    (
        "health_check_failed_cluster_unhealthy",
        "503",
        "",
        _("The health check filter watches a cluster with too few healthy hosts."),
        (ENDPOINTS,),
    ),
    (
        "csrf_origin_mismatch",
        "403",
        "",
        _("The request comes from an origin that the CSRF filter does not allow."),
        (HEADERS,),
    ),
    (
        "lua_response",
        _("as the script says"),
        "",
        _("A Lua script answered by itself."),
        (_("EnvoyFilters with a Lua filter"),),
    ),
    (
        "wasm_fail_stream",
        "503",
        "",
        _(
            "A Wasm plugin crashed or could not be loaded, and it is set to refuse requests in "
            "that case."
        ),
        (
            _("WasmPlugins: image, pull secret, `failStrategy`"),
            _("The proxy's log at level `wasm:debug`"),
        ),
    ),
)

_CODEC: dict[str, str] = {
    "http1.codec_error": _("bytes that are not HTTP/1, such as TLS or HTTP/2 on a plain port"),
    "http1.body_disallowed": _("a body where none may be"),
    "http1.connection_header_rejected": _("a Connection header that may not be honoured"),
    "http1.content_length_and_chunked_not_allowed": _(
        "Content-Length and chunked framing together"
    ),
    "http1.content_length_not_allowed": _("a Content-Length where none may be"),
    "http1.headers_too_large": _("headers larger than the limit (60 KiB unless set)"),
    "http1.https_url_on_plaintext_connection": _("an https URL over plain text"),
    "http1.invalid_characters": _("a character that no header may hold"),
    "http1.invalid_scheme": _("an unknown scheme in the URL"),
    "http1.invalid_transfer_encoding": _("a Transfer-Encoding that is not known"),
    "http1.invalid_url": _("a request target that cannot be read"),
    "http1.too_many_headers": _("more headers than the limit (100 unless set)"),
    "http1.transfer_encoding_not_allowed": _("a Transfer-Encoding where none may be"),
    "http1.unexpected_underscore": _(
        "a header name with an underscore, which the proxy is set to refuse"
    ),
    "http2.inbound_empty_frames_flood": _("a flood of empty frames"),
    "http2.invalid.header.field": _("a header that HTTP/2 does not allow"),
    "http2.outbound_frames_flood": _("a flood of frames that must be answered"),
    "http2.too_many_headers": _("more headers than the limit (100 unless set)"),
    "http2.unexpected_underscore": _(
        "a header name with an underscore, which the proxy is set to refuse"
    ),
    "http2.unknown.nghttp2.error": _(
        "something that the HTTP/2 library refuses without a name for it"
    ),
    "http2.violation.of.messaging.rule": _("a message that breaks HTTP/2's rules"),
    "http3.invalid_header_field": _("a header that HTTP/3 does not allow"),
    "http3.headers_too_large": _("headers larger than the limit"),
    "http3.unexpected_underscore": _(
        "a header name with an underscore, which the proxy is set to refuse"
    ),
    "http3.too_many_headers": _("more headers than the limit"),
    "http3.too_many_trailers": _("more trailers than the limit"),
    "http3.inconsistent_content_length": _("a body of another length than Content-Length says"),
}
_STREAM_ENDS: dict[str, str] = {
    "http2.remote_reset": _("The caller reset its HTTP/2 stream: it cancelled or ran out of time."),
    "http2.remote_refuse": _("The caller refused the HTTP/2 stream."),
    "http3.remote_reset": _("The caller reset its HTTP/3 stream: it cancelled or ran out of time."),
    "http3.remote_refuse": _("The caller refused the HTTP/3 stream."),
}

_WRITERS = {"ext_authz_denied": AUTH_SERVICE, "grpc_json_transcode_failure": APPLICATION}


def _codec(word: str, what: str) -> Entry:
    sentence = _("The caller sent {what}, and the proxy's codec refused it.")
    return Entry(
        kind=Kind.DETAILS,
        token=word,
        title=word.partition(".")[2].replace("_", " ").replace(".", " "),
        meaning=sentence.format(what=what),
        writer=TELLING_PROXY,
        code="431" if "too_many" in word or "too_large" in word else "400",
        look_at=(HEADERS,),
        signs=signs(word, "DPE"),
    )


def _stream_end(word: str, meaning: str) -> Entry:
    return Entry(
        kind=Kind.DETAILS,
        token=word,
        title=word.partition(".")[2].replace("_", " "),
        meaning=meaning,
        writer=TELLING_PROXY,
        code="0",
        look_at=(CALLER_TIMEOUT,),
        signs=signs(word, "DR;DC"),
    )


FILTERS: dict[str, Entry] = (
    {row[0]: details_entry(row, _WRITERS.get(row[0], TELLING_PROXY)) for row in _FILTERS}
    | {word: _codec(word, what) for word, what in _CODEC.items()}
    | {word: _stream_end(word, meaning) for word, meaning in _STREAM_ENDS.items()}
)
"""By name, without what stands in braces or brackets."""
