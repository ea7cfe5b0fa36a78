"""Edits of the server's or the caller's workload: probes, pauses at the end, annotations."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.diagnosis.edit import Drop, Edit, Put, target_of
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.pod_naming import calling_pod, workload_of
from why503.mesh.probe import PROBES, Probe, probes_of, unknown_port
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import containers_of, labels_of, service_of, workloads_of
from why503.support.text import _

_MAKERS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
TEMPLATE = ("spec", "template", "metadata", "annotations")
"""Path of the annotations of a workload's pods."""
_PROXY = "istio-proxy"
CONFIG = "proxy.istio.io/config"
HELD = "holdApplicationUntilProxyStarts: true\n"
REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"
SLEEP = 10
"""Seconds before the stop: endpoints are usually taken out of all proxies within a few."""
GRACE = 45
"""Seconds of grace: the sleep, Istio's default time of 5 s, and 30 s for requests."""
PATIENCE = {"timeoutSeconds": 5, "failureThreshold": 6}


def makers_of(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """The workloads behind a host that can be edited: not their pods."""
    found = workloads_of(mesh, host) if host else ()
    return tuple(one for one in found if one.kind in _MAKERS and not one.partial)


def own_containers(workload: Manifest) -> list[tuple[Path, Mapping[str, Any]]]:
    """The containers of the application, each with its path."""
    return [
        (path, container)
        for path, container in containers_of(workload)
        if path[-2] == "containers" and container.get("name") != _PROXY
    ]


def later_stop(mesh: Mesh, host: str, istio: tuple[int, int] | None) -> tuple[Edit, ...]:
    """A pause before the stop, a grace period that covers it, a sidecar that waits."""
    edits: list[Edit] = []
    for workload in makers_of(mesh, host):
        target, base = target_of(workload), ("spec", "template", "spec")
        hooks = [
            Put(
                target=target,
                path=(*path, "lifecycle", "preStop"),
                value={"sleep": {"seconds": SLEEP}},
            )
            for path, container in own_containers(workload)
            if not mapping_of(container.get("lifecycle")).get("preStop")
        ]
        edits += hooks
        grace = whole_number(workload.get(*base, "terminationGracePeriodSeconds"))
        if hooks and (grace if grace is not None else 30) < GRACE:
            path = (*base, "terminationGracePeriodSeconds")
            edits.append(Put(target=target, path=path, value=GRACE))
        if hooks and workload.get(*TEMPLATE, CONFIG) is None and (istio or (0, 0)) < _NATIVE:
            text = 'proxyMetadata:\n  EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true"\n'
            edits.append(Put(target=target, path=(*TEMPLATE, CONFIG), value=text))
    return tuple(edits)


_NATIVE = (1, 27)
"""From here sidecars are native where Kubernetes can have them, and outlive the application."""


def grace_told() -> str:
    """The arithmetic of it."""
    told = _(
        "Proxies lose the endpoint within seconds: sleep {sleep} s. Grace: {sleep} s + 5 s to "
        "drain in Istio + {rest} s for requests = {grace} s."
    )
    return told.format(sleep=SLEEP, rest=GRACE - SLEEP - 5, grace=GRACE)


def calling_workload(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The workload of the calling pod, where the evidence shows both."""
    pod = calling_pod(hop, mesh)
    name = workload_of(pod.name).partition("/")[2]
    for kind in sorted(_MAKERS):
        for one in mesh.manifests(kind):
            if one.name == name and pod.namespace in (one.namespace, ""):
                return one
    return None


def held_application(workload: Manifest | None) -> tuple[Edit, ...]:
    """An annotation by which an application starts when its sidecar is ready."""
    if workload is None or workload.partial or workload.kind not in _MAKERS:
        return ()
    if workload.get(*TEMPLATE, CONFIG) is not None:
        return ()
    return (Put(target=target_of(workload), path=(*TEMPLATE, CONFIG), value=HELD),)


def added_readiness(mesh: Mesh, host: str, port: int | None) -> tuple[Put, ...]:
    """A readinessProbe for each container that serves ``host`` and has none.

    It asks what the container's other probes ask, else whether the port takes connections.
    """
    found: list[Put] = []
    for workload in makers_of(mesh, host):
        for path, container in own_containers(workload):
            numbers = [
                number
                for _place, entry in workload.items(*path, "ports")
                if (number := whole_number(mapping_of(entry).get("containerPort")))
            ]
            if "readinessProbe" in container or not numbers:
                continue
            asked = port if port in numbers else numbers[0]
            probe = readiness(_asking(container, asked))
            where = (*path, "readinessProbe")
            found.append(Put(target=target_of(workload), path=where, value=probe))
    return tuple(found)


def readiness(asking: Mapping[str, Any]) -> dict[str, Any]:
    """A readinessProbe that asks often."""
    return {**asking, "periodSeconds": 2, "timeoutSeconds": 2}


def _asking(container: Mapping[str, Any], port: int) -> dict[str, Any]:
    for kind in PROBES:
        probe = mapping_of(container.get(kind))
        for way in ("httpGet", "grpc", "tcpSocket"):
            if isinstance(probe.get(way), Mapping):
                return {way: dict(probe[way])}
    return {"tcpSocket": {"port": port}}


def patient_probes(mesh: Mesh, host: str) -> tuple[Put, ...]:
    """More time and more tries for the probes that have less."""
    return tuple(put for probe in _probes(mesh, host) for put in _patient(probe))


def _patient(probe: Probe) -> Iterator[Put]:
    target = target_of(probe.workload)
    usual = {"timeoutSeconds": 1, "failureThreshold": 3}
    for field, value in PATIENCE.items():
        written = whole_number(probe.workload.get(*probe.path, field))
        if (written or usual[field]) < value:
            yield Put(target=target, path=(*probe.path, field), value=value)


def mended_probes(mesh: Mesh, host: str) -> tuple[Edit, ...]:
    """What is wrong in the probes themselves: their port, their rewriting."""
    edits: list[Edit] = []
    for probe in _probes(mesh, host):
        way = next((one for one in ("httpGet", "tcpSocket", "grpc") if _has(probe, one)), "")
        entries = probe.container.get("ports")
        declared = [mapping_of(one) for one in entries] if isinstance(entries, list) else []
        if way and len(declared) == 1 and unknown_port(probe) is not None:
            port = whole_number(declared[0].get("containerPort"))
            path = (*probe.path, way, "port")
            edits.append(Put(target=target_of(probe.workload), path=path, value=port))
    for workload in makers_of(mesh, host):
        written = workload.get(*TEMPLATE, REWRITE)
        if word_of(str(written)).lower() == "false":
            edits.append(Drop(target=target_of(workload), path=(*TEMPLATE, REWRITE)))
    return tuple(edits)


def _has(probe: Probe, way: str) -> bool:
    return isinstance(probe.workload.get(*probe.path, way), Mapping)


def _probes(mesh: Mesh, host: str) -> list[Probe]:
    found = probes_of(mesh, host) if host else ()
    return [one for one in found if one.workload.kind in _MAKERS and not one.workload.partial]


def more_replicas(mesh: Mesh, host: str, count: int) -> tuple[Put, ...]:
    """At least ``count`` replicas for Deployments and StatefulSets with fewer."""
    return tuple(
        Put(target=target_of(workload), path=("spec", "replicas"), value=count)
        for workload in makers_of(mesh, host)
        if workload.kind != "DaemonSet"
        and (number := whole_number(workload.get("spec", "replicas"))) is not None
        and number < count
    )


def selector_mended(mesh: Mesh, host: str) -> tuple[Put, ...]:
    """A Service's selector as the one workload of its name carries its labels."""
    service = service_of(mesh, host)
    if service is None or service.partial:
        return ()
    found = [
        one
        for kind in sorted(_MAKERS)
        for one in mesh.manifests(kind)
        if one.name == service.name and one.namespace == service.namespace and not one.partial
    ]
    wanted = mapping_of(service.get("spec", "selector"))
    labels = labels_of(found[0]) if len(found) == 1 else {}
    if not wanted or not wanted.keys() <= labels.keys():
        return ()
    return tuple(
        Put(target=target_of(service), path=("spec", "selector", key), value=labels[key])
        for key, value in wanted.items()
        if labels[key] != value
    )
