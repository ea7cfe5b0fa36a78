"""What a proxy has really loaded: it goes before what YAML says it should have.

Durations are seconds. A teller is the name of whoever wrote a file (see `Request.teller`); ``""``
asks every proxy, and the first that has an answer is heard.
"""

from why503.facts import (
    LoadedCluster,
    LoadedListener,
    LoadedRoute,
    RejectedConfig,
    RetryPolicy,
    Source,
)
from why503.mesh.address import cluster_name
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting
from why503.mesh.workload import same_host
from why503.support.text import _

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


def loaded_clusters(
    mesh: Mesh, host: str, port: int | None = None, direction: str = "outbound", teller: str = ""
) -> tuple[LoadedCluster, ...]:
    """Every loaded cluster that leads to a host, subsets after the whole service."""
    found = [
        cluster
        for cluster in mesh.facts(LoadedCluster)
        if (not teller or cluster.teller == teller)
        and is_cluster_of(cluster.name, host, port, direction)
    ]
    return tuple(sorted(found, key=lambda cluster: (cluster.state == "warming", _subset(cluster))))


def loaded_cluster(
    mesh: Mesh, host: str, port: int | None = None, direction: str = "outbound", teller: str = ""
) -> LoadedCluster | None:
    """The loaded cluster of a host; None where no dump shows one."""
    return next(iter(loaded_clusters(mesh, host, port, direction, teller)), None)


def loaded_cluster_named(mesh: Mesh, name: str, teller: str = "") -> LoadedCluster | None:
    """The loaded cluster of exactly this name, as an access log tells it."""
    for cluster in mesh.facts(LoadedCluster):
        if cluster.name == name and (not teller or cluster.teller == teller):
            return cluster
    return None


def loaded_idle_timeout(
    mesh: Mesh, host: str, port: int | None = None, direction: str = "outbound", teller: str = ""
) -> Setting[float] | None:
    """After how long the proxy closes an idle upstream connection; 0: never.

    None where no dump shows the cluster. Where the cluster does not say, Envoy's hour with the
    cluster's own line, for the line shows that nothing else is set.
    """
    cluster = loaded_cluster(mesh, host, port, direction, teller)
    if cluster is None:
        return None
    return _setting(cluster.idle_timeout, CLUSTER_IDLE_TIMEOUT, cluster.source, cluster.teller)


def loaded_routes(
    mesh: Mesh, host: str, port: int | None = None, teller: str = ""
) -> tuple[LoadedRoute, ...]:
    """Every loaded route that can forward to a host, in the order of the dump."""
    return tuple(
        route
        for route in mesh.facts(LoadedRoute)
        if (not teller or route.teller == teller)
        and any(is_cluster_of(name, host, port) for name in route.clusters)
    )


def loaded_route_timeout(
    mesh: Mesh, host: str, port: int | None = None, teller: str = ""
) -> Setting[float] | None:
    """The first such route's timeout; 0: none. None where no dump shows a route to the host."""
    for route in loaded_routes(mesh, host, port, teller):
        return _setting(route.timeout, ROUTE_TIMEOUT, route.source, route.teller)
    return None


def loaded_retry(
    mesh: Mesh, host: str, port: int | None = None, teller: str = ""
) -> Setting[RetryPolicy | None] | None:
    """The first such route's retry policy; a value of None means that it does not retry.

    None where no dump shows a route to the host.
    """
    for route in loaded_routes(mesh, host, port, teller):
        return Setting(
            value=route.retry,
            source=route.source,
            default=route.retry is None,
            by=_by(route.teller),
        )
    return None


def loaded_stream_idle_timeouts(mesh: Mesh, teller: str = "") -> tuple[Setting[float], ...]:
    """Stream idle timeouts of every HTTP filter chain; 0: never."""
    return tuple(
        _setting(
            chain.http.stream_idle_timeout, STREAM_IDLE_TIMEOUT, listener.source, listener.teller
        )
        for listener in mesh.facts(LoadedListener)
        if not teller or listener.teller == teller
        for chain in listener.chains
        if chain.http is not None
    )


def rejected(mesh: Mesh) -> tuple[RejectedConfig, ...]:
    """Resources whose newest version a proxy has refused, the latest attempt first."""
    return tuple(sorted(mesh.facts(RejectedConfig), key=lambda found: -(found.time or 0.0)))


def dumped(mesh: Mesh) -> frozenset[str]:
    """Tellers whose clusters were dumped: what they lack is not loaded."""
    return frozenset(cluster.teller for cluster in mesh.facts(LoadedCluster))


def _subset(cluster: LoadedCluster) -> str:
    parts = cluster_name(cluster.name)
    return parts.subset if parts is not None else ""


def _setting(value: float | None, default: float, source: Source, teller: str) -> Setting[float]:
    return Setting(
        value=default if value is None else value,
        source=source,
        default=value is None,
        by=_by(teller),
    )


def _by(teller: str) -> str:
    return _("what the proxy `{teller}` has loaded").format(teller=teller)
