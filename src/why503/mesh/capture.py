"""What packet captures say: who closed first, what came too late, what was never answered."""

from collections import Counter
from collections.abc import Iterable

from why503.facts import CloseKind, Closing, Peer, TcpConnection, TlsAlert
from why503.mesh.address import is_address, split_host
from why503.mesh.failure import Role
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass

LATE_SYN_ACK = 1.0
"""Seconds after which a SYN is sent again: an answer later than that was lost or held back."""
SILENCE = 1.0
"""Seconds without acknowledgement from which no network is just slow."""
SAME_COUNT = 3
"""Connections that must have carried the same number of requests before it is no chance."""

_OWN_ADDRESSES = frozenset({"127.0.0.1", "127.0.0.6", "::1", "::6"})
"""Addresses from which a sidecar connects to its application."""
_PROXY_PORTS = frozenset({15001, 15006, 15008})
"""Ports of a sidecar that take what its pod sends and gets."""
_GRACEFUL = frozenset({"close_notify", "user_canceled", "no_renegotiation", ""})


@dataclass(frozen=True, kw_only=True)
class Race:
    """A request that crossed the server's close of an idle connection."""

    connection: TcpConnection
    closing: Closing
    gap: float
    """Seconds from the close to the request, negative where the request was under way."""
    idle: float | None
    """Seconds that the connection had been idle when the server closed it; None where its last
    payload was not captured."""


def connections(mesh: Mesh) -> tuple[TcpConnection, ...]:
    """Every connection that was captured, each once, in the order of the evidence."""
    return mesh.facts(TcpConnection)


def connections_to(mesh: Mesh, host: str = "", port: int | None = None) -> list[TcpConnection]:
    """Captured connections to an address and port; ``""`` and None stand for any."""
    found = []
    for connection in connections(mesh):
        address, number = split_host(connection.server)
        if host in ("", address) and port in (None, number):
            found.append(connection)
    return found


def connections_of(mesh: Mesh, hop: Hop) -> list[TcpConnection]:
    """Captured connections to the upstream hosts of a hop.

    Where the hop's failures name none, those to its port; where it has no port either, all. Of the
    two legs that lead to one pod's address only the hop's own.
    """
    found = _to_upstreams(mesh, hop)
    if not hop.count or hop.role is Role.CLIENT:
        return found
    inside = hop.role is Role.UPSTREAM
    return [connection for connection in found if within_pod(connection) is inside]


def within_pod(connection: TcpConnection) -> bool:
    """True for a connection of a sidecar to its own application."""
    client, _port = split_host(connection.client)
    server, port = split_host(connection.server)
    here = client in _OWN_ADDRESSES or client == server
    return here and port not in _PROXY_PORTS


def _to_upstreams(mesh: Mesh, hop: Hop) -> list[TcpConnection]:
    hosts = {split_host(host) for host in hop.upstream_hosts}
    hosts = {(address, port) for address, port in hosts if is_address(address)}
    if hosts:
        return [found for found in connections(mesh) if split_host(found.server) in hosts]
    return connections_to(mesh, port=hop.port)


def races(mesh: Mesh, hop: Hop) -> list[Race]:
    """Requests that were sent into the server's close: the proof of the race."""
    found = []
    for connection in connections_of(mesh, hop):
        closing = connection.closing
        if closing is None or closing.by is not Peer.SERVER or not closing.late_request:
            continue
        if closing.late_after is not None and not closing.request_open:
            found.append(
                Race(
                    connection=connection,
                    closing=closing,
                    gap=closing.late_after,
                    idle=closing.idle,
                )
            )
    return found


def closed_first(
    found: Iterable[TcpConnection], by: Peer, how: CloseKind | None = None
) -> list[TcpConnection]:
    """Those that one end closed first; ``how`` None stands for FIN and RST."""
    return [
        connection
        for connection in found
        if connection.closing is not None
        and connection.closing.by is by
        and how in (None, connection.closing.how)
    ]


