"""From a followed connection to the fact."""

from why503.evidence.capture.connection import Connection, Side
from why503.evidence.reader import Context
from why503.facts.tcp_connection import (
    Closing,
    Direction,
    Handshake,
    Speech,
    TcpConnection,
)

_GOODBYE = 48
"""Bytes from which it is no alert of TLS and no GOAWAY of HTTP/2."""
_MASK = 0xFFFFFFFF
_HALF = 0x80000000


def connection_fact(
    connection: Connection,
    names: tuple[str, str],
    context: Context,
    until: float,
    *,
    dated: bool = True,
) -> TcpConnection:
    """The fact of a connection whose client and server have these ``names``."""
    malformed = connection.malformed
    return TcpConnection(
        source=context.source(connection.line),
        teller=context.teller,
        client=names[0],
        server=names[1],
        client_known=connection.known,
        interfaces=tuple(sorted(connection.interfaces - {""})),
        first=connection.first,
        last=connection.last,
        captured_until=until,
        dated=dated,
        packets=connection.packets,
        handshake=_handshake(connection),
        requests=tuple(exchange.fact() for exchange in connection.requests or ()),
        request_count=connection.request_count,
        closing=_closing(connection),
        from_client=_direction(connection.client, until),
        from_server=_direction(connection.server, until),
        client_hello=connection.hello,
        server_name=connection.server_name,
        alerts=connection.told_alerts(),
        plain_answer_line=connection.plain_answer,
        malformed=malformed[0] if malformed else "",
        malformed_line=malformed[1] if malformed else 0,
        malformed_by=malformed[2].role() if malformed else None,
    )


def _handshake(connection: Connection) -> Handshake | None:
    if connection.syn is None:
        return None
    reason, teller, line = connection.unreachable or ("", "", 0)
    return Handshake(
        line=connection.syn_line,
        time=connection.syn,
        syns=connection.syns,
        answered=connection.syn_ack,
        answer_line=connection.syn_ack_line,
        refused=connection.refused,
        refused_line=connection.refused_line,
        unreachable=reason,
        unreachable_line=line,
        unreachable_by=teller,
    )


def _closing(connection: Connection) -> Closing | None:
    if connection.close_by is None:
        return None
    reset_by = connection.reset_by
    return Closing(
        line=connection.close_line,
        time=connection.close_time,
        by=connection.close_by.role(),
        how=connection.close_how,
        idle=connection.close_idle,
        request_open=connection.close_open,
        late_bytes=connection.late_bytes,
        late_line=connection.late_line,
        late_time=connection.late_time,
        late_request=connection.late_request or _looks_like_a_request(connection),
        late_idle=connection.late_idle,
        reset=connection.reset_time,
        reset_line=connection.reset_line,
        reset_by=reset_by.role() if reset_by is not None else None,
    )


def _looks_like_a_request(connection: Connection) -> bool:
    """True where no payload was captured and the late bytes are too many for a goodbye."""
    client = connection.client
    unheard = client.speech is Speech.NOTHING and connection.close_by is client.peer
    return unheard and not connection.close_open and connection.late_bytes >= _GOODBYE


def _direction(side: Side, until: float) -> Direction:
    unacknowledged = 0
    if side.acked >= 0 and side.next >= 0 and not side.peer.reset and not side.reset:
        open_ = (side.next - side.acked) & _MASK
        unacknowledged = min(open_, side.payload) if open_ < _HALF else 0
    elif side.acked < 0 and not side.peer.reset and not side.reset:
        unacknowledged = side.payload
    silent = unacknowledged > 0 and side.unacked_since is not None
    return Direction(
        payload=side.payload,
        speech=side.speech,
        retransmissions=side.retransmissions,
        zero_windows=side.zero_windows,
        zero_window_line=side.zero_window_line,
        unacknowledged=unacknowledged,
        silence=until - side.unacked_since if silent and side.unacked_since is not None else None,
        silence_line=side.unacked_line if silent else 0,
    )
