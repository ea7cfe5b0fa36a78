from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, push_of, traced, workload
from why503.mesh.traced.failover import failover_of

ENTRY = obj(
    "ServiceEntry",
    "far",
    "{hosts: [far.example], location: MESH_EXTERNAL, resolution: DNS, "
    "ports: [{number: 80, name: http, protocol: HTTP}], endpoints: ["
    "{address: b.example, locality: west/b}, {address: a.example, locality: west/a}, "
    "{address: c.example, locality: east/c}]}",
)
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
CALLER = workload("desk", f"app: desk, {REGION}: west, {ZONE}: a")
LOCALITY = f"{{localityLbSetting: {{failoverPriority: [{REGION}, {ZONE}]}}}}"


def rule(balancer=LOCALITY, outlier=", outlierDetection: {consecutive5xxErrors: 1}"):
    spec = f"{{host: far.example, trafficPolicy: {{loadBalancer: {balancer}{outlier}}}}}"
    return obj("DestinationRule", "far", spec)


def ways(text):
    found = traced(push_of(CALLER + ENTRY + text), "http://far.example/")
    return found.branches[0].steps


def test_the_endpoint_with_most_of_the_callers_labels_goes_first_and_the_others_are_told():
    cluster, endpoint = ways(rule())[:2]
    assert endpoint.name == "a.example:80"
    (says,) = [one.says for one in cluster.applied if one.says.startswith("failoverPriority")]
    assert says.endswith("requests go to b.example:80, c.example:80")


def test_a_value_in_the_list_stands_for_the_callers_own():
    first = LOCALITY.replace(f"[{REGION}, {ZONE}]", f"['{REGION}=east']")
    assert ways(rule(first))[1].name == "c.example:80"


def test_nothing_is_ranked_without_outlier_detection_or_where_it_is_off():
    for text in (
        "",
        rule(outlier=""),
        rule(LOCALITY.replace("failoverPriority", "enabled: false, failoverPriority")),
    ):
        assert "3 endpoints" in ways(text)[1].text


def test_the_mesh_config_ranks_where_the_rule_does_not():
    config = f"---\nmeshConfig: {LOCALITY}\n"
    text = rule("{simple: RANDOM}") + config
    assert ways(text)[1].name == "a.example:80"
    assert failover_of(push_of(BASE + config), (), None, 80) is None
