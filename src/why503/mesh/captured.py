"""What went wrong on captured connections: each failing one by the shape of its failure."""

from collections.abc import Iterator
from enum import StrEnum

from why503.facts import (
    CapturedRequest,
    CloseKind,
    Closing,
    Peer,
    Source,
    Speech,
    TcpConnection,
)
from why503.mesh.capture import SILENCE, alerts_of, connections_of, never_answered
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass
from why503.support.duration import spell
from why503.support.median import median
from why503.support.text import _

AT_WORK = 0.05
"""Seconds from which a server that had taken a request was at work on it."""
IDLE = 0.5
"""Seconds without payload from which a connection was idle when it was closed."""
_AROUND = 10.0
"""Seconds by which a capture's packets may lie outside of the failures that they belong to."""
_GAVE_UP = 0.05
"""Least seconds of a SYN-ACK that may have come too late."""
_TOGETHER = 0.05
"""Seconds within which a server that goes away closes all its connections."""
_ALIKE = 0.25
_HTTP = frozenset({Speech.HTTP1, Speech.HTTP2})


class Shape(StrEnum):
    """How a captured connection failed a request."""

    UNANSWERED = "SYN never answered"
    LATE_SYN_ACK = "SYN answered after the caller had given up"
    REFUSED = "SYN answered with RST"
    UNREACHABLE = "ICMP says that the address cannot be reached"
    PLAIN_ANSWER = "ClientHello answered in plain text"
    PLAIN_TO_TLS = "plain text answered with TLS"
    ALERT = "TLS alert"
    OTHER_VERSION = "HTTP/2 answered with HTTP/1, or the reverse"
    BAD_ANSWER = "answer that no HTTP parser takes"
    BAD_REQUEST = "request that no HTTP parser takes"
    RACE = "request sent into the server's close"
    LOST = "request answered with RST by an address that never sent FIN"
    SILENT = "request never acknowledged"
    CUT = "closed by the server with a request in hand"
    CLIENT_LEFT = "closed by the client before the answer was complete"
    ERROR_ANSWER = "answered with 5xx"


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One failure as the capture shows it."""

    connection: TcpConnection
    shape: Shape
    line: int
    """The packet that shows it best."""
    time: float
    """When it failed; see `TcpConnection.dated`."""
    request: CapturedRequest | None = None
    """The plain HTTP/1 request that failed; None where none was seen."""
    detail: str = ""
    """The alert, the ICMP message or what is wrong with the head; ``""`` for other shapes."""
    by: Peer | None = None
    """Who sent the alert, the malformed head or the closing segment."""

    @property
    def idle(self) -> float | None:
        """Seconds without payload before the server's close (RACE), or between request and close.

        None where that was not captured.
        """
        closing = self.connection.closing
        return None if closing is None else closing.idle

    @property
    def late_after(self) -> float | None:
        """Seconds from the server's close to the request, negative where they crossed."""
        closing = self.connection.closing
        return None if closing is None else closing.late_after

    @property
    def how(self) -> str:
        """`FIN` or `RST`, whichever came first; ``""`` where no end closed the connection."""
        closing = self.connection.closing
        return "" if closing is None else closing.how.value

    @property
    def first_request(self) -> bool:
        """True where it was the first request of a connection captured from its SYN."""
        return self.connection.handshake is not None and self.connection.request_count <= 1

    @property
    def sources(self) -> tuple[Source, ...]:
        """The packets that show it, in order: the close and the request that came too late."""
        closing = self.connection.closing
        lines = {self.line}
        if closing is not None and self.shape in {Shape.RACE, Shape.LOST}:
            lines.add(closing.late_line or self.line)
        return tuple(self.connection.place(line) for line in sorted(lines))


def failures_on(connection: TcpConnection) -> Iterator[Captured]:
    """What failed on one connection: at most one failure of its own, and its 5xx answers."""
    if (own := _opening(connection) or _speech(connection) or _ending(connection)) is not None:
        yield own
    for request in connection.requests:
        if (request.status or 0) >= 500:
            yield Captured(
                connection=connection,
                shape=Shape.ERROR_ANSWER,
                line=request.answer_line or request.line,
                time=request.answered or request.time,
                request=request,
            )


