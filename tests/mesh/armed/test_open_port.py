import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.open_port import (
    istiod_entry_shut,
    istiod_out_of_reach,
    names_out_of_reach,
    target_ports_shut,
    tunnel_shut,
)

POD = "{metadata: {labels: {app: web, sidecar.istio.io/inject: 'true'}}, spec: {containers: []}}"
WEB = obj("Deployment", "web", f"{{template: {POD}}}")
SELECTED = "podSelector: {matchLabels: {app: web}}"


def policy(way, *ports, selector=SELECTED, namespace="shop", name="a"):
    rules = f"[{{ports: [{', '.join(ports)}]}}]" if ports else "[]"
    spec = f"{{{selector}, policyTypes: [{way}], {way.lower()}: {rules}}}"
    return obj("NetworkPolicy", name, spec, namespace)


TCP = "{protocol: TCP, port: 8080}"
DNS = "{protocol: UDP, port: 53}"
LATER = "podSelector: {matchExpressions: [{key: app, operator: Exists}]}"


def test_ports_without_a_name_servers_leave_no_names():
    (one,) = names_out_of_reach(mesh_of(WEB + policy("Egress", TCP)))
    assert one.values["workload"] == "Deployment shop/web"


@pytest.mark.parametrize(
    "text",
    [
        policy("Egress", TCP, DNS),
        policy("Egress", TCP, "{protocol: UDP, port: 5353}"),
        policy("Egress", TCP, "{protocol: UDP, port: dns}"),
        policy("Egress", TCP, "{protocol: UDP}"),
        policy("Egress", TCP) + policy("Egress", DNS, name="names", selector="podSelector: {}"),
        policy("Egress", TCP) + policy("Egress", DNS, name="names", selector=LATER),
        policy("Egress"),
        policy("Ingress", TCP),
        policy("Egress", TCP, namespace="other"),
    ],
)
def test_names_are_within_reach_or_nothing_is_meant_to_be(text):
    assert list(names_out_of_reach(mesh_of(WEB + text))) == []


def istiod(*ports, labels="{app: istiod}"):
    selector = f"podSelector: {{matchLabels: {labels}}}" if labels else "podSelector: {}"
    return policy("Ingress", *ports, selector=selector, namespace="istio-system", name="d")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        (istiod("{port: 15012}"), ["15017"]),
        (istiod("{port: 15017}"), ["15012"]),
        (istiod("{port: 443}"), ["15012", "15017"]),
        (istiod("{port: 15012}", "{port: 15017}"), []),
        (istiod("{port: 15012}") + istiod("{port: 15017}", labels=""), []),
        (istiod("{port: 8080}", labels="{app: other}"), []),
        (istiod(), []),
        (istiod("{port: https-webhook}"), []),
    ],
)
def test_istiod_needs_both_of_its_ports(text, ports):
    assert [one.values["port"] for one in istiod_entry_shut(mesh_of(text))] == ports


def test_a_policy_whose_pods_are_not_known_may_open_what_others_shut():
    shut, later = policy("Egress", DNS), policy("Egress", TCP, name="b", selector=LATER)
    assert len(list(istiod_out_of_reach(mesh_of(WEB + shut)))) == 1
    assert list(istiod_out_of_reach(mesh_of(WEB + shut + later))) == []


@pytest.mark.parametrize(
    ("peer", "shut"),
    [
        ("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}", True),
        ("podSelector: {}", True),
        ("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}", False),
        ("namespaceSelector: {}", False),
        ("namespaceSelector: {matchLabels: {team: mesh}}", False),
        ("ipBlock: {cidr: 10.0.0.0/8}", False),
    ],
)
def test_peers_in_other_namespaces_leave_no_way_to_istiod(peer, shut):
    spec = f"{{{SELECTED}, policyTypes: [Egress], egress: [{{to: [{{{peer}}}]}}]}}"
    found = list(istiod_out_of_reach(mesh_of(WEB + obj("NetworkPolicy", "a", spec))))
    assert bool(found) is shut


def test_odd_types_are_passed_over():
    mesh = odd("NetworkPolicy", "{policyTypes: 7, egress: [3], ingress: x, podSelector: []}")
    finders = (
        istiod_entry_shut,
        istiod_out_of_reach,
        names_out_of_reach,
        target_ports_shut,
        tunnel_shut,
    )
    for find in finders:
        assert list(find(mesh)) == []
