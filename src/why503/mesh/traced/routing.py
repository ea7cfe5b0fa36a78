"""Route objects in one shape, names completed: VirtualServices, and what others become."""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.selection import created, full_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.registry import default_export, words_at
from why503.support.dataclass import dataclass

MESH = "mesh"
"""The gateway that stands for all sidecars."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One destination of a rule."""

    host: str
    """Full name; ``""`` where it is not valid."""
    subset: str = ""
    port: int | None = None
    weight: int | None = None
    source: Source | None = None
    refused: str = ""
    """A sentence why it is no valid destination; ``""`` where it is."""


class Copy(NamedTuple):
    """A destination that gets a copy of requests."""

    target: Target
    share: float = 100.0
    """Percent of the requests."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One `http`, `tls` or `tcp` rule in the words of a VirtualService."""

    fields: Mapping[str, Any]
    manifest: Manifest
    path: Path
    targets: tuple[Target, ...]
    matches: tuple[Mapping[str, Any], ...] = ()
    """Conditions, one of which must hold; empty: none is asked."""
    mirrors: tuple[Copy, ...] = ()
    above: "Rule | None" = None
    """The rule that delegates to it, whose settings hold where it has none."""

    def place_of(self, name: str) -> tuple[Manifest, Source]:
        """Object and line of a setting."""
        path = (*self.path, name)
        if self.above is not None and self.manifest.get(*path) is None:
            return self.above.place_of(name)
        return self.manifest, self.manifest.where(*path)


@dataclass(frozen=True, kw_only=True)
class Routing:
    """One route object."""

    name: str
    namespace: str
    hosts: tuple[str, ...]
    gateways: frozenset[str]
    """`namespace/name`, or `mesh`."""
    manifest: Manifest
    http: tuple[Rule, ...] = ()
    tls: tuple[Rule, ...] = ()
    tcp: tuple[Rule, ...] = ()
    export_to: tuple[str, ...] = ()
    created: str = ""
    gateway_api: bool = False
    ends_tls: bool = False
    """A TLSRoute, whose rules also serve where the gateway ends TLS."""
    labels: Mapping[str, str] = field(default_factory=dict)


def virtual_services(mesh: Mesh, namespace: str) -> tuple[Routing, ...]:
    """VirtualServices as they stand, delegates not yet merged."""
    usual = default_export(mesh, "defaultVirtualServiceExportTo")
    return tuple(
        _of_virtual_service(manifest, manifest.namespace or namespace, usual)
        for manifest in mesh.manifests("VirtualService")
        if not manifest.partial
    )


def _of_virtual_service(manifest: Manifest, own: str, usual: tuple[str, ...]) -> Routing:
    gateways = words_at(manifest, "spec", "gateways") or (MESH,)
    return Routing(
        name=manifest.name,
        namespace=own,
        hosts=tuple(full_host(host, own) for host in words_at(manifest, "spec", "hosts")),
        gateways=frozenset(gateway_name(gateway, own) for gateway in gateways),
        manifest=manifest,
        http=_rules(manifest, "http", own),
        tls=_rules(manifest, "tls", own),
        tcp=_rules(manifest, "tcp", own),
        export_to=words_at(manifest, "spec", "exportTo") or usual,
        created=created(manifest),
    )


def gateway_name(written: str, own: str) -> str:
    """`namespace/name` of a gateway as an object of namespace ``own`` writes it."""
    if written == MESH or "/" in written:
        return written
    parts = written.split(".")
    if len(parts) > 2 and parts[2] == "svc":
        return f"{parts[1]}/{parts[0]}"
    return f"{own}/{written}"


def _rules(manifest: Manifest, section: str, own: str) -> tuple[Rule, ...]:
    found = []
    for index, told in manifest.items("spec", section):
        fields = mapping_of(told)
        found.append(
            Rule(
                fields=fields,
                manifest=manifest,
                path=("spec", section, index),
                targets=tuple(
                    replace(
                        _target(mapping_of(one), own),
                        source=manifest.where("spec", section, index, "route", place),
                    )
                    for place, one in enumerate(_list(fields.get("route")))
                ),
                matches=tuple(_match(mapping_of(one), own) for one in _list(fields.get("match"))),
                mirrors=tuple(_copies(manifest, ("spec", section, index), own)),
            )
        )
    return tuple(found)


def _copies(manifest: Manifest, path: Path, own: str) -> Iterator[Copy]:
    """What gets a copy: the one `mirror`, and every one of `mirrors`."""
    told = mapping_of(manifest.get(*path, "mirror"))
    if told:
        target = replace(
            _target({"destination": told}, own), source=manifest.where(*path, "mirror")
        )
        share = mapping_of(manifest.get(*path, "mirrorPercentage")).get("value")
        older = manifest.get(*path, "mirrorPercent") or manifest.get(*path, "mirror_percent")
        yield Copy(target, percent(older if share is None else share))
    for index, one in manifest.items(*path, "mirrors"):
        fields = mapping_of(one)
        if mapping_of(fields.get("destination")):
            source = manifest.where(*path, "mirrors", index)
            share = mapping_of(fields.get("percentage")).get("value")
            yield Copy(replace(_target(fields, own), source=source), percent(share))


def percent(written: object) -> float:
    """A share as written; all requests where nothing is."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        return 100.0
    return max(0.0, min(100.0, float(written)))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _match(fields: Mapping[str, Any], own: str) -> Mapping[str, Any]:
    gateways = [gateway_name(word_of(one), own) for one in _list(fields.get("gateways"))]
    return {**fields, "gateways": gateways} if gateways else fields


def _target(fields: Mapping[str, Any], own: str) -> Target:
    told = mapping_of(fields.get("destination"))
    return Target(
        host=full_host(word_of(told.get("host")), own),
        subset=word_of(told.get("subset")),
        port=whole_number(mapping_of(told.get("port")).get("number")),
        weight=whole_number(fields.get("weight")),
    )
