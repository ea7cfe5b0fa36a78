"""Workloads and services: what stands behind a host, with a sidecar or without, or outside."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from why503.facts import LoadedEndpoint, Manifest, ProxyInfo, Request
from why503.mesh.address import (
    PASSTHROUGH,
    cluster_name,
    is_address,
    is_public,
    is_service_name,
    server_name,
    short_name,
    split_host,
)
from why503.mesh.candidate import candidates
from why503.mesh.mesh import Mesh
from why503.mesh.once import once
from why503.mesh.pod_name import is_pod_of
from why503.mesh.setting import mapping_of

WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod")
_PARTS = 20
"""Parts between hyphens of a name that are looked at."""
_INJECT = "sidecar.istio.io/inject"
_PROXY_CONTAINER = "istio-proxy"


def same_host(one: str, other: str, namespace: str = "") -> bool:
    """True where two spellings (`orders`, `orders.shop`, the full name) can mean one service."""
    if not one or not other:
        return False
    if one.lower() == other.lower():
        return True
    first, second = short_name(one.lower()), short_name(other.lower())
    if first[0] != second[0] or "." in first[0]:
        return False
    spaces = {
        space for space in (first[1] or namespace.lower(), second[1] or namespace.lower()) if space
    }
    return len(spaces) <= 1


def service_of(mesh: Mesh, host: str) -> Manifest | None:
    """The Service of a host; None where the evidence has none."""
    return mesh.kept(f"service of {host}", lambda: _service(mesh, host))


def _service(mesh: Mesh, host: str) -> Manifest | None:
    for service in candidates(mesh, "Service", host):
        if same_host(
            host, f"{service.name}.{service.namespace}" if service.namespace else service.name
        ):
            return service
    return None


def service_entries_of(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """ServiceEntries that carry a host (wildcards included)."""
    return tuple(
        entry
        for entry in candidates(mesh, "ServiceEntry", host)
        if any(_covers(str(pattern), host) for _, pattern in entry.items("spec", "hosts"))
    )


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.lower().endswith(pattern[1:].lower())
    return pattern == "*" or pattern.lower() == host.lower()


def workloads_of(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """Deployments, StatefulSets, ... and Pods that the host's Service selects.

    Without a Service or a selector those whose name is the service's own name.
    """
    service = service_of(mesh, host)
    return mesh.kept(f"workloads of {host}", lambda: _workloads(mesh, host, service))


def _workloads(mesh: Mesh, host: str, service: Manifest | None) -> tuple[Manifest, ...]:
    selector = service.get("spec", "selector") if service is not None else None
    name, namespace = short_name(host)
    if isinstance(selector, Mapping) and selector:
        key, value = next(iter(selector.items()))
        given = mesh.kept("workloads by label", lambda: _by_label(mesh))
        likely = given.get((str(key), str(value)), [])
        found = [workload for workload in likely if _selected(workload, selector)]
    else:
        given_names = mesh.kept("workloads by name", lambda: _by_start(mesh))
        likely = given_names.get(name, [])
        found = [one for one in likely if one.name == name and not selector]
    own = tuple(one for one in found if _same_space(one, namespace))
    return own or _by_name(mesh, name, namespace)


def _same_space(workload: Manifest, namespace: str) -> bool:
    return not namespace or not workload.namespace or workload.namespace == namespace


def _by_label(mesh: Mesh) -> dict[tuple[str, str], list[Manifest]]:
    found: defaultdict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for kind in WORKLOAD_KINDS:
        for workload in mesh.manifests(kind):
            for key, value in labels_of(workload).items():
                found[str(key), str(value)].append(workload)
    return dict(found)


def _by_start(mesh: Mesh) -> dict[str, list[Manifest]]:
    """Workloads by their name and by everything in front of a hyphen in it."""
    found: defaultdict[str, list[Manifest]] = defaultdict(list)
    for kind in WORKLOAD_KINDS:
        for workload in mesh.manifests(kind):
            parts = workload.name.split("-")[:_PARTS]
            for end in range(1, len(parts)):
                found["-".join(parts[:end])].append(workload)
            found[workload.name].append(workload)
    return dict(found)


def _by_name(mesh: Mesh, name: str, namespace: str) -> tuple[Manifest, ...]:
    """Pods and workloads whose name begins with the service's, where labels do not tell."""
    if not name:
        return ()
    likely = mesh.kept("workloads by name", lambda: _by_start(mesh)).get(name, ())
    return tuple(workload for workload in likely if _same_space(workload, namespace))


def labels_of(workload: Manifest) -> Mapping[str, Any]:
    """Labels of the pods that a workload makes (of the Pod itself for a Pod)."""
    path: tuple[str, ...] = ("metadata", "labels")
    if workload.kind != "Pod":
        path = ("spec", "template", *path)
    found = workload.get(*path)
    return found if isinstance(found, Mapping) else {}


def _selected(workload: Manifest, selector: object) -> bool:
    if not isinstance(selector, Mapping) or not selector:
        return False
    labels = labels_of(workload)
    return all(labels.get(key) == value for key, value in selector.items())


def pod_spec_path(workload: Manifest) -> tuple[str, ...]:
    """Path of the pod specification inside a workload."""
    return ("spec",) if workload.kind == "Pod" else ("spec", "template", "spec")


