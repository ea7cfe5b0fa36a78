"""Edits of VirtualServices: where they send to, how long they wait, what they leave out."""

from collections.abc import Iterable, Mapping
from typing import Any

from why503.diagnosis.edit import Append, Drop, Edit, Put, target_of
from why503.diagnosis.field_edit import field_at, put_at
from why503.diagnosis.standing_object import ROUTE_SETTERS
from why503.facts import Manifest
from why503.mesh.destination import Destination
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, mapping_of, whole_number
from why503.support.duration import spell
from why503.support.text import _

_NAMES = {"VirtualService": "timeout", "HTTPRoute": "request", "GRPCRoute": "request"}


def longer_timeout(mesh: Mesh, setting: Setting[float] | None) -> tuple[Put, ...]:
    """Twice the time that a route gives, where its object is in the evidence."""
    if setting is None:
        return ()
    value = spelled_out(2 * setting.value)
    for kind in ROUTE_SETTERS:
        name = _NAMES.get(kind, "requestTimeout")
        if found := put_at(mesh, setting.source, (kind,), name, value):
            return found
    return ()


def twice(setting: Setting[float] | None) -> tuple[str, ...]:
    """The arithmetic of it."""
    if setting is None:
        return ()
    told = _(
        "The requests were cut at {limit}, so that their own length is not known: {limit} × 2 = "
        "{longer} as a first step."
    )
    return (told.format(limit=spell(setting.value), longer=spell(2 * setting.value)),)


def spelled_out(seconds: float) -> str:
    """A duration as routes take it: `30s`, `600ms`."""
    return f"{seconds:g}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def longer_try(mesh: Mesh, setting: Setting[float] | None) -> tuple[Put, ...]:
    """Twice the time that a route gives one try."""
    if setting is None:
        return ()
    value = spelled_out(2 * setting.value)
    return put_at(mesh, setting.source, ("VirtualService",), "perTryTimeout", value)


def one_retry(mesh: Mesh, policy: Setting[Mapping[str, Any]] | None) -> tuple[Put, ...]:
    """One retry in place of the several that a VirtualService asks for."""
    if policy is None or (whole_number(policy.value.get("attempts")) or 0) < 2:
        return ()
    found = field_at(mesh, policy.source, ("VirtualService",), "retries")
    if found is None:
        return ()
    return (Put(target=target_of(found[0]), path=(*found[1], "attempts"), value=1),)


def without_subset(destinations: Iterable[Destination], subset: str) -> tuple[Drop, ...]:
    """The subset taken out of the destinations that name it."""
    found: dict[Drop, None] = {}
    for one in destinations:
        if one.subset != subset or one.mirror or one.manifest.kind != "VirtualService":
            continue
        for place, entry in one.manifest.items(*one.path, "route"):
            target = mapping_of(mapping_of(entry).get("destination"))
            if str(target.get("subset", "")) == subset and not one.manifest.partial:
                path = (*one.path, "route", place, "destination", "subset")
                found[Drop(target=target_of(one.manifest), path=path)] = None
    return tuple(found)


def other_host(mesh: Mesh, destination: Destination, host: str) -> tuple[Put, ...]:
    """Another host for one destination of a VirtualService."""
    return put_at(mesh, destination.source, ("VirtualService",), "host", host)


def last_rule(route: Manifest, host: str) -> tuple[Edit, ...]:
    """A rule behind all others of a VirtualService, to where the last of them sends."""
    if route.partial or route.kind != "VirtualService":
        return ()
    for index, _rule in reversed(route.items("spec", "http")):
        for place, _entry in route.items("spec", "http", index, "route"):
            target = mapping_of(route.get("spec", "http", index, "route", place, "destination"))
            if target:
                return _appended(route, target)
    return _appended(route, {"host": host}) if host else ()


def _appended(route: Manifest, destination: Mapping[str, Any]) -> tuple[Append, ...]:
    rule = {"route": [{"destination": dict(destination)}]}
    return (Append(target=target_of(route), path=("spec", "http"), value=rule),)
