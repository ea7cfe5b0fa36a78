"""What is kept of one connection while its packets stream by: two sides and their closing."""

from collections import deque

from why503.evidence.capture.http_message import Head, HttpSide, path_of
from why503.evidence.capture.tls_record import TlsSide
from why503.facts.tcp_connection import CapturedRequest, CloseKind, Peer, Speech, TlsAlert
from why503.support.dataclass import dataclass

REQUESTS_KEPT = 1000
"""Requests of one connection that are kept, the last ones."""
ALERTS_KEPT = 20
HELD = 64
"""Segments that wait for one before them."""
HELD_BYTES = 64 << 10


@dataclass(slots=True)
class Held:
    """A segment that came before an earlier one."""

    seq: int
    length: int
    data: bytes
    time: float
    line: int


class Exchange:
    """A request and its answer, under way."""

    __slots__ = ("answer_line", "answered", "end", "head", "line", "position", "status", "time")

    def __init__(self, head: Head, time: float, line: int, position: int) -> None:
        self.head = head
        self.time = time
        self.line = line
        self.position = position
        """Payload bytes of the client up to the end of the segment that ended its head."""
        self.status: int | None = None
        self.answered: float | None = None
        self.answer_line = 0
        self.end: float | None = None

    def fact(self) -> CapturedRequest:
        """As it may be kept."""
        return CapturedRequest(
            line=self.line,
            time=self.time,
            method=self.head.first.decode("ascii", "replace")[:20],
            path=path_of(self.head.target),
            host=self.head.host,
            request_id=self.head.request_id,
            status=self.status,
            answer_line=self.answer_line,
            answered=self.answered,
            end=self.end,
        )


class Side:
    """One end: what it sent, and how far the other end acknowledged it."""

    __slots__ = (
        "acked",
        "connection",
        "fin",
        "held",
        "ident",
        "interface",
        "key",
        "missed",
        "next",
        "payload",
        "peer",
        "reset",
        "retransmissions",
        "speech",
        "stream",
        "unacked_line",
        "unacked_since",
        "zero_window_line",
        "zero_windows",
    )
    connection: "Connection"
    peer: "Side"

    def __init__(self, key: object) -> None:
        self.key = key
        self.interface: str | None = None
        self.next = -1
        """Sequence number of the next new byte; -1 until known."""
        self.acked = -1
        """Highest acknowledgement of its bytes; -1 until there is one."""
        self.ident = 0
        self.payload = 0
        self.fin = False
        self.reset = False
        self.missed = False
        """True where bytes of it are missing in the capture."""
        self.retransmissions = 0
        self.zero_windows = 0
        self.zero_window_line = 0
        self.unacked_since: float | None = None
        self.unacked_line = 0
        self.held: list[Held] | None = None
        self.speech = Speech.NOTHING
        self.stream: HttpSide | TlsSide | None = None
        """What follows its bytes; None where nothing does."""

    def role(self) -> Peer:
        """Which end it is, as far as is known by now."""
        return Peer.CLIENT if self.connection.client is self else Peer.SERVER


class Connection:
    """Both sides, the opening, the requests and the closing."""

    __slots__ = (
        "alerts",
        "before",
        "client",
        "close_by",
        "close_how",
        "close_idle",
        "close_line",
        "close_open",
        "close_time",
        "first",
        "hello",
        "interfaces",
        "known",
        "last",
        "late_bytes",
        "late_idle",
        "late_line",
        "late_request",
        "late_time",
        "line",
        "malformed",
        "open",
        "packets",
        "plain_answer",
        "quiet_since",
        "refused",
        "refused_line",
        "request_count",
        "requests",
        "reset_by",
        "reset_line",
        "reset_time",
        "server_name",
        "syn",
        "syn_ack",
        "syn_ack_line",
        "syn_line",
        "syn_seq",
        "syns",
        "turn",
        "turn_line",
        "turn_time",
        "unreachable",
    )

    def __init__(self, client: Side, server: Side, time: float, line: int) -> None:
        self.client = client
        self.known = False
        self.line = line
        self.first = self.last = time
        self.packets = 0
        self.interfaces: set[str] = set()
        self.syn: float | None = None
        self.syn_seq = self.syn_line = self.syns = 0
        self.syn_ack: float | None = None
        self.syn_ack_line = 0
        self.refused: float | None = None
        self.refused_line = 0
        self.unreachable: tuple[str, str, int] | None = None
        self.quiet_since: float | None = None
        """Time of the last payload of any side."""
        self.before: float | None = None
        """Time of the last payload before the present turn; None where there was none."""
        self.turn: Side | None = None
        """Whose payload came last, without payload of the other since `turn_time`."""
        self.turn_time = 0.0
        self.turn_line = 0
        self.open: deque[Exchange] | None = None
        """Requests without a whole answer."""
        self.requests: deque[Exchange] | None = None
        self.request_count = 0
        self.close_by: Side | None = None
        self.close_how = CloseKind.FIN
        self.close_time = 0.0
        self.close_line = 0
        self.close_idle: float | None = None
        self.close_open = False
        self.late_bytes = self.late_line = 0
        self.late_time: float | None = None
        self.late_idle: float | None = None
        self.late_request = False
        self.reset_time: float | None = None
        self.reset_line = 0
        self.reset_by: Side | None = None
        self.hello = False
        self.server_name = ""
        self.alerts: list[tuple[str, str, float, int, Side]] | None = None
        self.plain_answer = 0
        self.malformed: tuple[str, int, Side] | None = None
        client.connection = server.connection = self
        client.peer, server.peer = server, client

    @property
    def server(self) -> Side:
        """The other end."""
        return self.client.peer

    def told_alerts(self) -> tuple[TlsAlert, ...]:
        """Alerts as facts."""
        return tuple(
            TlsAlert(line=line, time=time, by=side.role(), level=level, description=description)
            for level, description, time, line, side in self.alerts or ()
        )
