"""What a proxy has really loaded: it goes before what YAML says it should have.

The constants are Envoy's defaults, seconds, for what a dump leaves out.
"""

from why503.facts import LoadedCluster, LoadedRoute, RejectedConfig
from why503.mesh.address import cluster_name
from why503.mesh.mesh import Mesh
from why503.mesh.workload import same_host

CLUSTER_IDLE_TIMEOUT = 3600.0
ROUTE_TIMEOUT = 15.0
CONNECT_TIMEOUT = 5.0
STREAM_IDLE_TIMEOUT = 300.0


def is_cluster_of(name: str, host: str, port: int | None = None, direction: str = "") -> bool:
    """Whether a cluster of this name leads to a host.

    An inbound cluster has no host in its name: any host is behind it. A name that is not Istio's
    is compared as a whole.
    """
    parts = cluster_name(name)
    if parts is None:
        return bool(host) and name.lower() == host.lower() and direction in ("", "outbound")
    if direction and parts.direction != direction:
        return False
    if port is not None and parts.port is not None and parts.port != port:
        return False
    if not host or (parts.direction == "inbound" and not parts.host):
        return direction == "inbound" or not host
    return same_host(parts.host, host)


def loaded_clusters(mesh: Mesh, host: str, port: int | None = None) -> tuple[LoadedCluster, ...]:
    """Every outbound cluster loaded for a host, subsets after the whole service."""
    found = [
        cluster
        for cluster in mesh.facts(LoadedCluster)
        if is_cluster_of(cluster.name, host, port, "outbound")
    ]
    return tuple(sorted(found, key=lambda cluster: (cluster.state == "warming", _subset(cluster))))


def loaded_routes(mesh: Mesh, host: str) -> tuple[LoadedRoute, ...]:
    """Every loaded route that can forward to a host, in the order of the dump."""
    return tuple(
        route
        for route in mesh.facts(LoadedRoute)
        if any(is_cluster_of(name, host) for name in route.clusters)
    )


def rejected(mesh: Mesh) -> tuple[RejectedConfig, ...]:
    """Resources whose newest version a proxy has refused, the latest attempt first."""
    return tuple(sorted(mesh.facts(RejectedConfig), key=lambda found: -(found.time or 0.0)))


def _subset(cluster: LoadedCluster) -> str:
    parts = cluster_name(cluster.name)
    return parts.subset if parts is not None else ""
