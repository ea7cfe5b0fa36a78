"""What a route does to a request: where it goes, how long, how often, with which faults."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh import loaded_route
from why503.mesh.candidate import candidates
from why503.mesh.destination import ROUTE_KINDS, Destination, all_destinations, destinations_of
from why503.mesh.gateway_policy import backend_traffic_policies_for
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.once import once
from why503.mesh.selection import covers, host_of_service, specificity
from why503.mesh.setting import Setting, mapping_of, word_of
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.workload import same_host
from why503.support.duration import seconds_of

__all__ = [
    "Destination",
    "HttpRule",
    "all_destinations",
    "destinations_of",
    "faults",
    "http_rules",
    "per_try_timeout",
    "retry_policy",
    "route_timeout",
    "subset_labels",
    "virtual_services_for",
]


class HttpRule(NamedTuple):
    """One HTTP rule of a route object."""

    place: int
    """Index in the object's list."""
    fields: Mapping[str, Any]
    manifest: Manifest
    path: Path

    def setting(self, value: Any, *path: str) -> Setting[Any]:
        """``value``, read from the rule's field at ``path``."""
        source = self.manifest.where(*self.path, *path)
        return Setting(value=value, source=source, default=False, by=self.manifest.full_name)


def virtual_services_for(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """VirtualServices that take requests for ``host`` by their `hosts`, the most specific first."""
    asked = host_of_service(mesh, host)
    found = []
    for service in candidates(mesh, "VirtualService", asked):
        patterns = [word_of(pattern) for _, pattern in service.items("spec", "hosts")]
        ranks = [
            specificity(word)
            for word in patterns
            if word and covers(word, asked, service.namespace)
        ]
        if ranks:
            found.append(((min(ranks), service.partial), service))
    return tuple(service for _rank, service in sorted(found, key=lambda pair: pair[0]))


@once
def http_rules(route: Manifest) -> tuple[HttpRule, ...]:
    """HTTP rules of a VirtualService, HTTPRoute or GRPCRoute, in order."""
    section = "http" if route.kind == "VirtualService" else "rules"
    return tuple(
        HttpRule(index, mapping_of(fields), route, ("spec", section, index))
        for index, fields in route.items("spec", section)
    )


def _rules_for(mesh: Mesh, host: str, *, loaded: bool = False) -> Iterator[HttpRule]:
    """HTTP rules that send to ``host``, then the others of VirtualServices for that very host.

    ``loaded``: proxies show their routes to the host, so rules for all sidecars are either among
    those or not in force; only rules for gateways can still add to them.
    """
    routes = [
        route
        for kind in ("VirtualService", *ROUTE_KINDS)
        for route in mesh.manifests(kind)
        if not loaded or _for_gateways(route)
    ]
    asked = {id(service) for service in virtual_services_for(mesh, host) if _names(service, host)}
    others = []
    for route in routes:
        towards = {
            destination.path
            for destination in destinations_of(route)
            if not destination.mirror and same_host(destination.host, host)
        }
        for rule in http_rules(route):
            if rule.path in towards:
                yield rule
            elif id(route) in asked:
                others.append(rule)
    yield from others


def _for_gateways(route: Manifest) -> bool:
    """Whether a route holds at gateways too, and not for sidecars only."""
    if route.kind != "VirtualService":
        return True
    return any(word_of(name) != "mesh" for _, name in route.items("spec", "gateways"))


def _names(service: Manifest, host: str) -> bool:
    """True where a VirtualService names the host itself and not only a wildcard around it."""
    patterns = [word_of(pattern) for _, pattern in service.items("spec", "hosts")]
    return any(
        not specificity(word)[0] and covers(word, host, service.namespace)
        for word in patterns
        if word
    )


def subset_labels(mesh: Mesh, host: str, subset: str) -> Setting[Mapping[str, Any]] | None:
    """Pod labels of a subset; None where no DestinationRule of the evidence defines it.

    A rule seen only as a table row (`Manifest.partial`) may define it all the same.
    """
    return mesh.kept(f"subset {subset} of {host}", lambda: _subset_labels(mesh, host, subset))


def _subset_labels(mesh: Mesh, host: str, subset: str) -> Setting[Mapping[str, Any]] | None:
    for rule in destination_rules_for(mesh, host):
        for index, fields in rule.items("spec", "subsets"):
            if word_of(mapping_of(fields).get("name")) == subset:
                path = ("spec", "subsets", index)
                return Setting(
                    value=mapping_of(rule.get(*path, "labels")),
                    source=rule.where(*path),
                    default=False,
                    by=rule.full_name,
                )
    return None


def route_timeout(mesh: Mesh, host: str) -> Setting[float] | None:
    """The shortest time, in seconds, that a route gives a whole request; None where none is set.

    Routes that a proxy has loaded go first.
    """
    return _shortest(
        mesh,
        host,
        loaded_route.timeouts_loaded(mesh, host),
        _Places(("timeout",), ("timeouts", "request"), ("timeout", "http", "requestTimeout")),
    )


def per_try_timeout(mesh: Mesh, host: str) -> Setting[float] | None:
    """The shortest time, in seconds, that a route gives one try; None where none is set.

    Routes that a proxy has loaded go first.
    """
    return _shortest(
        mesh,
        host,
        loaded_route.tries_loaded(mesh, host),
        _Places(
            ("retries", "perTryTimeout"),
            ("timeouts", "backendRequest"),
            ("retry", "perRetry", "timeout"),
        ),
    )


class _Places(NamedTuple):
    """Where a timeout stands."""

    virtual_service: Path
    """In an HTTP rule of a VirtualService."""
    gateway_api: Path
    """In a rule of an HTTPRoute or GRPCRoute."""
    policy: Path
    """In the spec of a BackendTrafficPolicy."""


def _shortest(
    mesh: Mesh, host: str, loaded: tuple[Setting[float], ...] | None, places: _Places
) -> Setting[float] | None:
    """The shortest that is ``loaded``, else the shortest that an object sets."""
    if loaded:
        return min(loaded, key=lambda setting: setting.value)
    found: list[Setting[float]] = []
    for rule in _rules_for(mesh, host, loaded=loaded is not None):
        virtual = rule.manifest.kind == "VirtualService"
        path = places.virtual_service if virtual else places.gateway_api
        found += _timeout(rule.manifest, (*rule.path, *path))
    for policy in backend_traffic_policies_for(mesh, host):
        found += _timeout(policy, ("spec", *places.policy))
    return min(found, key=lambda setting: setting.value, default=None)


def _timeout(manifest: Manifest, path: Path) -> list[Setting[float]]:
    """The timeout at ``path``, if it is set; 0 switches it off."""
    seconds = seconds_of(manifest.get(*path))
    if seconds is None or not seconds > 0:
        return []
    return [
        Setting(value=seconds, source=manifest.where(*path), default=False, by=manifest.full_name)
    ]


def retry_policy(mesh: Mesh, host: str) -> Setting[Mapping[str, Any]] | None:
    """Retries as a route, Envoy Gateway's policy or the mesh config writes them; None without.

    Keys are the object's own: `attempts`, `retryOn`, `perTryTimeout` in a VirtualService and the
    mesh config, `attempts`, `codes`, `backoff` in an HTTPRoute, `numRetries`, `retryOn` in a
    BackendTrafficPolicy. Routes that a proxy has loaded go first.
    """
    loaded = loaded_route.retries_loaded(mesh, host)
    if loaded:
        return loaded[0]
    for rule in _rules_for(mesh, host, loaded=loaded is not None):
        field = "retries" if rule.manifest.kind == "VirtualService" else "retry"
        if isinstance(rule.fields.get(field), Mapping):
            return rule.setting(rule.fields[field], field)
    for policy in backend_traffic_policies_for(mesh, host):
        if isinstance(policy.get("spec", "retry"), Mapping):
            return Setting(
                value=policy.get("spec", "retry"),
                source=policy.where("spec", "retry"),
                default=False,
                by=policy.full_name,
            )
    found = mesh_setting(mesh, "defaultHttpRetryPolicy")
    return found if found is not None and isinstance(found.value, Mapping) else None


def faults(mesh: Mesh, host: str) -> tuple[Setting[Mapping[str, Any]], ...]:
    """Faults injected on purpose on the way to ``host``: mappings with `abort` and/or `delay`.

    As written: `httpStatus`, `percentage.value` in a VirtualService, a plain `percentage` in Envoy
    Gateway, `fixedDelay` in both. Routes that a proxy has loaded go first.
    """
    loaded = loaded_route.faults_loaded(mesh, host) if host else None
    found = [setting for setting in loaded or () if setting.value]
    for rule in _rules_for(mesh, host, loaded=loaded is not None):
        fault = mapping_of(rule.fields.get("fault"))
        if isinstance(fault.get("abort"), Mapping) or isinstance(fault.get("delay"), Mapping):
            found.append(rule.setting(fault, "fault"))
    for policy in backend_traffic_policies_for(mesh, host):
        fault = mapping_of(policy.get("spec", "faultInjection"))
        if fault:
            source = policy.where("spec", "faultInjection")
            found.append(Setting(value=fault, source=source, default=False, by=policy.full_name))
    return tuple(found)
