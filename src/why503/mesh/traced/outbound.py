"""Listeners of a sidecar towards other services, as istiod makes them of YAML."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from why503.mesh.address import BLACK_HOLE, PASSTHROUGH, is_address
from why503.mesh.endpoint import kubernetes_endpoints
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traced.config import (
    WILDCARD,
    Chain,
    ChainMatch,
    Inspector,
    Listener,
    Made,
    ProxyConfig,
)
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.http_route import cluster_of, weighted
from why503.mesh.traced.outbound_route import route_configs
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import HTTP, TCP, TLS, Port, Resolution, Service
from why503.mesh.traced.routing import MESH, Routing, Rule
from why503.mesh.traced.scope import Egress, Scope, scope_of
from why503.support.dataclass import dataclass
from why503.support.text import _

LISTEN_PORT = 15001
_WHOLE = 100
_PLAIN_HTTP = ("http/1.1", "h2c")
_KNOWN = HTTP | TCP | {""}
_SERVER_FIRST = frozenset({"mongo", "mysql", "redis"})


@dataclass(kw_only=True)
class _Entry:
    """A listener while services are still added to it."""

    bind: str
    port: int
    protocol: str
    """Of the first service; ``""`` once it has to sniff."""
    chains: list[Chain]
    made: Made
    locked: bool = False
    """A Sidecar named this port: other services are not added."""


class _Outbound:
    """On the way through the services of one proxy."""

    def __init__(self, push: Push, proxy: Proxy, scope: Scope, port: int) -> None:
        self.push = push
        self.proxy = proxy
        self.scope = scope
        self.port = port
        self.entries: dict[tuple[str, int], _Entry] = {}
        self.by_host = {id(egress): _by_host(egress.routings) for egress in scope.egress}

    def build(self) -> tuple[Listener, ...]:
        """Listeners for one port, and the one that takes the rest."""
        for egress in self.scope.egress:
            if egress.port is None:
                for entry in self.entries.values():
                    entry.locked = True
                for service in egress.services:
                    self._service(egress, service)
            elif egress.port.number == self.port:
                for service in egress.services:
                    self._add(egress, service, egress.port, egress.bind)
        rest = self._rest()
        found = [_listener(entry, rest) for entry in self.entries.values()]
        return (*found, _virtual(rest))

    def _service(self, egress: Egress, service: Service) -> None:
        port = service.port(self.port)
        if port is None:
            return
        by_pod = service.resolution is Resolution.NONE and service.addresses == (WILDCARD,)
        if egress.bind or not by_pod or (port.protocol not in TCP and port.protocol):
            self._add(egress, service, port, egress.bind)
            return
        instances = instance_addresses(self.push, service)
        selects = bool(mapping_of(service.manifest.get("spec", "workloadSelector")))
        if not service.kubernetes and not instances and not selects:
            self._add(egress, service, port, "")
        for address in instances:
            if address not in self.proxy.addresses[:1]:
                self._add(egress, service, port, address)

    def _add(self, egress: Egress, service: Service, port: Port, bind: str) -> None:
        if service.resolution is Resolution.ALIAS or port.protocol not in _KNOWN:
            return
        if port.protocol in HTTP or bind:
            self._place(egress, service, port, (bind or WILDCARD, ""))
            return
        for address in addresses_of(service, self.proxy):
            ranged = "/" in address
            self._place(egress, service, port, (WILDCARD if ranged else address, address * ranged))

    def _place(self, egress: Egress, service: Service, port: Port, at: tuple[str, str]) -> None:
        """Add a service at a bind address and, for a range, the range."""
        key = (at[0], port.number)
        entry = self.entries.get(key)
        if entry is not None and (entry.locked or not _can_share(entry.protocol, port.protocol)):
            return
        if entry is not None and entry.protocol not in TCP and port.protocol not in TCP:
            if port.protocol or not entry.protocol:
                return
            entry = None  # a sniffing port takes the place of a plain HTTP one
        chains = list(self._tcp(egress, service, port, at)) if port.protocol not in HTTP else []
        if port.protocol not in TCP:
            chains.append(_http_chain(service, port, at[0]))
        if entry is not None:
            _add_new(entry, chains, port)
            return
        self.entries[key] = _Entry(
            bind=at[0],
            port=port.number,
            protocol="" if port.protocol in HTTP and at[0] == WILDCARD else port.protocol,
            chains=chains,
            made=Made(service.manifest.full_name, port.source),
        )

    def _tcp(
        self, egress: Egress, service: Service, port: Port, at: tuple[str, str]
    ) -> Iterator[Chain]:
        exact, wild = self.by_host[id(egress)]
        places = exact.get(service.host, [])
        places = places + [place for host, place in wild if matches(host, service.host)]
        routings = [egress.routings[place] for place in sorted(set(places))]
        if port.protocol in TLS:
            yield from self._tls_chains(service, port, at, routings)
            return
        ranges = (at[1],) if at[1] else ()
        for routing in routings:
            for rule in routing.tcp:
                fitting = [match for match in rule.matches or ({},) if self._fits(match, port)]
                narrow = tuple(subnet for match in fitting for subnet in _subnets(match))
                open_to_all = any(not _subnets(match) for match in fitting)
                if fitting:
                    asked = ChainMatch(ranges=ranges if open_to_all else narrow)
                    yield self._chain(routing, rule, port, asked)
                if open_to_all:
                    return
        yield Chain(
            made=Made(service.manifest.full_name, port.source),
            match=ChainMatch(ranges=ranges),
            clusters=((f"outbound|{_number(service, port)}||{service.host}", 100),),
        )

    def _tls_chains(
        self, service: Service, port: Port, at: tuple[str, str], routings: Sequence[Routing]
    ) -> Iterator[Chain]:
        bind, ranged = at
        ranges = (ranged,) if ranged else ()
        asked: set[ChainMatch] = set()
        for routing in routings:
            for rule in routing.tls:
                for match in rule.matches:
                    if not self._fits(match, port):
                        continue
                    wanted = ChainMatch(
                        server_names=_no_star(_listed(match.get("sniHosts"))),
                        ranges=tuple(_subnets(match)) or ranges,
                    )
                    if wanted not in asked:
                        yield self._chain(routing, rule, port, wanted)
                    asked.add(wanted)
        if not asked:
            by_name = bool(ranged) or bind == WILDCARD
            names = (service.host, *service.aliases) if by_name else ()
            yield Chain(
                made=Made(service.manifest.full_name, port.source),
                match=ChainMatch(server_names=_no_star(names), ranges=ranges),
                clusters=((f"outbound|{_number(service, port)}||{service.host}", 100),),
            )

    def _fits(self, match: object, port: Port) -> bool:
        fields = mapping_of(match)
        gateways = fields.get("gateways")
        space = word_of(fields.get("sourceNamespace"))
        return (
            (not isinstance(gateways, list) or MESH in gateways)
            and whole_number(fields.get("port")) in (None, 0, port.number)
            and has_labels(self.proxy.labels, mapping_of(fields.get("sourceLabels")))
            and (not space or space == self.proxy.namespace)
        )

    def _chain(self, routing: Routing, rule: Rule, port: Port, match: ChainMatch) -> Chain:
        return Chain(
            made=Made(routing.manifest.full_name, routing.manifest.where(*rule.path)),
            match=match,
            clusters=tcp_clusters(self.push, self.proxy, rule, port.number),
            refusals=tuple(one.refused for one in weighted(rule.targets)),
        )

    def _rest(self) -> Chain:
        return rest_of(self.scope)


def _by_host(
    routings: Sequence[Routing],
) -> tuple[dict[str, list[int]], list[tuple[str, int]]]:
    """Places of route objects by exact host, and those with wildcards."""
    exact: dict[str, list[int]] = {}
    wild: list[tuple[str, int]] = []
    for place, routing in enumerate(routings):
        for host in routing.hosts:
            if is_wild(host):
                wild.append((host, place))
            else:
                exact.setdefault(host, []).append(place)
    return exact, wild


def tcp_clusters(push: Push, proxy: Proxy, rule: Rule, port: int) -> tuple[tuple[str, int], ...]:
    """Clusters of a `tcp` or `tls` rule, with weights."""
    return tuple(
        (cluster_of(one, port, push.service(one.host, proxy.namespace)), one.weight or _WHOLE)
        for one in weighted(rule.targets)
    )


def rest_of(scope: Scope) -> Chain:
    """What becomes of connections that nothing else takes."""
    refused = scope.registry_only
    return Chain(
        made=Made(refused.by, refused.source),
        name="PassthroughFilterChain",
        clusters=((BLACK_HOLE if refused.value else PASSTHROUGH, 100),),
    )


def addresses_of(service: Service, proxy: Proxy) -> tuple[str, ...]:
    """Addresses at which a proxy knows a service."""
    if service.addresses == (WILDCARD,) and proxy.dns_capture and not service.kubernetes:
        usable = service.resolution in (Resolution.ENDPOINTS, Resolution.DNS)
        if usable and not service.host.startswith("*"):
            return (f"<automatic address of {service.host}>",)
    return service.addresses


def instance_addresses(push: Push, service: Service) -> tuple[str, ...]:
    """Addresses of a service's endpoints, for services without an address of their own."""
    if not service.kubernetes:
        written = [
            word_of(mapping_of(one).get("address"))
            for _, one in service.manifest.items("spec", "endpoints")
        ]
        return tuple(dict.fromkeys(one for one in written if is_address(one)))
    listed = kubernetes_endpoints(push.mesh, service.host)
    if listed is not None:
        return tuple(dict.fromkeys(one.address for one in listed if one.ready))
    selector = mapping_of(service.manifest.get("spec", "selector"))
    pods = [
        word_of(pod.get("status", "podIP"))
        for pod in push.mesh.manifests("Pod")
        if selector
        and push.space_of(pod) == service.namespace
        and has_labels(mapping_of(pod.get("metadata", "labels")), selector)
    ]
    return tuple(filter(None, pods)) or ((f"<pod of {service.host}>",) if selector else ())


