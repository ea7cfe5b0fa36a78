"""What loaded routes and listeners do to requests for a host, in the words of a VirtualService.

Answers about a host are None where no configuration dump shows a route to it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from why503.facts import (
    FilterCall,
    HttpSettings,
    LoadedCluster,
    LoadedFault,
    LoadedListener,
    LoadedRoute,
    RetryPolicy,
    Source,
)
from why503.mesh.hop import Hop
from why503.mesh.loaded import (
    ROUTE_TIMEOUT,
    STREAM_IDLE_TIMEOUT,
    is_cluster_of,
    loaded_clusters,
    loaded_routes,
)
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting
from why503.support.text import _

T = TypeVar("T")

_COMPLETE = frozenset({"BlackHoleCluster", "PassthroughCluster"})
"""Clusters that a sidecar always has: a dump with one of them was not cut to a single service."""


def told_by(route: LoadedRoute) -> str:
    """Who says so: `the loaded route 80/default of client`."""
    name = "/".join(part for part in (route.config, route.name) if part)
    return _("the loaded route {route} of {proxy}").format(route=name, proxy=route.teller)


def timeouts_loaded(mesh: Mesh, host: str) -> tuple[Setting[float], ...] | None:
    """Seconds that each route to the host gives a whole request; routes without a limit left out.

    A route that names no timeout has Envoy's 15 s.
    """

    def timeout(route: LoadedRoute) -> float | None:
        return ROUTE_TIMEOUT if route.timeout is None else route.timeout or None

    return _told(_routes(mesh, host), timeout)


def tries_loaded(mesh: Mesh, host: str) -> tuple[Setting[float], ...] | None:
    """Seconds that each route gives one try."""

    def per_try(route: LoadedRoute) -> float | None:
        return route.retry.per_try_timeout or None if route.retry is not None else None

    return _told(_routes(mesh, host), per_try)


def retries_loaded(mesh: Mesh, host: str) -> tuple[Setting[Mapping[str, Any]], ...] | None:
    """Retries of each route that has some: `attempts`, `retryOn`, `perTryTimeout`."""

    def retries(route: LoadedRoute) -> Mapping[str, Any] | None:
        return retries_in_words(route.retry) if route.retry is not None else None

    return _told(_routes(mesh, host), retries)


def _routes(mesh: Mesh, host: str) -> tuple[LoadedRoute, ...]:
    """Loaded routes to the host; none for the host ``""``."""
    return loaded_routes(mesh, host) if host else ()


def _told(
    routes: Sequence[LoadedRoute], of: Callable[[LoadedRoute], T | None]
) -> tuple[Setting[T], ...] | None:
    """What ``of`` finds on each of the routes that have it; None where there is no route."""
    found = [(route, of(route)) for route in routes]
    told = tuple(
        Setting(value=value, source=route.source, default=False, by=told_by(route))
        for route, value in found
        if value is not None
    )
    return told if routes else None


def retries_in_words(policy: RetryPolicy) -> Mapping[str, Any]:
    """A retry policy as a VirtualService would have it."""
    codes = [str(code) for code in policy.status_codes]
    found: dict[str, Any] = {
        "attempts": 1 if policy.num_retries is None else policy.num_retries,
        "retryOn": ",".join([*policy.retry_on, *codes]),
    }
    if policy.per_try_timeout:
        found["perTryTimeout"] = f"{policy.per_try_timeout:g}s"
    return found


def faults_loaded(mesh: Mesh, host: str = "") -> tuple[Setting[Mapping[str, Any]], ...] | None:
    """Faults that routes make on purpose; of every route for the host ``""``."""

    def fault(route: LoadedRoute) -> Mapping[str, Any] | None:
        return fault_in_words(route.fault) if route.fault is not None else None

    return _told(_every(mesh, host), fault)


def fault_in_words(fault: LoadedFault) -> Mapping[str, Any]:
    """A fault as a VirtualService would have it; empty where it touches no request."""
    found: dict[str, Any] = {}
    if fault.abort_percent > 0:
        share = {"value": fault.abort_percent}
        found["abort"] = {"httpStatus": fault.status, "percentage": share}
    if fault.delay is not None and fault.delay_percent > 0:
        share = {"value": fault.delay_percent}
        found["delay"] = {"fixedDelay": f"{fault.delay:g}s", "percentage": share}
    return found


def routes_without_cluster(hop: Hop, mesh: Mesh) -> tuple[tuple[LoadedRoute, str], ...]:
    """Loaded routes with a cluster that they name and that their own proxy has not loaded.

    Of the proxies that told of the hop's failures (of all where there are none), if their dump
    holds all their clusters; where the hop has a host, routes to it or for it only.
    """
    telling = {failure.teller.teller for failure in hop.failures}
    known: dict[str, set[str]] = {}
    for cluster in mesh.facts(LoadedCluster):
        known.setdefault(cluster.teller, set()).add(cluster.name)
    return tuple(
        (route, name)
        for route in mesh.facts(LoadedRoute)
        if (not telling or route.teller in telling)
        and _COMPLETE & (held := known.get(route.teller, set()))
        for name in route.clusters
        if name not in held
        and (not hop.host or hop.host in route.domains or is_cluster_of(name, hop.host))
    )


def stream_idle_limits(
    mesh: Mesh, host: str, tellers: Collection[str]
) -> tuple[Setting[float], ...]:
    """Seconds without movement after which these proxies end a stream; 0 (never) left out.

    Of their routes to the host and of their listeners, Envoy's 5 min where one names none.
    """
    found = [
        (route.idle_timeout, route.source, told_by(route)) for route in _of(mesh, host, tellers)
    ]
    for listener, http in _managers(mesh, tellers):
        idle = http.stream_idle_timeout
        seconds = STREAM_IDLE_TIMEOUT if idle is None else idle
        found.append((seconds, listener.source, _listener(listener)))
    return _settings(found)


def duration_limits(mesh: Mesh, host: str, tellers: Collection[str]) -> tuple[Setting[float], ...]:
    """Seconds that a stream or a connection may last at these proxies, whatever moves on it."""
    found = [
        (route.max_stream_duration, route.source, told_by(route))
        for route in _of(mesh, host, tellers)
    ]
    for listener, http in _managers(mesh, tellers):
        found += [
            (seconds, listener.source, _listener(listener))
            for seconds in (http.max_stream_duration, http.max_connection_duration)
        ]
    for cluster in loaded_clusters(mesh, host) if host else ():
        if cluster.teller in tellers:
            by = _("the loaded cluster {cluster} of {proxy}")
            by = by.format(cluster=cluster.name, proxy=cluster.teller)
            found.append((cluster.max_connection_duration, cluster.source, by))
    return _settings(found)


def _of(mesh: Mesh, host: str, tellers: Collection[str]) -> list[LoadedRoute]:
    return [route for route in _every(mesh, host) if route.teller in tellers]


def _every(mesh: Mesh, host: str) -> Sequence[LoadedRoute]:
    """Loaded routes to the host; all of them for the host ``""``."""
    return loaded_routes(mesh, host) if host else mesh.facts(LoadedRoute)


def _managers(
    mesh: Mesh, tellers: Collection[str]
) -> Iterator[tuple[LoadedListener, HttpSettings]]:
    for listener in mesh.facts(LoadedListener):
        for chain in listener.chains if listener.teller in tellers else ():
            if chain.http is not None:
                yield listener, chain.http


def _listener(listener: LoadedListener) -> str:
    return _("the loaded listener {listener} of {proxy}").format(
        listener=listener.name, proxy=listener.teller
    )


def _settings(
    found: Iterable[tuple[float | None, Source, str]],
) -> tuple[Setting[float], ...]:
    return tuple(
        Setting(value=seconds, source=source, default=False, by=by)
        for seconds, source, by in found
        if seconds is not None and seconds > 0
    )


def http_filters_loaded(
    mesh: Mesh, tellers: Collection[str], word: str
) -> tuple[Setting[str], ...]:
    """HTTP filters of these proxies' listeners whose name has ``word`` in it (no `_` in it)."""
    return tuple(
        Setting(value=name, source=listener.source, default=False, by=_listener(listener))
        for listener, http in _managers(mesh, tellers)
        for name in http.filters
        if word in name.replace("_", "")
    )


def filter_calls(
    mesh: Mesh, tellers: Collection[str], word: str
) -> tuple[Setting[FilterCall], ...]:
    """Services that these proxies' filters with ``word`` in their name ask for each request."""
    return tuple(
        Setting(value=call, source=listener.source, default=False, by=_listener(listener))
        for listener, http in _managers(mesh, tellers)
        for call in http.calls
        if word in call.filter
    )
