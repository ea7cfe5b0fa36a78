"""Follows TCP connections packet by packet; what is seen is summed up at once."""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from why503.evidence.capture.connection import HELD, HELD_BYTES, Connection, Held, Side
from why503.evidence.capture.speech import Budget, hear
from why503.facts.tcp_connection import CloseKind, Speech

CONNECTIONS_LIMIT = 100_000
"""Connections of one capture that are followed."""

FIN, SYN, RST, ACK = 1, 2, 4, 16
_CONTROL = FIN | SYN | RST
_MASK = 0xFFFFFFFF
_HALF = 0x80000000
_SEARCHED = 1000
_REORDERED = 0.003
"""Seconds within which a segment that fills a hole took another way; later it was sent again."""

Key = TypeVar("Key", bound=Hashable)


class Follower(Generic[Key]):
    """All connections of one capture."""

    def __init__(
        self, reverse: Callable[[Key], Key], ports: Callable[[Key], tuple[int, int]]
    ) -> None:
        self._reverse = reverse
        self._ports = ports
        self._sides: dict[Key, Side] = {}
        self._connections: list[Connection] = []
        self._budget = Budget()
        self.until = 0.0
        """Time of the last segment."""
        self.refused = 0
        """First segment that was not followed, for there are too many connections; else 0."""

    def connections(self) -> Iterator[Connection]:
        """In the order of their first packets."""
        yield from self._connections

    def segment(  # noqa: C901, PLR0912, PLR0913, PLR0917 - runs for each packet: no calls, no objects
        self,
        key: Key,
        line: int,
        time: float,
        interface: str,
        ident: int,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        data: bytes,
        length: int,
    ) -> None:
        """One segment; ``data`` is what was captured of its ``length`` bytes of payload."""
        side = self._sides.get(key)
        if side is None or (flags & (SYN | ACK) == SYN and _opens_anew(side, seq)):
            side = self._open(key, time, line, flags, seq)
            if side is None:
                self.refused = self.refused or line
                return
        if time > self.until:  # noqa: PLR1730 - `max` takes three times as long
            self.until = time
        connection = side.connection
        if side.interface is not interface and _elsewhere(side, interface):
            return
        connection.packets += 1
        connection.last = time
        peer = side.peer
        if flags & ACK and ack != peer.acked:
            if peer.acked < 0 or (ack - peer.acked) & _MASK < _HALF:
                peer.acked = ack
            if peer.next < 0:
                peer.next = ack
            if (ack - peer.next) & _MASK < _HALF:
                peer.unacked_since = None
            elif peer.unacked_since is not None and peer.acked == ack:
                peer.unacked_since, peer.unacked_line = time, line
        if not window and not flags & _CONTROL:
            side.zero_windows += 1
            side.zero_window_line = side.zero_window_line or line
        if flags & SYN:
            _synchronise(side, flags, seq, time, line)
            return
        if side.next < 0:
            side.next = seq
        if length:
            if seq == side.next and not side.held:
                side.next = (seq + length) & _MASK
                _count(side, length, time, line)
                hear(side, data, length - len(data), time, line, self._budget)
            else:
                self._irregular(side, Held(seq, length, data, time, line), ident)
            side.ident = ident
        elif seq == (side.next - 1) & _MASK:
            return
        if flags & _CONTROL:
            _close(side, flags, (seq + length) & _MASK, ack, time, line, ident)

    def undelivered(self, key: Key, reason: str, teller: str, line: int) -> None:
        """ICMP says that a segment could not be delivered."""
        side = self._sides.get(key)
        if side is not None and side.connection.unreachable is None:
            side.connection.unreachable = (reason, teller, line)

    def position(self, key: Key) -> int:
        """Sequence number of the next byte of a side; 0 where it is not known."""
        side = self._sides.get(key)
        return side.next if side is not None and side.next >= 0 else 0

    def only_between(self, source: str, target: str) -> Key | None:
        """Key from ``source`` to ``target`` where one connection alone is open between them.

        None also where too many connections are known to look through them for each line.
        """
        found = None
        if len(self._sides) > _SEARCHED:
            return None
        for key, side in self._sides.items():
            if isinstance(key, tuple) and side.connection.reset_time is None:
                hosts = tuple(str(end).rpartition(":")[0].strip("[]") for end in key)
                if hosts == (source, target) and not (side.fin and side.peer.fin):
                    if found is not None:
                        return None
                    found = key
        return found

    def _open(self, key: Key, time: float, line: int, flags: int, seq: int) -> Side | None:
        if len(self._connections) >= CONNECTIONS_LIMIT:
            return None
        back = self._reverse(key)
        side, peer = Side(key), Side(back)
        source, target = self._ports(key)
        client = side if source >= target else peer
        if flags & SYN:
            client = peer if flags & ACK else side
        connection = Connection(client, client_peer(client, side, peer), time, line)
        connection.known = bool(flags & SYN)
        self._sides[key] = side
        self._sides[back] = peer
        self._connections.append(connection)
        return side

    def _irregular(self, side: Side, held: Held, ident: int) -> None:
        """Payload that is not the next: sent again, out of order, or with a hole before it."""
        ahead = (held.seq - side.next) & _MASK
        if 0 < ahead < _HALF:
            self._hold(side, held, ident)
            return
        behind = -ahead & _MASK
        if held.length <= behind:
            probe = behind == 1 and held.length == 1
            if not probe and not (ident and ident == side.ident):
                side.retransmissions += 1
            return
        if behind:
            side.retransmissions += 1
            held.data, held.length = held.data[behind:], held.length - behind
        elif side.held and held.time - side.held[0].time > _REORDERED:
            side.retransmissions += 1
        side.next = (side.next + held.length) & _MASK
        _count(side, held.length, held.time, held.line)
        missing = held.length - len(held.data)
        hear(side, held.data, missing, held.time, held.line, self._budget)
        self._release(side)

    def _hold(self, side: Side, held: Held, ident: int) -> None:
        """Keep a segment until what is before it comes; after too many of them, give that up."""
        waiting = side.held or []
        if any(other.seq == held.seq and other.length >= held.length for other in waiting):
            if not (ident and ident == side.ident):
                side.retransmissions += 1
            return
        waiting.append(held)
        waiting.sort(key=lambda other: (other.seq - side.next) & _MASK)
        side.held = waiting
        _count(side, held.length, held.time, held.line)
        acknowledged = side.acked >= 0 and (side.acked - held.seq) & _MASK < _HALF
        size = sum(len(other.data) for other in waiting)
        if acknowledged or len(waiting) > HELD or size > HELD_BYTES:
            side.missed = True
            side.next = waiting[0].seq
            _lose(side)
            self._release(side)

    def _release(self, side: Side) -> None:
        """Feed held segments that have become the next."""
        while side.held:
            held = side.held[0]
            ahead = (held.seq - side.next) & _MASK
            if 0 < ahead < _HALF:
                return
            side.held.pop(0)
            behind = -ahead & _MASK
            if held.length > behind:
                data, length = held.data[behind:], held.length - behind
                side.next = (side.next + length) & _MASK
                hear(side, data, length - len(data), held.time, held.line, self._budget)
        side.held = None


