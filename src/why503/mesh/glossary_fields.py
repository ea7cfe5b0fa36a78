"""The fields of an access log: what each holds, and what an empty one (`-`) says."""

from why503.mesh.glossary_entry import Entry, Kind
from why503.support.text import _

_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("time", "%START_TIME%", _("When the proxy got the first byte of the request."), ""),
    (
        "method",
        "%REQ(:METHOD)%",
        _("Method of the request."),
        _("A TCP connection, or a connection that ended before a request."),
    ),
    (
        "path",
        "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
        _("Path as the caller sent it, before any rewrite."),
        _("A TCP connection, or a connection that ended before a request."),
    ),
    (
        "protocol",
        "%PROTOCOL%",
        _("HTTP version between the caller and this proxy; the upstream's may be another."),
        _("A TCP connection, or a connection that ended before a request."),
    ),
    (
        "code",
        "%RESPONSE_CODE%",
        _("Status that the caller got from this proxy; 0 where no answer was begun."),
        _("A TCP connection."),
    ),
    (
        "flags",
        "%RESPONSE_FLAGS%",
        _(
            "What this proxy itself has to say about how the request ended; a set, in no fixed "
            "order."
        ),
        _(
            "Nothing that the proxy did: a 5xx then came from behind it, or from a filter such as "
            "RBAC."
        ),
    ),
    (
        "details",
        "%RESPONSE_CODE_DETAILS%",
        _("Who set the status and why, in Envoy's own words. The field that tells most."),
        _("A TCP connection, or an older format."),
    ),
    (
        "termination_details",
        "%CONNECTION_TERMINATION_DETAILS%",
        _("Why this proxy closed the caller's connection at the TCP or TLS level."),
        _("It did not."),
    ),
    (
        "transport_failure",
        "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        _("Why the connection to the upstream could not be made: connect() or TLS."),
        _(
            "No such failure is known; a TLS 1.3 peer that refuses our certificate leaves this "
            "empty too."
        ),
    ),
    (
        "bytes_received",
        "%BYTES_RECEIVED%",
        _("Bytes of the request's body (for TCP: from the caller)."),
        "",
    ),
    ("bytes_sent", "%BYTES_SENT%", _("Bytes of the answer's body (for TCP: to the caller)."), ""),
    (
        "duration",
        "%DURATION%",
        _("Milliseconds from the first byte received to the last byte sent."),
        _("The request did not end."),
    ),
    (
        "upstream_service_time",
        "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
        _("Milliseconds until the upstream's headers came."),
        _("The upstream never answered: the proxy wrote the status itself."),
    ),
    (
        "forwarded_for",
        "%REQ(X-FORWARDED-FOR)%",
        _("Addresses the request came through, as told by its headers."),
        _("No proxy in front said so."),
    ),
    (
        "user_agent",
        "%REQ(USER-AGENT)%",
        _("Program that called, as it says of itself."),
        _("It does not say."),
    ),
    (
        "request_id",
        "%REQ(X-REQUEST-ID)%",
        _("Id of the request; the same in the line of every proxy on the way."),
        _("A TCP connection, or a request that was refused before it got one."),
    ),
    (
        "authority",
        "%REQ(:AUTHORITY)%",
        _("Host that the caller asked for; routes are chosen by it."),
        _("A TCP connection, or a request without a host."),
    ),
    (
        "upstream_host",
        "%UPSTREAM_HOST%",
        _("Address of the upstream that was chosen last."),
        _(
            "No upstream was chosen: the proxy ended the request before that (no route, no "
            "cluster, no host, a limit, a refusal)."
        ),
    ),
    (
        "upstream_cluster",
        "%UPSTREAM_CLUSTER_RAW%",
        _(
            "Cluster that the route points to. `outbound|…` is written on the caller's side, "
            "`inbound|…` on the server's."
        ),
        _("No route was found, or the request was refused before routing."),
    ),
    (
        "upstream_local",
        "%UPSTREAM_LOCAL_ADDRESS%",
        _(
            "This proxy's own address on the upstream connection; its port tells connections "
            "apart. 127.0.0.6 is the server's sidecar towards its application."
        ),
        _("No upstream connection was made."),
    ),
    ("downstream_local", "%DOWNSTREAM_LOCAL_ADDRESS%", _("Address that the caller dialled."), ""),
    ("downstream_remote", "%DOWNSTREAM_REMOTE_ADDRESS%", _("Address of the caller."), ""),
    (
        "server_name",
        "%REQUESTED_SERVER_NAME%",
        _(
            "Server name (SNI) of the caller's TLS. `outbound_.PORT_.SUBSET_.HOST` is another mesh "
            "proxy's mutual TLS."
        ),
        _("The caller spoke plain text to this proxy, as the application does to its own sidecar."),
    ),
    (
        "route",
        "%ROUTE_NAME%",
        _(
            "Name of the route that matched; `default` unless the VirtualService names it. "
            "`block_all` and `allow_any` are the catch-alls for unknown hosts."
        ),
        _("No route matched, or it has no name."),
    ),
)

FIELDS: dict[str, Entry] = {
    name: Entry(kind=Kind.FIELD, token=name, title=operator, meaning=meaning)
    for name, operator, meaning, _empty in _ROWS
}
"""By attribute of `Request`; the title is the usual operator."""

EMPTY: dict[str, str] = {name: empty for name, _operator, _meaning, empty in _ROWS}
"""What `-` says in the field; ``""`` where it says nothing."""

ORDER: tuple[str, ...] = tuple(name for name, _operator, _meaning, _empty in _ROWS)
"""Istio's order."""