@once
def containers_of(workload: Manifest) -> list[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Containers (init containers last) of a workload, each with its path."""
    base = pod_spec_path(workload)
    spec = mapping_of(workload.get(*base))
    return [
        ((*base, section, index), container)
        for section in ("containers", "initContainers")
        if isinstance(given := spec.get(section), list)
        for index, container in enumerate(given)
        if isinstance(container, Mapping)
    ]


def _marked(workload: Manifest) -> bool | None:
    """What a workload itself says of injection; None where it says nothing."""
    annotations = workload.get("metadata", "annotations") or {}
    if workload.kind != "Pod":
        annotations = workload.get("spec", "template", "metadata", "annotations") or {}
    for labels in (labels_of(workload), annotations):
        if isinstance(labels, Mapping) and _INJECT in labels:
            return str(labels[_INJECT]).lower() == "true"
    if any(container.get("name") == _PROXY_CONTAINER for _, container in containers_of(workload)):
        return True
    runs = workload.kind == "Pod" and workload.get("status", "podIP") is not None
    return False if runs and containers_of(workload) else None


def has_sidecar(mesh: Mesh, host: str) -> bool | None:
    """Whether the workloads behind a host have a sidecar; None where nothing tells."""
    if any(same_host(served, host) for served in mesh.served) or proxies_of(mesh, host):
        return True
    workloads = [w for w in workloads_of(mesh, host) if not w.partial]
    marks = [mark for mark in map(_marked, workloads) if mark is not None]
    if marks:
        return any(marks)
    if not workloads:
        return _by_namespace(mesh, host)
    spaces = {w.namespace for w in workloads if w.namespace}
    for namespace in mesh.manifests("Namespace"):
        if namespace.name in spaces and _injecting(namespace):
            return True
    others = [w for kind in WORKLOAD_KINDS[:4] for w in mesh.manifests(kind)]
    return False if any(_marked(w) for w in others) else None


def _by_namespace(mesh: Mesh, host: str) -> bool | None:
    """False for a host whose namespace injects no sidecars, shown beside one that does."""
    own = short_name(host)[1]
    given = {space.name: _injecting(space) for space in mesh.manifests("Namespace")}
    return False if given.get(own) is False and any(given.values()) else None


def has_own_sidecar(mesh: Mesh, workload: Manifest) -> bool | None:
    """Whether one workload has a sidecar, by itself or by its namespace; None: nothing tells."""
    marked = None if workload.partial else _marked(workload)
    if marked is not None:
        return marked
    given = [space for space in mesh.manifests("Namespace") if space.name == workload.namespace]
    return any(map(_injecting, given)) if given else None


def _injecting(namespace: Manifest) -> bool:
    labels = namespace.get("metadata", "labels") or {}
    if not isinstance(labels, Mapping):
        return False
    written = labels.get("istio-injection")  # where it is there, the revision's webhook stays out
    return written == "enabled" or (written is None and "istio.io/rev" in labels)


def proxies_of(mesh: Mesh, host: str) -> tuple[ProxyInfo, ...]:
    """Sidecars that say they stand beside a pod of a host: by labels, the pod's name or address."""
    told = [info for info in mesh.facts(ProxyInfo) if info.kind == "sidecar"]
    if not told or not host:
        return ()
    service = service_of(mesh, host)
    selector = service.get("spec", "selector") if service is not None else None
    workloads = workloads_of(mesh, host)
    pods = {workload.name for workload in workloads if workload.kind == "Pod"}
    name, namespace = short_name(host)
    names = {workload.name for workload in workloads if workload.kind != "Pod"} | {name}
    own = {address for info in told for address in info.addresses}
    addresses = _loaded_addresses(mesh, host, own)

    def beside(info: ProxyInfo) -> bool:
        if namespace and info.namespace and info.namespace != namespace:
            return False
        if isinstance(selector, Mapping) and selector and info.labels:
            return all(info.labels.get(key) == value for key, value in selector.items())
        if info.pod in pods or addresses & set(info.addresses):
            return True
        return any(is_pod_of(info.pod, word) for word in names - {""})

    return tuple(filter(beside, told))


def _loaded_addresses(mesh: Mesh, host: str, known: set[str]) -> set[str]:
    """Those of the addresses that are a host's in the endpoint lists that proxies have loaded."""
    return {
        address
        for endpoint in mesh.facts(LoadedEndpoint)
        if (address := endpoint.address.rpartition(":")[0].strip("[]")) in known
        and (parts := cluster_name(endpoint.cluster)) is not None
        and parts.direction == "outbound"
        and same_host(parts.host, host)
    }


def is_external(mesh: Mesh, host: str, request: Request | None = None) -> bool:
    """True outside the mesh: a ServiceEntry says so, or the destination's name or address."""
    entries = service_entries_of(mesh, host)
    if entries:
        return any(entry.get("spec", "location") != "MESH_INTERNAL" for entry in entries)
    if is_service_name(host) or service_of(mesh, host) is not None:
        return False
    if request is None:
        return False
    name = cluster_name(request.upstream_cluster)
    if name is not None and name.direction == "outbound":
        return "." in host and not is_service_name(host)
    if server_name(request.server_name) is not None:
        return False
    dialled = split_host(request.upstream_host)[0]
    if request.upstream_cluster == PASSTHROUGH and is_address(host) and is_address(dialled):
        return is_public(dialled)  # a pod or Service that was called by its bare address
    return request.upstream_cluster == PASSTHROUGH or is_public(dialled)