def _opening(connection: TcpConnection) -> Captured | None:
    opening, closing = connection.handshake, connection.closing
    if opening is None:
        return None
    shape, line, time, detail = Shape.UNANSWERED, opening.line, opening.time, ""
    if opening.unreachable and opening.answered is None:
        refused = opening.unreachable.startswith("port")
        shape = Shape.REFUSED if refused else Shape.UNREACHABLE
        line, detail = opening.unreachable_line, opening.unreachable
    elif opening.refused is not None and opening.answered is None:
        shape, line, time = Shape.REFUSED, opening.refused_line, opening.refused
    elif opening.answered is not None:
        late = (opening.took or 0.0) >= _GAVE_UP and not connection.from_client.payload
        if not (late and closing and (closing.by, closing.how) == (Peer.CLIENT, CloseKind.RST)):
            return None
        shape, line = Shape.LATE_SYN_ACK, opening.answer_line
    elif not never_answered(connection):
        return None
    return Captured(connection=connection, shape=shape, line=line, time=time, detail=detail)


def _speech(connection: TcpConnection) -> Captured | None:
    """Two ends that do not speak the same, or one that speaks badly."""
    asked, answered = connection.from_client.speech, connection.from_server.speech
    line = connection.source.line
    shape, detail, by = None, "", None
    if connection.plain_answer_line:
        shape, line = Shape.PLAIN_ANSWER, connection.plain_answer_line
    elif asked in _HTTP and answered is Speech.TLS:
        shape = Shape.PLAIN_TO_TLS
    elif alerts := alerts_of(connection):
        shape, line = Shape.ALERT, alerts[0].line
        detail, by = alerts[0].description, alerts[0].by
    elif {asked, answered} == _HTTP:
        shape = Shape.OTHER_VERSION
    elif connection.malformed and _refused_head(connection):
        by = connection.malformed_by
        shape = Shape.BAD_ANSWER if by is Peer.SERVER else Shape.BAD_REQUEST
        line, detail = connection.malformed_line, connection.malformed
    if shape is None:
        return None
    request = connection.requests[-1] if connection.requests else None
    return Captured(
        connection=connection,
        shape=shape,
        line=line,
        time=request.time if request else connection.last,
        request=request,
        detail=detail,
        by=by,
    )


def _refused_head(connection: TcpConnection) -> bool:
    """True where the other end gave up upon a malformed head."""
    closing = connection.closing
    if connection.malformed_by is Peer.CLIENT and connection.requests:
        refused = connection.requests[-1].status
        if refused == 400:
            return True
    return closing is not None and closing.by is not connection.malformed_by


def _ending(connection: TcpConnection) -> Captured | None:
    shape = _shape_of_ending(connection)
    if shape is None:
        return None
    closing = connection.closing
    last = connection.requests[-1] if connection.requests else None
    line = connection.from_client.silence_line if closing is None else closing.line
    if shape is Shape.SILENT:
        line = connection.from_client.silence_line or line
    return Captured(
        connection=connection,
        shape=shape,
        line=line or connection.source.line,
        time=connection.last if closing is None else closing.time,
        request=last if last is not None and _pending(last, closing) else None,
        by=None if closing is None else closing.by,
    )


def _pending(request: CapturedRequest, closing: Closing | None) -> bool:
    return request.status is None or closing is None or closing.request_open


def _shape_of_ending(connection: TcpConnection) -> Shape | None:
    closing, sent = connection.closing, connection.from_client
    told = sent.speech is Speech.HTTP1
    if closing is not None and closing.by is Peer.SERVER:
        if closing.request_open and _never_taken(connection, closing):
            return Shape.LOST
        if closing.request_open:
            return Shape.CUT if told or closing.how is CloseKind.RST else None
        if not closing.late_request:
            return None
        after = closing.how is CloseKind.FIN or (closing.late_after or 0.0) > 0
        return Shape.RACE if after else Shape.LOST
    waited = sent.unacknowledged and sent.silence is not None and sent.silence >= SILENCE
    if waited and sent.retransmissions:
        return Shape.SILENT
    unanswered = bool(connection.requests) and connection.requests[-1].status is None
    if closing is not None and told and closing.request_open and unanswered:
        return Shape.CLIENT_LEFT
    return None


