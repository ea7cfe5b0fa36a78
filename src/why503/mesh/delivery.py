"""What the control plane delivered: true addresses against a proxy's, streams, pushes."""

from collections.abc import Iterable, Sequence

from why503.facts import (
    DnsAnswer,
    ProxyEndpoint,
    ProxyEvent,
    ProxyEventKind,
    Source,
)
from why503.mesh.address import is_address, split_host
from why503.mesh.endpoint import kubernetes_endpoints
from why503.mesh.held import held_clusters, held_endpoints
from why503.mesh.mesh import Mesh
from why503.mesh.teller import pods_of
from why503.mesh.workload import same_host
from why503.support.dataclass import dataclass
from why503.support.text import _

_CUT = 3
"""A kubectl table shows so many addresses and then a count only: three may not be all."""
_OTHER_NETWORK = 15443
"""Port of the gateways that stand for all endpoints of another network."""
_ROUND = 20.0
"""Seconds within which endpoints follow the clusters of one push."""
_ORDERLY = ("closed: 0", "closed: 13", "closed gracefully", "Canceled", "transport is closing")
"""Ends of a stream that come with istiod's 30 minutes and with every restart; a new one follows."""
_RESOURCES = ("Cluster", "Listener", "RouteConfiguration", "ClusterLoadAssignment")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Addresses that a service really has."""

    addresses: frozenset[str]
    by: str
    """Who says so, as part of a sentence."""
    sources: tuple[Source, ...]

    def misses(self, dialled: Iterable[str]) -> list[str]:
        """Addresses (with a port or without) that the service does not have.

        Of the IP families that are told only; gateways to other networks are left out.
        """
        families = {":" in address for address in self.addresses}
        found = []
        for written in dialled:
            address, port = split_host(written)
            known = address in self.addresses or (":" in address) not in families
            if is_address(address) and port != _OTHER_NETWORK and not known:
                found.append(address)
        return found


def true_addresses(
    mesh: Mesh, host: str, dialled: Sequence[str], held: Sequence[ProxyEndpoint]
) -> Truth | None:
    """Addresses of a service by its endpoint list, its pods, or a headless Service's DNS answers.

    None where the evidence has no whole list. DNS counts only where it shares an address with what
    the proxies use: otherwise it tells the Service's own address.
    """
    if not host or is_address(host):
        return None
    return (
        _by_endpoints(mesh, host)
        or _by_dns(mesh, host, {*dialled, *(split_host(e.address)[0] for e in held)})
        or _by_pods(mesh, host)
    )


def _by_endpoints(mesh: Mesh, host: str) -> Truth | None:
    listed = kubernetes_endpoints(mesh, host)
    if not listed:
        return None
    places = {endpoint.source.path for endpoint in listed}
    partial = any(
        manifest.partial and manifest.source.path in places
        for kind in ("Endpoints", "EndpointSlice")
        for manifest in mesh.manifests(kind)
    )
    addresses = frozenset(endpoint.address for endpoint in listed)
    if partial and len(addresses) >= _CUT:
        return None
    return Truth(
        addresses=addresses,
        by=_("Kubernetes' endpoint list"),
        sources=tuple(endpoint.source for endpoint in listed[:1]),
    )


def _by_dns(mesh: Mesh, host: str, used: set[str]) -> Truth | None:
    answers = [
        answer for answer in mesh.facts(DnsAnswer) if same_host(answer.name.rstrip("."), host)
    ]
    addresses = frozenset(answer.address for answer in answers if is_address(answer.address))
    if not addresses & used:
        return None
    return Truth(addresses=addresses, by=_("the DNS answer"), sources=(answers[0].source,))


def _by_pods(mesh: Mesh, host: str) -> Truth | None:
    """The pods' addresses, where several pods were given and each tells its own."""
    pods = [pod for pod in pods_of(mesh, host) if pod.kind == "Pod"]
    addresses = [str(pod.get("status", "podIP") or "") for pod in pods]
    if not pods or not all(addresses):
        return None
    if any(pod.get("metadata", "deletionTimestamp") is not None for pod in pods):
        return None
    return Truth(
        addresses=frozenset(addresses), by=_("the list of pods"), sources=(pods[0].source,)
    )


def held_but_gone(held: Sequence[ProxyEndpoint], truth: Truth) -> tuple[ProxyEndpoint, ...]:
    """Endpoints in a proxy's list whose address the service no longer has."""
    return tuple(endpoint for endpoint in held if truth.misses([endpoint.address]))


def empty_list(mesh: Mesh, host: str) -> Source | None:
    """Place where a proxy names a host's cluster, while its list of endpoints has none for it.

    None where no list of endpoints of that proxy was given.
    """
    tellers = {endpoint.teller for endpoint in held_endpoints(mesh)}
    for cluster in held_clusters(mesh):
        if cluster.teller in tellers and same_host(cluster.host, host) and not cluster.subset:
            return cluster.source
    return None


def broken_streams(mesh: Mesh) -> tuple[ProxyEvent, ...]:
    """Lines by which a proxy tells that the control plane refused its stream or was out of reach.

    Orderly ends of a stream, and resources that Istio never sends, are left out.
    """
    return mesh.kept("broken streams", lambda: tuple(filter(_is_broken, mesh.facts(ProxyEvent))))


def _is_broken(event: ProxyEvent) -> bool:
    if event.kind is ProxyEventKind.XDS_THROTTLED:
        return True
    if event.kind is not ProxyEventKind.XDS_DISCONNECTED:
        return False
    if any(words in event.text for words in _ORDERLY):
        return False
    if "initial fetch timed out" in event.text:
        return event.text.rstrip().endswith(_RESOURCES)
    return True


def pushed_without_endpoints(mesh: Mesh) -> ProxyEvent | None:
    """The push of clusters to a node that no endpoints followed, in istiod's log; else None.

    Endpoints count when they follow within seconds; a log that ends there tells nothing.
    """
    pushes = mesh.events(ProxyEvent, ProxyEventKind.XDS_PUSH)
    for clusters in (event for event in pushes if event.text == "CDS"):
        after = [
            event
            for event in pushes
            if event.connection == clusters.connection and _follows(event, clusters)
        ]
        kinds = {event.text for event in after}
        if kinds & {"LDS", "RDS"} and "EDS" not in kinds:
            return clusters
    return None


def _follows(event: ProxyEvent, clusters: ProxyEvent) -> bool:
    if event.source.path != clusters.source.path or event.source.line <= clusters.source.line:
        return False
    if event.time is None or clusters.time is None:
        return True
    return event.time - clusters.time <= _ROUND


def last_update(mesh: Mesh) -> ProxyEvent | None:
    """An update of clusters that is the last thing a proxy logged; None otherwise."""
    last: dict[str, ProxyEvent] = {}
    for event in mesh.facts(ProxyEvent):
        last[event.source.path] = event
    return next((e for e in last.values() if e.kind is ProxyEventKind.CLUSTER_UPDATE), None)
