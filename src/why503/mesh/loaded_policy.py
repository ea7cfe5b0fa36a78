"""What proxies apply to connections to a host, as their loaded clusters and listeners show it.

The proxy beside the server holds the cluster of its application (`inbound|8080||`), the callers'
proxies the clusters towards the host (`outbound|80||host`). Every answer is None where no
configuration dump shows the object that would decide: then YAML has to tell.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import (
    FilterChain,
    LoadedCluster,
    LoadedListener,
    OutlierDetection,
    Threshold,
    TlsContext,
)
from why503.mesh.address import cluster_name
from why503.mesh.endpoint import service_port, workload_port
from why503.mesh.loaded import CLUSTER_IDLE_TIMEOUT, CONNECT_TIMEOUT, loaded_clusters
from why503.mesh.log_index import log_index
from why503.mesh.mesh import Mesh
from why503.mesh.pod_name import is_pod_of
from why503.mesh.setting import Setting
from why503.mesh.teller import workload_names
from why503.mesh.workload import has_sidecar, proxies_of, same_host
from why503.support.text import _

UNLIMITED = 4_294_967_295
"""How Istio writes a limit that nobody set: the greatest number of 32 bits."""
ISTIO_CONNECT_TIMEOUT = 10.0
"""Seconds: what istiod writes into every cluster for which nothing else is set."""
_LIMITS: dict[str, str] = {
    "maxConnections": "max_connections",
    "http1MaxPendingRequests": "max_pending_requests",
    "http2MaxRequests": "max_requests",
    "maxRetries": "max_retries",
}
"""Istio's name of each limit, and Envoy's."""
_INBOUND_PORT = 15006


def server_proxies(mesh: Mesh, host: str) -> frozenset[str]:
    """Tellers that are the proxies beside the pods of a host.

    By what they say of themselves, by the requests that their access log took for the host, or by
    a name that is a pod's.
    """
    if not host:
        return frozenset()
    found = {info.teller for info in proxies_of(mesh, host)}
    for served, beside in log_index(mesh).beside.items():
        if same_host(served, host):
            found |= beside
    tellers = {cluster.teller for cluster in mesh.facts(LoadedCluster)} - found
    names = workload_names(mesh, host) if tellers else frozenset()
    found |= {
        teller
        for teller in tellers
        if any(is_pod_of(part, name) for part in teller.split("/") for name in names)
    }
    return frozenset(found)


def app_clusters(mesh: Mesh, host: str, port: int | None) -> tuple[LoadedCluster, ...]:
    """Clusters by which the server's own proxies reach their application; ``()`` if not shown."""
    if not mesh.facts(LoadedCluster):
        return ()
    tellers = server_proxies(mesh, host)
    ports = {port, workload_port(mesh, host, port)}
    return tuple(
        cluster
        for cluster in mesh.facts(LoadedCluster)
        if cluster.teller in tellers
        and (name := cluster_name(cluster.name)) is not None
        and name.direction == "inbound"
        and (port is None or name.port in ports)
    )


def calling_clusters(
    mesh: Mesh, host: str, port: int | None, subset: str = ""
) -> tuple[LoadedCluster, ...]:
    """Clusters by which callers reach a host, those of the server's own proxies last.

    Those of ``subset`` where one is named and shown; else of the whole service, then its subsets.
    """
    if not host or not mesh.facts(LoadedCluster):
        return ()
    found = loaded_clusters(mesh, host, service_port(mesh, host, port))
    own = server_proxies(mesh, host) if found else frozenset()
    ordered = sorted(found, key=lambda cluster: cluster.teller in own)
    chosen = [
        cluster
        for cluster in ordered
        if subset and (name := cluster_name(cluster.name)) is not None and name.subset == subset
    ]
    return tuple(chosen or ordered)


def called_hosts(mesh: Mesh) -> tuple[str, ...]:
    """Hosts towards which proxies hold a cluster of their own, in the order of the evidence."""
    names = (cluster_name(cluster.name) for cluster in mesh.facts(LoadedCluster))
    hosts = (name.host for name in names if name is not None and name.direction == "outbound")
    return tuple(dict.fromkeys(host for host in hosts if host))


