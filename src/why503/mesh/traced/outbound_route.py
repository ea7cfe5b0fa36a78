"""Virtual hosts of a sidecar towards other services, as istiod makes them of YAML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from why503.mesh.address import PASSTHROUGH
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting
from why503.mesh.traced.config import WILDCARD, Made, Route, RouteConfig, VirtualHost
from why503.mesh.traced.host import is_wild, matches, most_specific, short_spellings
from why503.mesh.traced.http_route import routes_of
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import Resolution, Service
from why503.mesh.traced.routing import MESH, Routing
from why503.mesh.traced.scope import Egress, Scope
from why503.support.dataclass import dataclass
from why503.support.text import _

BLOCK_ALL = "block_all"
ALLOW_ANY = "allow_any"
_BLOCKED = 502
_HTTP_PORT = 80


def route_configs(
    push: Push, proxy: Proxy, scope: Scope, port: int, names: frozenset[str]
) -> Mapping[str, RouteConfig]:
    """Route configurations of these names: `9080`, or `host:9080` for a sniffing service."""
    egress = next((one for one in scope.egress if one.port and one.port.number == port), None)
    egress = egress or next((one for one in scope.egress if one.port is None), None)
    if egress is None:
        return {}
    hosts = virtual_hosts(push, proxy, egress, port)
    rest = _rest(scope, push.mesh)
    found = {}
    for name in names:
        service, colon, _number = name.rpartition(":")
        if colon:
            own = [one for one in hosts if name in one.domains or service in one.domains]
            shown = [replace(one, domains=("*",)) for one in own[:1]]
        else:
            shown = [*hosts, rest]
        found[name] = RouteConfig(name=name, hosts=tuple(shown))
    return found


def _rest(scope: Scope, mesh: Mesh) -> VirtualHost:
    refused = scope.registry_only
    made = Made(refused.by, refused.source)
    if refused.value:
        route = Route(made=made, name=BLOCK_ALL, answer=_BLOCKED)
    else:
        none = Setting(value=0.0, source=None, default=True, by=_("Istio's default"))
        clusters = ((PASSTHROUGH, 100),)
        route = Route(made=made, name=ALLOW_ANY, clusters=clusters, timeout=none)
    return VirtualHost(name=route.name, domains=("*",), routes=(route,), made=made)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Virtual hosts that share their routes."""

    services: tuple[Service, ...]
    hosts: tuple[str, ...]
    """Hosts of a route object that are no service."""
    routes: tuple[Route, ...]
    made: Made


def virtual_hosts(push: Push, proxy: Proxy, egress: Egress, port: int) -> tuple[VirtualHost, ...]:
    """Virtual hosts of one port, those of route objects first."""
    known = {one.host: one for one in egress.services if one.port(port) is not None}
    known = {host: _only(service, port) for host, service in known.items()}
    routings: Sequence[Routing] = egress.routings
    if port != _HTTP_PORT:
        routings = [one for one in routings if _is_for_any(one, known)]
    closest = _closest(egress)
    parts = [
        part
        for routing in routings
        if (part := _of_routing(routing, known, closest, proxy, port)) is not None
    ]
    taken = {service.host for part in parts for service in part.services}
    parts += [
        _of_service(service, port, proxy)
        for host, service in known.items()
        if host not in taken
        and service.resolution is not Resolution.ALIAS
        and service.ports[0].http_or_sniffed
    ]
    return tuple(_Naming(proxy, parts, port).hosts())


def _only(service: Service, port: int) -> Service:
    return replace(service, ports=tuple(one for one in service.ports if one.number == port))


def _is_for_any(routing: Routing, known: Mapping[str, Service]) -> bool:
    return any(
        host in known
        or any((is_wild(host) or is_wild(name)) and matches(host, name) for name in known)
        for host in routing.hosts
    )


