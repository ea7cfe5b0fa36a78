"""What each end of a connection speaks, and what is heard of it."""

from collections import deque

from why503.evidence.capture.connection import (
    ALERTS_KEPT,
    REQUESTS_KEPT,
    Connection,
    Exchange,
    Side,
)
from why503.evidence.capture.http_message import ANSWER, METHODS, Head, HttpSide
from why503.evidence.capture.tls_record import TlsSide, is_record
from why503.facts.tcp_connection import Speech
from why503.support.dataclass import dataclass

EXCHANGES_KEPT = 100_000
"""Requests of one capture that are kept; those after them are counted only."""

_HTTP2 = b"PRI * HTTP/2.0"
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_HEADERS_FRAME = 1


@dataclass
class Budget:
    """What one capture may still keep."""

    exchanges: int = EXCHANGES_KEPT


class _Ear:
    """Hears one side for its connection."""

    __slots__ = ("_budget", "_side")

    def __init__(self, side: Side, budget: Budget) -> None:
        self._side = side
        self._budget = budget

    def head(self, head: Head, time: float, line: int) -> bool:
        """A request begins, or is answered."""
        connection = self._side.connection
        if head.status:
            return _answer(connection, head, time, line)
        connection.request_count += 1
        exchange = Exchange(head, time, line, self._side.payload)
        if connection.open is None:
            connection.open, connection.requests = deque(maxlen=REQUESTS_KEPT), deque()
        connection.open.append(exchange)
        if connection.requests is not None and self._budget.exchanges > 0:
            if len(connection.requests) == REQUESTS_KEPT:
                connection.requests.popleft()
            else:
                self._budget.exchanges -= 1
            connection.requests.append(exchange)
        if connection.close_by is self._side.peer:
            connection.late_request = True
        return False

    def body(self, time: float) -> None:
        """More of the answer that came last."""
        open_ = self._side.connection.open
        if open_ and open_[0].status is not None:
            open_[0].end = time

    def malformed(self, text: str, line: int) -> None:
        """The first head that is none is kept."""
        if self._side.connection.malformed is None and not self._side.missed:
            self._side.connection.malformed = (text, line, self._side)

    def client_hello(self, server_name: str) -> None:
        """The client asks for TLS."""
        connection = self._side.connection
        connection.hello = True
        connection.server_name = server_name or connection.server_name

    def alert(self, level: str, description: str, time: float, line: int) -> None:
        """One of the first alerts is kept."""
        connection = self._side.connection
        if connection.alerts is None:
            connection.alerts = []
        if len(connection.alerts) < ALERTS_KEPT:
            connection.alerts.append((level, description, time, line, self._side))

    def application_data(self) -> None:
        """After the close: what may be a request."""
        connection = self._side.connection
        if connection.close_by is self._side.peer and self._side is connection.client:
            connection.late_request = True


def _answer(connection: Connection, head: Head, time: float, line: int) -> bool:
    """An answer's head belongs to the oldest request without one; True where no body follows."""
    open_ = connection.open
    while open_ and open_[0].status is not None:
        open_.popleft()
    if head.status < 200 and head.status != 101:
        return True
    bodiless = head.status in (204, 304)
    if open_:
        exchange = open_[0]
        exchange.status, exchange.answered, exchange.answer_line = head.status, time, line
        exchange.end = time
        bodiless = bodiless or exchange.head.first == b"HEAD"
    return bodiless


def hear(side: Side, data: bytes, missing: int, time: float, line: int, budget: Budget) -> None:
    """Take the next bytes of ``side``; at its first ones find out what it speaks."""
    stream = side.stream
    if not data and stream is None:
        return
    if stream is None and not (side.speech is Speech.OTHER and side.connection.syn is not None):
        stream = _begin(side, data, line, budget)
    if stream is not None:
        stream.feed(data, missing, time, line)
    if side.speech is Speech.HTTP2 and side.connection.close_by is side.peer:
        _late_frame(side, data)


def _begin(side: Side, data: bytes, line: int, budget: Budget) -> HttpSide | TlsSide | None:
    """Tell the speech by the first bytes, and by it the roles where no SYN told them."""
    connection = side.connection
    if side.speech is Speech.HTTP2:
        return None
    if data.startswith(METHODS):
        _is_client(side)
        side.speech, side.stream = Speech.HTTP1, HttpSide(_Ear(side, budget), answers=False)
    elif data.startswith(ANSWER):
        _is_client(side.peer)
        side.speech, side.stream = Speech.HTTP1, HttpSide(_Ear(side, budget), answers=True)
    elif data.startswith(_HTTP2):
        _is_client(side)
        side.speech = Speech.HTTP2
    elif is_record(data):
        if data[0] == 22 and data[5:6] in (b"\1", b"\2"):
            _is_client(side if data[5] == _CLIENT_HELLO else side.peer)
        side.speech, side.stream = Speech.TLS, TlsSide(_Ear(side, budget))
    elif side.peer.speech is Speech.HTTP2:
        side.speech = Speech.HTTP2
    else:
        side.speech = Speech.OTHER
        if side.peer.speech is Speech.HTTP1 and side is connection.server and not side.missed:
            side.speech, side.stream = Speech.OTHER, HttpSide(_Ear(side, budget), answers=True)
    if connection.hello and side is connection.server and side.speech is not Speech.TLS:
        connection.plain_answer = connection.plain_answer or line
    return side.stream


def _is_client(side: Side) -> None:
    if not side.connection.known:
        side.connection.client, side.connection.known = side, True


def _late_frame(side: Side, data: bytes) -> None:
    """A HEADERS frame of the client after the close begins a request."""
    if len(data) >= 9 and data[3] == _HEADERS_FRAME and side is side.connection.client:
        side.connection.late_request = True