def told_by(cluster: LoadedCluster) -> str:
    """Who says so: `the loaded cluster inbound|8480|| of server`."""
    text = _("the loaded cluster {cluster} of {proxy}") if cluster.teller else _LOADED
    return text.format(cluster=cluster.name, proxy=cluster.teller)


_LOADED = _("the loaded cluster {cluster}")


def idle_timeout_loaded(mesh: Mesh, host: str, port: int | None) -> Setting[float] | None:
    """Seconds that the proxy before the application keeps an unused connection; inf: for ever.

    Of the server's own proxy; of the callers' where the server has none.
    """
    clusters = app_clusters(mesh, host, port)
    if not clusters and has_sidecar(mesh, host) is False:
        clusters = calling_clusters(mesh, host, port)
    for cluster in clusters[:1]:
        default = cluster.idle_timeout is None
        seconds = CLUSTER_IDLE_TIMEOUT if cluster.idle_timeout is None else cluster.idle_timeout
        return Setting(
            value=seconds or math.inf, source=cluster.source, default=default, by=told_by(cluster)
        )
    return None


def connect_timeout_loaded(mesh: Mesh, host: str, port: int | None) -> Setting[float] | None:
    """Seconds that a caller's proxy waits for a connection to the host."""
    for cluster in calling_clusters(mesh, host, port)[:1]:
        seconds = cluster.connect_timeout or CONNECT_TIMEOUT
        return Setting(
            value=seconds,
            source=cluster.source,
            default=seconds == ISTIO_CONNECT_TIMEOUT or not cluster.connect_timeout,
            by=told_by(cluster),
        )
    return None


def limits_loaded(
    mesh: Mesh, host: str, port: int | None, name: str = ""
) -> tuple[Setting[int], ...] | None:
    """Limits that somebody set, of the callers' clusters and of the server's own.

    ``name``: only the one of Istio's name (`maxConnections`). `by` names limit and cluster.
    """
    clusters = (*calling_clusters(mesh, host, port), *app_clusters(mesh, host, port))
    if not clusters:
        return None
    found: dict[tuple[str, int], Setting[int]] = {}
    for cluster in clusters:
        for word, value in _limits(cluster):
            if (not name or _LIMITS.get(name, "") == word) and 0 <= value < UNLIMITED:
                by = _("{limit} of {cluster}").format(limit=word, cluster=told_by(cluster))
                found.setdefault(
                    (by, value),
                    Setting(value=value, source=cluster.source, default=False, by=by),
                )
    return tuple(found.values())


def _limits(cluster: LoadedCluster) -> Iterator[tuple[str, int]]:
    usual: list[Threshold] = [t for t in cluster.thresholds if t.priority in ("", "DEFAULT")]
    for threshold in usual:
        for word in _LIMITS.values():
            if (value := getattr(threshold, word)) is not None:
                yield word, value


def requests_per_connection_loaded(mesh: Mesh, host: str, port: int | None) -> Setting[int] | None:
    """After how many requests a connection to the application is closed by its proxy."""
    for cluster in (*app_clusters(mesh, host, port), *calling_clusters(mesh, host, port)):
        if cluster.max_requests_per_connection:
            value = cluster.max_requests_per_connection
            return Setting(value=value, source=cluster.source, default=False, by=told_by(cluster))
    return None


def outlier_loaded(
    mesh: Mesh, host: str, port: int | None
) -> tuple[Setting[Mapping[str, Any]] | None] | None:
    """Outlier detection of the callers' clusters, in the words of a DestinationRule.

    ``(None,)`` where they have none; None where they are not shown.
    """
    clusters = calling_clusters(mesh, host, port)
    for cluster in clusters:
        if cluster.outlier is not None:
            value = _in_istio_words(cluster.outlier)
            return (
                Setting(value=value, source=cluster.source, default=False, by=told_by(cluster)),
            )
    return (None,) if clusters else None


