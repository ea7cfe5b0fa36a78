"""Response code details for what a proxy refuses or spoils, and for callers that are gone."""

from why503.mesh.glossary_details import Row, details_entry
from why503.mesh.glossary_entry import (
    APP_LOG,
    BOTH_SIDES,
    CALLER_TIMEOUT,
    DEBUG_LOG,
    HEADERS,
    LISTENERS,
    ROUTES,
    Entry,
)
from why503.support.text import _

_FILTERS = _(
    "The filters between (EnvoyFilter with Lua, WasmPlugin, ext_proc): `istioctl proxy-config "
    "listener POD -o json`"
)
_MEMORY = _("Memory limit and use of the `istio-proxy` container")

_REFUSALS: tuple[Row, ...] = (
    (
        "overload",
        "503",
        "",
        _("The overload manager refused the request, to protect the proxy."),
        (_MEMORY,),
    ),
    (
        "request_payload_too_large",
        "413",
        "",
        _("A filter buffers the request body and the body is larger than the buffer."),
        (_FILTERS,),
    ),
    (
        "response_payload_too_large",
        "500",
        "",
        _("A filter buffers the answer's body and the body is larger than the buffer."),
        (_FILTERS,),
    ),
    (
        "request_payload_exceeded_retry_buffer_limit",
        "507",
        "",
        _("An attempt failed, and the request body was too large to be kept for another one."),
        (BOTH_SIDES,),
    ),
    (
        "request_headers_failed_strict_check",
        "400",
        "IH",
        _("The header in the braces has a value that the strict check refuses."),
        (HEADERS,),
    ),
    (
        "missing_host_header",
        "400",
        "",
        _("The request has no Host header (no :authority)."),
        (HEADERS,),
    ),
    (
        "missing_path_rejected",
        "404",
        "",
        _("The request has no path where one is needed."),
        (HEADERS,),
    ),
    (
        "absolute_path_rejected",
        "404",
        "",
        _(
            "The request target is a whole URL, as sent to a forward proxy, and that is not "
            "allowed here."
        ),
        (HEADERS,),
    ),
    ("invalid_path", "404", "", _("The path cannot be read as one."), (HEADERS,)),
    (
        "path_normalization_failed",
        "400 / 307",
        "",
        _(
            "The path cannot be normalised (a bad escape, or an escaped slash that the policy "
            "refuses)."
        ),
        (_("`pathNormalization` in the mesh configuration"), HEADERS),
    ),
    (
        "low_version",
        "426",
        "DPE",
        _("The caller speaks HTTP/1.0 or older, and this listener does not take that."),
        (_("The caller's HTTP version; nginx needs `proxy_http_version 1.1`"),),
    ),
    (
        "upgrade_failed",
        "403",
        "",
        _(
            "The request asks for an upgrade (WebSocket, CONNECT) that this listener or route does "
            "not allow."
        ),
        (ROUTES, LISTENERS),
    ),
    (
        "websocket_handshake_unsuccessful",
        "",
        "",
        _("The upstream did not answer a WebSocket handshake with 101."),
        (APP_LOG,),
    ),
    (
        "early_connect_data",
        "400",
        "",
        _("Data followed a CONNECT before it was granted."),
        (HEADERS,),
    ),
    (
        "internal_redirect",
        "",
        "",
        _("The proxy followed a redirect by itself; another line tells how that went."),
        (),
    ),
    ("admin_filter_response", "", "", _("The answer came from the proxy's own admin pages."), ()),
    (
        "filter_removed_required_request_headers",
        "400",
        "",
        _("A filter took away a header that a request must have."),
        (_FILTERS,),
    ),
    (
        "filter_removed_required_response_headers",
        "502",
        "",
        _("A filter took away, or spoiled, a header that an answer must have, such as :status."),
        (_FILTERS,),
    ),
    (
        "filter_added_invalid_request_data",
        "502",
        "",
        _("A filter put something illegal into the request."),
        (_FILTERS,),
    ),
    (
        "filter_added_invalid_response_data",
        "502",
        "",
        _("A filter put something illegal into the answer."),
        (_FILTERS,),
    ),
    (
        "rejecting_because_detection_failed",
        _("as configured"),
        "",
        _(
            "The caller's original address could not be told, and the listener refuses such "
            "requests."
        ),
        (HEADERS,),
    ),
    (
        "downstream_remote_disconnect",
        "0",
        "DC",
        _("The caller closed its connection before the answer was complete."),
        (CALLER_TIMEOUT, APP_LOG),
    ),
    (
        "downstream_local_disconnect",
        "0",
        "",
        _("This proxy closed the caller's connection; the round brackets say why."),
        (
            _("The reason in the brackets; a drain points to a shutdown or a configuration update"),
            DEBUG_LOG,
        ),
    ),
)

REFUSALS: dict[str, Entry] = {row[0]: details_entry(row) for row in _REFUSALS}
"""By name, without what stands in braces."""
