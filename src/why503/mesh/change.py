"""When objects were changed, as far as they tell themselves: stamps of Kubernetes and of tools."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from why503.facts import Manifest, Source
from why503.mesh.destination import destinations_of
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.workload import same_host, workloads_of
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re

ROLLOUT_KINDS = ("Rollout", "Canary")
"""Objects of Argo Rollouts and Flagger, which shift traffic step by step."""
_TIME = lazy_re(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$")


class Change(NamedTuple):
    """One object as it was from one moment on."""

    manifest: Manifest
    time: float
    """Seconds since 1970."""
    source: Source


def changes_of(manifest: Manifest) -> Iterator[Change]:
    """Moments at which an object says that it was made or changed.

    Its creation, any annotation that holds a time (as deployment tools leave them), and the times
    of its managed fields.
    """
    places: list[tuple[str | int, ...]] = [("metadata", "creationTimestamp")]
    annotations = mapping_of(manifest.get("metadata", "annotations"))
    places += [("metadata", "annotations", str(name)) for name in annotations]
    places += [
        ("metadata", "managedFields", index, "time")
        for index, _fields in manifest.items("metadata", "managedFields")
    ]
    seen: set[float] = set()
    for place in places:
        written = word_of(manifest.get(*place))
        moment = moment_of(written) if _TIME.match(written) else None
        if moment is not None and moment not in seen:
            seen.add(moment)
            yield Change(manifest, moment, manifest.where(*place))


def rollout_objects(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """Objects that decide to which version of a host requests go: routes, subsets, workloads."""
    routes = [
        route
        for route in mesh.manifests("VirtualService")
        if any(same_host(d.host, host, route.namespace) for d in destinations_of(route))
    ]
    workloads = [w for w in workloads_of(mesh, host) if w.kind != "Pod"] if host else []
    tools = [
        tool
        for kind in ROLLOUT_KINDS
        for tool in mesh.manifests(kind)
        if tool.name and host.startswith(tool.name)
    ]
    return (*routes, *destination_rules_for(mesh, host), *workloads, *tools)


def changes_near(
    objects: Sequence[Manifest], span: tuple[float, float], before: float, after: float
) -> tuple[Change, ...]:
    """Changes of the objects, by time, ``before`` seconds before a span to ``after`` after it."""
    first, last = span
    found = [
        change
        for manifest in objects
        for change in changes_of(manifest)
        if first - before <= change.time <= last + after
    ]
    return tuple(sorted(found, key=lambda change: change.time))


def versions_of(objects: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """Objects of which the evidence holds several versions that differ in their `spec`."""
    by_name: dict[tuple[str, str, str], list[Manifest]] = {}
    for manifest in objects:
        if manifest.name and not manifest.partial:
            key = (manifest.kind, manifest.namespace, manifest.name)
            by_name.setdefault(key, []).append(manifest)
    return tuple(
        same[-1]
        for same in by_name.values()
        if any(other.get("spec") != same[0].get("spec") for other in same[1:])
    )
