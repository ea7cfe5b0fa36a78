"""Names for commands and sentences: pod, namespace, service and caller of a hop."""

from collections.abc import Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.address import is_address, is_service_name, short_name
from why503.mesh.failure import Role
from why503.mesh.gateway import is_gateway
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.pod_naming import calling_pod, serving_pod, workload_of
from why503.mesh.setting import mapping_of
from why503.mesh.workload import service_of, workloads_of
from why503.support.pattern import lazy_re

UNKNOWN_NAMESPACE = "<namespace>"
_TOP_DOMAINS = frozenset(
    {"com", "net", "org", "io", "edu", "gov", "int", "info", "biz", "eu", "example", "test"}
)
"""Endings of two-part names that are domains of the internet, and no namespaces."""
_KIND_OF_FILE = lazy_re(
    r"(?:access|application|app|envoy|istio-proxy|proxy|logs?|output|stdin|text|paste|[a-z])"
    r"(?:[-_.]?(?:access|logs?|previous|\d{1,3})){0,2}"
)
"""Names of files that say what is in them, not who wrote it."""
_NAME = lazy_re(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""A name that a pod or workload can have."""


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
    """Namespace of the hop's service; `<namespace>` where nothing tells.

    A service that is called by its bare name is in the caller's namespace.
    """
    name, named = _service_part(hop)
    if not named and (service := _service(hop, mesh)) is not None:
        named = service.namespace
    if not named and hop.host:
        found = (workload.namespace for workload in workloads_of(mesh, hop.host))
        named = next(filter(None, found), "")
    if not named:
        named = serving_pod(hop, mesh).namespace
    if not named and name:
        named = calling_pod(hop, mesh).namespace
    return named or UNKNOWN_NAMESPACE


def upstream_workload(hop: Hop, mesh: Mesh) -> str:
    """`deploy/x`, `pod/x`, ... behind the hop's service, as kubectl takes it."""
    known = _known_workload(hop, mesh)
    name = _service_part(hop)[0]
    if known or name:
        return known or f"deploy/{name}"
    return workload_of(serving_pod(hop, mesh).name) or "deploy/<server>"


def workloads_to_get(hop: Hop, mesh: Mesh) -> str:
    """The same for `kubectl get`; all of the namespace where the evidence names none."""
    return _known_workload(hop, mesh) or "deploy,sts,ds"


def _known_workload(hop: Hop, mesh: Mesh) -> str:
    kinds = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds"}
    for workload in workloads_of(mesh, hop.host) if hop.host else ():
        if workload.kind in kinds:
            return f"{kinds[workload.kind]}/{workload.name}"
    return ""


def caller_of(hop: Hop) -> str:
    """Name of the proxy or program that called, as far as the evidence tells; ``""`` otherwise.

    A file that is named after what is in it (`access`, `istio-proxy`), or as nothing in Kubernetes
    can be named (`all_lines`), names nobody.
    """
    for failure in hop.failures:
        teller = failure.downstream.teller if failure.downstream is not None else ""
        name = teller.rpartition("/")[2]
        if _NAME.fullmatch(name) and not _KIND_OF_FILE.fullmatch(teller):
            return teller
    return ""


def caller_pod(hop: Hop, mesh: Mesh) -> str:
    """Pod of the calling proxy, as kubectl takes it; `<client-pod>` where nothing tells."""
    return calling_pod(hop, mesh).name or "<client-pod>"


def caller_namespace(hop: Hop, mesh: Mesh) -> str:
    """Namespace of the calling proxy; `<client-namespace>` where nothing tells."""
    return calling_pod(hop, mesh).namespace or "<client-namespace>"


def restart_caller(hop: Hop, mesh: Mesh) -> str:
    """Command that gives the calling workload new pods."""
    workload = workload_of(calling_pod(hop, mesh).name) or "deploy/<client>"
    return f"kubectl -n {caller_namespace(hop, mesh)} rollout restart {workload}"


def caller_proxy(hop: Hop, mesh: Mesh) -> str:
    """The calling proxy as istioctl takes it: `pod.namespace`."""
    return f"{caller_pod(hop, mesh)}.{caller_namespace(hop, mesh)}"


def object_name(hop: Hop, mesh: Mesh) -> str:
    """Name for a new object about the hop's service: its Service's where it has only an address."""
    return kubernetes_service(hop, mesh) if is_address(hop.host) else service_name(hop)


def failing_namespace(hop: Hop, mesh: Mesh) -> str:
    """Namespace of the proxy that failed: an object for one proxy acts there only.

    The caller's (or a gateway's) where that one tells, else the server's.
    """
    if hop.role is not Role.DOWNSTREAM:
        return namespace_of(hop, mesh)
    unknown = "<gateway-namespace>" if _at_gateway(hop) else "<client-namespace>"
    return calling_pod(hop, mesh).namespace or unknown


def _at_gateway(hop: Hop) -> bool:
    return any(is_gateway(failure.teller) for failure in hop.failures)


def telling_pod(hop: Hop, mesh: Mesh) -> tuple[str, str]:
    """Namespace and pod of the proxy that tells of the failures: the server's or the caller's."""
    if hop.role is Role.UPSTREAM:
        return namespace_of(hop, mesh), server_pod(hop, mesh)
    return caller_namespace(hop, mesh), caller_pod(hop, mesh)


def server_pod(hop: Hop, mesh: Mesh) -> str:
    """Name of a pod that failing requests went to; else the workload or Service that has some.

    As `kubectl logs`, `exec` and `istioctl` take it: `web-0`, `deploy/web`, `svc/web`.
    """
    known = serving_pod(hop, mesh).name or _known_workload(hop, mesh)
    return known or f"svc/{kubernetes_service(hop, mesh)}"


def restart_server(hop: Hop, mesh: Mesh) -> str:
    """Command that gives the server new pods."""
    name = _pod_only(serving_pod(hop, mesh).name)
    what = f"delete pod {name}" if name else f"rollout restart {upstream_workload(hop, mesh)}"
    return f"kubectl -n {namespace_of(hop, mesh)} {what}"


def pod_to_debug(hop: Hop, mesh: Mesh) -> str:
    """The same for `kubectl debug`, which takes pods only: the Service's first endpoint asked for.

    `<server-pod>` where no Service is known either.
    """
    if name := _pod_only(serving_pod(hop, mesh).name):
        return name
    namespace, service = namespace_of(hop, mesh), kubernetes_service(hop, mesh)
    if "<" in f"{namespace}{service}":
        return "<server-pod>"
    return (
        f"$(kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={service} "
        "-o jsonpath='{.items[0].endpoints[0].targetRef.name}')"
    )


def caller_pod_to_debug(hop: Hop, mesh: Mesh) -> str:
    """The calling proxy's pod for `kubectl debug`; `<client-pod>` where none is known."""
    return _pod_only(calling_pod(hop, mesh).name) or "<client-pod>"


def caller_node(hop: Hop, mesh: Mesh) -> str:
    """Node of the calling pod; `<node>` where nothing tells."""
    name = calling_pod(hop, mesh).name
    found = (pod.get("spec", "nodeName") for pod in mesh.manifests("Pod") if pod.name == name)
    return next((str(node) for node in found if node), "<node>")


def _pod_only(name: str) -> str:
    return "" if "/" in name else name


def kubernetes_service(hop: Hop, mesh: Mesh) -> str:
    """Name of the hop's Service, as kubectl takes it; `<service>` where the host is none's."""
    service = _service(hop, mesh)
    if service is not None:
        return service.name
    return _service_part(hop)[0] or "<service>"


def _service(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The hop's Service, also where it was called by its address or by a pod's own name."""
    name, namespace = _service_part(hop)
    if name:
        return service_of(mesh, f"{name}.{namespace}" if namespace else name)
    if not is_address(hop.host):
        return None
    for service in mesh.manifests("Service"):
        more = (address for _, address in service.items("spec", "clusterIPs"))
        if hop.host in {service.get("spec", "clusterIP"), *map(str, more)}:
            return service
    return None


def _service_part(hop: Hop) -> tuple[str, str]:
    """Name and namespace of the Service in the hop's host; ``("", "")`` for other hosts.

    In `pod.service.namespace.svc...`, as a StatefulSet's pods are called, the second part.
    """
    parts = hop.host.split(".")
    if "svc" in parts[2:]:
        end = parts.index("svc", 2)
        return parts[end - 2], parts[end - 1]
    if hop.leg is Place.PROXY_TO_EXTERNAL or is_address(hop.host) or hop.host == "localhost":
        return "", ""
    if _is_in_mesh(hop):
        return short_name(hop.host)
    return (hop.host, "") if len(parts) == 1 else ("", "")


def selecting_labels(hop: Hop, mesh: Mesh) -> Mapping[str, Any]:
    """Labels that select the server's pods: the Service's selector, else the usual `app`."""
    return _selector(hop, mesh) or {"app": kubernetes_service(hop, mesh)}


def pods_to_describe(hop: Hop, mesh: Mesh) -> str:
    """The server's pods as `kubectl describe pods` takes them, a blank in front.

    By the Service's selector, else by name; ``""`` for all pods of the namespace, where the
    evidence tells neither.
    """
    if labels := _selector(hop, mesh):
        return " -l " + ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    name = _pod_only(serving_pod(hop, mesh).name)
    return f" {name}" if name else ""


def _selector(hop: Hop, mesh: Mesh) -> Mapping[str, Any]:
    service = _service(hop, mesh) if hop.host else None
    return mapping_of(service.get("spec", "selector")) if service is not None else {}
