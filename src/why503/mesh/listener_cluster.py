"""Listeners of a proxy's table that send to a cluster which its table of clusters lacks."""

from typing import NamedTuple

from why503.facts import Manifest, ProxyCluster, Source
from why503.mesh.address import cluster_name
from why503.mesh.mesh import Mesh
from why503.mesh.setting import whole_number, word_of

_COMPLETE = frozenset({"BlackHoleCluster", "PassthroughCluster"})
"""Clusters that a sidecar always has: a table with one of them was not cut to a single service."""
_TO = "Cluster: "


class Stray(NamedTuple):
    """A listener whose cluster is not there."""

    place: str
    """`address:port` of the listener."""
    cluster: str
    alias: str
    """The ExternalName Service whose target stands in the cluster's name; ``""`` for none."""
    complete: bool
    """True where the table shows all clusters of the proxy."""
    sources: tuple[Source, ...]


def stray_listeners(mesh: Mesh) -> tuple[Stray, ...]:
    """Outbound listeners without their cluster; of a table that was cut, on ports it shows."""
    clusters = mesh.facts(ProxyCluster)
    own = [cluster for cluster in clusters if cluster.direction == "outbound"]
    complete = any(cluster.host in _COMPLETE for cluster in clusters)
    aliases = _aliases(mesh)
    found = []
    for listener in mesh.manifests("ProxyListener"):
        target = word_of(listener.get("destination")).removeprefix(_TO)
        name = cluster_name(target)
        if name is None or name.direction != "outbound":
            continue
        near = [cluster for cluster in own if cluster.port == name.port]
        held = any(c.host == name.host and c.subset in {name.subset, "-"} for c in near)
        if held or not (near or (complete and own)):
            continue
        alias = aliases.get(name.host)
        found.append(
            Stray(
                place=f"{word_of(listener.get('address'))}:{whole_number(listener.get('port'))}",
                cluster=target,
                alias=alias.full_name if alias is not None else "",
                complete=complete,
                sources=(listener.source, (near or own)[0].source),
            )
        )
    return tuple(found)


def _aliases(mesh: Mesh) -> dict[str, Manifest]:
    """ExternalName Services by the name that they stand for."""
    return {
        word_of(service.get("spec", "externalName")): service
        for service in mesh.manifests("Service")
        if service.get("spec", "type") == "ExternalName"
    }
