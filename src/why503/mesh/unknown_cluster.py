"""Clusters that a proxy was asked for and did not have, and the routes that may have asked."""

from typing import NamedTuple

from why503.facts import ProxyEvent, ProxyEventKind, Request
from why503.mesh.address import cluster_name, split_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.route import Destination, all_destinations, http_rules
from why503.mesh.route_match import rule_takes, takes_host
from why503.mesh.workload import same_host
from why503.support.pattern import lazy_re

_OLD_NAME = lazy_re(r"out\.(?P<host>[^|\s]{1,253})\|")
"""Clusters of Istio 0.x: `out.orders.shop.svc.cluster.local|http`."""
_ADDED = lazy_re(r"cds: add/update cluster '(?P<name>[^']{1,400})'")
"""Envoy's line at the moment at which a cluster begins to warm."""
_SOON = 60.0
"""Seconds around the request within which a cluster's warming counts."""
_AFTER = 2.0
"""Seconds after the request within which a cluster's arrival is no mending by somebody's hand."""


class UnknownCluster(NamedTuple):
    """A cluster that a proxy's log says it does not have."""

    name: str
    host: str
    """Service host in the name, or the name itself."""
    subset: str
    event: ProxyEvent
    warming: ProxyEvent | None
    """The line by which the proxy was just adding that very cluster; None where there is none."""
    draining: ProxyEvent | None
    """The line by which a listener drains filter chains meanwhile, for an inbound cluster."""


def unknown_clusters(mesh: Mesh) -> tuple[UnknownCluster, ...]:
    """Each cluster once, in the order of the log."""
    events = mesh.facts(ProxyEvent)
    found: dict[str, UnknownCluster] = {}
    for event in events:
        if event.kind is not ProxyEventKind.UNKNOWN_CLUSTER or event.text in found:
            continue
        name, old = cluster_name(event.text), _OLD_NAME.match(event.text)
        host = name.host if name is not None else (old["host"] if old else event.text)
        found[event.text] = UnknownCluster(
            name=event.text,
            host=host,
            subset=name.subset if name is not None else "",
            event=event,
            warming=next((other for other in events if _warms(other, event)), None),
            draining=next((other for other in events if _drains(other, event)), None),
        )
    return tuple(found.values())


def _warms(other: ProxyEvent, event: ProxyEvent) -> bool:
    added = other.kind is ProxyEventKind.CLUSTER_UPDATE and _ADDED.match(other.text)
    named = added["name"] if added else other.text
    if not (added or other.kind is ProxyEventKind.CLUSTER_WARMING) or named != event.text:
        return False
    if other.teller != event.teller:
        return False
    if other.time is None or event.time is None:
        return not added or other.source.line < event.source.line
    return (-_AFTER if added else -_SOON) <= event.time - other.time <= _SOON


def _drains(other: ProxyEvent, event: ProxyEvent) -> bool:
    """True where ``other`` drains filter chains while ``event`` misses an inbound cluster.

    Such a chain serves its old connections by its old routes, though the proxy's own Service, and
    the cluster with it, has changed.
    """
    if other.kind is not ProxyEventKind.LISTENER_UPDATE or "filter chain" not in other.text:
        return False
    name = cluster_name(event.text)
    if name is None or name.direction != "inbound" or other.teller != event.teller:
        return False
    known = other.time is not None and event.time is not None
    return not known or abs((event.time or 0.0) - (other.time or 0.0)) <= _SOON


def destinations_for(
    hop: Hop, mesh: Mesh, unknown: tuple[UnknownCluster, ...] = ()
) -> tuple[Destination, ...]:
    """Destinations that the hop's failed requests can have been sent to, by the routes given.

    Those of the clusters that the log names where one does; else those of rules that can have taken
    the requests; else those for the hop's host.
    """
    every = [d for d in all_destinations(mesh) if not d.mirror and not d.manifest.partial]
    named = [
        d for d in every if any(same_host(d.host, u.host) and d.subset == u.subset for u in unknown)
    ]
    if named or not hop.failures:
        return tuple(named or every)
    accounts = [failure.account for failure in hop.failures[:50]]
    taken = [
        d
        for d in every
        if any(
            takes_host(d.manifest, split_host(account.authority)[0] or hop.host)
            and _may_take(d, account)
            for account in accounts
        )
    ]
    return tuple(taken or [d for d in every if hop.host and same_host(d.host, hop.host)])


def _may_take(destination: Destination, account: Request) -> bool:
    rules = {rule.path: rule for rule in http_rules(destination.manifest)}
    rule = rules.get(destination.path)
    return rule is None or rule_takes(rule, account) is not False
