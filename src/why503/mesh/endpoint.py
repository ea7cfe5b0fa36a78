"""What stands behind a Service: its ports, the containers', and the endpoints listed for it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Listening, Manifest, ProxyEndpoint, Source
from why503.mesh.address import cluster_name, short_name
from why503.mesh.candidate import candidates
from why503.mesh.held import held_endpoints
from why503.mesh.mesh import Mesh
from why503.mesh.once import once
from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.workload import WORKLOAD_KINDS, containers_of, labels_of, same_host, workloads_of
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

_SERVICE_LABEL = "kubernetes.io/service-name"
_PROXY_CONTAINER = "istio-proxy"
_SLICE_ENDING = lazy_re(r"-[a-z0-9]{5}$")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One address behind a Service, as Kubernetes lists it."""

    address: str
    port: int | None
    """None where the list names no port."""
    ready: bool
    source: Source
    pod: str = ""
    """Name of the pod; ``""`` where it is not told."""


class ContainerPort(NamedTuple):
    """A port that a container declares."""

    port: int
    name: str
    """``""`` for a port without a name."""
    source: Source
    workload: Manifest


class ServicePort(NamedTuple):
    """One entry of a Service's `spec.ports`."""

    port: int
    fields: Mapping[str, Any]
    place: int
    """Index in the list."""
    service: Manifest


def kubernetes_endpoints(mesh: Mesh, host: str) -> tuple[Endpoint, ...] | None:
    """Endpoints of a host's Service, from EndpointSlices and Endpoints.

    None where the evidence has neither for that host; ``()`` where it shows that there are none.
    """
    shown = False
    found: dict[tuple[str, int | None], Endpoint] = {}
    for kind, reading in (("EndpointSlice", _of_slice), ("Endpoints", _of_endpoints)):
        for manifest in mesh.manifests(kind):
            field = "endpoints" if kind == "EndpointSlice" else "subsets"
            if not _is_of(manifest, host) or (manifest.partial and field not in manifest.data):
                continue
            shown = True
            for endpoint in reading(manifest):
                found.setdefault((endpoint.address, endpoint.port), endpoint)
    return tuple(found.values()) if shown else None


def _is_of(manifest: Manifest, host: str) -> bool:
    """True where a list of endpoints belongs to the Service of ``host``."""
    name = manifest.name
    if manifest.kind == "EndpointSlice":
        labelled = manifest.get("metadata", "labels", _SERVICE_LABEL)
        name = word_of(labelled) or _SLICE_ENDING.sub("", manifest.name)
    if not name or name != short_name(host)[0]:
        return False
    return same_host(host, f"{name}.{manifest.namespace}" if manifest.namespace else name)


def _of_slice(manifest: Manifest) -> Iterator[Endpoint]:
    ports = [whole_number(mapping_of(port).get("port")) for _, port in manifest.items("ports")] or [
        None
    ]
    for index, endpoint in manifest.items("endpoints"):
        fields = mapping_of(endpoint)
        addresses = fields.get("addresses")
        for address in addresses if isinstance(addresses, list) else []:
            for port in ports:
                yield Endpoint(
                    address=word_of(address),
                    port=port,
                    ready=mapping_of(fields.get("conditions")).get("ready") is not False,
                    source=manifest.where("endpoints", index),
                    pod=_pod(fields),
                )


def _of_endpoints(manifest: Manifest) -> Iterator[Endpoint]:
    for index, _subset in manifest.items("subsets"):
        ports = [
            whole_number(mapping_of(port).get("port"))
            for _, port in manifest.items("subsets", index, "ports")
        ] or [None]
        for section, ready in (("addresses", True), ("notReadyAddresses", False)):
            for place, address in manifest.items("subsets", index, section):
                for port in ports:
                    yield Endpoint(
                        address=word_of(mapping_of(address).get("ip")),
                        port=port,
                        ready=ready,
                        source=manifest.where("subsets", index, section, place),
                        pod=_pod(mapping_of(address)),
                    )


def _pod(fields: Mapping[str, Any]) -> str:
    target = mapping_of(fields.get("targetRef"))
    return word_of(target.get("name")) if target.get("kind", "Pod") == "Pod" else ""


def proxy_endpoints(mesh: Mesh, host: str, port: int | None = None) -> tuple[ProxyEndpoint, ...]:
    """Endpoints that proxies have loaded for a host, of every subset; of ``port`` if given."""
    found = []
    for endpoint in held_endpoints(mesh):
        name = cluster_name(endpoint.cluster)
        if name is None or name.direction != "outbound" or not same_host(name.host, host):
            continue
        if port is None or name.port == port:
            found.append(endpoint)
    return tuple(found)


