import json

import pytest

from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.policy_edit import api, policy_wanted, pool_wanted

HOST = "orders.shop.svc.cluster.local"
PROBES = (("tcp", "tcpKeepalive", "time", "120s"), ("tcp", "tcpKeepalive", "interval", "30s"))
LIMIT = ("http", "maxRequestsPerConnection", 80)


def given(text=""):
    mesh = mesh_of(text, log(inbound(503, "UC")))
    return mesh.hops[0], mesh


def test_a_host_without_a_rule_gets_a_whole_one():
    wanted = pool_wanted(*given(), *PROBES)
    (new,) = wanted.edits
    assert new.data["spec"]["host"] == HOST
    probes = new.data["spec"]["trafficPolicy"]["connectionPool"]["tcp"]["tcpKeepalive"]
    assert probes == {"time": "120s", "interval": "30s"}
    assert wanted.commands == ()
    assert wanted.undo == "kubectl -n shop delete destinationrule orders"


def test_a_rule_that_exists_gets_the_fields():
    wanted = pool_wanted(*given(obj("DestinationRule", "mine", f"{{host: {HOST}}}")), *PROBES)
    pool = ("spec", "trafficPolicy", "connectionPool", "tcp", "tcpKeepalive")
    assert [(put.path, put.value) for put in wanted.edits] == [
        ((*pool, "time"), "120s"),
        ((*pool, "interval"), "30s"),
    ]
    assert {put.target.words for put in wanted.edits} == {"DestinationRule shop/mine"}
    (command,) = wanted.commands
    assert command.startswith("kubectl -n shop patch destinationrule mine --type merge -p '")
    merged = json.loads(command.split("'")[1])["spec"]["trafficPolicy"]["connectionPool"]
    assert merged == {"tcp": {"tcpKeepalive": {"time": "120s", "interval": "30s"}}}
    assert wanted.undo == "kubectl -n shop edit destinationrule mine"


def test_another_block_is_put_beside_what_stands_there():
    text = obj("DestinationRule", "mine", f"{{host: {HOST}, subsets: [{{name: blue}}]}}")
    wanted = policy_wanted(*given(text), ("outlierDetection", "maxEjectionPercent", 40))
    assert [put.path[2:] for put in wanted.edits] == [("outlierDetection", "maxEjectionPercent")]
    assert wanted.edits[0].value == 40


LEVELS = f"""
    kind: DestinationRule
    metadata: {{name: mine, namespace: shop}}
    spec:
      host: {HOST}
      trafficPolicy:
        portLevelSettings:
        - port: {{number: 9000}}
        - port: {{number: 8080}}
          tls: {{mode: DISABLE}}
      subsets:
      - name: blue
        trafficPolicy: {{connectionPool: {{tcp: {{maxConnections: 9}}}}}}
      - name: green
    """


def test_a_value_goes_to_the_levels_that_decide():
    wanted = pool_wanted(*given(LEVELS), LIMIT)
    assert [put.path[:-3] for put in wanted.edits] == [
        ("spec", "trafficPolicy", "portLevelSettings", 1),
        ("spec", "subsets", 0, "trafficPolicy"),
    ]
    assert wanted.commands == ("kubectl -n shop edit destinationrule mine",)


def test_a_rule_for_all_hosts_is_not_changed_for_one():
    text = obj(
        "DestinationRule",
        "all",
        '{host: "*.shop.svc.cluster.local", trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}',
    )
    (new,) = pool_wanted(*given(text), LIMIT).edits
    assert new.data["spec"] == {
        "host": HOST,
        "trafficPolicy": {
            "tls": {"mode": "ISTIO_MUTUAL"},
            "connectionPool": {"http": {"maxRequestsPerConnection": 80}},
        },
    }


@pytest.mark.parametrize(
    ("istio", "version"), [((1, 21), "v1beta1"), ((1, 22), "v1"), (None, "v1")]
)
def test_the_api_version_is_one_that_istio_serves(istio, version):
    mesh = mesh_of("", log(inbound(503, "UC")))
    mesh.istio = istio
    assert api(mesh) == f"networking.istio.io/{version}"
    assert api(mesh, "security") == f"security.istio.io/{version}"