def _http_chain(service: Service, port: Port, bind: str) -> Chain:
    """The chain of HTTP; on a shared address only what the inspector knows to be HTTP."""
    sniffs = bind == WILDCARD or not port.protocol
    own = not port.protocol and bind != WILDCARD
    return Chain(
        made=Made(service.manifest.full_name, port.source),
        match=ChainMatch(transport="raw_buffer", alpn=_PLAIN_HTTP) if sniffs else ChainMatch(),
        routes=f"{service.host}:{port.number}" if own else str(port.number),
    )


def _add_new(entry: _Entry, chains: Sequence[Chain], port: Port) -> None:
    """Adds the chains that ask for something new."""
    known = {_asks(chain.match) for chain in entry.chains}
    for chain in chains:
        if _asks(chain.match) not in known:
            known.add(_asks(chain.match))
            entry.chains.append(chain)
    if entry.protocol in HTTP or port.protocol not in TCP:
        entry.protocol = ""


def _can_share(first: str, second: str) -> bool:
    return first == second or not ({first, second} & _SERVER_FIRST)


def _number(service: Service, port: Port) -> int:
    return service.ports[0].number if len(service.ports) == 1 else port.number


def _subnets(match: object) -> list[str]:
    return list(_listed(mapping_of(match).get("destinationSubnets")))


