"""Listeners and virtual hosts of a gateway, as istiod makes them of YAML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.config import (
    WILDCARD,
    Chain,
    ChainMatch,
    Inspector,
    Listener,
    Made,
    ProxyConfig,
    Route,
    RouteConfig,
    Terminates,
    VirtualHost,
)
from why503.mesh.traced.gateway_server import (
    Instance,
    Merged,
    Placed,
    gateways_for,
    merged,
)
from why503.mesh.traced.host import intersection, matches, subset_of
from why503.mesh.traced.http_route import last_those_that_take_all, routes_of, weighted
from why503.mesh.traced.outbound import tcp_clusters
from why503.mesh.traced.proxy import Proxy, targets_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import HTTP
from why503.mesh.traced.routing import Routing, Rule

_MESH_ALPN = ("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2")


def gateway_config(push: Push, proxy: Proxy) -> ProxyConfig:
    """What a gateway has."""
    servers = servers_of(push, proxy)
    by_port: dict[tuple[str, int], list[Placed]] = {}
    by_routes: dict[str, list[Placed]] = {}
    for placed in servers.placed:
        by_port.setdefault((placed.server.bind, placed.port), []).append(placed)
        if placed.routes:
            by_routes.setdefault(placed.routes, []).append(placed)
    listeners = []
    for (bind, port), here in by_port.items():
        chains = tuple(_chains(push, proxy, here))
        if chains:
            listeners.append(_listener(bind or WILDCARD, port, here[0], chains))
    return ProxyConfig(
        listeners=tuple(listeners),
        routes={
            name: RouteConfig(name=name, hosts=_hosts(push, proxy, here))
            for name, here in by_routes.items()
        },
    )


def servers_of(push: Push, proxy: Proxy) -> Merged:
    """Servers of the gateways that a proxy serves."""
    instances = [
        Instance(
            target.service.host,
            target.service.namespace,
            target.port.number,
            target.number,
            mapping_of(target.service.manifest.get("metadata", "labels")),
        )
        for target in targets_of(push, proxy)
    ]
    return merged(gateways_for(push.gateways, proxy.labels, instances), instances)


def _listener(bind: str, port: int, first: Placed, chains: tuple[Chain, ...]) -> Listener:
    looks = any(chain.match.server_names or chain.tls is not None for chain in chains)
    return Listener(
        name=f"{bind}_{port}",
        address=bind,
        port=port,
        made=first.server.made,
        chains=chains,
        tls_inspector=Inspector(usually=looks),
    )


def _chains(push: Push, proxy: Proxy, here: Sequence[Placed]) -> Iterator[Chain]:
    first = here[0]
    if first.server.protocol in HTTP:
        yield Chain(made=first.server.made, routes=first.routes)
        return
    names: set[str] = set()
    for placed in here:
        server = placed.server
        ends = _ends(placed)
        if server.is_http and ends is not None:
            match = ChainMatch(server_names=server.sni_hosts)
            yield Chain(made=server.made, match=match, tls=ends, routes=placed.routes)
        elif server.mode == "AUTO_PASSTHROUGH":
            yield from _automatic(push, proxy, placed)
        elif server.passes_tls:
            yield from _passing(push, proxy, placed, names)
        else:
            found = _first_tcp(push, proxy, placed)
            if found is not None:
                match = ChainMatch(server_names=server.sni_hosts if server.mode else ())
                yield replace(found, match=match, tls=ends)


def _ends(placed: Placed) -> Terminates | None:
    server = placed.server
    if not server.mode or server.passes_tls:
        return None
    mutual = server.mode in ("MUTUAL", "ISTIO_MUTUAL")
    return Terminates(
        client_certificate=mutual,
        mesh=server.mode == "ISTIO_MUTUAL",
        refused=word_of(server.tls.get("refused")),
    )


def _takes(placed: Placed, routing: Routing) -> bool:
    """Whether a server lets a route object's hosts in."""
    for written in placed.server.hosts:
        space, _slash, name = written.rpartition("/")
        if space in ("", routing.namespace) and any(
            matches(name.lower(), host) for host in routing.hosts
        ):
            return True
    return False


def _bound(push: Push, proxy: Proxy, placed: Placed) -> Iterator[Routing]:
    for routing in push.routings_for(proxy.namespace, placed.gateway.key):
        if _takes(placed, routing):
            yield routing


def _fits(placed: Placed, match: Mapping[str, object]) -> bool:
    gateways = match.get("gateways")
    named = not isinstance(gateways, list) or placed.gateway.key in gateways
    return named and whole_number(match.get("port")) in (None, 0, placed.server.port)


