"""What NetworkPolicies say of a connection, by the rules of the Kubernetes API."""

import textwrap

import pytest

from why503.evidence import read_paths
from why503.evidence.reader import Options
from why503.facts import Bundle
from why503.mesh import Mesh
from why503.mesh.network_policy import Party, egress_verdict, ingress_verdict

SERVER = Party(
    name="orders", labels={"app": "orders"}, whole=True, namespace="shop", address="10.1.0.9"
)
CALLER = Party(name="web", labels={"app": "web"}, whole=True, namespace="front", address="10.1.0.4")
NAMESPACES = """
apiVersion: v1
kind: Namespace
metadata:
  name: front
  labels: {team: web}
"""


def mesh_of(tmp_path, *documents):
    (tmp_path / "objects.yaml").write_text("\n---\n".join(map(textwrap.dedent, documents)))
    return Mesh(read_paths([str(tmp_path)], Options()))


def policy(spec, name="p", namespace="shop"):
    head = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n"
    )
    return head + textwrap.indent(textwrap.dedent(spec), "  ")


def admitted(tmp_path, *documents, server=SERVER, caller=CALLER, port=8080):
    verdict = ingress_verdict(mesh_of(tmp_path, *documents), server, caller, "orders.shop", port)
    return None if verdict is None else verdict.admitted


ORDERS = "podSelector: {matchLabels: {app: orders}}\n"


def test_without_a_policy_nothing_is_said(tmp_path):
    assert admitted(tmp_path, NAMESPACES) is None


def test_a_policy_for_other_pods_says_nothing(tmp_path):
    assert (
        admitted(tmp_path, policy("podSelector: {matchLabels: {app: cart}}\ningress: []")) is None
    )


def test_a_policy_of_another_namespace_says_nothing(tmp_path):
    assert admitted(tmp_path, policy(ORDERS + "ingress: []", namespace="other")) is None


def test_a_policy_without_rules_admits_nobody(tmp_path):
    assert admitted(tmp_path, policy("podSelector: {}\npolicyTypes: [Ingress]")) is False


def test_an_empty_rule_admits_everybody(tmp_path):
    assert admitted(tmp_path, policy("podSelector: {}\ningress: [{}]")) is True


def test_an_egress_policy_says_nothing_of_ingress(tmp_path):
    assert admitted(tmp_path, policy("podSelector: {}\npolicyTypes: [Egress]\negress: []")) is None


def test_a_bare_pod_selector_means_the_policys_own_namespace(tmp_path):
    rule = ORDERS + "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"
    assert admitted(tmp_path, policy(rule)) is False
    near = Party(labels={"app": "web"}, whole=True, namespace="shop")
    assert admitted(tmp_path, policy(rule), caller=near) is True


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{}", True),
        ("{matchLabels: {team: web}}", True),
        ("{matchLabels: {team: data}}", False),
        ("{matchLabels: {kubernetes.io/metadata.name: front}}", True),
        ("{matchExpressions: [{key: team, operator: In, values: [web, data]}]}", True),
        ("{matchExpressions: [{key: team, operator: NotIn, values: [web]}]}", False),
        ("{matchExpressions: [{key: team, operator: DoesNotExist}]}", False),
        ("{matchExpressions: [{key: team, operator: Exists}]}", True),
    ],
)
def test_namespace_selectors_are_matched_by_the_namespaces_labels(tmp_path, selector, expected):
    rule = ORDERS + f"ingress: [{{from: [{{namespaceSelector: {selector}}}]}}]"
    assert admitted(tmp_path, NAMESPACES, policy(rule)) is expected


def test_an_unknown_namespaces_labels_leave_the_answer_open(tmp_path):
    rule = ORDERS + "ingress: [{from: [{namespaceSelector: {matchLabels: {team: web}}}]}]"
    assert admitted(tmp_path, policy(rule)) is None


def test_namespace_and_pod_selector_in_one_peer_must_both_match(tmp_path):
    peer = "{namespaceSelector: {}, podSelector: {matchLabels: {app: kiosk}}}"
    assert admitted(tmp_path, policy(ORDERS + f"ingress: [{{from: [{peer}]}}]")) is False


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("[{port: 8080}]", True),
        ("[{port: 80}]", False),
        ("[{port: 8000, endPort: 8100}]", True),
        ("[{port: 8080, protocol: UDP}]", False),
        ("[{protocol: TCP}]", True),
        ("[{port: web-port}]", None),
        ("[]", True),
    ],
)
def test_ports_are_those_of_the_pod(tmp_path, ports, expected):
    assert admitted(tmp_path, policy(ORDERS + f"ingress: [{{ports: {ports}}}]")) is expected


