"""What istiod takes for a service: Kubernetes Services and ServiceEntries."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from why503.facts import Manifest, Source
from why503.mesh.endpoint import ports_of, target_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.protocol import PROTOCOLS, declared
from why503.mesh.selection import created
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.config import WILDCARD
from why503.support.dataclass import dataclass

HTTP = frozenset({"http", "http2", "http_proxy", "grpc", "grpc-web"})
TLS = frozenset({"https", "tls"})
TCP = frozenset({"tcp", "mongo", "mysql", "redis"}) | TLS
_EXPORT = "networking.istio.io/exportTo"


class Resolution(StrEnum):
    """How the endpoints of a service are found."""

    ENDPOINTS = "endpoints"
    """istiod lists them."""
    DNS = "dns"
    NONE = "none"
    """Requests go where they were meant for: headless services, ServiceEntries without any."""
    DYNAMIC = "dynamic"
    """By the host of each request."""
    ALIAS = "alias"
    """An ExternalName: another name of something else."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """One port of a service."""

    number: int
    protocol: str
    """In lower case; ``""``: sniffed."""
    source: Source
    name: str = ""
    target: int | str | None = None
    """Port at the endpoints: a number or a container port's name; None where nothing tells."""

    @property
    def http_or_sniffed(self) -> bool:
        """Whether HTTP routes are made for it."""
        return self.protocol in HTTP or not self.protocol


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the registry."""

    host: str
    namespace: str
    manifest: Manifest
    ports: tuple[Port, ...]
    resolution: Resolution
    addresses: tuple[str, ...]
    """Virtual addresses and ranges; `0.0.0.0` for none."""
    kubernetes: bool
    external: bool = False
    """Outside the mesh (`MESH_EXTERNAL`, the default of a ServiceEntry)."""
    export_to: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """ExternalName services that mean this one."""
    alias_of: str = ""
    created: str = ""

    def port(self, number: int) -> Port | None:
        """The port of this number."""
        return next((port for port in self.ports if port.number == number), None)

    @property
    def headless(self) -> bool:
        """A Kubernetes service without an address of its own."""
        return self.kubernetes and self.resolution is Resolution.NONE


def visible(export_to: tuple[str, ...], own: str, asker: str) -> bool:
    """Whether an object of namespace ``own`` is exported to namespace ``asker``."""
    if not export_to or "*" in export_to:
        return True
    return asker in export_to or ("." in export_to and own == asker)


def words_at(manifest: Manifest, *path: str | int) -> tuple[str, ...]:
    """The words of a list in an object."""
    return tuple(word for _, value in manifest.items(*path) if (word := word_of(value)))


def default_export(mesh: Mesh, field: str) -> tuple[str, ...]:
    """The mesh config's default for `exportTo`."""
    found = mesh_setting(mesh, field)
    listed = found.value if found is not None and isinstance(found.value, list) else []
    return tuple(word_of(word) for word in listed)


def services_of(mesh: Mesh, namespace: str) -> tuple[Service, ...]:
    """All services, the oldest first; ``namespace``: of objects that do not name theirs."""
    usual = default_export(mesh, "defaultServiceExportTo")
    found = [
        made
        for manifest in mesh.manifests("Service")
        if (made := _of_service(manifest, namespace, usual)) is not None
    ]
    for entry in mesh.manifests("ServiceEntry"):
        if not entry.partial:
            found += _of_entry(entry, namespace, usual)
    found.sort(key=lambda s: (s.created, s.manifest.name, s.namespace))
    return _with_aliases(_merged(found))


