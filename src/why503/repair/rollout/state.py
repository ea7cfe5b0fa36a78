"""What a cluster holds at a moment: objects by kind, namespace and name."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, NamedTuple

from why503.facts import Bundle, Manifest, Source
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, whole_number
from why503.mesh.traced.push import Push
from why503.support.dataclass import dataclass

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
ROUTES = frozenset({"VirtualService", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "Ingress"})
CONTROLLERS = frozenset({"Rollout", "Canary"})
_OF_THE_CLUSTER = frozenset({"Namespace", "GatewayClass", "MeshConfig", "ClusterRole", "Node"})
_MADE = frozenset({"Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "Event"})
"""What controllers make by themselves, and would be out of date after the first step."""

MAKER = "madeBy"
"""Field of a stand-in: the kind of the object of the same name that makes it."""


class Key(NamedTuple):
    """Which object."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`Kind namespace/name`."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, kw_only=True)
class State:
    """Objects, each once."""

    objects: Mapping[Key, Manifest] = field(default_factory=dict)

    def having(self, changes: Mapping[Key, Manifest | None]) -> "State":
        """With some objects as they become; None: they are gone."""
        found = {key: one for key, one in self.objects.items() if key not in changes}
        found |= {key: one for key, one in changes.items() if one is not None}
        return State(objects=found)

    def of(self, *kinds: str) -> list[Manifest]:
        """Objects of some kinds."""
        return [one for key, one in self.objects.items() if key.kind in kinds]

    def push(self, namespace: str, ghosts: Iterable[Manifest] = ()) -> Push:
        """What istiod knows; ``ghosts``: workloads of another moment, which run no pod now."""
        facts = list(self.objects.values())
        facts += [idle(one) for one in ghosts if key_of(one) not in self.objects]
        return Push(Mesh(Bundle(facts=tuple(facts))), namespace)


def key_of(manifest: Manifest) -> Key:
    """Which object a manifest is of."""
    return Key(manifest.kind, manifest.namespace, manifest.name)


def state_of(bundle: Bundle, namespace: str) -> State:
    """The whole objects of a bundle; ``namespace``: of those that do not name theirs.

    Pods and endpoints are left out where a workload is there that makes them.
    """
    given = [
        placed(one, namespace)
        for one in bundle.facts
        if isinstance(one, Manifest) and one.kind and one.name and not one.partial
    ]
    makers = any(one.kind in WORKLOADS | CONTROLLERS for one in given)
    kept = [one for one in given if not (makers and one.kind in _MADE)]
    return State(objects={key_of(one): one for one in kept})


def layers(states: Iterable[State]) -> list[State]:
    """As few states as hold every version of every object of some moments."""
    versions: dict[Key, list[Manifest]] = {}
    for state in states:
        for key, one in state.objects.items():
            known = versions.setdefault(key, [])
            if not any(one is other for other in known):
                known.append(one)
    count = max(map(len, versions.values()), default=0)
    return [
        State(objects={key: known[min(n, len(known) - 1)] for key, known in versions.items()})
        for n in range(count)
    ]


def placed(manifest: Manifest, namespace: str) -> Manifest:
    """An object in the namespace that it is applied to."""
    if manifest.namespace or manifest.kind in _OF_THE_CLUSTER:
        return manifest
    return replace(manifest, namespace=namespace)


def with_data(manifest: Manifest, path: tuple[str | int, ...], value: Any) -> Manifest:
    """An object with one field changed; lines stay those of the original."""
    return replace(manifest, data=_set(manifest.data, path, value))


def _set(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        return [_set(one, rest, value) if n == first else one for n, one in enumerate(data)]
    fields = mapping_of(data)
    return {**fields, first: _set(fields.get(first), rest, value)}


def idle(workload: Manifest) -> Manifest:
    """A workload that runs no pod."""
    return with_data(workload, ("spec", "replicas"), 0)


def replicas(workload: Manifest) -> int:
    """Pods that it asks for; 1 where it does not say."""
    written = whole_number(workload.get("spec", "replicas"))
    return 1 if written is None else written


def ready_now(workload: Manifest) -> bool:
    """False where its status says that none of the pods it asks for is ready."""
    if not replicas(workload) or workload.kind == "DaemonSet":
        return True
    if whole_number(workload.get("status", "replicas")) is None:
        return True
    return bool(whole_number(workload.get("status", "readyReplicas")))


def stand_in(key: Key, data: Mapping[str, Any], source: Source, like: Manifest) -> Manifest:
    """An object that a controller makes by itself; its lines are those of what asks for it."""
    metadata = {"name": key.name, "namespace": key.namespace}
    return Manifest(
        source=source,
        kind=key.kind,
        api_version=like.api_version if like.kind == key.kind else "",
        name=key.name,
        namespace=key.namespace,
        data={"kind": key.kind, "metadata": metadata, **data},
        lines=like.lines,
    )
