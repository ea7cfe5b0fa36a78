"""The endpoints behind a port of a service, and the workloads that they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.address import is_address
from why503.mesh.armed.inventory import inventory
from why503.mesh.endpoint import Endpoint, kubernetes_endpoints
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.proxy import Proxy, number_inside, proxy_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Port, Resolution, Service
from why503.mesh.workload import WORKLOAD_KINDS, labels_of
from why503.support.dataclass import dataclass
from why503.support.text import _

_LOCALITY = (
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
)


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One place that a cluster sends to."""

    address: str
    port: int
    source: Source
    labels: Mapping[str, Any] | None = None
    """None where they are not known."""
    proxy: Proxy | None = None
    """The workload behind it; None where the evidence does not show it."""


@dataclass(frozen=True, kw_only=True)
class Backends:
    """All of them."""

    found: tuple[Backend, ...]
    known: bool
    """False where the evidence does not list them: those found are taken for granted."""
    source: Source
    later: tuple[Backend, ...] = ()
    """Those that get requests only where all found are down."""


def backends_of(push: Push, service: Service, port: Port) -> Backends:
    """The endpoints of one port, those that are not ready left out."""
    if service.resolution is Resolution.NONE and not service.kubernetes:
        return Backends(found=(), known=False, source=port.source)
    if not service.kubernetes:
        return _of_entry(push, service, port)
    listed = kubernetes_endpoints(push.mesh, service.host)
    if listed is not None:
        return _listed(push, service, port, listed)
    selector = mapping_of(service.manifest.get("spec", "selector"))
    if not selector:
        return Backends(found=(), known=False, source=service.manifest.where("spec"))
    pods = list(_selected(push, service.namespace, selector, ("Pod",)))
    others = list(_selected(push, service.namespace, selector, WORKLOAD_KINDS[:4]))
    chosen = pods or others
    given = any(push.space_of(w) == service.namespace for w in _whole(push))
    given = given and not inventory(push.mesh).has_unseen_pods(
        service.manifest.namespace or service.namespace
    )
    found = [made for one in chosen if (made := _of_workload(push, service, port, one))]
    if not chosen and not given:
        found = [_unseen(push, service, port)]
    source = service.manifest.where("spec", "selector")
    return Backends(found=tuple(found), known=bool(chosen) or given, source=source)


def _unseen(push: Push, service: Service, port: Port) -> Backend:
    """A pod of which nothing is given but the labels that the Service selects it by."""
    return Backend(
        address=f"<pod of {service.host}>",
        port=port.target if isinstance(port.target, int) else port.number,
        source=service.manifest.where("spec", "selector"),
        proxy=_selected_proxy(push, service),
    )


def _selected_proxy(push: Push, service: Service) -> Proxy | None:
    """What a Service selects, by its labels; None where it selects nothing."""
    selector = mapping_of(service.manifest.get("spec", "selector"))
    if not selector:
        return None
    labels = {str(key): str(value) for key, value in selector.items()}
    name = _("a pod of {service}").format(service=service.manifest.full_name)
    return Proxy(mesh=push.mesh, name=name, namespace=service.namespace, labels=labels)


def with_labels(backends: Backends, labels: Mapping[str, Any]) -> Backends:
    """Those that a subset selects; endpoints whose labels are not known stay."""
    found = tuple(
        one for one in backends.found if one.labels is None or has_labels(one.labels, labels)
    )
    return replace(backends, found=found)


def _whole(push: Push) -> Iterator[Manifest]:
    for kind in WORKLOAD_KINDS:
        yield from (one for one in push.mesh.manifests(kind) if not one.partial)


def _selected(
    push: Push, namespace: str, selector: Mapping[str, Any], kinds: Sequence[str]
) -> Iterator[Manifest]:
    for kind in kinds:
        for one in push.mesh.manifests(kind):
            if push.space_of(one) == namespace and has_labels(labels_of(one), selector):
                yield one


def _of_workload(push: Push, service: Service, port: Port, workload: Manifest) -> Backend | None:
    number = number_inside(port, workload)
    if number is None or not _runs(workload):
        return None
    address = word_of(workload.get("status", "podIP"))
    return Backend(
        address=address or f"<pod of {workload.name}>",
        port=number,
        source=workload.source,
        labels=labels_of(workload),
        proxy=proxy_of(push, workload),
    )


