"""The reset reasons inside response code details, and why a proxy closes its caller."""

from why503.mesh.glossary_entry import (
    ANY_PROXY,
    APP_LOG,
    BOTH_SIDES,
    BREAKERS,
    DEBUG_LOG,
    HEADERS,
    KEEPALIVE,
    LISTENING,
    MTLS,
    NETWORK_POLICY,
    RESTARTS,
    TARGET_PORT,
    Entry,
    Kind,
    signs,
    since,
)
from why503.support.text import _

_MEMORY = _("Memory limit and use of the `istio-proxy` container")

_RESET_ROWS: tuple[tuple[str, str, str, str, tuple[str, ...], str], ...] = (
    (
        "connection termination",
        "503",
        "UC",
        _(
            "The upstream connection was there and was closed or reset before the answer was "
            "complete. Every request on a new connection: think of TLS 1.3 that refuses the client "
            "certificate, or of the wrong protocol. Few requests, after a pause: think of a "
            "keep-alive race."
        ),
        (BOTH_SIDES, KEEPALIVE, RESTARTS, MTLS),
        "",
    ),
    (
        "remote connection failure",
        "503",
        "UF",
        _(
            "The connection could not be set up, and the far end or the network said so: refused, "
            "no way, or a failed TLS handshake."
        ),
        (_("The transport failure reason of the same line"), LISTENING, TARGET_PORT, MTLS),
        since(27),
    ),
    (
        "local connection failure",
        "503",
        "UF",
        _(
            "This proxy itself could not start the connection (no source address or port, no "
            "socket)."
        ),
        (_("Ephemeral ports and file descriptors in the proxy's pod"),),
        since(27),
    ),
    (
        "connection failure",
        "503",
        "UF",
        _(
            "The connection could not be set up. Older proxies do not say whether it was refused, "
            "timed out or failed in TLS."
        ),
        (_("The transport failure reason of the same line"), LISTENING, MTLS, NETWORK_POLICY),
        _("up to Envoy 1.26 (Istio 1.18)"),
    ),
    (
        "connection timeout",
        "503",
        "UF",
        _(
            "The connection, TLS handshake included, was not ready within the connect timeout. "
            "Packets vanish, or the far end accepts and then stays silent."
        ),
        (
            NETWORK_POLICY,
            _("`connectionPool.tcp.connectTimeout` (Istio: 10 s unless set)"),
            _("Whether the dialled address is still that of a living pod"),
        ),
        since(27),
    ),
    (
        "remote reset",
        "503",
        "UR",
        _("The upstream reset this one HTTP/2 or HTTP/3 stream."),
        (APP_LOG, BOTH_SIDES),
        "",
    ),
    (
        "remote refused stream reset",
        "503",
        "UR",
        _(
            "The upstream refused the HTTP/2 stream before working on it (REFUSED_STREAM, or a "
            "GOAWAY): it may be repeated safely."
        ),
        (_("The server's limit of concurrent streams and of connection age"), RESTARTS),
        "",
    ),
    (
        "remote error with CONNECT request",
        "503",
        "UR",
        _("The upstream broke off a CONNECT tunnel with an error."),
        (BOTH_SIDES,),
        "",
    ),
    (
        "local reset",
        "503",
        "LR",
        _("This proxy's codec reset the upstream stream."),
        (DEBUG_LOG,),
        "",
    ),
    (
        "local refused stream reset",
        "503",
        "LR",
        _("This proxy could not open another stream on the upstream connection."),
        (DEBUG_LOG, BREAKERS),
        "",
    ),
    (
        "HTTP/1 premature upstream half close",
        "503",
        "LR",
        _("An HTTP/1 server closed its sending half before its answer was complete."),
        (APP_LOG,),
        since(32),
    ),
    (
        "overflow",
        "503",
        "UO",
        _(
            "A circuit breaker of this proxy was full; the request was not sent. The answer "
            "carries `x-envoy-overloaded: true`."
        ),
        (BREAKERS,),
        "",
    ),
    (
        "protocol error",
        "502",
        "UPE",
        _(
            "The upstream's bytes are not the HTTP that this proxy expects: another HTTP version "
            "or no HTTP at all, doubled framing headers, more than 100 headers, or illegal "
            "characters. The proxy's debug log names the rule."
        ),
        (_("Name and `appProtocol` of the Service port"), HEADERS, DEBUG_LOG),
        "",
    ),
    (
        "overload manager reset",
        "503",
        "OM",
        _("The overload manager of this proxy ended the stream."),
        (_MEMORY,),
        since(19),
    ),
)


RESETS: dict[str, Entry] = {
    word: Entry(
        kind=Kind.RESET,
        token=word,
        title=word,
        meaning=meaning,
        writer=ANY_PROXY,
        code=code,
        look_at=look_at,
        since=version,
        signs=signs(word, flag),
    )
    for word, code, flag, meaning, look_at, version in _RESET_ROWS
}
"""By reason with blanks; in details the blanks are underscores."""

LOCAL_CLOSES: dict[str, str] = {
    "deferred_close_on_drained_connection": _("the connection had been drained"),
    "on_idle_timeout": _("nobody used it for the idle timeout"),
    "close_for_connect_request_or_tcp_tunneling": _("a tunnel had ended"),
    "http2_ping_timeout": _("the peer did not answer an HTTP/2 ping"),
    "http2_connection_protocol_violation": _("the peer broke HTTP/2 rules"),
    "transport_socket_timeout": _("TLS was not ready in time"),
    "triggered_delayed_close_timeout": _("the peer did not close in its turn"),
    "tcp_initializion_failure:": _("the upstream of a TCP connection could not be set up"),
    "tcp_session_idle_timeout": _("no byte moved on a TCP connection for its idle timeout"),
    "max_connection_duration_reached": _("it had reached its longest time to live"),
    "closing_upstream_tcp_connection_due_to_downstream_remote_close": _(
        "the caller closed its side"
    ),
    "closing_upstream_tcp_connection_due_to_downstream_local_close": _(
        "this proxy closed the other side"
    ),
    "closing_upstream_tcp_connection_due_to_downstream_reset_close": _("the caller reset its side"),
    "non_pooled_tcp_connection_host_health_failure": _("the upstream host became unhealthy"),
}
"""Reasons inside `downstream_local_disconnect(...)` and what each says of the connection."""
