"""Clusters and endpoints that proxies hold, whichever evidence shows them.

Tables of istioctl and `/clusters` give `ProxyCluster` and `ProxyEndpoint`, configuration dumps
`LoadedCluster` and `LoadedEndpoint`. Of one endpoint that both show, the former is told, for
`/clusters` knows what outlier detection did.
"""

from why503.facts import (
    LoadedCluster,
    LoadedEndpoint,
    ProxyCluster,
    ProxyEndpoint,
    ProxyEvent,
    ProxyEventKind,
)
from why503.mesh.address import cluster_name
from why503.mesh.mesh import Mesh

_USABLE = frozenset({"HEALTHY", "UNKNOWN", "DEGRADED"})
"""States in which Envoy sends requests to an endpoint."""


def held_clusters(mesh: Mesh) -> tuple[ProxyCluster, ...]:
    """Every cluster once for each proxy that holds it; those still warming are left out."""
    found = {_key(cluster): cluster for cluster in reversed(mesh.facts(ProxyCluster))}
    for loaded in mesh.facts(LoadedCluster):
        if loaded.state != "warming":
            cluster = _as_row(loaded)
            known = found.get(_key(cluster))
            if known is None or not known.type:
                found[_key(cluster)] = cluster
    return tuple(found.values())


def _key(cluster: ProxyCluster) -> tuple[str, str, int | None, str, str]:
    return cluster.teller, cluster.host, cluster.port, cluster.subset, cluster.direction


def _as_row(cluster: LoadedCluster) -> ProxyCluster:
    name = cluster_name(cluster.name)
    return ProxyCluster(
        source=cluster.source,
        teller=cluster.teller,
        host=name.host if name is not None else cluster.name,
        port=name.port if name is not None else None,
        subset=name.subset if name is not None else "",
        direction=name.direction if name is not None else "",
        type=cluster.type,
    )


def held_endpoints(mesh: Mesh) -> tuple[ProxyEndpoint, ...]:
    """Every endpoint of a cluster once for each proxy that holds it."""
    found = list(mesh.facts(ProxyEndpoint))
    shown = {(endpoint.teller, endpoint.cluster, endpoint.address) for endpoint in found}
    for loaded in mesh.facts(LoadedEndpoint):
        if loaded.cluster and (loaded.teller, loaded.cluster, loaded.address) not in shown:
            endpoint = ProxyEndpoint(
                source=loaded.source,
                teller=loaded.teller,
                cluster=loaded.cluster,
                address=loaded.address,
                healthy=loaded.health in _USABLE,
            )
            found.append(endpoint)
    return tuple(found)


def shown_empty(mesh: Mesh) -> tuple[ProxyEvent, ...]:
    """Tables of loaded endpoints without a row, where no other shows any."""
    told = mesh.events(ProxyEvent, ProxyEventKind.TABLE_EMPTY)
    return tuple(told) if told and not held_endpoints(mesh) else ()