def _first_tcp(push: Push, proxy: Proxy, placed: Placed) -> Chain | None:
    """Where TCP goes that has no name to tell it apart: the first rule that fits."""
    for routing in _bound(push, proxy, placed):
        rules = routing.tcp + (routing.tls if routing.ends_tls else ())
        for rule in rules:
            if any(_fits(placed, match) for match in rule.matches or ({},)) and rule.targets:
                return _forwarding(push, proxy, placed, routing, rule)
    return None


def _forwarding(push: Push, proxy: Proxy, placed: Placed, routing: Routing, rule: Rule) -> Chain:
    return Chain(
        made=Made(routing.manifest.full_name, routing.manifest.where(*rule.path)),
        clusters=tcp_clusters(push, proxy, rule, placed.server.port),
        refusals=tuple(one.refused for one in weighted(rule.targets)),
    )


def _passing(push: Push, proxy: Proxy, placed: Placed, names: set[str]) -> Iterator[Chain]:
    """Chains by server name for TLS that goes on; a name that was seen is left out."""
    for routing in _bound(push, proxy, placed):
        for rule in routing.tls:
            for match in rule.matches if rule.targets else ():
                listed = match.get("sniHosts")
                asked = (
                    {word_of(one).lower() for one in listed or ()}
                    if isinstance(listed, list)
                    else set()
                )
                if not _fits(placed, match) or asked & names:
                    continue
                names |= asked
                yield replace(
                    _forwarding(push, proxy, placed, routing, rule),
                    match=ChainMatch(server_names=() if "*" in asked else tuple(sorted(asked))),
                )


def _automatic(push: Push, proxy: Proxy, placed: Placed) -> Iterator[Chain]:
    """One chain for each service, by the server name that proxies of the mesh ask for."""
    wanted = placed.server.sni_hosts or ("*",)
    for service in push.services_for(proxy.namespace):
        if service.external or not any(subset_of(service.host, name) for name in wanted):
            continue
        for port in service.ports:
            if port.protocol != "udp":
                name = f"outbound_.{port.number}_._.{service.host}"
                yield Chain(
                    made=Made(service.manifest.full_name, port.source),
                    match=ChainMatch(server_names=(name,), alpn=_MESH_ALPN),
                    clusters=((name, 100),),
                )


def _hosts(push: Push, proxy: Proxy, here: Sequence[Placed]) -> tuple[VirtualHost, ...]:
    """Virtual hosts of the servers that share a route configuration."""
    found: dict[str, VirtualHost] = {}
    built: dict[tuple[str, int], tuple[Route, ...]] = {}
    for placed in here:
        for routing in push.routings_for(proxy.namespace, placed.gateway.key):
            hosts = intersection(_for_namespace(placed, routing.namespace), routing.hosts)
            if not hosts:
                continue
            key = (placed.gateway.key, id(routing))
            if key not in built:
                built[key] = _routes(push, proxy, placed, routing)
            if not built[key]:
                continue
            for host in hosts:
                first = found.get(host)
                old = first.routes if first is not None else ()
                found[host] = VirtualHost(
                    name=first.name if first is not None else f"{host}:{placed.server.port}",
                    domains=(host,),
                    routes=(*old, *built[key]),
                    made=first.made if first is not None else _hosts_of(routing),
                    requires_tls=placed.server.redirects
                    or (first is not None and first.requires_tls),
                )
        _add_redirects(placed, found)
    if not found:
        name = f"blackhole:{here[0].server.port}"
        return (VirtualHost(name=name, domains=("*",), routes=(), made=here[0].server.made),)
    return tuple(
        replace(host, routes=last_those_that_take_all(host.routes)) for host in found.values()
    )


def _hosts_of(routing: Routing) -> Made:
    return Made(routing.manifest.full_name, routing.manifest.where("spec", "hosts"))


def _routes(push: Push, proxy: Proxy, placed: Placed, routing: Routing) -> tuple[Route, ...]:
    return routes_of(
        routing,
        placed.server.port,
        frozenset({placed.gateway.key}),
        proxy,
        lambda host: push.service(host, routing.namespace) or push.service(host, proxy.namespace),
    )


def _for_namespace(placed: Placed, namespace: str) -> list[str]:
    """The server's hosts as far as routes of a namespace may take them."""
    found = []
    for written in placed.server.hosts:
        space, _slash, name = written.rpartition("/")
        if space in ("", namespace):
            found.append(name.lower())
    return found


def _add_redirects(placed: Placed, found: dict[str, VirtualHost]) -> None:
    server = placed.server
    for written in server.hosts if server.redirects else ():
        host = written.lower()
        first = found.get(host) or VirtualHost(
            name=f"{host}:{server.port}", domains=(host,), routes=(), made=server.made
        )
        found[host] = replace(first, requires_tls=True)
