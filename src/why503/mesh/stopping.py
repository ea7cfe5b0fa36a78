"""Addresses of failed requests that stopped for good, or are pods in deletion."""

from collections.abc import Iterator, Sequence

from why503.facts import Source
from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.pod_life import LifeEvent, LifeEventKind, life_of
from why503.mesh.pod_naming import pod_at
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.teller import workload_names
from why503.mesh.timing import successes
from why503.support.pattern import lazy_re

_TO_NONE = lazy_re(r"Scaled down replica set \S{1,253} (?:from \d{1,6} )?to 0\b")
"""`to 0 from 1`, or `from 1 to 0` in Kubernetes 1.2x before the words were turned round."""
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


def scaled_to_none(mesh: Mesh, host: str) -> tuple[tuple[str, str, Source], ...]:
    """Events without a time that a host's workload was scaled down to no pod: name, text, place."""
    names = workload_names(mesh, host) if host else frozenset()
    found = []
    for event in mesh.manifests("Event"):
        about = mapping_of(event.get("involvedObject") or event.get("regarding"))
        text = word_of(event.get("message")) or word_of(event.get("note"))
        timed = event.get("lastTimestamp") or event.get("eventTime")
        name = word_of(about.get("name"))
        if name in names and not timed and _TO_NONE.match(text):
            found.append((name, text, event.source))
    return tuple(found)


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
