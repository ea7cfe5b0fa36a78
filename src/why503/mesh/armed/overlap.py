"""Two objects, or two rules of one, that speak of the same: one of them is not in force."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.mesh import Mesh
from why503.mesh.route import HttpRule, http_rules
from why503.mesh.selection import created, full_host, labels_told
from why503.mesh.setting import mapping_of, whole_number, word_of

_MESH = "mesh"


def unreachable_rules(mesh: Mesh) -> Iterator[Spotted]:
    """HTTP rules behind one that takes everything, or the same: `route`, `number`, `before`."""
    for route in mesh.manifests("VirtualService"):
        taken: list[tuple[int, list[Any]]] = []
        for rule in http_rules(route):
            before = _taken_by(rule, taken)
            if before is not None:
                yield spotted(
                    route.where(*rule.path),
                    route=route.full_name,
                    number=rule.place + 1,
                    before=before + 1,
                )
            taken.append((rule.place, _matches(rule)))


def _matches(rule: HttpRule) -> list[Any]:
    """The matches of a rule; one that takes everything where it has none."""
    found = rule.fields.get("match")
    return found if isinstance(found, list) and found else [{}]


def _taken_by(rule: HttpRule, taken: list[tuple[int, list[Any]]]) -> int | None:
    """The earlier rule that takes every request of ``rule``; None where some are left."""
    own = _matches(rule)
    for place, matches in taken:
        if any(_takes_all(match) for match in matches):
            return place
        if all(any(_bare(one) == _bare(match) for match in matches) for one in own):
            return place
    return None


def _bare(match: Any) -> Mapping[str, Any]:
    return {key: value for key, value in mapping_of(match).items() if key != "name"}


def _takes_all(match: Any) -> bool:
    """Whether a match takes every request: it is empty, or only the prefix `/`."""
    fields = _bare(match)
    return not fields or fields == {"uri": {"prefix": "/"}}


def _are_two(one: Manifest, other: Manifest) -> bool:
    """False for one object, also where it is given twice: for two clusters, or in two states."""
    return one.full_name != other.full_name


def rivals_for_host(mesh: Mesh) -> Iterator[Spotted]:
    """VirtualServices for one host at the sidecars: `route`, `other`, `host`."""
    first: dict[tuple[str, frozenset[str]], Manifest] = {}
    for route in mesh.manifests("VirtualService"):
        gateways = [word_of(name) for _, name in route.items("spec", "gateways")] or [_MESH]
        if route.partial or _MESH not in gateways:
            continue
        for index, value in route.items("spec", "hosts"):
            host = full_host(word_of(value), route.namespace)
            key = (host, _exported(route))
            other = first.setdefault(key, route)
            if host and _are_two(other, route):
                where = route.where("spec", "hosts", index)
                yield spotted(where, route=route.full_name, other=other.full_name, host=host)


def _exported(manifest: Manifest) -> frozenset[str]:
    """To whom an object is shown, for telling those apart that never meet."""
    shown = {word_of(name) for _, name in manifest.items("spec", "exportTo")} or {"*"}
    return frozenset(manifest.namespace if name == "." else name for name in shown)


def rules_for_one_host(mesh: Mesh) -> Iterator[Spotted]:
    """DestinationRules for one host that cannot be merged: `rule`, `other`, `host`.

    Those with a traffic policy each, or with a subset of the same name, or with a selector less.
    """
    groups: defaultdict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for rule in mesh.manifests("DestinationRule"):
        host = full_host(word_of(rule.get("spec", "host")), rule.namespace)
        if host and not rule.partial and not mapping_of(rule.get("spec", "workloadSelector")):
            groups[rule.namespace, host].append(rule)
    for (_space, host), rules in groups.items():
        for rule in rules[1:]:
            before = (one for one in rules[: rules.index(rule)] if _are_two(one, rule))
            other = next((one for one in before if _collide(one, rule)), None)
            if other is not None:
                place = rule.where("spec", "host")
                yield spotted(place, rule=rule.full_name, other=other.full_name, host=host)


def _collide(one: Manifest, other: Manifest) -> bool:
    if one.get("spec", "trafficPolicy") and other.get("spec", "trafficPolicy"):
        return True
    return bool(_subsets(one) & _subsets(other))


def _subsets(rule: Manifest) -> set[str]:
    return {word_of(mapping_of(fields).get("name")) for _, fields in rule.items("spec", "subsets")}


def rival_sidecars(mesh: Mesh) -> Iterator[Spotted]:
    """Sidecars of one namespace for the same pods: `sidecar`, `other`."""
    first: dict[tuple[str, str], Manifest] = {}
    for sidecar in mesh.manifests("Sidecar"):
        labels = mapping_of(sidecar.get("spec", "workloadSelector", "labels"))
        told = labels_told(labels)
        other = first.setdefault((sidecar.namespace, told), sidecar)
        if not sidecar.partial and _are_two(other, sidecar):
            place = sidecar.where("spec", "workloadSelector") if labels else sidecar.source
            yield spotted(place, sidecar=sidecar.full_name, other=other.full_name)


def rival_peer_policies(mesh: Mesh) -> Iterator[Spotted]:
    """PeerAuthentications of one scope: `policy`, `other`; the oldest is in force."""
    first: dict[tuple[str, str], Manifest] = {}
    for policy in sorted(mesh.manifests("PeerAuthentication"), key=created):
        labels = mapping_of(policy.get("spec", "selector", "matchLabels"))
        told = labels_told(labels)
        other = first.setdefault((policy.namespace, told), policy)
        if not policy.partial and _are_two(other, policy):
            yield spotted(policy.source, policy=policy.full_name, other=other.full_name)


def rival_entries(mesh: Mesh) -> Iterator[Spotted]:
    """ServiceEntries for one host and port with other protocols: `entry`, `other`, `host`."""
    first: dict[tuple[str, int], tuple[Manifest, str]] = {}
    for entry in mesh.manifests("ServiceEntry"):
        for index, fields in entry.items("spec", "ports"):
            port = mapping_of(fields)
            number, protocol = whole_number(port.get("number")), word_of(port.get("protocol"))
            for _place, value in entry.items("spec", "hosts") if number else ():
                key = (word_of(value).lower(), number or 0)
                other = first.setdefault(key, (entry, protocol.upper()))
                if _are_two(other[0], entry) and other[1] != protocol.upper():
                    yield spotted(
                        entry.where("spec", "ports", index),
                        entry=entry.full_name,
                        other=other[0].full_name,
                        host=f"{key[0]}:{number}",
                    )


def empty_weights(mesh: Mesh) -> Iterator[Spotted]:
    """Rules all of whose destinations have the weight 0: `route`."""
    for route in mesh.manifests("VirtualService"):
        for rule in http_rules(route):
            weights = [
                whole_number(mapping_of(one).get("weight"))
                for _, one in route.items(*rule.path, "route")
            ]
            if len(weights) > 1 and all(weight == 0 for weight in weights):
                yield spotted(route.where(*rule.path, "route"), route=route.full_name)


def rival_gateways(mesh: Mesh) -> Iterator[Spotted]:
    """Gateways that open one host and port at the same pods: `gateway`, `other`, `host`."""
    first: dict[tuple[str, int, str], Manifest] = {}
    for gateway in mesh.manifests("Gateway"):
        labels = mapping_of(gateway.get("spec", "selector"))
        told = labels_told(labels)
        for index, fields in gateway.items("spec", "servers") if told else ():
            number = whole_number(mapping_of(mapping_of(fields).get("port")).get("number"))
            for place, value in gateway.items("spec", "servers", index, "hosts"):
                host = word_of(value).lower()
                other = first.setdefault((told, number or 0, host), gateway)
                if _are_two(other, gateway) and number:
                    where = gateway.where("spec", "servers", index, "hosts", place)
                    values = {"gateway": gateway.full_name, "other": other.full_name}
                    yield spotted(where, **values, host=f"{host}:{number}")
