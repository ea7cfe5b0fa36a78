"""Whether any pod behind a host is ready, or even wanted."""

from collections.abc import Mapping
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.teller import pods_of
from why503.mesh.workload import labels_of, workloads_of
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Unready:
    """The pods behind a host, none of which is ready."""

    count: int
    reason: str
    """Reason of the first pod: `CrashLoopBackOff`, `Pending`, `not ready`."""
    sources: tuple[Source, ...]
    """Places of up to three pods."""


def is_ready(pod: Manifest) -> bool | None:
    """Whether a Pod is ready; None where it does not tell."""
    for _place, condition in pod.items("status", "conditions"):
        fields = mapping_of(condition)
        if fields.get("type") == "Ready":
            return word_of(fields.get("status")) == "True"
    told = [
        ready
        for _place, status in pod.items("status", "containerStatuses")
        if isinstance(ready := mapping_of(status).get("ready"), bool)
    ]
    if told:
        return all(told)
    phase = word_of(pod.get("status", "phase"))
    return False if phase in {"Pending", "Failed", "Succeeded"} else None


def none_ready(mesh: Mesh, host: str) -> Unready | None:
    """The pods behind a host where none is ready; None where one is, or where none tells."""
    pods = [pod for pod in pods_of(mesh, host) if pod.kind == "Pod"] if host else []
    told = [(pod, is_ready(pod)) for pod in pods]
    if not told or any(ready is not False for _pod, ready in told):
        return None
    return Unready(
        count=len(told),
        reason=_reason(told[0][0]),
        sources=tuple(pod.source for pod, _ready in told[:3]),
    )


def _reason(pod: Manifest) -> str:
    for _place, status in pod.items("status", "containerStatuses"):
        waiting = mapping_of(mapping_of(mapping_of(status).get("state")).get("waiting"))
        if word_of(waiting.get("reason")):
            return word_of(waiting.get("reason"))
    phase = word_of(pod.get("status", "phase"))
    return word_of(pod.get("status", "reason")) or (phase if phase != "Running" else "not ready")


def scaled_to_zero(mesh: Mesh, host: str) -> Manifest | None:
    """The workload behind a host that wants no pods, where all of them do; None otherwise."""
    found = (
        [w for w in workloads_of(mesh, host) if w.kind not in {"Pod", "DaemonSet"}] if host else []
    )
    wanted = [whole_number(workload.get("spec", "replicas")) for workload in found]
    return found[0] if found and all(number == 0 for number in wanted) else None


def on_its_way(mesh: Mesh, host: str, labels: Mapping[str, Any]) -> Manifest | None:
    """The workload that is to make pods with these labels, none of which is ready yet.

    None where there is no such workload, where it wants no pods, and where nothing tells.
    """
    found = [w for w in workloads_of(mesh, host) if labels and has_labels(labels_of(w), labels)]
    pods = [is_ready(pod) for pod in found if pod.kind == "Pod"]
    makers = [w for w in found if w.kind != "Pod" and w.get("spec", "replicas") != 0]
    if any(pods) or any(whole_number(w.get("status", "readyReplicas")) for w in makers):
        return None
    waiting = [w for w in makers if mapping_of(w.get("status")) or False in pods]
    return waiting[0] if waiting else None
