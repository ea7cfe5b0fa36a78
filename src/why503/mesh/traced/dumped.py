"""What a proxy has loaded, in the shapes of `config.py`, so that a dump is traced like YAML."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, overload

from why503.facts import (
    FilterChain,
    LoadedCluster,
    LoadedListener,
    LoadedRoute,
)
from why503.mesh.address import cluster_name, split_host
from why503.mesh.held import held_endpoints
from why503.mesh.loaded_policy import UNLIMITED, tls_mode, told_by
from why503.mesh.loaded_route import fault_in_words, retries_in_words
from why503.mesh.loaded_route import told_by as route_told_by
from why503.mesh.mesh import Mesh
from why503.mesh.pod_naming import pod_at
from why503.mesh.setting import Setting
from why503.mesh.traced.backend import Backend, Backends
from why503.mesh.traced.config import (
    WILDCARD,
    Chain,
    ChainMatch,
    Inspector,
    Listener,
    Made,
    Mirror,
    ProxyConfig,
    Route,
    RouteConfig,
    RouteMatch,
    StringMatch,
    Terminates,
    VirtualHost,
)
from why503.mesh.traced.inbound import http_inspector, tls_inspector
from why503.mesh.traced.proxy import proxy_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.step import Applied
from why503.mesh.traced.upstream import Upstream
from why503.support.text import _

_VIRTUAL = {15001: False, 15006: True}
_PATHS = {"prefix": "prefix", "path": "exact", "path_separated_prefix": "segments"}
_GONE = frozenset({"draining", "warming"})


class Dump:
    """The dump of one proxy."""

    def __init__(self, push: Push, teller: str) -> None:
        """``teller``: whose dump."""
        self.push = push
        self.mesh: Mesh = push.mesh
        self.teller = teller

    @property
    def shown(self) -> bool:
        """Whether it holds listeners; without them nothing can be followed."""
        return any(one.teller == self.teller for one in self.mesh.facts(LoadedListener))

    def config(self, port: int) -> ProxyConfig:
        """Listeners for ``port``, those that take the rest, and the routes that they name."""
        listeners = tuple(
            _listener(one)
            for one in self.mesh.facts(LoadedListener)
            if one.teller == self.teller and one.state not in _GONE and _is_for(one, port)
        )
        names = {chain.routes for one in listeners for chain in _all_chains(one)} - {""}
        return ProxyConfig(listeners=listeners, routes=self._routes(names))

    def _routes(self, names: set[str]) -> Mapping[str, RouteConfig]:
        found: dict[str, dict[str, list[LoadedRoute]]] = {name: {} for name in names}
        for route in self.mesh.facts(LoadedRoute):
            if route.config in found and route.teller == self.teller:
                found[route.config].setdefault(route.virtual_host, []).append(route)
        return {name: _route_config(name, hosts) for name, hosts in found.items() if hosts}

    def address_of(self, names: Collection[str], port: int) -> str:
        """The address at which it listens for a service of one of these names; ``""`` if none."""
        for one in self.mesh.facts(LoadedListener):
            address, own = split_host(one.address)
            if one.teller == self.teller and own == port and own not in _VIRTUAL:
                told = {name for chain in one.chains for name in _hosts_of(chain)}
                if address != WILDCARD and told & set(names):
                    return address
        return ""

    def upstream(self, name: str) -> Upstream:
        """A cluster as loaded."""
        mine = [one for one in self.mesh.facts(LoadedCluster) if one.teller == self.teller]
        found = next((one for one in mine if one.name == name), None)
        if found is None:
            text = _("The proxy {proxy} has not loaded a cluster of this name.")
            told = text.format(proxy=self.teller)
            return Upstream(name=name, made=Made(""), text=told, exists=not mine, sure=bool(mine))
        backends = self._backends(found)
        mode = Setting(value=tls_mode(found), source=found.source, default=False, by=told_by(found))
        text = _("The loaded cluster, of type {type}.").format(type=found.type or "-")
        return Upstream(
            name=name,
            made=Made(told_by(found), found.source),
            text=text,
            applied=tuple(_applied(found)),
            backends=backends,
            tls=mode if found.transports else None,
            sni=found.tls.sni if found.tls is not None else "",
            speaks_h2=found.h2,
            external=False,
        )

    def _backends(self, cluster: LoadedCluster) -> Backends | None:
        if cluster.type == "ORIGINAL_DST":
            return None
        held = [
            one
            for one in held_endpoints(self.mesh)
            if one.teller == self.teller and one.cluster == cluster.name
        ]
        places = [(one.address, one.source) for one in held if one.healthy and not one.ejected]
        places += [(address, cluster.source) for address in cluster.endpoints]
        found = tuple(self._backend(address, cluster) for address, _source in places)
        known = bool(held) or bool(cluster.endpoints) or self._lists_endpoints()
        return Backends(found=found, known=known, source=cluster.source)

    def _lists_endpoints(self) -> bool:
        return any(one.teller == self.teller for one in held_endpoints(self.mesh))

    def _backend(self, address: str, cluster: LoadedCluster) -> Backend:
        host, port = split_host(address)
        pod = pod_at(self.mesh, host)
        proxy = proxy_of(self.push, pod) if pod is not None else None
        return Backend(address=host, port=port or 0, source=cluster.source, proxy=proxy)


def _hosts_of(chain: FilterChain) -> Iterator[str]:
    """Hosts that a chain leads to, by its clusters and by the name of its routes."""
    for name in chain.clusters:
        parts = cluster_name(name)
        if parts is not None:
            yield parts.host
    if chain.http is not None:
        yield chain.http.route_config.rpartition(":")[0]


def _is_for(listener: LoadedListener, port: int) -> bool:
    own = split_host(listener.address)[1]
    return own == port or own in _VIRTUAL


def _all_chains(listener: Listener) -> Iterator[Chain]:
    yield from listener.chains
    if listener.default is not None:
        yield listener.default


def _listener(loaded: LoadedListener) -> Listener:
    address, port = split_host(loaded.address)
    text = _("the loaded listener {listener} of {proxy}")
    made = Made(text.format(listener=loaded.name, proxy=loaded.teller), loaded.source)
    chains = [(one.default, _chain(one, made)) for one in loaded.chains]
    inbound = _VIRTUAL.get(port or 0, loaded.direction == "INBOUND")
    kept = tuple(chain for default, chain in chains if not default)
    filters = " ".join(loaded.listener_filters)
    looks_tls, looks_http = "tls_inspector" in filters, "http_inspector" in filters
    return Listener(
        name=loaded.name,
        address=WILDCARD if address in ("::", "") else address,
        port=port or 0,
        made=made,
        chains=kept,
        default=next((chain for default, chain in chains if default), None),
        inbound=inbound,
        virtual=port in _VIRTUAL,
        tls_inspector=_inspector(looks_tls, tls_inspector(kept), told=inbound),
        http_inspector=_inspector(looks_http, http_inspector(kept), told=inbound),
    )


def _inspector(there: bool, by_chains: Inspector, *, told: bool) -> Inspector:
    """Inbound, Istio leaves ports out that do not need it; the dump's facts do not tell which."""
    if there and told:
        return by_chains
    return Inspector(usually=there)


