"""Whether NetworkPolicies let one pod connect to another (Kubernetes `networking.k8s.io/v1`).

Policies only allow. A pod that no policy selects for a direction is open in it; a pod that some
select takes what one of them allows. Where labels or addresses are not told the answer is None.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.address import split_host
from why503.mesh.endpoint import container_ports
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.open_answer import every, some
from why503.mesh.pod_name import is_pod_of
from why503.mesh.pod_naming import pod_at
from why503.mesh.selection import namespace_of_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import WORKLOAD_KINDS, labels_of, service_of, workloads_of
from why503.support.dataclass import dataclass

INGRESS, EGRESS = "Ingress", "Egress"
_METADATA_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class Party:
    """A pod at one end of a connection, as far as it is known."""

    name: str = ""
    labels: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    """True where a label that is absent here is absent from the pod."""
    namespace: str = ""
    """``""``: not told."""
    address: str = ""
    """``""``: not told."""
    outside: bool = False
    """True for no pod at all: only an `ipBlock` can mean it."""


class Verdict(NamedTuple):
    """What the policies that select a pod say of one connection."""

    admitted: bool
    policy: Manifest
    """The policy that allows it, or the first of those that do not."""
    source: Source
    """Its part that decides."""


def caller_party(hop: Hop, mesh: Mesh) -> Party:
    """The pod that the hop's failing requests came from."""
    for failure in hop.failures:
        account = failure.downstream or (None if failure.upstream else failure.teller)
        address = split_host(account.downstream_remote if account else "")[0]
        if (pod := pod_at(mesh, address)) is not None:
            return _party_of_pod(mesh, pod, address)
    for teller in dict.fromkeys(f.downstream.teller for f in hop.failures if f.downstream):
        for part in teller.split("/"):
            if (workload := _workload_of_pod(mesh, part, "")) is not None:
                return _party_of(workload, part, "")
    return Party()


def server_party(hop: Hop, mesh: Mesh) -> Party:
    """The pods behind the hop's host, by one of them."""
    address = next((split_host(host)[0] for host, _n in hop.upstream_hosts.most_common(1)), "")
    workloads = workloads_of(mesh, hop.host) if hop.host else ()
    labelled = next((workload for workload in workloads if labels_of(workload)), None)
    if labelled is not None:
        return _party_of(labelled, labelled.name, address)
    service = service_of(mesh, hop.host) if hop.host else None
    labels = mapping_of(service.get("spec", "selector")) if service is not None else {}
    space = namespace_of_host(mesh, hop.host)
    return Party(name=hop.host, labels=labels, namespace=space, address=address)


def _party_of_pod(mesh: Mesh, pod: Manifest, address: str) -> Party:
    if labels_of(pod):
        return _party_of(pod, pod.name, address)
    workload = _workload_of_pod(mesh, pod.name, pod.namespace)
    if workload is None:
        return Party(name=pod.name, namespace=pod.namespace, address=address)
    return _party_of(workload, pod.name, address)


def _party_of(workload: Manifest, name: str, address: str) -> Party:
    return Party(
        name=name,
        labels=labels_of(workload),
        whole=not workload.partial and bool(labels_of(workload)),
        namespace=workload.namespace,
        address=address,
    )


def _workload_of_pod(mesh: Mesh, pod: str, namespace: str) -> Manifest | None:
    for kind in WORKLOAD_KINDS:
        for workload in mesh.manifests(kind):
            elsewhere = namespace and workload.namespace and namespace != workload.namespace
            if labels_of(workload) and not elsewhere and is_pod_of(pod, workload.name):
                return workload
    return None


def ingress_verdict(
    mesh: Mesh, server: Party, caller: Party, host: str, port: int | None
) -> Verdict | None:
    """Whether ``caller`` may connect to ``port`` of the server's pod; None where nothing tells."""
    return _verdict(mesh, INGRESS, server, caller, _Port(mesh, host, port))


def egress_verdict(
    mesh: Mesh, caller: Party, target: Party, host: str, port: int | None
) -> Verdict | None:
    """Whether ``caller`` may connect out to ``port`` of the target; None where nothing tells."""
    return _verdict(mesh, EGRESS, caller, target, _Port(mesh, host, port))


def doubtful_ingress(
    mesh: Mesh, server: Party, caller: Party, host: str, port: int | None
) -> Manifest | None:
    """A policy that guards the server's pod for certain and whose rules may leave the caller out.

    None where none does, or where some policy admits the caller for certain.
    """
    asked = _Port(mesh, host, port)
    guards = [
        policy
        for policy in mesh.manifests("NetworkPolicy")
        if policy.namespace and policy.namespace == server.namespace
        if _guards(policy, INGRESS, server)
    ]
    answers = [_allows(policy, INGRESS, caller, asked)[0] for policy in guards]
    if True in answers or None not in answers:
        return None
    return guards[answers.index(None)]


class _Port(NamedTuple):
    mesh: Mesh
    host: str
    number: int | None


