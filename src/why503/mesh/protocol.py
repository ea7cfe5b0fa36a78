"""Which protocol Istio takes a port for: appProtocol, the port's name, or what it sniffs."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.endpoint import ServicePort, ports_of, service_ports, target_of
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.workload import service_entries_of
from why503.support.dataclass import dataclass
from why503.support.text import _

PROTOCOLS = frozenset(
    {"http", "http_proxy", "http2", "https", "grpc", "grpc-web", "tcp", "tls", "udp"}
    | {"mongo", "mysql", "redis", "hbone"}
)
"""Words that Istio knows, in a port's name up to the first hyphen or in `appProtocol`."""
OPAQUE = frozenset({"tcp", "tls", "https", "mongo", "mysql", "redis"})
"""Protocols of ports where the proxy sees connections only, and no requests."""

_APP_PROTOCOLS = {
    "kubernetes.io/h2c": "http2",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
_NEVER_SNIFFED = frozenset({25, 53, 3306, 27017})
"""Ports whose server speaks first; without a declared protocol Istio takes them for TCP."""


@dataclass(frozen=True, kw_only=True)
class SharedTarget:
    """Service ports with different protocols that end at one port of the same pods."""

    target: int | str
    """Number or name of the container port."""
    ports: tuple[ServicePort, ...]
    protocols: tuple[str, ...]
    """Declared protocol of each of ``ports``."""


def port_protocol(mesh: Mesh, host: str, port: int | None) -> Setting[str] | None:
    """Protocol that Istio takes a Service port for, in lower case; ``""`` where it has to sniff.

    The only port is meant where ``port`` is None. None where the evidence does not tell.
    """
    entries = service_ports(mesh, host)
    if port is None and len({entry.port for entry in entries}) > 1:
        return None
    for entry in entries:
        if port in (None, entry.port) and (found := declared(entry)) is not None:
            return found
    return _of_service_entry(mesh, host, port)


def declared(entry: ServicePort) -> Setting[str] | None:
    """Protocol of one Service port; None where a table row shows neither name nor appProtocol."""
    service, base = entry.service, ("spec", "ports", entry.place)
    named = "appProtocol" if word_of(entry.fields.get("appProtocol")) else "name"
    written = word_of(entry.fields.get(named))
    if str(entry.fields.get("protocol", "")).upper() == "UDP":
        source = service.where(*base, "protocol")
        return Setting(value="udp", source=source, default=False, by=service.full_name)
    found = _protocol_in(written, app_protocol=named == "appProtocol")
    if found:
        return Setting(
            value=found, source=service.where(*base, named), default=False, by=service.full_name
        )
    if service.partial and not written:
        return None
    value = "tcp" if entry.port in _NEVER_SNIFFED else ""
    return Setting(value=value, source=service.where(*base), default=True, by=_("Istio's default"))


def _protocol_in(text: str, *, app_protocol: bool) -> str:
    word = text.lower()
    if app_protocol and word in _APP_PROTOCOLS:
        return _APP_PROTOCOLS[word]
    if word.startswith("grpc-web"):
        return "grpc-web"
    head = word.partition("-")[0]
    return head if head in PROTOCOLS else ""


def _of_service_entry(mesh: Mesh, host: str, port: int | None) -> Setting[str] | None:
    for entry in service_entries_of(mesh, host):
        found = _matching(entry, port)
        if found is not None:
            index, fields = found
            value = _protocol_in(word_of(fields.get("protocol")), app_protocol=False)
            source = entry.where("spec", "ports", index, "protocol")
            return Setting(value=value, source=source, default=not value, by=entry.full_name)
    return None


def _matching(entry: Manifest, port: int | None) -> tuple[int, Mapping[str, Any]] | None:
    ports = [(index, mapping_of(fields)) for index, fields in entry.items("spec", "ports")]
    if port is None:
        return ports[0] if len(ports) == 1 else None
    return next((found for found in ports if whole_number(found[1].get("number")) == port), None)


def shared_target_ports(mesh: Mesh) -> tuple[SharedTarget, ...]:
    """Service ports that select the same pods and port but declare different protocols.

    The server's proxy has one listener for such a port and takes one of the protocols. Ports that
    declare none are left out, as are UDP ports; all opaque ones are the same to that listener.
    """
    groups: dict[tuple[str, frozenset[tuple[str, str]], int | str], list[tuple[ServicePort, str]]]
    groups = defaultdict(list)
    for service in mesh.manifests("Service"):
        selector = mapping_of(service.get("spec", "selector"))
        labels = frozenset((str(key), str(value)) for key, value in selector.items())
        for entry in ports_of(service) if labels else []:
            protocol, target = declared(entry), target_of(entry)
            if protocol is not None and target is not None and protocol.value not in ("", "udp"):
                groups[service.namespace, labels, target.value].append((entry, protocol.value))
    return tuple(
        SharedTarget(
            target=key[2],
            ports=tuple(entry for entry, _protocol in found),
            protocols=tuple(protocol for _entry, protocol in found),
        )
        for key, found in groups.items()
        if len({"tcp" if protocol in OPAQUE else protocol for _entry, protocol in found}) > 1
    )