def container_ports(mesh: Mesh, host: str) -> tuple[ContainerPort, ...]:
    """Ports that the containers behind a host declare, the proxy's own left out.

    Declaring a port is optional in Kubernetes: an absent one says nothing.
    """
    return mesh.kept(f"container ports of {host}", lambda: _container_ports(mesh, host))


def _container_ports(mesh: Mesh, host: str) -> tuple[ContainerPort, ...]:
    found = []
    for workload in workloads_of(mesh, host):
        for path, container in containers_of(workload):
            if "initContainers" in path or container.get("name") == _PROXY_CONTAINER:
                continue
            for index, entry in workload.items(*path, "ports"):
                number = whole_number(mapping_of(entry).get("containerPort"))
                if number is not None:
                    name = word_of(mapping_of(entry).get("name"))
                    source = workload.where(*path, "ports", index)
                    found.append(ContainerPort(number, name, source, workload))
    return tuple(found)


def service_ports(mesh: Mesh, host: str) -> tuple[ServicePort, ...]:
    """Ports of the host's Service, those of whole objects before those of table rows."""
    return mesh.kept(f"ports of {host}", lambda: _service_ports(mesh, host))


def _service_ports(mesh: Mesh, host: str) -> tuple[ServicePort, ...]:
    found = []
    for service in candidates(mesh, "Service", host):
        name = f"{service.name}.{service.namespace}" if service.namespace else service.name
        if same_host(host, name):
            found += ports_of(service)
    return tuple(sorted(found, key=lambda port: port.service.partial))


@once
def ports_of(service: Manifest) -> list[ServicePort]:
    """Ports of one Service."""
    entries = [(index, mapping_of(entry)) for index, entry in service.items("spec", "ports")]
    numbered = [(whole_number(fields.get("port")), fields, index) for index, fields in entries]
    return [
        ServicePort(number, fields, index, service)
        for number, fields, index in numbered
        if number is not None
    ]


def target_of(entry: ServicePort) -> Setting[int | str] | None:
    """Target port of one entry: a number, or the name of a container port.

    Without one it is the port itself; None where a table row or page does not show it.
    """
    service, written = entry.service, entry.fields.get("targetPort")
    path = ("spec", "ports", entry.place)
    number = whole_number(written)
    value: int | str = word_of(written) if number is None else number
    if value not in ("", 0):
        source = service.where(*path, "targetPort")
        return Setting(value=value, source=source, default=False, by=service.full_name)
    if service.partial:
        return None
    return Setting(value=entry.port, source=None, default=True, by=_("Kubernetes' default"))


def target_port(mesh: Mesh, host: str, port: int | None) -> Setting[int | str] | None:
    """Target port of a host's Service port; of its only port where ``port`` is None.

    None where the evidence does not tell.
    """
    entries = service_ports(mesh, host)
    if port is None and len({entry.port for entry in entries}) > 1:
        return None
    for entry in entries:
        if port in (None, entry.port) and (found := target_of(entry)) is not None:
            return found
    return None


def workload_port(mesh: Mesh, host: str, port: int | None) -> int | None:
    """Port inside the pod for a Service port; the port itself where nothing maps it."""
    if port is None:
        return None
    target = target_port(mesh, host, port)
    if target is None:
        return port
    return port if (number := _number_of(mesh, host, target.value)) is None else number


def service_port(mesh: Mesh, host: str, port: int | None) -> int | None:
    """Service port for a port as a log tells it, which may be the one inside the pod."""
    entries = service_ports(mesh, host)
    if port is None or any(entry.port == port for entry in entries):
        return port
    for entry in entries:
        target = target_of(entry)
        if target is not None and _number_of(mesh, host, target.value) == port:
            return entry.port
    return port


def _number_of(mesh: Mesh, host: str, target: int | str) -> int | None:
    if isinstance(target, int):
        return target
    return next((port.port for port in container_ports(mesh, host) if port.name == target), None)


def selects_nothing(mesh: Mesh, host: str) -> Source | None:
    """Place of the Service's selector where it takes none of the workloads given for its namespace.

    None where it takes one, or where no whole workload of that namespace was given.
    """
    for service in mesh.manifests("Service"):
        name = f"{service.name}.{service.namespace}" if service.namespace else service.name
        selector = mapping_of(service.get("spec", "selector"))
        if service.partial or not selector or not same_host(host, name):
            continue
        given = [
            workload
            for kind in WORKLOAD_KINDS
            for workload in mesh.manifests(kind)
            if not workload.partial and _same_namespace(workload, service)
        ]
        if given and not any(has_labels(labels_of(workload), selector) for workload in given):
            return service.where("spec", "selector")
        return None
    return None


def _same_namespace(one: Manifest, other: Manifest) -> bool:
    return not one.namespace or not other.namespace or one.namespace == other.namespace


def listening(mesh: Mesh) -> tuple[Listening, ...]:
    """Listening sockets that the evidence shows."""
    return mesh.facts(Listening)