def _in_istio_words(outlier: OutlierDetection) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        "consecutive5xxErrors": outlier.consecutive_5xx,
        "consecutiveGatewayErrors": outlier.consecutive_gateway_failure,
        "maxEjectionPercent": outlier.max_ejection_percent,
    }
    for word, seconds in (
        ("interval", outlier.interval),
        ("baseEjectionTime", outlier.base_ejection_time),
    ):
        values[word] = None if seconds is None else f"{seconds:g}s"
    return {word: value for word, value in values.items() if value is not None}


def client_tls_loaded(
    mesh: Mesh, host: str, port: int | None, subset: str = ""
) -> Setting[str] | None:
    """Mode of TLS of a caller's cluster, in the words of a DestinationRule.

    ``""`` for auto mTLS, where each endpoint's own label decides.
    """
    for cluster in calling_clusters(mesh, host, port, subset)[:1]:
        mode = tls_mode(cluster)
        return Setting(value=mode, source=cluster.source, default=not mode, by=told_by(cluster))
    return None


def tls_settings_loaded(
    mesh: Mesh, host: str, port: int | None, subset: str = ""
) -> Setting[Mapping[str, Any]] | None:
    """TLS of a caller's cluster: `mode`, `sni`, `credentialName`; empty for auto mTLS and none.

    Where each request names the server (`auto_sni`), `sni` says so.
    """
    for cluster in calling_clusters(mesh, host, port, subset)[:1]:
        mode, context = tls_mode(cluster), cluster.tls
        value: dict[str, Any] = {}
        if mode not in ("", "DISABLE") and context is not None:
            sni = context.sni or (_("the host of each request") if cluster.auto_sni else "")
            value = {"mode": mode, "sni": sni, "credentialName": ", ".join(context.secrets)}
        return Setting(
            value={word: told for word, told in value.items() if told},
            source=cluster.source,
            default=not value,
            by=told_by(cluster),
        )
    return None


def tls_mode(cluster: LoadedCluster) -> str:
    """DISABLE, SIMPLE, MUTUAL, ISTIO_MUTUAL, or ``""`` for auto mTLS."""
    if any(transport.match for transport in cluster.transports):
        return ""
    context = cluster.tls
    if context is None:
        return "DISABLE"
    if not context.secrets:
        return "SIMPLE"
    return "ISTIO_MUTUAL" if _of_mesh(context) else "MUTUAL"


def _of_mesh(context: TlsContext) -> bool:
    """Whether it is Istio's own: the mesh's ALPN, its secret, or SPIFFE names."""
    spiffe = any(name.startswith("spiffe://") for name in context.sans)
    return "istio" in context.alpn or "default" in context.secrets or spiffe


def server_mtls_loaded(mesh: Mesh, host: str, port: int | None) -> Setting[str] | None:
    """Mode that the server's listener takes: STRICT, PERMISSIVE or DISABLE."""
    listeners = mesh.facts(LoadedListener)
    tellers = server_proxies(mesh, host) if listeners else frozenset()
    ports = {port, workload_port(mesh, host, port)} - {None}
    for listener in listeners:
        if listener.teller not in tellers or listener.direction != "INBOUND":
            continue
        chains = _chains_for(listener, ports)
        if chains:
            by = _("the loaded listener {listener} of {proxy}").format(
                listener=listener.name, proxy=listener.teller
            )
            return Setting(value=_accepts(chains), source=listener.source, default=False, by=by)
    return None


def _chains_for(listener: LoadedListener, ports: set[int | None]) -> list[FilterChain]:
    """Chains for a port; else those for every port that is not named."""
    own = [c for c in listener.chains if c.port in ports and c.port != _INBOUND_PORT]
    if own:
        return own
    if ports:
        return [chain for chain in listener.chains if chain.port is None]
    return [c for c in listener.chains if c.port not in (None, _INBOUND_PORT)]


def _accepts(chains: list[FilterChain]) -> str:
    plain = any(chain.tls is None and chain.transport_protocol != "tls" for chain in chains)
    mutual = any(chain.tls is not None and chain.tls.require_client_certificate for chain in chains)
    if mutual:
        return "PERMISSIVE" if plain else "STRICT"
    return "DISABLE"