def _never_taken(connection: TcpConnection, closing: Closing) -> bool:
    """True where RST answers, at once, a request on a connection that had been idle before."""
    if closing.how is not CloseKind.RST or len(connection.requests) < 2:
        return False
    before, last = connection.requests[-2:]
    paused = before.end is not None and last.time - before.end >= IDLE
    return paused and closing.time - last.time < AT_WORK


def captured_on(hop: Hop, mesh: Mesh, *shapes: Shape) -> tuple[Captured, ...]:
    """Captured failures of these shapes that belong to the hop's failures.

    On the very connections of the failures where addresses join them; else on connections to the
    same upstream about the same time (at any time where the capture is not dated).
    """
    near = connections_of(mesh, hop)
    if not near:
        return ()
    pairs = {
        (account.upstream_local, account.upstream_host)
        for account in hop.accounts()
        if account.upstream_local
    }
    own = [found for found in near if (found.client, found.server) in pairs]
    told = [failed for found in own or near for failed in failures_on(found)]
    times = [account.time for account in hop.accounts() if account.time is not None]
    if not own and times:
        ends = [account.end for account in hop.accounts() if account.end is not None]
        first, last = min(times) - _AROUND, max(ends) + _AROUND
        told = [f for f in told if not f.connection.dated or first <= f.time <= last]
    return tuple(failed for failed in told if failed.shape in shapes)


def packets(found: tuple[Captured, ...], most: int = 2) -> tuple[Source, ...]:
    """The packets that show the first ``most`` of these failures."""
    return tuple(source for failed in found[:most] for source in failed.sources)


def words_of_close(failed: Captured) -> dict[str, str]:
    """For sentences: `how` the server closed, after what `idle` time, the `gap` to the request."""
    after = failed.late_after or 0.0
    gap = _("{time} later").format(time=spell(after)) if after > 0 else _("crossing it")
    return {"how": failed.how, "idle": spell(failed.idle or 0.0), "gap": gap}


def at_work(found: tuple[Captured, ...]) -> float | None:
    """Median seconds between taking a request and closing, of CUT ones; None where at once."""
    told = [failed.idle for failed in found if failed.shape is Shape.CUT and failed.idle]
    return median(told) if told and median(told) >= AT_WORK else None


def cut_when_new(found: tuple[Captured, ...]) -> tuple[Captured, ...]:
    """Those cut at once on the first plain request of a connection, without a byte of answer."""
    return tuple(
        failed
        for failed in found
        if failed.shape is Shape.CUT
        and failed.first_request
        and failed.request is not None
        and not failed.connection.from_server.payload
        and (failed.idle or 0.0) < AT_WORK
    )


def plain_refused(hop: Hop, mesh: Mesh) -> tuple[Captured, ...]:
    """Plain requests that were answered with TLS, or cut at once on new connections."""
    cut = cut_when_new(captured_on(hop, mesh, Shape.CUT))
    return captured_on(hop, mesh, Shape.PLAIN_TO_TLS) or cut


def closed_for_idleness(found: tuple[Captured, ...], hop: Hop, mesh: Mesh) -> bool:
    """True where the server closed these connections (RACE) for being idle.

    Idle for about the same time each; not in one moment with others idle for other times, as when
    it goes away.
    """
    others = connections_of(mesh, hop)
    gaps = [failed.idle for failed in found]
    told = [gap for gap in gaps if gap is not None and gap >= IDLE]
    if not told or len(told) < len(gaps):
        return False
    middle = median(told)
    together = [
        other.closing.idle
        for failed in found
        for other in others
        if other is not failed.connection
        and other.closing is not None
        and other.closing.by is Peer.SERVER
        and abs(other.closing.time - failed.time) <= _TOGETHER
        and other.closing.idle is not None
    ]
    return all(abs(gap - middle) <= _ALIKE * middle for gap in [*told, *together])


def no_idle_close(hop: Hop, mesh: Mesh) -> tuple[Captured, ...]:
    """The hop's requests that met no close of an idle connection: taken, refused, or lost."""
    cut = captured_on(hop, mesh, Shape.CUT)
    if at_work(cut) is None and not cut_when_new(cut):
        cut = ()
    return cut + captured_on(hop, mesh, Shape.LOST)


def cut_together(found: tuple[Captured, ...]) -> bool:
    """True where several connections were cut in one moment, as when a server goes away."""
    times = sorted(failed.time for failed in found)
    return len(times) > 1 and times[-1] - times[0] <= _TOGETHER
