"""Envoy's choice: which listener, filter chain, virtual host and route a request gets."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_address, ip_network

from why503.mesh.address import split_host
from why503.mesh.traced.call import Call, Speech, Tls, Way
from why503.mesh.traced.config import (
    WILDCARD,
    Chain,
    ChainMatch,
    Listener,
    ProxyConfig,
    Route,
    RouteConfig,
    VirtualHost,
)
from why503.mesh.traced.host import most_specific
from why503.mesh.traced.matching import takes
from why503.support.dataclass import dataclass


class Stop(StrEnum):
    """Why a request goes no further at a proxy."""

    NO_LISTENER = "no-listener"
    NO_FILTER_CHAIN = "no-filter-chain"
    SEVERAL_FILTER_CHAINS = "several-filter-chains"
    """Two chains ask for the same: Envoy refuses such a listener."""
    PROTOCOL_ERROR = "protocol-error"
    """TLS or something that is no HTTP where plain HTTP is awaited."""
    TLS_ERROR = "tls-error"
    """Plain text where TLS is awaited."""
    MTLS_ERROR = "mtls-error"
    """TLS without the client certificate that is awaited, or with a peer that is not the mesh's."""
    NO_VIRTUAL_HOST = "no-virtual-host"
    NO_ROUTE = "no-route"
    TLS_REDIRECT = "tls-redirect"
    REDIRECT = "redirect"
    DIRECT_RESPONSE = "direct-response"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """How far a request came at one proxy."""

    listener: Listener | None = None
    chain: Chain | None = None
    config: RouteConfig | None = None
    config_name: str = ""
    """Name of the route configuration, also where it does not exist."""
    host: VirtualHost | None = None
    route: Route | None = None
    clusters: tuple[tuple[str, int], ...] = ()
    """Where it is sent, with weights; empty where it stops."""
    doubts: tuple[Route, ...] = ()
    """Earlier routes of which it cannot be told whether they take it."""
    stop: Stop | None = None


def pass_through(config: ProxyConfig, call: Call) -> Passage:
    """The way of ``call`` through one proxy."""
    listener = listener_for(config.listeners, call)
    if listener is None:
        return Passage(stop=Stop.NO_LISTENER)
    seen = replace(call, alpn=_seen_alpn(listener, call))
    chains = chains_for(listener, seen)
    if len(chains) != 1:
        unfit = Stop.SEVERAL_FILTER_CHAINS if chains else Stop.NO_FILTER_CHAIN
        return Passage(listener=listener, stop=unfit)
    reached = Passage(listener=listener, chain=chains[0])
    stop = _refused(chains[0], call)
    if stop is not None:
        return replace(reached, stop=stop)
    if not chains[0].http:
        return replace(reached, clusters=chains[0].clusters)
    return _routed(config, reached, chains[0], call)


def listener_for(listeners: Sequence[Listener], call: Call) -> Listener | None:
    """The listener that the connection gets."""
    if call.way is Way.INBOUND:
        return next((one for one in listeners if one.virtual and one.inbound), None)
    for address in (call.address, WILDCARD):
        for one in listeners:
            if one.address == address and one.port == call.port:
                return one
    return next((one for one in listeners if one.virtual and not one.inbound), None)


def _seen_alpn(listener: Listener, call: Call) -> str:
    """The application protocol as the listener's inspectors see it."""
    if call.tls is not Tls.NONE:
        return call.offered if listener.tls_inspector.looks(call.port) else ""
    return call.sniffed if listener.http_inspector.looks(call.port) else ""


def chains_for(listener: Listener, call: Call) -> list[Chain]:
    """The filter chain of a connection: one, none, or several that ask for the same.

    Envoy drops, criterion by criterion, the chains that fit less well.
    """
    transport = "raw_buffer"
    if call.tls is not Tls.NONE and listener.tls_inspector.looks(call.port):
        transport = "tls"
    chains = list(listener.chains)
    chains = _kept(chains, lambda m: m.port is None, lambda m: m.port == call.port)
    chains = _of_address(chains, call.address)
    chains = _of_server_name(chains, call.sni)
    chains = _kept(chains, lambda m: not m.transport, lambda m: m.transport == transport)
    chains = _kept(chains, lambda m: not m.alpn, lambda m: call.alpn in m.alpn)
    if not chains and listener.default is not None:
        return [listener.default]
    return chains


