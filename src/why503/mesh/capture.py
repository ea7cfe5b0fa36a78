"""Captured connections: which are a hop's, how they began, what the server closed them after."""

from collections import Counter
from collections.abc import Iterable

from why503.facts import Peer, TcpConnection, TlsAlert
from why503.mesh.address import is_address, split_host
from why503.mesh.failure import Role
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh

SILENCE = 1.0
"""Seconds without acknowledgement from which no network is just slow."""
SAME_COUNT = 3
"""Connections that must have carried the same number of requests before it is no chance."""

_OWN_ADDRESSES = frozenset({"127.0.0.1", "127.0.0.6", "::1", "::6"})
"""Addresses from which a sidecar connects to its application."""
_PROXY_PORTS = frozenset({15001, 15006, 15008})
"""Ports of a sidecar that take what its pod sends and gets."""
_GRACEFUL = frozenset({"close_notify", "user_canceled", "no_renegotiation", ""})


def connections(mesh: Mesh) -> tuple[TcpConnection, ...]:
    """Every connection that was captured, each once, in the order of the evidence."""
    return mesh.facts(TcpConnection)


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
    return [found for found in connections(mesh) if hop.port in (None, split_host(found.server)[1])]


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


def alerts_of(connection: TcpConnection) -> list[TlsAlert]:
    """Alerts of a connection that say what is wrong."""
    return [alert for alert in connection.alerts if alert.description not in _GRACEFUL]


def constant_count(found: Iterable[TcpConnection]) -> int | None:
    """Requests after which the server always closes; None where the numbers differ or are few."""
    counts = _request_counts(found)
    if len(counts) != 1 or (same := next(iter(counts.items())))[1] < SAME_COUNT:
        return None
    return same[0]


def _request_counts(found: Iterable[TcpConnection]) -> Counter[int]:
    """How many connections the server closed after how many whole requests.

    Counts only connections that were captured from their SYN. A request that came too late is not
    counted with those that the connection carried.
    """
    counts: Counter[int] = Counter()
    for connection in found:
        closing = connection.closing
        if closing is None or closing.by is not Peer.SERVER:
            continue
        if connection.handshake is not None and connection.request_count:
            counts[connection.request_count - int(closing.late_request)] += 1
    return counts
