"""Accounts of the failing requests in packet captures, for what no log tells of."""

from collections.abc import Iterator

from why503.facts import AccessLog, Request, Speech, TcpConnection, Witness
from why503.mesh.account import Account
from why503.mesh.capture import within_pod
from why503.mesh.captured import Captured, Shape, failures_on
from why503.mesh.ending import Ending, Outcome
from why503.mesh.failure import Failure, Role
from why503.mesh.mesh import Mesh

ACCOUNTS_KEPT = 10_000
"""Captured failures that are looked at; a capture of a scan holds no more to learn."""
_CLOSE = 2.0
"""Seconds by which the account of a log may differ."""

_ENDINGS: dict[Shape, Ending] = {
    Shape.UNANSWERED: Ending.CONNECTION_TIMEOUT,
    Shape.LATE_SYN_ACK: Ending.CONNECTION_TIMEOUT,
    Shape.REFUSED: Ending.CONNECTION_REFUSED,
    Shape.UNREACHABLE: Ending.NO_ROUTE_TO_HOST,
    Shape.PLAIN_ANSWER: Ending.TLS_FAILURE,
    Shape.PLAIN_TO_TLS: Ending.CONNECTION_TERMINATION,
    Shape.ALERT: Ending.TLS_FAILURE,
    Shape.OTHER_VERSION: Ending.PROTOCOL_ERROR,
    Shape.BAD_ANSWER: Ending.PROTOCOL_ERROR,
    Shape.BAD_REQUEST: Ending.DOWNSTREAM_PROTOCOL_ERROR,
    Shape.RACE: Ending.CONNECTION_TERMINATION,
    Shape.LOST: Ending.CONNECTION_TERMINATION,
    Shape.CUT: Ending.CONNECTION_TERMINATION,
    Shape.CLIENT_LEFT: Ending.CLIENT_GONE,
    Shape.SILENT: Ending.UNKNOWN,
    Shape.ERROR_ANSWER: Ending.UNKNOWN,
}
_UNENDED = frozenset({Shape.UNANSWERED, Shape.LATE_SYN_ACK, Shape.SILENT})
"""Shapes that do not show when the caller gave up."""


def captured_accounts(mesh: Mesh, known: list[Failure]) -> list[Account]:
    """Failures in captures that no access log tells of, each connection's once."""
    if not any(isinstance(fact, TcpConnection) for fact in mesh.bundle.facts):
        return []
    told = _Told(mesh, known)
    found: list[Captured] = []
    seen: dict[tuple[str, str], str] = {}
    for connection in mesh.bundle.facts:
        if not isinstance(connection, TcpConnection) or len(found) >= ACCOUNTS_KEPT:
            continue
        ends = connection.client, connection.server
        if seen.setdefault(ends, connection.source.path) != connection.source.path:
            continue  # captured at both of its ends
        found += [failed for failed in failures_on(connection) if not told.knows(failed)]
    inner = [failed for failed in found if within_pod(failed.connection)]
    return [_account(failed) for failed in found if not _follows(failed, inner)]


def _follows(failed: Captured, inner: list[Captured]) -> bool:
    """True for a 5xx with which a sidecar passed on what failed behind it, seen as well."""
    if failed.shape is not Shape.ERROR_ANSWER or within_pod(failed.connection):
        return False
    started = failed.request.time if failed.request else failed.time
    return any(
        other.connection.server == failed.connection.server
        and started <= other.time <= failed.time + _CLOSE
        for other in inner
    )


class _Told:
    """What the access logs tell of."""

    def __init__(self, mesh: Mesh, known: list[Failure]) -> None:
        self.logs = mesh.logs
        requests = [request for failure in known for request in _requests(failure)]
        self.failing = {request.upstream_host for request in requests} | {
            request.downstream_local for request in requests
        }
        self.callers = {request.downstream_remote for request in requests}
        self.nameless = any(
            log.groups and all(not group.upstream_host for group in log.groups) for log in self.logs
        )

    def knows(self, failed: Captured) -> bool:
        """True where a log tells of the request, or of its destination at that time."""
        connection, request = failed.connection, failed.request
        if self.nameless or connection.server in self.failing:
            return True
        if connection.client in self.callers:
            return True
        ident = request.request_id if request is not None else ""
        if ident and any(ident in log.request_ids for log in self.logs):
            return True
        return any(
            group.upstream_host == connection.server
            for log in self.logs
            if not connection.dated or _covers(log, failed.time)
            for group in log.groups
        )


def _requests(failure: Failure) -> Iterator[Request]:
    for request in (failure.teller, failure.downstream, *failure.upstream, failure.client):
        if request is not None:
            yield request


def _covers(log: AccessLog, time: float) -> bool:
    if log.first is None or log.last is None:
        return True
    return log.first - _CLOSE <= time <= log.last + _CLOSE


def _account(failed: Captured) -> Account:
    connection, request = failed.connection, failed.request
    own = within_pod(connection)
    begun = failed.shape is Shape.CUT and request is not None and request.status is not None
    ending = _ENDINGS[failed.shape]
    if failed.shape is Shape.ERROR_ANSWER and own:
        ending = Ending.VIA_UPSTREAM
    return Account(
        request=_request(failed),
        outcome=Outcome(ending=ending, after_headers=begun),
        role=Role.UPSTREAM if own else Role.DOWNSTREAM,
    )


def _request(failed: Captured) -> Request:
    connection, request = failed.connection, failed.request
    started = request.time if request is not None else _begin(failed)
    ended = request.end if request is not None and request.end is not None else failed.time
    late = failed.shape in {Shape.RACE, Shape.LOST}
    closing = connection.closing
    told = f"{request.method} {request.path}" if request is not None else ""
    return Request(
        source=connection.place(failed.line),
        witness=Witness.CAPTURE,
        teller=connection.teller,
        time=started if connection.dated else None,
        code=request.status if request is not None else None,
        method=request.method if request is not None else None,
        path=request.path if request is not None else None,
        authority=(request.host if request is not None else "") or None,
        request_id=(request.request_id if request is not None else "") or None,
        protocol="HTTP/1.1" if connection.from_client.speech is Speech.HTTP1 else None,
        duration=None if failed.shape in _UNENDED else max(0.0, ended - started) * 1000,
        upstream_host=connection.server,
        upstream_local=connection.client,
        server_name=connection.server_name or None,
        idle=closing.late_idle if late and closing is not None else None,
        idle_by_connection=late,
        requests_before=_before(failed),
        raw=f"{connection.client} > {connection.server} {told}".rstrip(),
    )


def _begin(failed: Captured) -> float:
    """Start of a failure without a request: the SYN, or the packet that failed."""
    connection, closing = failed.connection, failed.connection.closing
    silence = connection.from_client.silence
    if failed.shape is Shape.SILENT and silence is not None:
        return connection.captured_until - silence
    if failed.shape in {Shape.RACE, Shape.LOST} and closing is not None:
        return closing.late_time if closing.late_time is not None else closing.time
    return connection.handshake.time if connection.handshake else failed.time


def _before(failed: Captured) -> int | None:
    """Requests that the connection carried before; None where its beginning was not captured."""
    connection = failed.connection
    if connection.handshake is None or not connection.request_count:
        return None
    return connection.request_count - (failed.request is not None)
