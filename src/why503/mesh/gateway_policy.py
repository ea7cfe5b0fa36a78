"""Envoy Gateway's BackendTrafficPolicy: which one applies to a host."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.destination import ROUTE_KINDS, destinations_of
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import same_host


def backend_traffic_policies_for(mesh: Mesh, host: str) -> tuple[Manifest, ...]:
    """BackendTrafficPolicies for routes that lead to ``host``, those for gateways last.

    A policy for a route or gateway whose routes are not in the evidence is taken to apply.
    """
    routes = [route for kind in ROUTE_KINDS for route in mesh.manifests(kind)]
    found = []
    for policy in mesh.manifests("BackendTrafficPolicy"):
        for target in _targets(policy):
            aimed = [route for route in routes if _is_target(route, target, policy)]
            if not aimed or any(_leads_to(route, host) for route in aimed):
                found.append((word_of(target.get("kind")) == "Gateway", policy))
                break
    return tuple(policy for _gateway, policy in sorted(found, key=lambda pair: pair[0]))


def _targets(policy: Manifest) -> Iterator[Mapping[str, Any]]:
    for _index, target in policy.items("spec", "targetRefs"):
        yield mapping_of(target)
    if isinstance(policy.get("spec", "targetRef"), Mapping):
        yield mapping_of(policy.get("spec", "targetRef"))


def _is_target(route: Manifest, target: Mapping[str, Any], policy: Manifest) -> bool:
    name, kind = word_of(target.get("name")), word_of(target.get("kind"))
    if (
        route.namespace
        and policy.namespace
        and kind != "Gateway"
        and route.namespace != policy.namespace
    ):
        return False
    if kind == "Gateway":
        parents = (mapping_of(parent) for _index, parent in route.items("spec", "parentRefs"))
        return any(word_of(parent.get("name")) == name for parent in parents)
    return (route.kind, route.name) == (kind, name)


def _leads_to(route: Manifest, host: str) -> bool:
    return any(same_host(destination.host, host) for destination in destinations_of(route))