def _of_service(manifest: Manifest, namespace: str, usual: tuple[str, ...]) -> Service | None:
    if not manifest.name or manifest.api_version not in ("", "v1"):
        return None
    own = manifest.namespace or namespace
    host = f"{manifest.name}.{own}.svc.cluster.local"
    address = word_of(manifest.get("spec", "clusterIP"))
    alias = ""
    if word_of(manifest.get("spec", "type")) == "ExternalName":
        alias = word_of(manifest.get("spec", "externalName")).rstrip(".").lower()
    exported = word_of(mapping_of(manifest.get("metadata", "annotations")).get(_EXPORT))
    resolution = Resolution.NONE if address == "None" else Resolution.ENDPOINTS
    told = manifest.get("spec", "clusterIPs")
    listed = tuple(word_of(one) for one in told) if isinstance(told, list) else ()
    addresses = listed or (address or f"<clusterIP of {manifest.name}.{own}>",)
    if alias or resolution is Resolution.NONE:
        addresses = (WILDCARD,)
    return Service(
        host=host.lower(),
        namespace=own,
        manifest=manifest,
        ports=tuple(_ports(manifest)),
        resolution=Resolution.ALIAS if alias else resolution,
        addresses=addresses,
        kubernetes=True,
        external=bool(alias),
        export_to=tuple(part.strip() for part in exported.split(",") if part.strip()) or usual,
        alias_of=alias,
        created=created(manifest),
    )


def _ports(manifest: Manifest) -> Iterator[Port]:
    for entry in ports_of(manifest):
        protocol, target = declared(entry), target_of(entry)
        yield Port(
            number=entry.port,
            protocol=protocol.value if protocol is not None else "",
            source=manifest.where("spec", "ports", entry.place),
            name=word_of(entry.fields.get("name")),
            target=target.value if target is not None else None,
        )


_RESOLUTIONS = {
    "STATIC": Resolution.ENDPOINTS,
    "DNS": Resolution.DNS,
    "DNS_ROUND_ROBIN": Resolution.DNS,
    "DYNAMIC_DNS": Resolution.DYNAMIC,
}


def _of_entry(entry: Manifest, namespace: str, usual: tuple[str, ...]) -> Iterator[Service]:
    own = entry.namespace or namespace
    written = word_of(entry.get("spec", "resolution")).upper()
    addresses = tuple(_range(word) for word in words_at(entry, "spec", "addresses"))
    for host in words_at(entry, "spec", "hosts"):
        given = tuple(
            word_of(mapping_of(told).get("value"))
            for _, told in entry.items("status", "addresses")
            if word_of(mapping_of(told).get("host")) in ("", host)
        )
        yield Service(
            host=host.rstrip(".").lower(),
            namespace=own,
            manifest=entry,
            ports=tuple(_entry_ports(entry)),
            resolution=_RESOLUTIONS.get(written, Resolution.NONE),
            addresses=addresses or given or (WILDCARD,),
            kubernetes=False,
            external=word_of(entry.get("spec", "location")).upper() != "MESH_INTERNAL",
            export_to=words_at(entry, "spec", "exportTo") or usual,
            created=created(entry),
        )


def _range(written: str) -> str:
    """An address range as a network; a range of one address as that address."""
    if "/" not in written:
        return written
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        return written
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _entry_ports(entry: Manifest) -> Iterator[Port]:
    for index, told in entry.items("spec", "ports"):
        fields: Mapping[str, Any] = mapping_of(told)
        number = whole_number(fields.get("number"))
        if number is not None:
            word = word_of(fields.get("protocol")).lower()
            yield Port(
                number=number,
                protocol=word if word in PROTOCOLS else "",
                source=entry.where("spec", "ports", index),
                name=word_of(fields.get("name")),
                target=whole_number(fields.get("targetPort")) or number,
            )


def _merged(services: list[Service]) -> list[Service]:
    """ServiceEntries that share host, namespace and addresses, as one service."""
    found: dict[tuple[str, str, tuple[str, ...]], Service] = {}
    for service in services:
        key = (service.host, service.namespace, service.addresses)
        first = found.get(key)
        if first is None or first.kubernetes or service.kubernetes:
            found.setdefault(key, service)
        else:
            known = {port.number for port in first.ports}
            more = tuple(port for port in service.ports if port.number not in known)
            found[key] = replace(first, ports=first.ports + more)
    return list(found.values())


def _with_aliases(services: list[Service]) -> tuple[Service, ...]:
    names: dict[str, list[str]] = {}
    for service in services:
        if service.alias_of:
            names.setdefault(service.alias_of, []).append(service.host)
    return tuple(
        replace(service, aliases=tuple(names[service.host])) if service.host in names else service
        for service in services
    )