def _verdict(mesh: Mesh, way: str, guarded: Party, peer: Party, port: _Port) -> Verdict | None:
    denying: list[Verdict] = []
    doubt = False
    for policy in mesh.manifests("NetworkPolicy"):
        selected = _guards(policy, way, guarded)
        doubt |= selected is None
        if not selected:
            continue
        allowed, source = _allows(policy, way, peer, port)
        if allowed:
            return Verdict(admitted=True, policy=policy, source=source)
        doubt |= allowed is None
        if allowed is False:
            denying.append(Verdict(admitted=False, policy=policy, source=source))
    return denying[0] if denying and not doubt else None


def _guards(policy: Manifest, way: str, guarded: Party) -> bool | None:
    """Whether a policy rules over this pod in this direction."""
    types = policy.get("spec", "policyTypes")
    if isinstance(types, list) and types:
        if way not in types:
            return False
    elif way == EGRESS and policy.get("spec", "egress") is None:
        return False
    if policy.partial:
        return None
    if policy.namespace and guarded.namespace and policy.namespace != guarded.namespace:
        return False
    return _matches(mapping_of(policy.get("spec", "podSelector")), guarded)


def _allows(policy: Manifest, way: str, peer: Party, port: _Port) -> tuple[bool | None, Source]:
    """Whether one of the policy's rules allows the connection, and where."""
    section = "ingress" if way == INGRESS else "egress"
    peers = "from" if way == INGRESS else "to"
    answers: list[bool | None] = []
    for index, _rule in policy.items("spec", section):
        path: Path = ("spec", section, index)
        by_port = some(_port_fits(entry, port) for _, entry in policy.items(*path, "ports"))
        by_peer = some(
            _peer_fits(policy, mapping_of(entry), peer, port.mesh)
            for _, entry in policy.items(*path, peers)
        )
        answer = every(
            (
                True if not policy.items(*path, "ports") else by_port,
                True if not policy.items(*path, peers) else by_peer,
            )
        )
        if answer:
            return True, policy.where(*path)
        answers.append(answer)
    where = policy.where("spec", section) if policy.get("spec", section) else policy.source
    return some(answers), where


def _port_fits(entry: object, port: _Port) -> bool | None:
    fields = mapping_of(entry)
    if word_of(fields.get("protocol")).upper() not in ("", "TCP"):
        return False
    written = fields.get("port")
    if written is None:
        return True
    if port.number is None:
        return None
    first, last = whole_number(written), whole_number(fields.get("endPort"))
    if first is not None:
        return first <= port.number <= (last or first)
    named = {p.port for p in container_ports(port.mesh, port.host) if p.name == word_of(written)}
    return port.number in named if named else None


def _peer_fits(policy: Manifest, entry: Mapping[str, Any], peer: Party, mesh: Mesh) -> bool | None:
    if "ipBlock" in entry:
        return _in_block(mapping_of(entry.get("ipBlock")), peer.address)
    if peer.outside:
        return False
    space: bool | None
    if "namespaceSelector" in entry:
        space = _namespace_fits(mapping_of(entry.get("namespaceSelector")), peer, mesh)
    elif policy.namespace and peer.namespace:
        space = policy.namespace == peer.namespace
    else:
        space = None if policy.namespace or peer.namespace else True
    if "podSelector" not in entry:
        return space
    return every((space, _matches(mapping_of(entry.get("podSelector")), peer)))


def _in_block(block: Mapping[str, Any], address: str) -> bool | None:
    if not address:
        return None
    try:
        found = ip_address(address)
        inside = found in ip_network(word_of(block.get("cidr")), strict=False)
        excepted = block.get("except")
        holes = excepted if isinstance(excepted, list) else []
        return inside and not any(found in ip_network(word_of(h), strict=False) for h in holes)
    except ValueError:
        return None


def _namespace_fits(selector: Mapping[str, Any], peer: Party, mesh: Mesh) -> bool | None:
    if not selector:
        return True
    if not peer.namespace:
        return None
    for namespace in mesh.manifests("Namespace"):
        if namespace.name == peer.namespace and not namespace.partial:
            labels = {**mapping_of(namespace.get("metadata", "labels"))}
            labels.setdefault(_METADATA_NAME, namespace.name)
            return _matches(selector, Party(labels=labels, whole=True))
    return _matches(selector, Party(labels={_METADATA_NAME: peer.namespace}))


def _matches(selector: Mapping[str, Any], party: Party) -> bool | None:
    """Whether a label selector takes a pod; an empty one takes every pod."""
    answers = [
        _label_fits(party, str(key), "In", [value])
        for key, value in mapping_of(selector.get("matchLabels")).items()
    ]
    answers += list(_expressions(selector, party))
    if False in answers:
        return False
    return None if None in answers else True


def _expressions(selector: Mapping[str, Any], party: Party) -> Iterator[bool | None]:
    written = selector.get("matchExpressions")
    for expression in written if isinstance(written, list) else []:
        fields = mapping_of(expression)
        values = fields.get("values")
        yield _label_fits(
            party,
            word_of(fields.get("key")),
            word_of(fields.get("operator")),
            values if isinstance(values, list) else [],
        )


def _label_fits(party: Party, key: str, operator: str, values: list[Any]) -> bool | None:
    there = key in party.labels
    if not there and not (party.whole and "istio.io/" not in key):
        return None
    among = there and str(party.labels[key]) in {str(value) for value in values}
    return {
        "In": among,
        "NotIn": not among,
        "Exists": there,
        "DoesNotExist": not there,
    }.get(operator)