def _runs(workload: Manifest) -> bool:
    """False for a pod that says it is not ready, and for a workload scaled to nothing."""
    if workload.kind != "Pod":
        return whole_number(workload.get("spec", "replicas")) != 0
    return not any(
        mapping_of(told).get("type") == "Ready"
        and word_of(mapping_of(told).get("status")) == "False"
        for _, told in workload.items("status", "conditions")
    )


def _listed(push: Push, service: Service, port: Port, listed: Sequence[Endpoint]) -> Backends:
    numbers = {port.target} if isinstance(port.target, int) else set()
    fitting = [one for one in listed if one.ready and (one.port in numbers or not numbers)]
    if not fitting and len(service.ports) == 1:
        fitting = [one for one in listed if one.ready]
    found = []
    for one in fitting:
        workload = _pod(push, one, service)
        number = number_inside(port, workload) if workload is not None else None
        if isinstance(port.target, str) and number is not None and one.port not in (None, number):
            continue
        found.append(
            Backend(
                address=one.address,
                port=one.port or number or port.number,
                source=one.source,
                labels=labels_of(workload) if workload is not None else None,
                proxy=proxy_of(push, workload)
                if workload is not None
                else _selected_proxy(push, service),
            )
        )
    source = listed[0].source if listed else service.manifest.source
    return Backends(found=tuple(found), known=True, source=source)


def _pod(push: Push, endpoint: Endpoint, service: Service) -> Manifest | None:
    """The Pod of an endpoint; else the only workload that the Service selects."""
    for pod in push.mesh.manifests("Pod"):
        named = endpoint.pod and pod.name == endpoint.pod
        if named or pod.get("status", "podIP") == endpoint.address:
            return pod
    selector = mapping_of(service.manifest.get("spec", "selector"))
    if not selector:
        return None
    given = list(_selected(push, service.namespace, selector, WORKLOAD_KINDS[:4]))
    return given[0] if len(given) == 1 else None


def _of_entry(push: Push, service: Service, port: Port) -> Backends:
    entry = service.manifest
    number = port.target if isinstance(port.target, int) else port.number
    found = [
        Backend(
            address=word_of(fields.get("address")),
            port=whole_number(mapping_of(fields.get("ports")).get(port.name)) or number,
            source=entry.where("spec", "endpoints", index),
            labels={**_locality(fields), **mapping_of(fields.get("labels"))},
        )
        for index, told in entry.items("spec", "endpoints")
        if word_of((fields := mapping_of(told)).get("address"))
    ]
    wanted = mapping_of(entry.get("spec", "workloadSelector", "labels"))
    if wanted:
        found += _chosen(push, service, wanted, port)
        return Backends(
            found=tuple(found), known=bool(found), source=entry.where("spec", "workloadSelector")
        )
    if not found and service.resolution is Resolution.ENDPOINTS:
        found = [
            Backend(address=one, port=number, source=entry.where("spec", "addresses"))
            for one in service.addresses
            if is_address(one) and one != "0.0.0.0"
        ]
    if not found and service.resolution in (Resolution.DNS, Resolution.DYNAMIC):
        found = [Backend(address=service.host, port=number, source=entry.where("spec", "hosts"))]
    return Backends(found=tuple(found), known=True, source=entry.where("spec"))


def _labels(entry: Manifest) -> Mapping[str, Any]:
    return mapping_of(entry.get("spec", "labels"))


def _locality(fields: Mapping[str, Any]) -> Mapping[str, str]:
    """`region/zone/subzone` as the labels that Istio makes of it."""
    return dict(zip(_LOCALITY, word_of(fields.get("locality")).split("/"), strict=False))


def _chosen(
    push: Push, service: Service, wanted: Mapping[str, Any], port: Port
) -> Iterator[Backend]:
    """Pods (else other workloads) and WorkloadEntries that a ServiceEntry selects."""
    number = port.target if isinstance(port.target, int) else port.number
    pods = list(_selected(push, service.namespace, wanted, ("Pod",)))
    for one in pods or list(_selected(push, service.namespace, wanted, WORKLOAD_KINDS[:4])):
        made = _of_workload(push, service, port, one)
        if made is not None:
            yield made
    for entry in push.mesh.manifests("WorkloadEntry"):
        labels = {**_locality(mapping_of(entry.get("spec"))), **_labels(entry)}
        if push.space_of(entry) == service.namespace and has_labels(labels, wanted):
            address = word_of(entry.get("spec", "address"))
            yield Backend(address=address, port=number, source=entry.source, labels=labels)
