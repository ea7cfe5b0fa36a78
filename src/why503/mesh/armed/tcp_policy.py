"""AuthorizationPolicies that ask a TCP connection for what only an HTTP request has."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.policy_rule import PolicyRule, policies_of, rules_of, words_of
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ServicePort, ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.protocol import OPAQUE, declared
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import containers_of, has_own_sidecar, labels_of
from why503.support.text import _

_PROXY = "istio-proxy"
_MODE = "istio.io/dataplane-mode"
_OF_HTTP = frozenset(
    {"hosts", "methods", "paths", "notHosts", "notMethods", "notPaths"}
    | {"requestPrincipals", "notRequestPrincipals"}
)
_KEYS_OF_HTTP = ("request.headers", "request.auth.")


class _Target(NamedTuple):
    """A port of a workload where the proxy sees connections only."""

    service: Manifest
    workload: Manifest
    entry: ServicePort
    protocol: str
    number: int
    """The port inside the pod, which is the one that policies name."""


def http_allowed_on_tcp(mesh: Mesh) -> Iterator[Spotted]:
    """Ports of TCP that are shut since the ALLOW rules for them ask for what only HTTP has.

    Istio leaves such a rule out for connections, so it lets nobody in. Values: `policy`, `field`,
    `port`, `protocol`, `service`.
    """
    for target, rules in _held(mesh, "ALLOW"):
        wanted = [rule for rule in rules if _asks_port(rule, target.number)]
        if all(_http_fields(rule) for rule in wanted):
            for rule in wanted:
                yield _told(rule, next(_http_fields_of(rule)), target)


def http_denied_on_tcp(mesh: Mesh) -> Iterator[Spotted]:
    """DENY rules that ask a TCP port for what only HTTP has: they deny without that condition.

    Values: `policy`, `field`, `port`, `protocol`, `service`.
    """
    for target, rules in _held(mesh, "DENY"):
        for rule in rules:
            field = _ignored(rule, target.number)
            if field is not None:
                yield _told(rule, field, target)


def http_rules_at_ztunnel(mesh: Mesh) -> Iterator[Spotted]:
    """Rules of ambient namespaces that ask ztunnel for what only HTTP has.

    It leaves such a rule of an ALLOW policy out, and the condition of a DENY rule. Values:
    `policy`, `field`, `effect`.
    """
    ambient = {
        space.name
        for space in mesh.manifests("Namespace")
        if word_of(space.get("metadata", "labels", _MODE)) == "ambient"
    }
    effects = {
        "ALLOW": _("the rule lets nobody in"),
        "DENY": _("the rule denies without asking for it"),
    }
    for action, effect in effects.items() if ambient else ():
        for policy in policies_of(mesh, action):
            if policy.namespace in ambient and _is_of_ztunnel(mesh, policy):
                for rule in rules_of(policy):
                    for field in islice(_http_fields_of(rule), 1):
                        name, told = policy.full_name, _spelled(policy, field)
                        where = policy.where(*field)
                        yield spotted(where, policy=name, field=told, effect=effect)


def _is_of_ztunnel(mesh: Mesh, policy: Manifest) -> bool:
    """Whether it is for pods without a proxy of their own: neither waypoints nor sidecars."""
    labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
    if any(str(key).endswith("/gateway-name") for key in labels):
        return False
    meant = inventory(mesh).selected(policy.namespace, labels)
    return not any(has_own_sidecar(mesh, workload) for workload in meant)


def _told(rule: PolicyRule, field: Path, target: _Target) -> Spotted:
    return spotted(
        rule.policy.where(*field),
        policy=rule.policy.full_name,
        field=_spelled(rule.policy, field),
        port=target.entry.port,
        protocol=target.protocol,
        service=target.service.full_name,
    )


def _spelled(policy: Manifest, field: Path) -> str:
    """The field's name; the condition's key for one under `when`."""
    return word_of(policy.get(*field)) if field[-1] == "key" else str(field[-1])


def _held(mesh: Mesh, action: str) -> Iterator[tuple[_Target, list[PolicyRule]]]:
    """Each port of TCP with the rules of one action that its workload is held to."""
    by_space: defaultdict[str, list[Manifest]] = defaultdict(list)
    for policy in policies_of(mesh, action):
        by_space[policy.namespace].append(policy)
    root = root_namespace(mesh)
    for target in _targets(mesh) if by_space else ():
        labels = labels_of(target.workload)
        spaces = {target.workload.namespace, root}
        rules = [
            rule
            for policy in (policy for space in sorted(spaces) for policy in by_space.get(space, ()))
            if has_labels(labels, mapping_of(policy.get("spec", "selector", "matchLabels")))
            for rule in rules_of(policy)
        ]
        yield target, rules


def _targets(mesh: Mesh) -> Iterator[_Target]:
    """Declared TCP ports in front of workloads whose proxy holds policies to connections."""
    known = inventory(mesh)
    gateways = [mapping_of(one.get("spec", "selector")) for one in mesh.manifests("Gateway")]
    for service in mesh.manifests("Service"):
        entries = [] if service.partial else _opaque(service)
        for workload in known.behind(service) if entries else ():
            labels = labels_of(workload)
            if has_own_sidecar(mesh, workload) is False or _is_gateway(workload):
                continue
            if any(wanted and has_labels(labels, wanted) for wanted in gateways):
                continue
            for entry, protocol in entries:
                number = _number(workload, entry)
                if number is not None:
                    yield _Target(service, workload, entry, protocol, number)


def _opaque(service: Manifest) -> list[tuple[ServicePort, str]]:
    found = [(entry, declared(entry)) for entry in ports_of(service)]
    return [
        (entry, protocol.value)
        for entry, protocol in found
        if protocol is not None and protocol.value in OPAQUE
    ]


def _is_gateway(workload: Manifest) -> bool:
    names = [
        container.get("name")
        for path, container in containers_of(workload)
        if "initContainers" not in path
    ]
    return names == [_PROXY]


def _number(workload: Manifest, entry: ServicePort) -> int | None:
    """The port inside the pod; None for a name that no container has."""
    target = entry.fields.get("targetPort", entry.port)
    number = whole_number(target)
    if number is not None:
        return number
    for path, _container in containers_of(workload):
        for _index, port in workload.items(*path, "ports"):
            if mapping_of(port).get("name") == target:
                return whole_number(mapping_of(port).get("containerPort"))
    return None


def _takes(operation: Mapping[str, Any], port: int) -> bool:
    """Whether the ports of an operation leave ``port`` in."""
    listed, spared = words_of(operation.get("ports")), words_of(operation.get("notPorts"))
    return (not listed or str(port) in listed) and str(port) not in spared


def _asks_port(rule: PolicyRule, port: int) -> bool:
    operations = rule.parts("to", "operation")
    return not operations or any(_takes(fields, port) for _path, fields in operations)


def _http_fields(rule: PolicyRule) -> bool:
    return next(_http_fields_of(rule), None) is not None


def _http_fields_of(rule: PolicyRule) -> Iterator[Path]:
    """Fields of a rule that only HTTP has."""
    for path, fields in (*rule.parts("to", "operation"), *rule.parts("from", "source")):
        yield from ((*path, name) for name in fields if name in _OF_HTTP and fields[name])
    yield from _http_keys(rule)


def _http_keys(rule: PolicyRule) -> Iterator[Path]:
    for index, fields in rule.policy.items(*rule.path, "when"):
        if word_of(mapping_of(fields).get("key")).startswith(_KEYS_OF_HTTP):
            yield (*rule.path, "when", index, "key")


def _ignored(rule: PolicyRule, port: int) -> Path | None:
    """A condition of a DENY rule that is dropped on ``port``; None where the rule spares it."""
    operations = rule.parts("to", "operation")
    taking = [(path, fields) for path, fields in operations if _takes(fields, port)]
    if operations and not taking:
        return None
    for path, fields in (*taking, *rule.parts("from", "source")):
        for name in fields:
            if name in _OF_HTTP and fields[name]:
                return (*path, name)
    return next(_http_keys(rule), None)
