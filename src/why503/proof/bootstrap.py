"""The bootstrap of a proxy in Istio's shape: who it is, where its resources come from."""

from pathlib import Path
from typing import Any

from why503.proof.cast import Cast, Pod
from why503.proof.era import Era
from why503.proof.proto import from_file, socket_address

ADMIN_PORT = 15000

_PREFIXES = (
    *("reporter=", "cluster_manager", "listener_manager", "server", "cluster.xds-grpc"),
    *("wasm", "component", "istio"),
)
_SUFFIXES = (
    *("rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied", "downstream_cx_active"),
)


def bootstrap(cast: Cast, pod: Pod, era: Era, folder: Path, *, all_stats: bool) -> dict[str, Any]:
    """The bootstrap of a pod's proxy; ``folder`` holds its dynamic resources.

    Without ``all_stats`` the proxy counts what Istio's proxies count by default, which leaves out
    nearly all counters of the clusters.
    """
    return {
        "node": node(cast, pod, era),
        "admin": {"address": socket_address(pod.ip, ADMIN_PORT)},
        "dynamic_resources": {
            "lds_config": from_file(folder / "lds.json"),
            "cds_config": from_file(folder / "cds.json"),
        },
        "stats_config": {"use_all_default_tags": False, **({} if all_stats else _only_istios())},
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
    }


def node(cast: Cast, pod: Pod, era: Era) -> dict[str, Any]:
    """Who the proxy says that it is."""
    space = namespace_of(cast, pod)
    kind = "router" if pod.workload == "istio-ingressgateway" else "sidecar"
    return {
        "id": f"{kind}~{pod.ip}~{pod.name}.{space}~{space}.svc.cluster.local",
        "cluster": f"{pod.workload}.{space}",
        "metadata": {
            "CLUSTER_ID": "Kubernetes",
            "INSTANCE_IPS": pod.ip,
            "ISTIO_VERSION": era.version,
            "MESH_ID": "cluster.local",
            "NAME": pod.name,
            "NAMESPACE": space,
            "WORKLOAD_NAME": pod.workload,
            "LABELS": {"app": pod.workload, "version": "v1"},
        },
    }


def namespace_of(cast: Cast, pod: Pod) -> str:
    """A gateway stands in a namespace of its own."""
    return "istio-system" if pod.workload == "istio-ingressgateway" else cast.namespace


def _only_istios() -> dict[str, Any]:
    patterns = [{"prefix": prefix} for prefix in _PREFIXES]
    patterns += [{"suffix": suffix} for suffix in _SUFFIXES]
    return {"stats_matcher": {"inclusion_list": {"patterns": patterns}}}
