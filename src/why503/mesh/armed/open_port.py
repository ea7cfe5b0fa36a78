"""NetworkPolicies that shut a port which the mesh needs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import has_own_sidecar

ISTIOD = 15012
"""Port on which istiod gives configuration and certificates."""
WEBHOOK = 15017
"""Port on which istiod answers the API server: injection of sidecars, checks of objects."""
HBONE = 15008
"""Port on which ztunnel takes the connections of an ambient workload."""
DNS = (53, 5353)
"""Ports of name servers; OpenShift's pods listen on the second."""
_AMBIENT = "istio.io/dataplane-mode"


def _policies(mesh: Mesh, direction: str) -> Iterator[tuple[Manifest, tuple[Manifest, ...]]]:
    """Policies of one direction with the workloads that each selects."""
    known, unclear = inventory(mesh), _unclear(mesh, direction)
    for policy in mesh.manifests("NetworkPolicy"):
        if policy.partial or direction not in _directions(policy) or policy.namespace in unclear:
            continue
        labels = mapping_of(policy.get("spec", "podSelector", "matchLabels"))
        if labels:
            yield policy, known.selected(policy.namespace, labels)
        else:
            own = (one for one in known.workloads if one.namespace == policy.namespace)
            yield policy, tuple(own)


def _unclear(mesh: Mesh, direction: str) -> frozenset[str]:
    """Namespaces with a policy whose pods are not known: it may open what others leave shut."""
    return frozenset(
        policy.namespace
        for policy in mesh.manifests("NetworkPolicy")
        if policy.get("spec", "podSelector", "matchExpressions")
        and direction in _directions(policy)
    )


def _directions(policy: Manifest) -> set[str]:
    types = {word_of(kind) for _, kind in policy.items("spec", "policyTypes")}
    return types or {"Ingress", *(["Egress"] if policy.get("spec", "egress") else [])}


def _opens(rule: Mapping[str, Any], port: int, protocol: str = "TCP") -> bool:
    """Whether a rule lets ``port`` through for somebody."""
    ports = rule.get("ports")
    if not isinstance(ports, list) or not ports:
        return True
    for entry in map(mapping_of, ports):
        if (word_of(entry.get("protocol")) or "TCP") != protocol:
            continue
        first, last = whole_number(entry.get("port")), whole_number(entry.get("endPort"))
        if entry.get("port") is None or first == port:
            return True
        if first is not None and last is not None and first <= port <= last:
            return True
    return False


def _rules(policy: Manifest, direction: str) -> list[Mapping[str, Any]]:
    return [mapping_of(rule) for _, rule in policy.items("spec", direction.lower())]


def _opened(mesh: Mesh, direction: str, port: int) -> frozenset[int]:
    """Workloads for which some policy of the direction opens ``port``."""
    return frozenset(
        id(workload)
        for policy, workloads in _policies(mesh, direction)
        if any(_opens(rule, port) for rule in _rules(policy, direction))
        for workload in workloads
    )


def _opened_to_istiod(mesh: Mesh) -> frozenset[int]:
    """Workloads for which some policy leaves a way to istiod's port."""
    home = root_namespace(mesh)
    return frozenset(
        id(workload)
        for policy, workloads in _policies(mesh, "Egress")
        if any(
            _opens(rule, ISTIOD) and _may_lead_to(rule, home, policy.namespace)
            for rule in _rules(policy, "Egress")
        )
        for workload in workloads
    )


def _may_lead_to(rule: Mapping[str, Any], namespace: str, own: str) -> bool:
    """False where every peer of an egress rule is in a namespace that is named, and not this one.

    ``own``: the policy's namespace, which is meant where a peer names none.
    """
    peers = rule.get("to")
    if not isinstance(peers, list) or not peers:
        return True
    return any(_may_be_in(mapping_of(peer), namespace, own) for peer in peers)


def _may_be_in(peer: Mapping[str, Any], namespace: str, own: str) -> bool:
    if "ipBlock" in peer:
        return True
    if "namespaceSelector" not in peer:
        return own in ("", namespace)
    named = mapping_of(mapping_of(peer["namespaceSelector"]).get("matchLabels"))
    return word_of(named.get("kubernetes.io/metadata.name")) in ("", namespace)


