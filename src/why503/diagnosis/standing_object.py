"""Objects of the evidence that a remedy has to change, instead of adding a second one.

Two VirtualServices for one host are not merged at sidecars: the older one wins and the newer does
nothing. So where one routes the host already, a remedy changes that one and keeps its routes.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from why503.facts import Manifest, Request
from why503.mesh.address import split_host
from why503.mesh.failure import Role
from why503.mesh.gateway import is_gateway
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of
from why503.mesh.route import HttpRule, destinations_of, http_rules, virtual_services_for
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import same_host

ROUTE_SETTERS = ("VirtualService", "HTTPRoute", "GRPCRoute", "BackendTrafficPolicy")
"""Kinds of objects that set timeouts, retries and faults."""
POLICY_SETTERS = ("DestinationRule", "BackendTrafficPolicy")
"""Kinds of objects that set what holds for connections."""
_SIDECARS = "mesh"
"""The name that stands for all sidecars among a VirtualService's `gateways`."""


def edit_command(mesh: Mesh, kinds: tuple[str, ...], by: Iterable[str], namespace: str) -> str:
    """Command that edits the object whose full name ends one of ``by``, as `Setting.by` does.

    ``kinds`` are those to look among; where the evidence has no such object, the first one's name
    in angle brackets stands for it, and ``namespace`` for its place.
    """
    told = tuple(by)
    for kind in kinds:
        for manifest in mesh.manifests(kind):
            if any(f" {name}".endswith(f" {manifest.full_name}") for name in told):
                return edit(manifest, namespace)
    kind = kinds[0].lower()
    return f"kubectl -n {namespace} edit {kind} <{kind}>"


def edit(manifest: Manifest, namespace: str) -> str:
    """Command that edits one object, in ``namespace`` where it does not tell its own."""
    space = manifest.namespace or namespace
    return f"kubectl -n {space} edit {manifest.kind.lower()} {manifest.name}"


def edit_route(hop: Hop, mesh: Mesh) -> str:
    """Command that edits the VirtualService that routes the hop's requests, named where known."""
    service, namespace = routing_service(hop, mesh), namespace_of(hop, mesh)
    if service is None:
        return f"kubectl -n {namespace} edit virtualservice <virtualservice>"
    return edit(service, namespace)


def routing_service(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The VirtualService that routes the hop's requests at the calling proxy.

    Sidecars go by those without `gateways` (or with `mesh` among them), a gateway by the others.
    """
    callers = _callers(hop)
    services = {
        id(service): service
        for host in (hop.host, *_names_called(hop, callers))
        if host
        for service in virtual_services_for(mesh, host)
        if service.name
    }
    at_gateway = any(map(is_gateway, callers))
    fitting = [service for service in services.values() if _holds(service, at_gateway=at_gateway)]
    if not callers:
        fitting += services.values()
    return fitting[0] if fitting else None


def _callers(hop: Hop) -> list[Request]:
    """What the calling proxy tells of the failures; empty where only the server's tells."""
    told = [
        failure.teller if failure.role is Role.DOWNSTREAM else failure.downstream
        for failure in hop.failures
    ]
    return [request for request in told if request is not None]


def _names_called(hop: Hop, callers: list[Request]) -> list[str]:
    """Full names by which the host was called where they are not its own, as at a gateway."""
    names = dict.fromkeys(split_host(request.authority)[0] for request in callers)
    return [name for name in names if "." in name and not same_host(name, hop.host)]


def _holds(service: Manifest, *, at_gateway: bool) -> bool:
    gateways = [word_of(name) for _, name in service.items("spec", "gateways")] or [_SIDECARS]
    if at_gateway:
        return any(name != _SIDECARS for name in gateways)
    return _SIDECARS in gateways


def retried_rules(
    service: Manifest, hop: Hop, conditions: tuple[str, ...]
) -> Iterator[tuple[HttpRule, dict[str, Any]]]:
    """Rules of a VirtualService that send to the hop's host, each with the retries to give it."""
    towards = {
        destination.path
        for destination in destinations_of(service)
        if not destination.mirror and same_host(destination.host, hop.host)
    }
    for rule in http_rules(service):
        if rule.path in towards:
            yield rule, _retries(mapping_of(rule.fields.get("retries")), conditions)


def retry_command(service: Manifest, hop: Hop, conditions: tuple[str, ...], namespace: str) -> str:
    """Command that adds retries to the rules of a VirtualService that send to the hop's host.

    Everything else of the object stays as it is. Where it does not show its rules, the command
    that edits it.
    """
    steps = [
        {"op": "add", "path": f"/spec/http/{rule.place}/retries", "value": retries}
        for rule, retries in retried_rules(service, hop, conditions)
    ]
    if not steps:
        return edit(service, namespace)
    body = shlex.quote(json.dumps(steps, default=str))
    space = service.namespace or namespace
    return f"kubectl -n {space} patch virtualservice {service.name} --type json -p {body}"


def _retries(standing: Any, conditions: tuple[str, ...]) -> dict[str, Any]:
    """The retries that stand there, with these conditions among theirs."""
    written = [word.strip() for word in word_of(standing.get("retryOn")).split(",")]
    wanted = dict.fromkeys(word for word in (*written, *conditions) if word)
    attempts = whole_number(standing.get("attempts")) or 2
    return {**standing, "attempts": attempts, "retryOn": ",".join(wanted)}
