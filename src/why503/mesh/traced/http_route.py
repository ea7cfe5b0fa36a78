"""Routes that istiod makes of the HTTP rules of a route object."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from why503.mesh.selection import has_labels
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.traced.config import Made, Mirror, Route, RouteMatch, StringMatch
from why503.mesh.traced.proxy import Proxy
from why503.mesh.traced.registry import Service
from why503.mesh.traced.routing import Routing, Rule, Target
from why503.support.duration import seconds_of
from why503.support.text import _

Lookup = Callable[[str], Service | None]
_REDIRECT = 301
_FAILED = 500
"""Of a route of the Gateway API whose cluster does not exist."""
_UNAVAILABLE = 503
_WHOLE = 100
_KINDS = ("exact", "prefix", "regex")


def routes_of(
    routing: Routing, port: int, gateways: frozenset[str], proxy: Proxy, lookup: Lookup
) -> tuple[Route, ...]:
    """Routes for one port of a proxy; empty where no rule is for it.

    ``gateways``: names by which the rules may mean this proxy; ``lookup``: services by host.
    """
    found: list[Route] = []
    for rule in routing.http:
        for match in rule.matches or ({},):
            if not _for_proxy(match, port, gateways, proxy):
                continue
            route = replace(
                _route(rule, match, port, proxy, lookup),
                not_found=_FAILED if routing.gateway_api else _UNAVAILABLE,
            )
            found.append(route)
            if takes_all(route):
                return tuple(found)
    return tuple(found)


def takes_all(route: Route) -> bool:
    """Whether nothing can come after a route."""
    path = route.match.path
    everything = path is None or (path.kind in ("prefix", "segments") and path.value == "/")
    everything = everything or (
        path is not None and path.kind == "regex" and path.value in (".*", "/.*", "*")
    )
    return everything and not route.match.headers and not route.match.query


def last_those_that_take_all(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Routes of several objects for one host: what takes everything goes last."""
    return tuple(sorted(routes, key=takes_all))


def _for_proxy(match: Mapping[str, Any], port: int, gateways: frozenset[str], proxy: Proxy) -> bool:
    wanted = whole_number(match.get("port"))
    if wanted and wanted != port:
        return False
    named = match.get("gateways")
    if isinstance(named, list) and named:
        return bool(gateways & set(named))
    space = word_of(match.get("sourceNamespace"))
    return has_labels(proxy.labels, mapping_of(match.get("sourceLabels"))) and (
        not space or space == proxy.namespace
    )


def _route(rule: Rule, match: Mapping[str, Any], port: int, proxy: Proxy, lookup: Lookup) -> Route:
    manifest = rule.manifest
    name = word_of(rule.fields.get("name"))
    if word_of(match.get("name")):
        name = f"{name}.{word_of(match.get('name'))}"
    redirect = mapping_of(rule.fields.get("redirect"))
    answer = mapping_of(rule.fields.get("directResponse"))
    redirected = (whole_number(redirect.get("redirectCode")) or _REDIRECT) if redirect else None
    fault = mapping_of(rule.fields.get("fault"))
    return Route(
        made=Made(manifest.full_name, manifest.where(*rule.path)),
        name=name,
        match=_match_of(match),
        clusters=() if redirect or answer else _clusters(rule.targets, port, lookup),
        places=tuple(target.source for target in weighted(rule.targets)),
        refusals=tuple(target.refused for target in weighted(rule.targets)),
        redirect=redirected,
        answer=whole_number(answer.get("status")) if answer else None,
        fault=_setting(rule, "fault", fault) if fault else None,
        timeout=timeout_of(rule),
        retries=retries_of(rule, proxy),
        mirrors=tuple(
            Mirror(cluster_of(to, port, lookup(to.host)), share, to.source)
            for to, share in rule.mirrors
        ),
    )


def _setting(rule: Rule, name: str, value: Mapping[str, Any]) -> Setting[Mapping[str, Any]]:
    manifest, source = rule.place_of(name)
    return Setting(value=value, source=source, default=False, by=manifest.full_name)


def timeout_of(rule: Rule) -> Setting[float]:
    """Seconds for the whole request; 0, Istio's default: none."""
    seconds = seconds_of(rule.fields.get("timeout"))
    if seconds is None:
        return Setting(value=0.0, source=None, default=True, by=_("Istio's default"))
    manifest, source = rule.place_of("timeout")
    return Setting(value=seconds, source=source, default=False, by=manifest.full_name)


def retries_of(rule: Rule, proxy: Proxy) -> Setting[Mapping[str, Any]]:
    """Retries of a rule, else those that the proxy has where nothing is said."""
    written = mapping_of(rule.fields.get("retries"))
    return _setting(rule, "retries", written) if written else proxy.default_retries


def weighted(targets: Sequence[Target]) -> Sequence[Target]:
    """The targets that requests go to: the only one, else those with a weight."""
    return targets if len(targets) == 1 else [target for target in targets if target.weight]


def _clusters(targets: Sequence[Target], port: int, lookup: Lookup) -> tuple[tuple[str, int], ...]:
    return tuple(
        (cluster_of(target, port, lookup(target.host)), target.weight or _WHOLE)
        for target in weighted(targets)
    )


def cluster_of(target: Target, port: int, service: Service | None) -> str:
    """The cluster that a destination means, at a listener for ``port``."""
    if not target.host or target.refused:
        return "UnknownService"
    host = service.alias_of if service is not None and service.alias_of else target.host
    number = target.port
    if number is None:
        number = port
        if service is not None and len(service.ports) == 1:
            number = service.ports[0].number
    return f"outbound|{number}|{target.subset}|{host}"


def _match_of(match: Mapping[str, Any]) -> RouteMatch:
    path = _string(mapping_of(match.get("uri")), ignore_case=match.get("ignoreUriCase") is True)
    return RouteMatch(
        path=path,
        headers=tuple(_headers(match)),
        query=tuple(
            (name, _string(mapping_of(told)) or StringMatch(kind="present"))
            for name, told in mapping_of(match.get("queryParams")).items()
        ),
    )


def _headers(match: Mapping[str, Any]) -> Iterator[tuple[str, StringMatch]]:
    for field in ("method", "authority", "scheme"):
        found = _string(mapping_of(match.get(field)))
        if found is not None:
            yield f":{field}", found
    for name, told in mapping_of(match.get("headers")).items():
        yield name, _string(mapping_of(told)) or StringMatch(kind="present")
    for name, told in mapping_of(match.get("withoutHeaders")).items():
        found = _string(mapping_of(told)) or StringMatch(kind="present")
        yield name, StringMatch(kind=found.kind, value=found.value, negated=True)


def _string(told: Mapping[str, Any], *, ignore_case: bool = False) -> StringMatch | None:
    for kind in (*_KINDS, "segments"):
        if kind in told:
            value = word_of(told[kind])
            if kind == "prefix" and not value:
                continue
            return StringMatch(kind=kind, value=value, ignore_case=ignore_case)
    return None