def client_peer(client: Side, side: Side, peer: Side) -> Side:
    """The one of the two that is not the client."""
    return peer if client is side else side


def _opens_anew(side: Side, seq: int) -> bool:
    """True where a SYN is not the repeated SYN of the connection that is known."""
    connection = side.connection
    if connection.syn is None:
        return connection.packets > 0
    return connection.client is not side or connection.syn_seq != seq


def _elsewhere(side: Side, interface: str) -> bool:
    """True where this is the same segment on its way past another interface."""
    side.connection.interfaces.add(interface)
    if side.interface is None:
        side.interface = interface
    return side.interface != interface


def _synchronise(side: Side, flags: int, seq: int, time: float, line: int) -> None:
    connection = side.connection
    if side.next < 0:
        side.next = (seq + 1) & _MASK
    if flags & ACK:
        if connection.syn_ack is None:
            connection.syn_ack, connection.syn_ack_line = time, line
        return
    connection.syns += 1
    if connection.syn is None:
        connection.syn, connection.syn_line, connection.syn_seq = time, line, seq


def _count(side: Side, length: int, time: float, line: int) -> None:
    """New payload was sent: whose turn it is, since when it waits, whether it came too late."""
    connection = side.connection
    side.payload += length
    if side.unacked_since is None:
        side.unacked_since, side.unacked_line = time, line
    if connection.turn is not side:
        connection.turn, connection.turn_time, connection.turn_line = side, time, line
        connection.before = connection.quiet_since
    if connection.close_by is side.peer:
        if connection.late_time is None:
            connection.late_time, connection.late_line = time, line
            if connection.quiet_since is not None:
                connection.late_idle = time - connection.quiet_since
        connection.late_bytes += length
    connection.quiet_since = time