def _listed(value: object) -> tuple[str, ...]:
    return tuple(word_of(one) for one in value) if isinstance(value, list) else ()


def _no_star(names: Sequence[str]) -> tuple[str, ...]:
    return () if "*" in names else tuple(name.lower() for name in names)


def _asks(match: ChainMatch) -> ChainMatch:
    """A match whose ranges can be compared."""
    return replace(match, ranges=tuple(sorted(map(_network, match.ranges))))


def _network(written: str) -> str:
    try:
        return str(ip_network(written, strict=False))
    except ValueError:
        return written


def _listener(entry: _Entry, rest: Chain) -> Listener:
    asking = tuple(chain for chain in entry.chains if chain.match != ChainMatch())
    open_to_all = [chain for chain in entry.chains if chain.match == ChainMatch()]
    default: Chain | None = open_to_all[-1] if open_to_all else rest
    chains = asking
    if not asking:
        chains, default = tuple(open_to_all[-1:]), None
    looks = any(chain.match.alpn for chain in entry.chains)
    names = any(chain.match.server_names for chain in entry.chains)
    return Listener(
        name=f"{entry.bind}_{entry.port}",
        address=entry.bind,
        port=entry.port,
        made=entry.made,
        chains=chains,
        default=default,
        tls_inspector=Inspector(usually=looks or names),
        http_inspector=Inspector(usually=looks),
    )


def _virtual(rest: Chain) -> Listener:
    loop = Chain(
        made=Made(_("Istio's default")),
        name="virtualOutbound-blackhole",
        match=ChainMatch(port=LISTEN_PORT),
        clusters=((BLACK_HOLE, 100),),
    )
    return Listener(
        name="virtualOutbound",
        address=WILDCARD,
        port=LISTEN_PORT,
        made=Made(_("Istio's default")),
        chains=(loop, replace(rest, name="virtualOutbound-catchall-tcp")),
        virtual=True,
    )


def outbound_config(push: Push, proxy: Proxy, port: int) -> ProxyConfig:
    """What a sidecar has for connections to ``port``."""
    scope = scope_of(push, proxy)
    listeners = _Outbound(push, proxy, scope, port).build()
    names = {
        chain.routes
        for listener in listeners
        for chain in (*listener.chains, listener.default)
        if chain is not None and chain.routes
    }
    return ProxyConfig(
        listeners=listeners, routes=route_configs(push, proxy, scope, port, frozenset(names))
    )
