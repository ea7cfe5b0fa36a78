from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, HOST, proxy, push_of
from why503.mesh.traced.destination_rule import (
    applied_blocks,
    block_for,
    rules_for,
    spelled,
    subset_named,
    tls_mode,
)


def dr(name, more="", host=HOST, namespace="shop"):
    return obj("DestinationRule", name, f"{{host: '{host}'{more}}}", namespace)


def rules(text, caller="deploy/desk"):
    push = push_of(BASE + text)
    return push, rules_for(push, proxy(push, caller), HOST, "shop")


def test_the_callers_namespace_goes_first_then_the_services_then_the_roots():
    text = dr("root", namespace="istio-system") + dr("own")
    assert [one.name for one in rules(text)[1]] == ["own"]
    assert [one.name for one in rules(dr("root", namespace="istio-system"))[1]] == ["root"]
    assert rules(dr("far", namespace="far"))[1] == ()


def test_within_a_namespace_the_most_exact_host_wins_and_equals_merge():
    text = dr("wide", host="*.local") + dr("short", host="quay") + dr("full")
    assert [one.name for one in rules(text)[1]] == ["full", "short"]


def test_hidden_rules_and_those_for_other_callers_do_not_hold():
    hidden = dr("a", ", exportTo: ['.']", namespace="istio-system")
    other = dr("b", ", workloadSelector: {matchLabels: {app: other}}")
    mine = dr("c", ", workloadSelector: {matchLabels: {app: desk}}")
    assert rules(hidden + other)[1] == ()
    assert [one.name for one in rules(dr("d") + mine)[1]] == ["c", "d"]


POLICY = (
    ", trafficPolicy: {tls: {mode: SIMPLE}, outlierDetection: {interval: 1s}, "
    "portLevelSettings: [{port: {number: 9}, tls: {mode: DISABLE}}]}, "
    "subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}]"
)


def test_a_subset_goes_before_the_rule_and_a_port_before_both():
    push, found = rules(dr("a", POLICY))
    subset = subset_named(found, "v1")
    assert subset is not None
    assert (subset.labels, subset.source.line > 1) == ({"version": "v1"}, True)
    assert subset_named(found, "v2") is None
    assert tls_mode(push, found, subset, 9080).value == "ISTIO_MUTUAL"
    assert tls_mode(push, found, None, 9080).value == "SIMPLE"
    assert tls_mode(push, found, None, 9).value == "DISABLE"
    assert block_for(found, None, 9, "outlierDetection") is None


def test_without_a_tls_block_it_is_auto_mtls_unless_that_is_off():
    push, found = rules(dr("a"))
    assert tls_mode(push, found, None, 1).value == ""
    push, found = rules(dr("a") + "---\nmeshConfig: {enableAutoMtls: false}\n")
    assert tls_mode(push, found, None, 1).value == "DISABLE"


def test_what_applies_is_told_on_one_line():
    _push, found = rules(dr("a", POLICY))
    told = [one.says for one in applied_blocks(found, None, 9080)]
    assert told == ["outlierDetection: interval=1s", "tls: mode=SIMPLE"]
    assert spelled({"a": {"b": [1, {"c": 2}]}}) == "a.b=1"
    assert spelled({str(n): n for n in range(20)}).endswith(", ...")
