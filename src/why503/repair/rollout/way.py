"""Every way that a request may go at a moment, and those on which it finds no endpoint."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from why503.facts import Source
from why503.mesh.address import cluster_name
from why503.mesh.setting import word_of
from why503.mesh.traced import outcome
from why503.mesh.traced.config import Chain, ProxyConfig, Route, VirtualHost
from why503.mesh.traced.destination_rule import rules_for, subset_named
from why503.mesh.traced.host import is_wild, matches
from why503.mesh.traced.outbound_route import ALLOW_ANY, BLOCK_ALL
from why503.mesh.traced.proxy import Proxy, proxy_named, proxy_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.step import Outcome
from why503.mesh.traced.upstream import SPECIAL, Upstream
from why503.mesh.traced.view import OfYaml
from why503.repair.rollout.state import WORKLOADS
from why503.support.dataclass import dataclass
from why503.support.text import _

_HTTP_PORT = 80
"""Where hosts are called that are no service."""
_MOST_GATES = 4
MOST_CALLERS = 12
"""Callers that are followed; those of one namespace are alike unless rules tell them apart."""


class Caller(NamedTuple):
    """Where requests come from."""

    name: str
    """`deploy/desk`, `gateway/front`; ``""``: any workload of the namespace."""
    namespace: str

    def __str__(self) -> str:
        """As sentences tell it."""
        if self.name:
            return f"{self.name}.{self.namespace}"
        return _("any workload of {namespace}").format(namespace=self.namespace)


class Way(NamedTuple):
    """What makes a loss the same one at two moments."""

    caller: Caller
    asked: str
    """`quay.shop.svc.cluster.local:9080`: what is called."""
    cluster: str
    id: str
    """As of an outcome: `no-cluster`, `no-endpoint`."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Requests that find no endpoint."""

    way: Way
    outcome: Outcome
    share: float
    """Percent of the requests that take the route."""
    route: str
    """The object that sends them there."""
    sources: tuple[Source, ...]
    """The line that sends them there, then the one that finds nothing."""


def callers_of(pushes: Iterable[Push]) -> tuple[Caller, ...]:
    """Who may call: one workload of each namespace, all of them where rules tell them apart.

    ``pushes``: all objects of all moments. Gateways that routes are bound to come last.
    """
    inside: dict[Caller, None] = {}
    gates: dict[Caller, None] = {}
    for push in pushes:
        inside |= dict.fromkeys(_inside(push))
        gates |= dict.fromkeys(_gates(push))
    last = list(gates)[:_MOST_GATES]
    return (*list(inside)[: MOST_CALLERS - len(last)], *last)


def _inside(push: Push) -> list[Caller]:
    spaces: dict[str, list[Caller]] = {}
    for kind in sorted(WORKLOADS):
        for one in push.mesh.manifests(kind):
            proxy = proxy_of(push, one)
            if not proxy.gateway and proxy.has_proxy is not False:
                caller = Caller(f"{kind.lower()}/{one.name}", proxy.namespace)
                spaces.setdefault(proxy.namespace, []).append(caller)
    apart = _told_apart(push)
    found: list[Caller] = []
    for space in dict.fromkeys(_namespaces(push)):
        own = spaces.get(space, [])
        found += own if apart and own else [Caller("", space)]
    return found


def _namespaces(push: Push) -> Iterator[str]:
    for kind in ("VirtualService", "HTTPRoute", "GRPCRoute", "DestinationRule", *sorted(WORKLOADS)):
        yield from (push.space_of(one) for one in push.mesh.manifests(kind))
    yield from (service.namespace for service in push.services)


def _told_apart(push: Push) -> bool:
    """Whether rules ask for the labels of the caller."""
    for kind in ("Sidecar", "DestinationRule"):
        if any(one.get("spec", "workloadSelector") for one in push.mesh.manifests(kind)):
            return True
    return any(
        "sourceLabels" in match
        for routing in push.routings
        for rule in routing.http
        for match in rule.matches
    )


def _gates(push: Push) -> list[Caller]:
    """Gateways that a route is bound to."""
    bound = {name for routing in push.routings for name in routing.gateways}
    found = {
        Caller(f"gateway/{one.api or one.name}", one.namespace)
        for one in push.gateways
        if one.key in bound
    }
    return sorted(found)


def entrances(push: Push, hosts: frozenset[str]) -> frozenset[str]:
    """Services by whose names requests come to ``hosts``: they themselves, and by a route."""
    named = {
        name
        for routing in push.routings
        for rule in (*routing.http, *routing.tls, *routing.tcp)
        if any(target.host in hosts for target in rule.targets)
        for name in routing.hosts
    }
    wild = [name for name in named if is_wild(name)]
    met = {one.host for one in push.services if any(matches(name, one.host) for name in wild)}
    return hosts | named | met


