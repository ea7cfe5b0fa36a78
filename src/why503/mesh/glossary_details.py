"""Response code details that tell how the way to the upstream ended."""

from why503.mesh.glossary_entry import (
    ANY_PROXY,
    APP_LOG,
    APPLICATION,
    BOTH_SIDES,
    CALLER_TIMEOUT,
    CLUSTERS,
    ENDPOINTS,
    HEADERS,
    LISTENERS,
    MTLS,
    RESTARTS,
    ROUTES,
    TIMEOUTS,
    Entry,
    Kind,
    signs,
)
from why503.support.text import _

Row = tuple[str, str, str, str, tuple[str, ...]]
"""Word, code, flag (or ``""``), meaning, what to look at."""

_ROUTE_LIMIT = _(
    "`max_stream_duration` or `request_timeout`, set by an EnvoyFilter or by connection settings"
)

_CORE: tuple[Row, ...] = (
    (
        "via_upstream",
        _("any"),
        "",
        _(
            "The answer came from the upstream and the proxy passed it on. With a 5xx it is the "
            "application, or a proxy behind, that failed."
        ),
        (BOTH_SIDES, APP_LOG),
    ),
    (
        "direct_response",
        _("as the route says"),
        "",
        _("The route itself holds the answer; no upstream was asked."),
        (ROUTES,),
    ),
    (
        "upstream_reset_before_response_started",
        _("503, or 502 for a protocol error"),
        "UC;UF;UR;LR;UPE",
        _(
            "The upstream connection or stream broke, or could not be had, before any byte of the "
            "answer came. The braces hold the reset reason and, behind the separator, the "
            "transport failure reason."
        ),
        (_("The reset reason in the braces"), BOTH_SIDES),
    ),
    (
        "upstream_reset_after_response_started",
        _("the one already sent, often 200"),
        "UC;UR;UPE",
        _(
            "The answer had begun when the upstream connection or stream broke: the caller got a "
            "body cut short, whatever the status says."
        ),
        (APP_LOG, RESTARTS, BOTH_SIDES),
    ),
    (
        "response_timeout",
        "504",
        "UT",
        _("The route timeout ran out before the upstream's answer was complete."),
        (TIMEOUTS, APP_LOG),
    ),
    (
        "upstream_response_timeout",
        "504",
        "UT",
        _(
            "The name that Envoy's documentation uses for the route timeout; the proxy logs "
            "`response_timeout`."
        ),
        (TIMEOUTS, APP_LOG),
    ),
    (
        "upstream_per_try_timeout",
        "504",
        "UT",
        _("The last attempt ran out of its share of time (`perTryTimeout`)."),
        (TIMEOUTS, APP_LOG),
    ),
    (
        "upstream_per_try_idle_timeout",
        "504",
        "UT",
        _("In the last attempt nothing moved for the per-try idle timeout."),
        (TIMEOUTS, APP_LOG),
    ),
    (
        "upstream_max_stream_duration_reached",
        "504 / 408",
        "UMSDR",
        _("The request lasted longer than the cluster allows a stream to last."),
        (_ROUTE_LIMIT,),
    ),
    (
        "max_duration_timeout",
        "504 / 408",
        "",
        _(
            "The request lasted longer than the route or the connection manager allows; no flag "
            "goes with it."
        ),
        (_ROUTE_LIMIT,),
    ),
    (
        "stream_idle_timeout",
        "504 / 408",
        "SI",
        _(
            "Nothing moved on the stream for the idle timeout: 504 if the request was complete, "
            "else 408."
        ),
        (_ROUTE_LIMIT, APP_LOG),
    ),
    (
        "request_overall_timeout",
        "408 / 504",
        "",
        _("The caller did not get its whole request through within the request timeout."),
        (CALLER_TIMEOUT, _ROUTE_LIMIT),
    ),
    (
        "request_header_timeout",
        "408",
        "",
        _("The caller began a request and did not finish its headers in time."),
        (HEADERS, _ROUTE_LIMIT),
    ),
    (
        "downstream_header_timeout",
        "",
        "",
        _("A name that Envoy holds in its source and never writes."),
        (),
    ),
    (
        "duration_timeout",
        "",
        "DT",
        _("The caller's connection reached the longest time that it may live."),
        (_ROUTE_LIMIT,),
    ),
    (
        "no_healthy_upstream",
        "503",
        "UH",
        _("The cluster has no host that may be chosen."),
        (ENDPOINTS, RESTARTS),
    ),
    (
        "cluster_not_found",
        "503",
        "NC",
        _("The route names a cluster that this proxy does not have."),
        (CLUSTERS, ROUTES),
    ),
    ("route_not_found", "404", "NR", _("No route matches the host, port and path."), (ROUTES,)),
    (
        "route_configuration_not_found",
        "404",
        "NR",
        _(
            "The route table of the listener had not arrived; today's releases hold the name and "
            "do not write it."
        ),
        (ROUTES,),
    ),
    (
        "filter_chain_not_found",
        "0",
        "NR",
        _(
            "No filter chain of the listener matches the connection (TLS or plain text, server "
            "name, port): the connection was closed before any request."
        ),
        (LISTENERS, MTLS),
    ),
    (
        "maintenance_mode",
        "503",
        "UO",
        _("The cluster is switched to maintenance by a runtime setting."),
        (_("Runtime key `upstream.maintenance_mode.CLUSTER`"),),
    ),
    (
        "drop_overload",
        "503",
        "DO",
        _("The control plane lets a share of the requests to this cluster be dropped."),
        (ENDPOINTS,),
    ),
    (
        "unconditional_drop_overload",
        "503",
        "UDO",
        _("The control plane lets every request to this cluster be dropped."),
        (ENDPOINTS,),
    ),
)


def details_entry(row: Row, writer: str = ANY_PROXY) -> Entry:
    """The entry of a table row."""
    word, code, flag, meaning, look_at = row
    return Entry(
        kind=Kind.DETAILS,
        token=word,
        title=word.replace("_", " "),
        meaning=meaning,
        writer=APPLICATION if word == "via_upstream" else writer,
        code=code,
        look_at=look_at,
        signs=signs(word, flag) if flag else signs(word),
    )


DETAILS: dict[str, Entry] = {row[0]: details_entry(row) for row in _CORE}
"""By name, without what stands in braces."""