def _lose(side: Side) -> None:
    if side.stream is not None:
        side.stream.lost()


def _close(  # noqa: PLR0913, PLR0917 - the segment that closes
    side: Side, flags: int, seq: int, ack: int, time: float, line: int, ident: int
) -> None:
    """A FIN or RST of ``side`` whose sequence number is ``seq``."""
    connection = side.connection
    how = CloseKind.RST if flags & RST else CloseKind.FIN
    if how is CloseKind.FIN:
        if side.fin:
            side.retransmissions += not (ident and ident == side.ident)
            side.ident = ident
            return
        side.fin = True
        if seq == side.next:
            side.next = (seq + 1) & _MASK
        side.ident = ident
    elif connection.syn is not None and connection.syn_ack is None and side is connection.server:
        if connection.refused is None:
            connection.refused, connection.refused_line = time, line
        return
    if connection.close_by is None:
        _first_close(side, how, ack if flags & ACK else None, time, line)
    elif (
        how is CloseKind.RST
        and connection.close_how is CloseKind.FIN
        and connection.reset_time is None
    ):
        connection.reset_time, connection.reset_line = time, line
        connection.reset_by = side
    side.reset = side.reset or how is CloseKind.RST


def _first_close(side: Side, how: CloseKind, ack: int | None, time: float, line: int) -> None:
    connection, peer = side.connection, side.peer
    connection.close_by, connection.close_how = side, how
    connection.close_time, connection.close_line = time, line
    unseen = (peer.next - ack) & _MASK if ack is not None and peer.next >= 0 else 0
    late = 0 < unseen < _HALF and connection.turn is peer and not peer.fin
    if late:
        connection.late_bytes = min(unseen, peer.payload)
        connection.late_time, connection.late_line = connection.turn_time, connection.turn_line
        if connection.before is not None:
            connection.late_idle = connection.turn_time - connection.before
    quiet = connection.before if late else connection.quiet_since
    connection.close_idle = None if quiet is None else time - quiet
    _judge_open(side, peer, late=late)


def _judge_open(side: Side, peer: Side, *, late: bool) -> None:
    """Whether a request was open, and whether one begins in the bytes that were not seen."""
    connection = side.connection
    exchanges = connection.open
    if peer.speech is Speech.HTTP1 and peer is connection.client:
        arrived = peer.payload - (connection.late_bytes if late else 0)
        waiting = [found for found in exchanges or () if found.status is None]
        connection.late_request = any(found.position > arrived for found in waiting)
        connection.close_open = any(found.position <= arrived for found in waiting)
    elif side is connection.client:
        connection.close_open = bool(exchanges) and any(
            found.status is None for found in exchanges or ()
        )
        if side.speech is not Speech.HTTP1:
            connection.close_open = connection.turn is side and not connection.alerts
    else:
        connection.close_open = connection.turn is peer and not late and not connection.alerts
        connection.late_request = late and peer.speech in (Speech.TLS, Speech.HTTP2)
