"""Where routes send requests: destinations of VirtualServices and of the Gateway API's routes."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.support.dataclass import dataclass

ROUTE_KINDS = ("HTTPRoute", "GRPCRoute")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One place that a route sends requests to."""

    host: str
    """Full name as Istio completes it; as written where the route's namespace is unknown."""
    subset: str
    """``""`` for none."""
    port: int | None
    weight: int | None
    """Weight as written; None where none is."""
    source: Source
    manifest: Manifest
    """The route object."""
    path: Path
    """Path of the rule inside it: `spec`, `http`, 0."""
    mirror: bool = False
    """True for a copy whose answer nobody waits for."""


def destinations_of(route: Manifest) -> tuple[Destination, ...]:
    """Destinations of a VirtualService (http, tls, tcp, mirrors), HTTPRoute or GRPCRoute."""
    found = (
        _of_virtual_service(route) if route.kind == "VirtualService" else _of_gateway_route(route)
    )
    return tuple(found)


def all_destinations(mesh: Mesh) -> tuple[Destination, ...]:
    """Destinations of every route of the evidence."""
    return mesh.kept("destinations", lambda: _all(mesh))


def _all(mesh: Mesh) -> tuple[Destination, ...]:
    return tuple(
        destination
        for kind in ("VirtualService", *ROUTE_KINDS)
        for route in mesh.manifests(kind)
        for destination in destinations_of(route)
    )


def _of_virtual_service(route: Manifest) -> Iterator[Destination]:
    for section in ("http", "tls", "tcp"):
        for index, _rule in route.items("spec", section):
            rule: Path = ("spec", section, index)
            for place, target in route.items(*rule, "route"):
                path = (*rule, "route", place, "destination")
                weight = whole_number(mapping_of(target).get("weight"))
                yield from _istio(route, path, rule, weight=weight)
            yield from _istio(route, (*rule, "mirror"), rule, mirror=True)
            for place, _mirror in route.items(*rule, "mirrors"):
                yield from _istio(
                    route, (*rule, "mirrors", place, "destination"), rule, mirror=True
                )


def _istio(
    route: Manifest, path: Path, rule: Path, *, weight: int | None = None, mirror: bool = False
) -> Iterator[Destination]:
    fields = mapping_of(route.get(*path))
    host = word_of(fields.get("host"))
    if host:
        subset = word_of(fields.get("subset"))
        yield Destination(
            host=full_host(host, route.namespace),
            subset=subset,
            port=whole_number(mapping_of(fields.get("port")).get("number")),
            weight=weight,
            source=route.where(*path, "subset" if subset else "host"),
            manifest=route,
            path=rule,
            mirror=mirror,
        )


def _of_gateway_route(route: Manifest) -> Iterator[Destination]:
    for index, _rule in route.items("spec", "rules"):
        rule: Path = ("spec", "rules", index)
        for place, target in route.items(*rule, "backendRefs"):
            yield from _backend(route, (*rule, "backendRefs", place), rule, mapping_of(target))
        for place, filtering in route.items(*rule, "filters"):
            mirror = mapping_of(mapping_of(filtering).get("requestMirror")).get("backendRef")
            path = (*rule, "filters", place, "requestMirror", "backendRef")
            yield from _backend(route, path, rule, mapping_of(mirror), mirror=True)


def _backend(
    route: Manifest, path: Path, rule: Path, target: Mapping[str, Any], *, mirror: bool = False
) -> Iterator[Destination]:
    name, kind = word_of(target.get("name")), word_of(target.get("kind")) or "Service"
    if not name or kind not in ("Service", "Hostname"):
        return
    namespace = word_of(target.get("namespace")) or route.namespace
    yield Destination(
        host=full_host(name, namespace),
        subset="",
        port=whole_number(target.get("port")),
        weight=whole_number(target.get("weight")),
        source=route.where(*path, "name"),
        manifest=route,
        path=rule,
        mirror=mirror,
    )