def _closest(egress: Egress) -> Mapping[str, tuple[str, str]]:
    """For each service the route object whose host means it most exactly, the oldest of them."""
    first: dict[str, tuple[str, str]] = {}
    for routing in egress.routings:
        for host in routing.hosts:
            first.setdefault(host, (routing.namespace, routing.name))
    found = {}
    wild = [host for host in first if is_wild(host)]
    for service in egress.services:
        best = service.host if service.host in first else most_specific(service.host, wild)
        if best is not None:
            found[service.host] = first[best]
    return found


def _of_routing(
    routing: Routing,
    known: Mapping[str, Service],
    closest: Mapping[str, tuple[str, str]],
    proxy: Proxy,
    port: int,
) -> _Part | None:
    routes = routes_of(routing, port, frozenset({MESH}), proxy, known.get)
    if not routes:
        return None
    hosts, services = _split(routing, known, closest)
    if routing.gateway_api and not any(
        routing.namespace in (service.namespace, proxy.namespace) for service in services
    ):
        return None
    services = [one for one in services if one.ports[0].http_or_sniffed]
    if not services and port != _HTTP_PORT:
        return None
    made = Made(routing.manifest.full_name, routing.manifest.where("spec", "hosts"))
    return _Part(services=tuple(services), hosts=tuple(hosts), routes=routes, made=made)


def _split(
    routing: Routing, known: Mapping[str, Service], closest: Mapping[str, tuple[str, str]]
) -> tuple[list[str], list[Service]]:
    """Hosts of a route object that are no services, and the services that the others are."""
    hosts: list[str] = []
    services: list[Service] = []
    for host in routing.hosts:
        if is_wild(host):
            fitting = [] if routing.gateway_api else [n for n in known if matches(n, host)]
            own = (routing.namespace, routing.name)
            services += [known[name] for name in fitting if closest.get(name) == own]
            if not fitting:
                hosts.append(host)
        elif host in known:
            services.append(known[host])
        else:
            hosts.append(host)
    return hosts, services


def _of_service(service: Service, port: int, proxy: Proxy) -> _Part:
    made = Made(service.manifest.full_name, service.ports[0].source)
    none = Setting(value=0.0, source=None, default=True, by=_("Istio's default"))
    route = Route(
        made=made,
        name="default",
        clusters=((f"outbound|{port}||{service.host}", 100),),
        timeout=none,
        retries=proxy.default_retries,
    )
    return _Part(services=(service,), hosts=(), routes=(route,), made=made)


class _Naming:
    """Gives each virtual host the domains that no earlier one has."""

    def __init__(self, proxy: Proxy, parts: Sequence[_Part], port: int) -> None:
        self.proxy = proxy
        self.parts = parts
        self.port = port
        self.full = {service.host for part in parts for service in part.services}
        self.names: set[str] = set()
        self.domains: set[str] = set()

    def hosts(self) -> Iterator[VirtualHost]:
        """All virtual hosts."""
        for part in self.parts:
            for host in part.hosts:
                yield from self._host(host, (host,), part)
            for service in part.services:
                yield from self._host(service.host, tuple(self._domains(service)), part)

    def _host(self, host: str, wanted: Sequence[str], part: _Part) -> Iterator[VirtualHost]:
        name = f"{host}:{self.port}"
        if name in self.names:
            return
        self.names.add(name)
        domains = [one for one in dict.fromkeys(wanted) if one.lower() not in self.domains]
        self.domains.update(one.lower() for one in domains)
        if domains:
            yield VirtualHost(name=name, domains=tuple(domains), routes=part.routes, made=part.made)

    def _domains(self, service: Service) -> Iterator[str]:
        found: list[str] = []
        for host in (service.host, *service.aliases):
            short = short_spellings(host, self.proxy.namespace)
            found += [host, *(one for one in short if one not in self.full)]
        yield from found
        if service.headless:
            yield from (f"*.{one}" for one in found)
        yield from (one for one in service.addresses if one != WILDCARD and "/" not in one)
