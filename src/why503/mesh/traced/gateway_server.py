"""Gateways and how istiod merges the servers of several on one proxy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.selection import created, has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.config import Made
from why503.mesh.traced.registry import HTTP, words_at
from why503.support.dataclass import dataclass

_UNTRANSLATED = "experimental.istio.io/disable-gateway-port-translation"
_SERVICE = "internal.istio.io/gateway-service"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One server of a gateway."""

    port: int
    protocol: str
    """In lower case."""
    name: str
    """Of the port."""
    hosts: tuple[str, ...]
    """`namespace/` in front where routes of that namespace only are taken."""
    made: Made
    tls: Mapping[str, Any] = field(default_factory=dict)
    """The `tls` block; empty for none."""
    bind: str = ""

    @property
    def mode(self) -> str:
        """TLS mode in capitals; ``""`` without TLS."""
        return (word_of(self.tls.get("mode")).upper() or "PASSTHROUGH") if self.ends_in else ""

    @property
    def ends_in(self) -> bool:
        """Whether the `tls` block means TLS, and not a redirect alone."""
        return bool(set(self.tls) - {"httpsRedirect"})

    @property
    def passes_tls(self) -> bool:
        """TLS goes on to the server as it is."""
        return self.mode in ("PASSTHROUGH", "AUTO_PASSTHROUGH")

    @property
    def is_http(self) -> bool:
        """Whether HTTP routes are made for it."""
        return self.protocol in HTTP or (
            self.protocol == "https" and bool(self.mode) and not self.passes_tls
        )

    @property
    def redirects(self) -> bool:
        """Whether plain text is redirected to https."""
        return self.tls.get("httpsRedirect") is True

    @property
    def sni_hosts(self) -> tuple[str, ...]:
        """Hosts as a filter chain asks for them; empty for all."""
        names = tuple(host.rpartition("/")[2].lower() for host in self.hosts)
        return () if "*" in names else names


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """One gateway object (of the Gateway API: one of its listeners)."""

    name: str
    namespace: str
    servers: tuple[Server, ...]
    selector: Mapping[str, Any]
    """Labels of the proxies that serve it; empty: all gateways."""
    services: tuple[str, ...] = ()
    """Services whose proxies alone serve it, instead of a selector."""
    api: str = ""
    """Name of the Gateway of the Gateway API; ``""`` for others."""
    created: str = ""

    @property
    def key(self) -> str:
        """`namespace/name`, by which routes are bound to it."""
        return f"{self.namespace}/{self.name}"


class Instance(NamedTuple):
    """A port of a service in front of a gateway's pods."""

    host: str
    namespace: str
    port: int
    inside: int
    labels: Mapping[str, Any]


class Placed(NamedTuple):
    """A server at a port of the proxy."""

    gateway: Gateway
    server: Server
    port: int
    """Port that the proxy listens on."""
    routes: str
    """Name of the route configuration; ``""`` where no HTTP is routed."""


@dataclass
class Merged:
    """Servers of one proxy that istiod keeps."""

    placed: list[Placed] = field(default_factory=list)
    skipped: list[Placed] = field(default_factory=list)
    """Servers that clash with an earlier one."""


def istio_gateways(mesh: Mesh, namespace: str) -> tuple[Gateway, ...]:
    """Gateways of Istio's own API."""
    found = []
    for manifest in mesh.manifests("Gateway"):
        if manifest.partial or not manifest.items("spec", "servers"):
            continue
        own = manifest.namespace or namespace
        annotations = mapping_of(manifest.get("metadata", "annotations"))
        services = [part.strip() for part in word_of(annotations.get(_SERVICE)).split(",")]
        found.append(
            Gateway(
                name=manifest.name,
                namespace=own,
                servers=tuple(_servers(manifest, own)),
                selector=mapping_of(manifest.get("spec", "selector")),
                services=tuple(filter(None, services)),
                created=created(manifest),
            )
        )
    return tuple(found)