def _kept(
    chains: list[Chain], empty: Callable[[ChainMatch], bool], fits: Callable[[ChainMatch], bool]
) -> list[Chain]:
    """Chains that ask and fit; where there are none, those that do not ask."""
    asking = [chain for chain in chains if not empty(chain.match) and fits(chain.match)]
    return asking or [chain for chain in chains if empty(chain.match)]


def _of_address(chains: list[Chain], address: str) -> list[Chain]:
    sizes = {id(chain): _longest(chain.match.ranges, address) for chain in chains}
    best = max(sizes.values(), default=-1)
    if best < 0:
        return [chain for chain in chains if not chain.match.ranges]
    return [chain for chain in chains if sizes[id(chain)] == best]


def _longest(ranges: Sequence[str], address: str) -> int:
    """Bits of the narrowest range that holds the address; -1 where none does."""
    try:
        asked = ip_address(address)
    except ValueError:
        return -1
    best = -1
    for written in ranges:
        try:
            network = ip_network(written, strict=False)
        except ValueError:
            continue
        if network.version == asked.version and asked in network:
            best = max(best, network.prefixlen)
    return best


def _of_server_name(chains: list[Chain], sni: str) -> list[Chain]:
    names = {name for chain in chains for name in chain.match.server_names}
    best = most_specific(sni.lower(), names) if sni else None
    if best is None:
        return [chain for chain in chains if not chain.match.server_names]
    return [chain for chain in chains if best in chain.match.server_names]


def _refused(chain: Chain, call: Call) -> Stop | None:
    """Why a chain cannot understand what it gets; None where it can."""
    if chain.tls is not None:
        if call.tls is Tls.NONE or chain.tls.refused:
            return Stop.TLS_ERROR
        shows = call.tls is Tls.MESH or (call.tls is Tls.MUTUAL and not chain.tls.mesh)
        if chain.tls.client_certificate and not shows:
            return Stop.MTLS_ERROR
        if call.tls is Tls.MESH and not chain.tls.client_certificate:
            return Stop.MTLS_ERROR
    if chain.http and (
        (call.tls is not Tls.NONE and chain.tls is None) or call.speech is Speech.TCP
    ):
        return Stop.PROTOCOL_ERROR
    return None


def _routed(config: ProxyConfig, reached: Passage, chain: Chain, call: Call) -> Passage:
    found = chain.inline or config.routes.get(chain.routes)
    reached = replace(reached, config=found, config_name=chain.routes)
    host = virtual_host_for(found, call.host) if found is not None else None
    if host is None:
        return replace(reached, stop=Stop.NO_VIRTUAL_HOST)
    reached = replace(reached, host=host)
    if host.requires_tls and call.tls is Tls.NONE:
        return replace(reached, stop=Stop.TLS_REDIRECT)
    doubts: list[Route] = []
    for route in host.routes:
        fits = takes(route.match, call)
        if fits:
            reached = replace(reached, route=route, doubts=tuple(doubts))
            if route.redirect is not None:
                return replace(reached, stop=Stop.REDIRECT)
            if route.answer is not None:
                return replace(reached, stop=Stop.DIRECT_RESPONSE)
            return replace(reached, clusters=route.clusters)
        if fits is None:
            doubts.append(route)
    return replace(reached, doubts=tuple(doubts), stop=Stop.NO_ROUTE)


def virtual_host_for(config: RouteConfig, host: str) -> VirtualHost | None:
    """The virtual host of a Host header; its port is ignored, as Istio configures it."""
    name = split_host(host)[0].lower()
    by_domain: dict[str, VirtualHost] = {}
    for one in config.hosts:
        for domain in one.domains:
            by_domain.setdefault(domain.lower(), one)
    if name in by_domain:
        return by_domain[name]
    suffixes = [d for d in by_domain if len(d) > 1 and d[0] == "*" and name.endswith(d[1:])]
    prefixes = [d for d in by_domain if len(d) > 1 and d[-1] == "*" and name.startswith(d[:-1])]
    for fitting in (suffixes, prefixes):
        if fitting:
            return by_domain[max(fitting, key=len)]
    return by_domain.get("*")