def istiod_out_of_reach(mesh: Mesh) -> Iterator[Spotted]:
    """Egress policies that leave a sidecar no way to istiod: `policy`, `workload`."""
    opened = _opened_to_istiod(mesh)
    for policy, workloads in _policies(mesh, "Egress"):
        for workload in workloads:
            if id(workload) not in opened and has_own_sidecar(mesh, workload):
                where = policy.where("spec", "egress")
                yield spotted(where, policy=policy.full_name, workload=workload.full_name)
                break


def tunnel_shut(mesh: Mesh) -> Iterator[Spotted]:
    """Ingress policies that shut the tunnel's port of an ambient namespace: `policy`."""
    ambient = {
        one.name
        for one in mesh.manifests("Namespace")
        if word_of(one.get("metadata", "labels", _AMBIENT)) == "ambient"
    }
    opened = _opened(mesh, "Ingress", HBONE) if ambient else frozenset()
    for policy, workloads in _policies(mesh, "Ingress") if ambient else ():
        shut = [one for one in workloads if id(one) not in opened]
        if policy.namespace in ambient and shut and _rules(policy, "Ingress"):
            where = policy.where("spec", "ingress")
            yield spotted(where, policy=policy.full_name, workload=shut[0].full_name)


def names_out_of_reach(mesh: Mesh) -> Iterator[Spotted]:
    """Egress policies that open ports, but no name server's: `policy`, `workload`."""
    rules: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for policy, workloads in _policies(mesh, "Egress"):
        for workload in workloads:
            rules[id(workload)] += _rules(policy, "Egress")
    for policy, workloads in _policies(mesh, "Egress"):
        for workload in workloads if _rules(policy, "Egress") else ():
            if not any(_opens_names(rule) for rule in rules[id(workload)]):
                where = policy.where("spec", "egress")
                yield spotted(where, policy=policy.full_name, workload=workload.full_name)
                break


def _opens_names(rule: Mapping[str, Any]) -> bool:
    return _by_name(rule) or any(_opens(rule, port, "UDP") for port in DNS)


def istiod_entry_shut(mesh: Mesh) -> Iterator[Spotted]:
    """Ingress policies for istiod that shut a port of its own: `policy`, `port`."""
    unclear = _unclear(mesh, "Ingress")
    guards = [
        policy
        for policy in mesh.manifests("NetworkPolicy")
        if not policy.partial and "Ingress" in _directions(policy) and _guards_istiod(mesh, policy)
        if policy.namespace not in unclear
    ]
    rules = [rule for policy in guards for rule in _rules(policy, "Ingress")]
    opening = next((policy for policy in guards if _rules(policy, "Ingress")), None)
    for port in (ISTIOD, WEBHOOK) if opening is not None else ():
        if opening and not any(_opens(rule, port) or _by_name(rule) for rule in rules):
            where = opening.where("spec", "ingress")
            yield spotted(where, policy=opening.full_name, port=port)


def _guards_istiod(mesh: Mesh, policy: Manifest) -> bool:
    labels = mapping_of(policy.get("spec", "podSelector", "matchLabels"))
    if labels:
        return labels.get("app") == "istiod" or labels.get("istio") == "pilot"
    return policy.namespace == root_namespace(mesh)


def target_ports_shut(mesh: Mesh) -> Iterator[Spotted]:
    """Service ports that the policies of the pods open for nobody: `service`, `port`, `policy`."""
    rules: defaultdict[int, list[tuple[Manifest, Mapping[str, Any]]]] = defaultdict(list)
    for policy, workloads in _policies(mesh, "Ingress"):
        for workload in workloads:
            rules[id(workload)] += [(policy, rule) for rule in _rules(policy, "Ingress")]
    known = inventory(mesh)
    for service in mesh.manifests("Service") if rules else ():
        for workload in known.behind(service)[:1]:
            own = rules.get(id(workload), [])
            for entry in ports_of(service) if own else ():
                target = entry.fields.get("targetPort", entry.port)
                number = whole_number(target)
                if number is None or any(_opens(rule, number) for _policy, rule in own):
                    continue
                if any(_by_name(rule) for _policy, rule in own):
                    continue
                where = service.where("spec", "ports", entry.place)
                by = own[0][0].full_name
                yield spotted(where, service=service.full_name, port=number, policy=by)


def _by_name(rule: Mapping[str, Any]) -> bool:
    """Whether a rule names a port by its name, whose number is the container's matter."""
    ports = rule.get("ports")
    named = [mapping_of(one).get("port") for one in ports] if isinstance(ports, list) else []
    return any(one is not None and whole_number(one) is None for one in named)
