"""Bodies that Envoy writes by itself, and the HTTP statuses that go with them."""

from why503.mesh.glossary_details import DETAILS
from why503.mesh.glossary_entry import ANY_PROXY, APP_LOG, BOTH_SIDES, Entry, Kind, signs
from why503.mesh.glossary_filters import FILTERS
from why503.mesh.glossary_refusals import REFUSALS
from why503.support.text import _

_BODY_OF: tuple[tuple[str, str], ...] = (
    ("no healthy upstream", "no_healthy_upstream"),
    ("upstream request timeout", "response_timeout"),
    ("stream timeout", "stream_idle_timeout"),
    ("request timeout", "request_overall_timeout"),
    ("request header timeout", "request_header_timeout"),
    ("downstream duration timeout", "max_duration_timeout"),
    ("upstream max stream duration reached", "upstream_max_stream_duration_reached"),
    (
        ("exceeded request buffer limit while retrying upstream"),
        "request_payload_exceeded_retry_buffer_limit",
    ),
    ("maintenance mode", "maintenance_mode"),
    ("unconditional drop overload", "unconditional_drop_overload"),
    ("drop overload", "drop_overload"),
    ("envoy overloaded", "overload"),
    ("RBAC: access denied", "rbac_access_denied_matched_policy"),
    ("local_rate_limited", "local_rate_limited"),
    ("fault filter abort", "fault_filter_abort"),
    ("reached concurrency limit", "reached_concurrency_limit"),
    ("DNS resolution failure", "dns_resolution_failure"),
    ("DNS cache overflow", "dns_cache_overflow"),
    ("Jwt is missing", "jwt_authn_access_denied"),
    ("Jwt is expired", "jwt_authn_access_denied"),
    ("Jwt verification fails", "jwt_authn_access_denied"),
    ("Jwt issuer is not configured", "jwt_authn_access_denied"),
    ("Audiences in Jwt are not allowed", "jwt_authn_access_denied"),
    ("Jwks remote fetch is failed", "jwt_authn_access_denied"),
    ("Jwks doesn't have key to match kid or alg from Jwt", "jwt_authn_access_denied"),
    ("Payload Too Large", "request_payload_too_large"),
    ("Filter error", "filter_added_invalid_response_data"),
    ("Request Header Fields Too Large", "http1.headers_too_large"),
    ("Upgrade Required", "low_version"),
    ("Invalid origin", "csrf_origin_mismatch"),
)
"""Whole body, and the response code details with which it goes."""

_ALL = DETAILS | REFUSALS | FILTERS


def _body(words: str, details: str) -> Entry:
    told = _ALL[details]
    return Entry(
        kind=Kind.BODY,
        token=words,
        title=_("goes with details `{details}`; {length} bytes").format(
            details=details, length=len(words)
        ),
        meaning=told.meaning,
        writer=told.writer,
        code=told.code,
        look_at=told.look_at,
        signs=(frozenset({words}), *told.signs),
    )


RESET_BODY = Entry(
    kind=Kind.BODY,
    token="upstream connect error or disconnect/reset before headers",  # noqa: S106 - no password
    title=_("Envoy's own answer after an upstream reset"),
    meaning=_(
        "No byte of an answer had come when the upstream connection or stream broke, or it "
        "could not be had at all, so the proxy answered itself. The reset reason behind it "
        "tells which; from Envoy 1.22 (Istio 1.14) it also says when the failed attempt was a "
        "retry. The transport failure reason stands in the body up to Envoy 1.38 only, and in "
        "the access log always."
    ),
    writer=ANY_PROXY,
    code=_("503, or 502 for a protocol error"),
    look_at=(
        _("The access log of the proxies on the way, for the flag and the details"),
        BOTH_SIDES,
    ),
    signs=signs("upstream connect error or disconnect/reset before headers;upstream connect error"),
)

BODIES: dict[str, Entry] = {words: _body(words, details) for words, details in _BODY_OF}
"""Short bodies, by their words."""

_CODE_ROWS: tuple[tuple[int, str, str], ...] = (
    (
        0,
        _("no answer was begun"),
        _(
            "The caller went away first, or the line tells of a TCP connection, which has no "
            "status."
        ),
    ),
    (400, "Bad Request", _("From a proxy: the request breaks HTTP's rules (flag DPE or IH).")),
    (
        401,
        "Unauthorized",
        _("From a proxy: a token is missing or was refused (details `jwt_authn_access_denied`)."),
    ),
    (
        403,
        "Forbidden",
        _(
            "From a proxy: RBAC, external authorization, or an upgrade that is not allowed; the "
            "details tell which."
        ),
    ),
    (
        404,
        "Not Found",
        _("From a proxy: no route matches (flag NR). Without a flag it is the application's."),
    ),
    (408, "Request Timeout", _("From a proxy: the caller was too slow to send its request.")),
    (413, "Payload Too Large", _("From a proxy: a filter buffers the body and it is too large.")),
    (426, "Upgrade Required", _("From a proxy: the caller speaks HTTP/1.0, which is not taken.")),
    (429, "Too Many Requests", _("From a proxy: a rate limit (flag RL).")),
    (
        431,
        "Request Header Fields Too Large",
        _("From a proxy: headers too large or too many (flag DPE)."),
    ),
    (
        500,
        "Internal Server Error",
        _(
            "Mostly the application's. From a proxy: a filter failed, its configuration is missing "
            "(flag NFCF), or the rate limit service could not be asked (RLSE)."
        ),
    ),
    (501, "Not Implemented", _("From a proxy: a Transfer-Encoding that it does not know.")),
    (
        502,
        "Bad Gateway",
        _(
            "From a proxy: the upstream's answer is not valid HTTP (flag UPE). Without a flag it "
            "was written behind this proxy."
        ),
    ),
    (
        503,
        "Service Unavailable",
        _(
            "From a proxy: no connection (UF), a broken one (UC, UR), no host (UH), no cluster "
            "(NC), a limit (UO) or a filter that failed. Without a flag and with `via_upstream` it "
            "was written behind this proxy. The flag decides."
        ),
    ),
    (
        504,
        "Gateway Timeout",
        _(
            "From a proxy: a timeout ran out (UT, SI, UMSDR, or `max_duration_timeout` without a "
            "flag). Without a flag and with `via_upstream` it was written behind this proxy."
        ),
    ),
    (
        507,
        "Insufficient Storage",
        _("From a proxy: an attempt failed and the body was too large to be kept for another."),
    ),
)

CODES: dict[int, Entry] = {
    code: Entry(
        kind=Kind.CODE,
        token=str(code),
        title=title,
        meaning=meaning,
        code=str(code),
        look_at=(_("Flags and details of the access log line with this status"), APP_LOG),
        signs=signs(str(code)),
    )
    for code, title, meaning in _CODE_ROWS
}
"""Statuses that Envoy writes by itself."""
