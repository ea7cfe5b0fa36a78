"""Clusters in Istio's shapes: towards a service, towards the own application, and the two ends."""

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from why503.diagnosis.scenario import Topology, Upstream
from why503.proof.cast import Cast
from why503.proof.overlay import merged
from why503.proof.proto import (
    extension,
    from_file,
    http_options,
    no_limits,
    socket_address,
    typed,
)
from why503.proof.tls_context import identity, raw_buffer, upstream_tls

_CLUSTER = "envoy.config.cluster.v3.Cluster"
_INBOUND_SOURCE = "127.0.0.6"


def outbound(cast: Cast, folder: Path, over: Mapping[str, Any], tls: Upstream) -> dict[str, Any]:
    """The caller's cluster for the service; ``over`` is its proxy's overlay."""
    base = typed(
        _CLUSTER,
        name=cast.cluster,
        type="EDS",
        eds_cluster_config={
            "eds_config": from_file(folder / "eds.json"),
            "service_name": cast.cluster,
        },
        connect_timeout="10s",
        lb_policy="LEAST_REQUEST",
        circuit_breakers=no_limits(),
        upstream_bind_config={"source_address": _source(cast.caller.ip)},
        metadata=_services(cast, default_original_port=cast.port),
        common_lb_config={"healthy_panic_threshold": {}},
        typed_extension_protocol_options=http_options(),
    )
    if cast.topology is Topology.EXTERNAL:
        base |= {"type": "STATIC", "load_assignment": assignment(cast, _addresses(cast))}
        del base["eds_cluster_config"]
    sni = f"outbound_.{cast.port}_._.{cast.host}"
    secure = upstream_tls(
        folder, sni, identity(cast.namespace, cast.service), over.get("upstream_tls", {})
    )
    if tls is Upstream.ALWAYS:
        base["transport_socket"] = secure
    elif tls is Upstream.AUTO and cast.topology is not Topology.EXTERNAL:
        base["transport_socket_matches"] = [
            {
                "name": "tlsMode-istio",
                "match": {"tlsMode": "istio"},
                "transport_socket": secure,
            },
            {"name": "tlsMode-disabled", "match": {}, "transport_socket": raw_buffer()},
        ]
    return dict(merged(base, over.get("cluster", {})))


def inbound(cast: Cast, app_ip: str, over: Mapping[str, Any]) -> dict[str, Any]:
    """The server's cluster for its own application."""
    base = typed(
        _CLUSTER,
        name=cast.inbound,
        type="STATIC",
        load_assignment=assignment(cast, [f"{app_ip}:{cast.target}"], name=cast.inbound),
        connect_timeout="10s",
        circuit_breakers=no_limits(),
        upstream_bind_config={"source_address": _source(_INBOUND_SOURCE)},
        metadata=_services(cast),
        typed_extension_protocol_options=http_options(),
    )
    return dict(merged(base, over.get("cluster", {})))


def ends(pod_ip: str) -> list[dict[str, Any]]:
    """Where traffic goes that no cluster was made for."""
    through = {
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "connect_timeout": "10s",
        "circuit_breakers": no_limits(),
    }
    source = {"upstream_bind_config": {"source_address": _source(pod_ip)}}
    return [
        typed(_CLUSTER, name="BlackHoleCluster", type="STATIC", connect_timeout="10s"),
        typed(_CLUSTER, name="PassthroughCluster", **through, **source),
    ]


def assignment(
    cast: Cast, addresses: Iterable[str], *, name: str = "", kind: bool = False
) -> dict[str, Any]:
    """Endpoints of a cluster, `address:port` each; with its type where it is a resource."""
    mutual = not name and cast.topology in {Topology.SIDECARS, Topology.GATEWAY}
    endpoints = [_endpoint(cast, address, mutual=mutual) for address in addresses]
    locality = {"region": "eu-west-1", "zone": "eu-west-1a"}
    parts: dict[str, Any] = {"cluster_name": name or cast.cluster, "endpoints": []}
    if endpoints:
        group: dict[str, Any] = {"lb_endpoints": endpoints}
        parts["endpoints"] = [group if name else {"locality": locality, **group}]
    return typed("envoy.config.endpoint.v3.ClusterLoadAssignment", **parts) if kind else parts


def addresses(cast: Cast, over: Mapping[str, Any]) -> list[str]:
    """Endpoints that the caller's proxy is given: the overlay's, else all pods."""
    return list(over["endpoints"]) if "endpoints" in over else _addresses(cast)


def added(cast: Cast, folder: Path, over: Mapping[str, Any], tls: Upstream) -> list[dict[str, Any]]:
    """Clusters that the overlay adds; each is merged into a copy of the service's cluster.

    An entry with a `type` stands for itself. A copy has endpoints in a file of its own.
    """
    model = outbound(cast, folder, over, tls)
    found = []
    for entry in over.get("clusters", ()):
        if "type" in entry:
            found.append(typed(_CLUSTER, **entry))
            continue
        source = from_file(folder / eds_file(entry["name"]))
        own = {"eds_cluster_config": {"eds_config": source, "service_name": entry["name"]}}
        found.append(dict(merged(merged(model, own), entry)))
    return found


def beside(over: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Clusters that the overlay adds to a server's own; each stands for itself."""
    return [typed(_CLUSTER, **entry) for entry in over.get("clusters", ())]


def eds_file(name: str) -> str:
    """File of an added cluster's endpoints: Envoy takes one resource from each."""
    return f"eds-{zlib.crc32(name.encode()):08x}.json"


def tcp_proxy(cluster: str, log: list[dict[str, Any]]) -> dict[str, Any]:
    """The network filter that hands bytes on unread."""
    kind = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
    return extension(
        "envoy.filters.network.tcp_proxy",
        kind,
        stat_prefix=cluster,
        cluster=cluster,
        access_log=log,
    )


def _addresses(cast: Cast) -> list[str]:
    return [f"{pod.ip}:{cast.target}" for pod in cast.pods]


def _endpoint(cast: Cast, address: str, *, mutual: bool) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    metadata: dict[str, Any] = {
        "istio": {"workload": f"{cast.service};{cast.namespace};{cast.service};v1;Kubernetes"}
    }
    if mutual:
        metadata["envoy.transport_socket_match"] = {"tlsMode": "istio"}
    return {
        "endpoint": {"address": socket_address(host, int(port))},
        "metadata": {"filter_metadata": metadata},
        "load_balancing_weight": 1,
    }


def _source(address: str) -> dict[str, Any]:
    return {"address": address, "port_value": 0}


def _services(cast: Cast, **more: Any) -> dict[str, Any]:
    service = {"host": cast.host, "name": cast.service, "namespace": cast.namespace}
    return {"filter_metadata": {"istio": {"services": [service], **more}}}
