"""Probes that say the wrong thing: refused by the sidecar, answered by it, or copied."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.mesh.armed.idle_ladder import host_of
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.mtls import server_mtls
from why503.mesh.probe import Probe, probes_of, rewrite_off_at
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import has_own_sidecar

_EXCLUDED = "traffic.sidecar.istio.io/excludeInboundPorts"
_PERIOD, _THRESHOLD = 10, 3
"""Kubernetes' defaults, in seconds and times."""


def refused_by_sidecar(mesh: Mesh) -> Iterator[Spotted]:
    """HTTP probes in plain text that a sidecar with strict mutual TLS refuses.

    Values: `workload`, `kind`, `by` (the policy).
    """
    known = inventory(mesh)
    services = {
        id(one): found for found in mesh.manifests("Service") for one in known.behind(found)
    }
    for probe in probes_of(mesh, ""):
        where = rewrite_off_at(probe.workload)
        service = services.get(id(probe.workload))
        if where is None or service is None or not probe.http or _passes_by_sidecar(probe):
            continue
        port = probe.port if isinstance(probe.port, int) else None
        mode = server_mtls(mesh, host_of(service), port)
        strict = mode is not None and mode.value == "STRICT"
        if mode is not None and strict and has_own_sidecar(mesh, probe.workload):
            name = probe.workload.full_name
            places = (probe.source, mode.source)
            yield spotted(where, *places, workload=name, kind=probe.kind, by=mode.by)


def answered_by_sidecar(mesh: Mesh) -> Iterator[Spotted]:
    """TCP probes that the sidecar answers, whatever the application does: `workload`, `kind`."""
    for probe in probes_of(mesh, ""):
        where = rewrite_off_at(probe.workload)
        tcp = probe.workload.get(*probe.path, "tcpSocket")
        if where is None or not tcp or _passes_by_sidecar(probe):
            continue
        if has_own_sidecar(mesh, probe.workload):
            yield spotted(probe.source, workload=probe.workload.full_name, kind=probe.kind)


def _passes_by_sidecar(probe: Probe) -> bool:
    """Whether the pod keeps the probe's port away from its sidecar."""
    base = ("metadata",) if probe.workload.kind == "Pod" else ("spec", "template", "metadata")
    written = word_of(probe.workload.get(*base, "annotations", _EXCLUDED))
    return word_of(probe.port) in {part.strip() for part in written.split(",")}


def copied_liveness(mesh: Mesh) -> Iterator[Spotted]:
    """Liveness probes that ask what the readiness probe asks and lose patience no later.

    Values: `workload`, `asked`, `liveness`, `readiness` (seconds of failure until each acts).
    """
    ready: dict[tuple[int, tuple[Any, ...]], Probe] = {}
    for probe in probes_of(mesh, ""):
        if probe.kind == "readinessProbe":
            ready[id(probe.workload), probe.path[:-1]] = probe
    for probe in probes_of(mesh, ""):
        other = ready.get((id(probe.workload), probe.path[:-1]))
        if probe.kind != "livenessProbe" or other is None or not _asked(probe):
            continue
        if _asked(probe) == _asked(other) and _patience(probe) <= _patience(other):
            yield spotted(
                probe.source,
                other.source,
                workload=probe.workload.full_name,
                asked=_asked(probe),
                liveness=_patience(probe),
                readiness=_patience(other),
            )


def _asked(probe: Probe) -> str:
    """Port and path that an HTTP probe asks; ``""`` for others."""
    return f"{probe.port}{word_of(probe.http.get('path'))}" if probe.http else ""


def _patience(probe: Probe) -> int:
    fields: Mapping[str, Any] = mapping_of(probe.container.get(probe.kind))
    period = whole_number(fields.get("periodSeconds")) or _PERIOD
    return period * (whole_number(fields.get("failureThreshold")) or _THRESHOLD)
