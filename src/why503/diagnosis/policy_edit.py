"""Edits of what a DestinationRule says of a host: in the rule that decides, else in a new one.

Istio takes a block (`connectionPool`, `outlierDetection`, `tls`) as a whole from the narrowest
place that has it. So a value is put where the block is decided on: in the entry of the port, in the
policy of the host, and in each subset that has a block of its own.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from why503.diagnosis.edit import Edit, New, Put, Target, target_of
from why503.diagnosis.standing_object import edit
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.endpoint import service_port
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, object_name, rule_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.version import istio_version
from why503.mesh.workload import service_of
from why503.support.dataclass import dataclass

_POLICY = ("spec", "trafficPolicy")
_V1_SINCE = (1, 22)

Setting = tuple[str | int, ...]
"""A path below `trafficPolicy` that ends in its value."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a remedy takes over: edits, the command that does the same, and the way back."""

    edits: tuple[Edit, ...] = ()
    commands: tuple[str, ...] = ()
    undo: str = ""


def api(mesh: Mesh, group: str = "networking") -> str:
    """API version by which a new object of Istio is written: `v1` where Istio serves it."""
    version = istio_version(mesh)
    old = version is not None and version.value < _V1_SINCE
    return f"{group}.istio.io/{'v1beta1' if old else 'v1'}"


def pool_wanted(hop: Hop, mesh: Mesh, *settings: Setting) -> Wanted:
    """Fields of the host's `connectionPool`, each a path below it that ends in its value."""
    return policy_wanted(hop, mesh, *(("connectionPool", *path) for path in settings))


def policy_wanted(hop: Hop, mesh: Mesh, *settings: Setting) -> Wanted:
    """Fields of the host's `trafficPolicy`: in the DestinationRule that it has, else a new one."""
    rule = standing_rule(hop, mesh)
    if rule is None:
        return _new(hop, mesh, tree_of(*settings))
    if word_of(rule.get("spec", "host")).startswith("*"):
        # A rule for the host alone puts the wildcard's out of force: it takes its policy along.
        return _new(hop, mesh, _over(mapping_of(rule.get(*_POLICY)), tree_of(*settings)))
    port = service_port(mesh, hop.host, hop.port)
    edits = () if rule.partial else tuple(_edits(rule, port, settings))
    space = rule.namespace or namespace_of(hop, mesh)
    body = shlex.quote(json.dumps({"spec": {"trafficPolicy": tree_of(*settings)}}))
    merged = f"kubectl -n {space} patch destinationrule {rule.name} --type merge -p {body}"
    is_plain = rule.partial or all(
        one.path[:2] == _POLICY and _keys_only(one.path) for one in edits
    )
    command = merged if is_plain else edit(rule, space)
    return Wanted(edits=edits, commands=(command,), undo=edit(rule, space))


def standing_rule(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The DestinationRule that decides for the hop's host, as far as the evidence shows one."""
    rules = destination_rules_for(mesh, hop.host) if hop.host else ()
    return next((rule for rule in rules if rule.name), None)


def service_target(hop: Hop, mesh: Mesh) -> Target | None:
    """The hop's Service, near which new objects about it are filed; None where none was given."""
    service = service_of(mesh, hop.host) if hop.host else None
    return target_of(service) if service is not None and not service.partial else None


def deciding_levels(rule: Manifest, port: int | None, block: str) -> Iterator[Path]:
    """Paths of the traffic policies of ``rule`` that decide on ``block`` for a port."""
    entries = [
        (*_POLICY, "portLevelSettings", index)
        for index, level in rule.items(*_POLICY, "portLevelSettings")
        if port is not None
        and whole_number(mapping_of(mapping_of(level).get("port")).get("number")) == port
    ]
    yield entries[0] if entries else _POLICY
    for index, _subset in rule.items("spec", "subsets"):
        path = ("spec", "subsets", index, "trafficPolicy")
        if isinstance(rule.get(*path, block), Mapping):
            yield path


def new_rule(hop: Hop, mesh: Mesh, spec: Mapping[str, Any], comment: str = "") -> New:
    """A DestinationRule for the hop's host with the rest of its ``spec``."""
    data = {
        "apiVersion": api(mesh),
        "kind": "DestinationRule",
        "metadata": {"name": object_name(hop, mesh), "namespace": namespace_of(hop, mesh)},
        "spec": {"host": rule_host(hop), **spec},
    }
    return New(data=data, beside=service_target(hop, mesh), comment=comment)


def _new(hop: Hop, mesh: Mesh, policy: Mapping[str, Any]) -> Wanted:
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    return Wanted(
        edits=(new_rule(hop, mesh, {"trafficPolicy": policy}),),
        undo=f"kubectl -n {namespace} delete destinationrule {name}",
    )


def _edits(rule: Manifest, port: int | None, settings: tuple[Setting, ...]) -> Iterator[Put]:
    target = target_of(rule)
    for *steps, value in settings:
        for level in deciding_levels(rule, port, str(steps[0])):
            yield Put(target=target, path=(*level, *steps), value=value)


def _keys_only(path: tuple[object, ...]) -> bool:
    return all(isinstance(step, str) for step in path)


def tree_of(*settings: Setting) -> dict[str, Any]:
    """Nested mappings with the values at the ends of their paths."""
    tree: dict[str, Any] = {}
    for *steps, last, value in settings:
        here = tree
        for step in steps:
            here = here.setdefault(str(step), {})
        here[str(last)] = value
    return tree


def _over(under: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    both = deepcopy(dict(under))
    for key, value in tree.items():
        mine = both.get(key)
        nested = isinstance(mine, Mapping) and isinstance(value, Mapping)
        both[key] = _over(mapping_of(mine), value) if nested else value
    return both