def _chain(loaded: FilterChain, made: Made) -> Chain:
    tls = loaded.tls
    ends = None
    if tls is not None:
        mesh = "default" in tls.secrets
        ends = Terminates(client_certificate=tls.require_client_certificate, mesh=mesh)
    return Chain(
        made=made,
        name=loaded.name,
        match=ChainMatch(
            port=loaded.port,
            ranges=loaded.ranges,
            server_names=loaded.server_names,
            transport=loaded.transport_protocol,
            alpn=loaded.alpn,
        ),
        tls=ends,
        routes=loaded.http.route_config if loaded.http is not None else "",
        clusters=_shares(loaded),
    )


def _shares(chain: FilterChain) -> tuple[tuple[str, int], ...]:
    """Clusters of a TCP proxy with their weights."""
    if not chain.weights:
        return tuple((name, 100) for name in chain.clusters)
    return _drawn(tuple(zip(chain.clusters, chain.weights, strict=False)))


class _Routes(Sequence[Route]):
    """Loaded routes that take their shape when they are looked at: most hosts never are."""

    def __init__(self, loaded: Sequence[LoadedRoute]) -> None:
        self._loaded = loaded

    @overload
    def __getitem__(self, place: int) -> Route: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Route]: ...
    def __getitem__(self, place: int | slice) -> Route | Sequence[Route]:
        if isinstance(place, slice):
            return _Routes(self._loaded[place])
        return _route(self._loaded[place])

    def __len__(self) -> int:
        return len(self._loaded)