def cut_requests(mesh: Mesh, hop: Hop) -> list[TcpConnection]:
    """Connections that the server closed with a request in hand that it had received."""
    ended = closed_first(connections_of(mesh, hop), Peer.SERVER)
    return [found for found in ended if found.closing is not None and found.closing.request_open]


def unanswered_syns(mesh: Mesh, address: str = "", port: int | None = None) -> list[TcpConnection]:
    """Connections whose SYN was never answered, by nothing and nobody, while it was watched."""
    return [found for found in connections_to(mesh, address, port) if never_answered(found)]


def never_answered(connection: TcpConnection) -> bool:
    """True where its SYN was never answered, by nothing and nobody, while it was watched."""
    opening = connection.handshake
    return (
        opening is not None
        and opening.answered is None
        and opening.refused is None
        and not opening.unreachable
        and (opening.syns > 1 or connection.captured_until - opening.time >= SILENCE)
    )


def late_syn_acks(
    mesh: Mesh, address: str = "", port: int | None = None, least: float = LATE_SYN_ACK
) -> list[TcpConnection]:
    """Connections whose SYN was answered only after ``least`` seconds."""
    return [
        found
        for found in connections_to(mesh, address, port)
        if found.handshake is not None
        and found.handshake.took is not None
        and found.handshake.took >= least
    ]


def refused(mesh: Mesh, address: str = "", port: int | None = None) -> list[TcpConnection]:
    """Connections that were answered with RST or an ICMP error in the place of a SYN-ACK."""
    return [
        found
        for found in connections_to(mesh, address, port)
        if found.handshake is not None
        and found.handshake.answered is None
        and (found.handshake.refused is not None or found.handshake.unreachable)
    ]


def tls_alerts(
    mesh: Mesh, address: str = "", port: int | None = None
) -> list[tuple[TcpConnection, TlsAlert]]:
    """Alerts that say what is wrong, with their connections; goodbyes are left out."""
    return [
        (found, alert)
        for found in connections_to(mesh, address, port)
        for alert in alerts_of(found)
    ]


def alerts_of(connection: TcpConnection) -> list[TlsAlert]:
    """Alerts of a connection that say what is wrong."""
    return [alert for alert in connection.alerts if alert.description not in _GRACEFUL]


def plain_answers(mesh: Mesh, address: str = "", port: int | None = None) -> list[TcpConnection]:
    """Connections on which a ClientHello was answered with something that is no TLS."""
    return [found for found in connections_to(mesh, address, port) if found.plain_answer_line]


def request_counts(found: Iterable[TcpConnection]) -> Counter[int]:
    """How many connections the server closed after how many whole requests.

    Counts only connections that were captured from their SYN. A request that came too late is not
    counted with those that the connection carried.
    """
    counts: Counter[int] = Counter()
    for connection in closed_first(found, Peer.SERVER):
        closing = connection.closing
        if connection.handshake is None or closing is None or not connection.request_count:
            continue
        counts[connection.request_count - int(closing.late_request)] += 1
    return counts


def constant_count(found: Iterable[TcpConnection]) -> int | None:
    """Requests after which the server always closes; None where the numbers differ or are few."""
    counts = request_counts(found)
    if len(counts) != 1 or (same := next(iter(counts.items())))[1] < SAME_COUNT:
        return None
    return same[0]


def silent_drops(mesh: Mesh, hop: Hop, least: float = SILENCE) -> list[TcpConnection]:
    """Open connections on which the client sent bytes that were never acknowledged.

    Sent again at least once, or without an answer for ``least`` seconds of the capture; and no FIN
    or RST came, from which the client could have known.
    """
    found = []
    for connection in connections_of(mesh, hop):
        sent, closing = connection.from_client, connection.closing
        open_ = closing is None or closing.by is Peer.CLIENT
        if open_ and sent.unacknowledged and sent.silence is not None:
            waited = sent.silence >= least
            if waited and (sent.retransmissions or connection.closing is None):
                found.append(connection)
    return found