def _servers(manifest: Manifest, own: str) -> Iterator[Server]:
    for index, told in manifest.items("spec", "servers"):
        fields = mapping_of(told)
        port = mapping_of(fields.get("port"))
        number = whole_number(port.get("number"))
        path: Path = ("spec", "servers", index)
        if number is not None:
            yield Server(
                port=number,
                protocol=word_of(port.get("protocol")).lower(),
                name=word_of(port.get("name")),
                hosts=_own_hosts(words_at(manifest, *path, "hosts"), own),
                made=Made(manifest.full_name, manifest.where(*path)),
                tls=mapping_of(fields.get("tls")),
                bind=word_of(fields.get("bind")),
            )


def _own_hosts(written: Sequence[str], own: str) -> tuple[str, ...]:
    found = []
    for host in written:
        space, slash, name = host.partition("/")
        if not slash or space == "*":
            found.append(name if slash else host)
        else:
            found.append(f"{own if space == '.' else space}/{name}")
    return tuple(found)


def gateways_for(
    gateways: Sequence[Gateway], labels: Mapping[str, str], instances: Sequence[Instance]
) -> list[Gateway]:
    """Gateways that a proxy with these labels serves."""
    found = []
    for gateway in gateways:
        if gateway.services:
            taken = any(
                one.host in gateway.services and one.namespace == gateway.namespace
                for one in instances
            )
        else:
            taken = has_labels(labels, gateway.selector)
        if taken:
            found.append(gateway)
    return found


def merged(gateways: Sequence[Gateway], instances: Sequence[Instance]) -> Merged:
    """The servers of all these gateways on one proxy, without those that clash."""
    made = Merged()
    merging = _Merging()
    for gateway in gateways:
        for server in gateway.servers:
            for port in _ports(gateway, server.port, instances):
                placed = Placed(gateway, server, port, _route_name(gateway, server, port))
                (made.placed if merging.takes(placed) else made.skipped).append(placed)
    return made


class _Merging:
    """What stands on each port so far."""

    def __init__(self) -> None:
        self.hosts: dict[tuple[int, str], set[str]] = {}
        self.plain: dict[int, Server] = {}
        self.ports: set[int] = set()
        self.routes: set[str] = set()

    def takes(self, placed: Placed) -> bool:
        """Whether a server can stand beside those before it."""
        server, port = placed.server, placed.port
        if server.tls:
            known = self.hosts.setdefault((port, server.bind), set())
            if known & set(server.hosts):
                return False
            known |= set(server.hosts)
        if port not in self.ports:
            self.ports.add(port)
            if not server.mode or server.protocol in HTTP:
                self.plain[port] = server
        elif port in self.plain:
            first = self.plain[port]
            if first.bind == server.bind and not (
                server.protocol in HTTP and first.protocol in HTTP
            ):
                return False
        elif not server.mode or (server.is_http and placed.routes in self.routes):
            return False
        self.routes.add(placed.routes)
        return True


def _route_name(gateway: Gateway, server: Server, port: int) -> str:
    bind = f".{server.bind}" if server.bind else ""
    if server.protocol in HTTP:
        return f"http.{port}{bind}"
    if server.is_http:
        place = f"{gateway.name}.{gateway.namespace}{bind}"
        return f"https.{server.port}.{server.name}.{place}"
    return ""


def _ports(gateway: Gateway, number: int, instances: Sequence[Instance]) -> tuple[int, ...]:
    """Ports inside the pod for a server's port."""
    found: dict[int, None] = {}
    for one in instances:
        named = one.host in gateway.services and one.namespace == gateway.namespace
        if (gateway.services and not named) or one.port != number:
            continue
        if gateway.services:
            found[one.inside] = None
        elif _UNTRANSLATED not in one.labels:
            return (one.inside,)
    return tuple(found) if gateway.services else (number,)