def _route_config(name: str, hosts: Mapping[str, Sequence[LoadedRoute]]) -> RouteConfig:
    first = next(iter(hosts.values()))[0]
    made = Made(route_told_by(first), first.source)
    return RouteConfig(
        name=name,
        hosts=tuple(
            VirtualHost(
                name=host,
                domains=routes[0].domains,
                routes=_Routes(routes),
                made=made,
                requires_tls=routes[0].requires_tls,
            )
            for host, routes in hosts.items()
        ),
    )


def _route(loaded: LoadedRoute) -> Route:
    made = Made(route_told_by(loaded), loaded.source)
    clusters = ((loaded.cluster, 100),) if loaded.cluster else _drawn(loaded.weighted)
    timeout = None
    if loaded.timeout is not None:
        timeout = Setting(value=loaded.timeout, source=loaded.source, default=False, by=made.by)
    retries = retries_in_words(loaded.retry) if loaded.retry is not None else None
    fault = fault_in_words(loaded.fault) if loaded.fault is not None else None
    return Route(
        made=made,
        name=loaded.name,
        match=_match(loaded),
        clusters=clusters,
        redirect=loaded.redirect_status if loaded.redirect else None,
        answer=loaded.direct_response,
        fault=_setting(fault, made) if fault else None,
        timeout=timeout,
        retries=_setting(retries, made) if retries else None,
        mirrors=tuple(Mirror(name, share, loaded.source) for name, share in loaded.mirrors),
    )


def _drawn(weighted: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Without the clusters that have no weight."""
    return tuple((name, weight) for name, weight in weighted if weight)


def _setting(value: Mapping[str, Any], made: Made) -> Setting[Mapping[str, Any]]:
    return Setting(value=value, source=made.source, default=False, by=made.by)


def _match(loaded: LoadedRoute) -> RouteMatch:
    written = loaded.match.partition(" + ")[0]
    kind, _blank, value = written.partition(" ")
    path: StringMatch | None = None
    if kind in _PATHS:
        path = StringMatch(kind=_PATHS[kind], value=value)
    elif kind == "regex":
        path = StringMatch(kind="regex", value=value)
    return RouteMatch(
        path=path,
        headers=tuple((name, _condition(told)) for name, told in loaded.headers),
        query=tuple((name, _condition(told)) for name, told in loaded.query),
    )


def _condition(told: str) -> StringMatch:
    negated = told.startswith("not ")
    kind, _blank, value = told.removeprefix("not ").partition(" ")
    return StringMatch(kind=kind, value=value, negated=negated)


def _applied(cluster: LoadedCluster) -> Iterator[Applied]:
    by = told_by(cluster)
    if cluster.outlier is not None:
        says = _("outlierDetection: after {count} errors for {seconds} s").format(
            count=cluster.outlier.consecutive_5xx,
            seconds=f"{cluster.outlier.base_ejection_time or 0:g}",
        )
        yield Applied(object=by, says=says, source=cluster.source)
    for limits in cluster.thresholds[:1]:
        named = {
            "maxConnections": limits.max_connections,
            "http1MaxPendingRequests": limits.max_pending_requests,
            "http2MaxRequests": limits.max_requests,
            "maxRetries": limits.max_retries,
        }
        set_ones = {k: v for k, v in named.items() if v is not None and v < UNLIMITED}
        if set_ones:
            words = ", ".join(f"{name}={value}" for name, value in set_ones.items())
            yield Applied(object=by, says=f"connectionPool: {words}", source=cluster.source)
