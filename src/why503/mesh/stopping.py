"""Addresses of failed requests that stopped for good, or are pods in deletion."""

from collections.abc import Iterator, Sequence

from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import pod_at
from why503.mesh.pod_life import LifeEvent, LifeEventKind, life_of
from why503.mesh.timing import successes

_STARTS = frozenset(
    {LifeEventKind.RESTARTED, LifeEventKind.STARTED, LifeEventKind.LISTENING_LOGGED}
)


def gone_for_good(hop: Hop, mesh: Mesh) -> str | None:
    """The one address of all failures that served before them and never after them.

    None where the log holds no later success of another address, for it may just have ended.
    """
    hosts = list(hop.upstream_hosts)
    times = [failure.time for failure in hop.failures if failure.time is not None]
    if len(hosts) != 1 or not times:
        return None
    good = successes(hop, mesh)
    own = [group.last for group in good if group.upstream_host == hosts[0] and group.last]
    others = [group.last for group in good if group.upstream_host != hosts[0] and group.last]
    if not own or not others or max(own) > max(times) or max(others) <= max(times):
        return None
    return hosts[0]


def kept_serving(hop: Hop, mesh: Mesh, life: Sequence[LifeEvent]) -> str | None:
    """An address that served again after its last failure though nothing started anew meanwhile."""
    if any(event.kind in _STARTS for event in life):
        return None
    last: dict[str, float] = {}
    for failure in hop.failures:
        host = failure.teller.upstream_host
        if host and failure.time is not None:
            last[host] = max(failure.time, last.get(host, failure.time))
    good = successes(hop, mesh)
    for host, when in last.items():
        if any(g.upstream_host == host and g.last is not None and g.last > when for g in good):
            return host
    return None


def terminating_hosts(hop: Hop, mesh: Mesh) -> Iterator[tuple[str, LifeEvent]]:
    """Failing addresses that are pods in deletion, each with the event that says so."""
    stops = {
        event.pod: event
        for event in life_of(mesh, hop.host)
        if event.kind is LifeEventKind.TERMINATING
    }
    for host in hop.upstream_hosts:
        pod = pod_at(mesh, split_host(host)[0])
        if pod is not None and pod.name in stops:
            yield host, stops[pod.name]
