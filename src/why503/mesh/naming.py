"""Names for commands and sentences: pod, namespace, service and caller of a hop."""

import re
from collections.abc import Mapping
from typing import Any

from why503.facts import Manifest, ProxyInfo
from why503.mesh.address import is_address, is_service_name, short_name, split_host
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of
from why503.mesh.workload import proxies_of, service_of, workloads_of

UNKNOWN_NAMESPACE = "<namespace>"
_TOP_DOMAINS = frozenset(
    {"com", "net", "org", "io", "edu", "gov", "int", "info", "biz", "eu", "example", "test"}
)
"""Endings of two-part names that are domains of the internet, and no namespaces."""
_KIND_OF_FILE = re.compile(
    r"(?:access|application|app|envoy|istio-proxy|proxy|logs?|output|stdin|text|paste|[a-z])"
    r"(?:[-_.]?(?:access|logs?|previous|\d{1,3})){0,2}"
)
"""Names of files that say what is in them, not who wrote it."""


def service_name(hop: Hop) -> str:
    """Short name of the hop's service, its external host, or `<service>`."""
    if not hop.host:
        return "<service>"
    return short_name(hop.host)[0] if _is_in_mesh(hop) else hop.host


def _is_in_mesh(hop: Hop) -> bool:
    """True for a service's full name and for `svc.ns`, which no domain of the internet is."""
    if is_service_name(hop.host):
        return True
    name, space = short_name(hop.host)
    outside = is_address(hop.host) or hop.leg is Place.PROXY_TO_EXTERNAL
    return not outside and bool(name and space) and space not in _TOP_DOMAINS


def rule_host(hop: Hop) -> str:
    """Host as a rule has to name it: `svc.ns` in full, for Istio completes bare names only."""
    if is_service_name(hop.host) or not _is_in_mesh(hop):
        return hop.host or service_name(hop)
    return f"{hop.host}.svc.cluster.local"


def namespace_of(hop: Hop, mesh: Mesh) -> str:
    """Namespace of the hop's service; `<namespace>` where nothing tells."""
    if hop.host and not is_address(hop.host):
        named = short_name(hop.host)[1]
        if named:
            return named
        service = service_of(mesh, hop.host)
        if service is not None and service.namespace:
            return service.namespace
    for workload in workloads_of(mesh, hop.host) if hop.host else ():
        if workload.namespace:
            return workload.namespace
    return UNKNOWN_NAMESPACE


def upstream_workload(hop: Hop, mesh: Mesh) -> str:
    """`deploy/x`, `pod/x`, ... behind the hop's service, as kubectl takes it."""
    kinds = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds"}
    for workload in workloads_of(mesh, hop.host) if hop.host else ():
        if workload.kind in kinds:
            return f"{kinds[workload.kind]}/{workload.name}"
    name = service_name(hop)
    return f"deploy/{name}" if not name.startswith("<") else "<server-pod>"


def caller_of(hop: Hop) -> str:
    """Name of the proxy or program that called, as far as the evidence tells; ``""`` otherwise.

    A file that is named after what is in it (`access`, `istio-proxy`) names nobody.
    """
    for failure in hop.failures:
        teller = failure.downstream.teller if failure.downstream is not None else ""
        if teller and not _KIND_OF_FILE.fullmatch(teller):
            return teller
    return ""


def caller_pod(hop: Hop, mesh: Mesh) -> str:
    """Pod of the calling proxy: as it names itself, or by the address its requests came from.

    `<client-pod>` where neither tells.
    """
    for failure in hop.failures:
        account = failure.downstream or failure.teller
        if (failure.downstream is not None or failure.role is Role.DOWNSTREAM) and (
            named := pod_of_teller(mesh, account.teller)
        ):
            return named
        remote = account.downstream_remote if failure.downstream else None
        pod = pod_at(mesh, split_host(remote)[0]) if remote else None
        if pod is not None:
            return pod.name
    return "<client-pod>"


def pod_of_teller(mesh: Mesh, teller: str) -> str:
    """Name of the pod whose proxy wrote a teller's files; ``""`` where it is not told."""
    infos = mesh.facts(ProxyInfo)
    return next((info.pod for info in infos if info.teller == teller and info.pod), "")


def pod_at(mesh: Mesh, address: str) -> Manifest | None:
    """The Pod with this address; None where the evidence has none."""
    if not address:
        return None
    for pod in mesh.manifests("Pod"):
        if pod.get("status", "podIP") == address:
            return pod
        if any(
            ip.get("ip") == address
            for _, ip in pod.items("status", "podIPs")
            if isinstance(ip, dict)
        ):
            return pod
    return None


def server_pod(hop: Hop, mesh: Mesh) -> str:
    """Name of a pod that failing requests went to; else the workload as `deploy/x`."""
    for host in hop.upstream_hosts:
        pod = pod_at(mesh, split_host(host)[0])
        if pod is not None:
            return pod.name
    named = [info.pod for info in proxies_of(mesh, hop.host) if info.pod]
    if named:
        return named[0]
    return upstream_workload(hop, mesh)


def selecting_labels(hop: Hop, mesh: Mesh) -> Mapping[str, Any]:
    """Labels that select the server's pods: the Service's selector, else the usual `app`."""
    service = service_of(mesh, hop.host) if hop.host else None
    selector = mapping_of(service.get("spec", "selector")) if service is not None else {}
    return selector or {"app": service_name(hop)}