def test_a_named_port_is_the_containers(tmp_path):
    orders = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: orders}}
        spec:
          containers:
          - name: orders
            ports: [{name: web-port, containerPort: 8080}]
    """
    assert (
        admitted(tmp_path, orders, policy(ORDERS + "ingress: [{ports: [{port: web-port}]}]"))
        is True
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("{cidr: 10.1.0.0/16}", True),
        ("{cidr: 10.2.0.0/16}", False),
        ("{cidr: 10.1.0.0/16, except: [10.1.0.0/24]}", False),
        ("{cidr: nonsense}", None),
    ],
)
def test_address_blocks_with_their_exceptions(tmp_path, block, expected):
    assert (
        admitted(tmp_path, policy(ORDERS + f"ingress: [{{from: [{{ipBlock: {block}}}]}}]"))
        is expected
    )


def test_one_policy_that_admits_is_enough(tmp_path):
    closed = policy(ORDERS + "policyTypes: [Ingress]", name="closed")
    open_ = policy(ORDERS + "ingress: [{from: [{namespaceSelector: {}}]}]", name="open")
    assert admitted(tmp_path, closed, open_) is True


def test_a_caller_that_is_not_known_is_not_said_to_be_shut_out(tmp_path):
    rule = ORDERS + "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"
    assert admitted(tmp_path, policy(rule), caller=Party()) is None


def test_labels_that_istio_adds_are_not_missed_in_the_template(tmp_path):
    rule = "podSelector: {matchLabels: {security.istio.io/tlsMode: istio}}\npolicyTypes: [Ingress]"
    assert admitted(tmp_path, policy(rule)) is None


def test_the_verdict_names_the_policy_and_its_line(tmp_path):
    mesh = mesh_of(tmp_path, policy(ORDERS + "ingress:\n- ports: [{port: 80}]", name="only-80"))
    verdict = ingress_verdict(mesh, SERVER, CALLER, "orders.shop", 8080)
    assert verdict is not None
    assert verdict.policy.full_name == "NetworkPolicy shop/only-80"
    assert verdict.source.line > 1


def test_egress_of_the_caller_is_judged_by_the_target(tmp_path):
    spec = "podSelector: {}\negress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"
    mesh = mesh_of(tmp_path, policy(spec, namespace="front"))
    inside = Party(whole=True, address="203.0.113.8")
    outside = Party(whole=True, address="198.51.100.8")
    allowed = egress_verdict(mesh, CALLER, inside, "x.example", 443)
    stopped = egress_verdict(mesh, CALLER, outside, "x.example", 443)
    assert allowed is not None
    assert allowed.admitted
    assert stopped is not None
    assert not stopped.admitted


@pytest.mark.parametrize(
    "spec", ["podSelector: 7", "ingress: yes", "ingress: [7, {from: 3, ports: x}]"]
)
def test_nonsense_in_a_policy_does_no_harm(tmp_path, spec):
    assert admitted(tmp_path, policy(spec)) in (None, True, False)


def test_no_facts_no_verdict():
    assert ingress_verdict(Mesh(Bundle()), Party(), Party(), "", None) is None


def test_selectors_of_pods_and_namespaces_mean_nobody_outside_the_cluster(tmp_path):
    outside = Party(name="api.example.com", whole=True, address="203.0.113.7", outside=True)
    rules = "podSelector: {}\npolicyTypes: [Egress]\negress:\n- to: [{namespaceSelector: {}}]\n"
    pods = mesh_of(tmp_path, policy(rules))
    verdict = egress_verdict(pods, SERVER, outside, "api.example.com", 443)
    assert verdict is not None
    assert not verdict.admitted
    block = "- to: [{ipBlock: {cidr: 203.0.113.0/24}}]\n"
    both = mesh_of(tmp_path, policy(rules + block))
    verdict = egress_verdict(both, SERVER, outside, "api.example.com", 443)
    assert verdict is not None
    assert verdict.admitted