def losses(push: Push, callers: Iterable[Caller], hosts: frozenset[str]) -> dict[Way, Loss]:
    """All ways to ``hosts`` with a weight on which a request finds no endpoint."""
    found: dict[Way, Loss] = {}
    for caller in callers:
        proxy = _proxy(push, caller)
        view = OfYaml(push, proxy)
        known: dict[str, Upstream] = {}
        for port in _ports(push, proxy, hosts):
            for asked, route, number in _routes(view.config(port), port, proxy.gateway):
                name = route.clusters[number][0]
                parts = cluster_name(name)
                if name in SPECIAL or parts is None or parts.host not in hosts:
                    continue
                if name not in known:
                    known[name] = view.upstream(name)
                lost = _loss(push, proxy, known[name], route, number)
                if lost is not None:
                    way = Way(caller, asked, name, lost.id)
                    found.setdefault(way, _told(push, proxy, way, lost, (route, number)))
    return found


def _proxy(push: Push, caller: Caller) -> Proxy:
    if caller.name:
        return proxy_named(push, f"{caller.name}.{caller.namespace}")
    return Proxy(mesh=push.mesh, name=str(caller), namespace=caller.namespace)


def _ports(push: Push, proxy: Proxy, hosts: frozenset[str]) -> list[int]:
    """Ports on which hosts can be reached; a gateway is asked once for all of its own."""
    if proxy.gateway:
        return [0]
    ways = entrances(push, hosts)
    numbers = {port.number for one in push.services if one.host in ways for port in one.ports}
    return sorted(numbers | {_HTTP_PORT})


def _routes(config: ProxyConfig, port: int, gateway: bool) -> Iterator[tuple[str, Route, int]]:
    """What is called, the route, and the number of each cluster with a weight."""
    for name, one in config.routes.items():
        number = name.rpartition(".")[2] if gateway else str(port)
        place = f":{number}" if number.isdigit() else ""
        for host in one.hosts:
            if host.name in (ALLOW_ANY, BLOCK_ALL):
                continue
            asked = f"{_domain(host)}{place}"
            for route in host.routes:
                yield from ((asked, route, index) for index in range(len(route.clusters)))
    for listener in config.listeners:
        for chain in listener.chains:
            yield from _tcp(chain, listener.port)


def _domain(host: VirtualHost) -> str:
    return next(iter(host.domains), host.name).partition(":")[0]


def _tcp(chain: Chain, port: int) -> Iterator[tuple[str, Route, int]]:
    """A chain that passes TCP on, in the shape of a route."""
    for index, (name, _weight) in enumerate(chain.clusters):
        parts = cluster_name(name)
        asked = f"{parts.host}:{parts.port}" if parts is not None else f":{port}"
        route = Route(made=chain.made, clusters=chain.clusters, not_found=0)
        yield asked, route, index


def _loss(push: Push, proxy: Proxy, up: Upstream, route: Route, number: int) -> Outcome | None:
    """How it ends where there is no endpoint; None where there is one."""
    place = route.places[number] if number < len(route.places) else None
    source = place or route.made.source
    http = bool(route.not_found)
    if not up.exists:
        status = route.not_found or None
        return outcome.no_cluster(up.text, status=status, sure=up.sure, source=source)
    if up.backends is None or up.backends.found or not up.backends.known:
        return None
    return outcome.no_endpoint(http=http, sure=True, source=up.backends.source)


def _told(push: Push, proxy: Proxy, way: Way, lost: Outcome, at: tuple[Route, int]) -> Loss:
    route, number = at
    place = route.places[number] if number < len(route.places) else None
    whole = sum(weight for _name, weight in route.clusters) or 1
    lines = [place or route.made.source, _subset_line(push, proxy, way.cluster), lost.source]
    return Loss(
        way=way,
        outcome=lost,
        share=round(100 * route.clusters[number][1] / whole, 2),
        route=route.made.by,
        sources=tuple(dict.fromkeys(one for one in lines if one is not None))[:2],
    )


def _subset_line(push: Push, proxy: Proxy, name: str) -> Source | None:
    """Where the subset of a cluster is defined; None where it is not, or has none."""
    parts = cluster_name(name)
    service = push.service(parts.host, proxy.namespace) if parts is not None else None
    if parts is None or service is None or not word_of(parts.subset):
        return None
    rules = rules_for(push, proxy, service.host, service.namespace)
    subset = subset_named(rules, parts.subset)
    return subset.source if subset is not None else None
