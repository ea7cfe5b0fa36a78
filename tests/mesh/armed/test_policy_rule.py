from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.policy_rule import (
    for_no_pod,
    policies_of,
    rules_of,
    without_rules,
    words_of,
)

RULE = "{rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {ports: ['1']}}]}]}"


def names(text, action):
    return [policy.name for policy in policies_of(mesh_of(text), action)]


def test_a_policy_without_action_allows():
    assert names(obj("AuthorizationPolicy", "web", RULE), "ALLOW") == ["web"]
    assert names(obj("AuthorizationPolicy", "web", "{action: DENY}"), "DENY") == ["web"]
    assert names(obj("AuthorizationPolicy", "web", "{action: DENY}"), "ALLOW") == []


def test_policies_of_waypoints_and_dry_runs_are_left_out():
    of_waypoint = "{targetRefs: [{kind: Gateway, name: w}]}"
    assert names(obj("AuthorizationPolicy", "web", of_waypoint), "ALLOW") == []
    text = obj("AuthorizationPolicy", "web", RULE).replace(
        "namespace: shop", "namespace: shop, annotations: {istio.io/dry-run: 'true'}"
    )
    assert names(text, "ALLOW") == []


def test_the_parts_of_a_rule_come_with_their_paths():
    (rule,) = rules_of(
        mesh_of(obj("AuthorizationPolicy", "web", RULE)).manifests("AuthorizationPolicy")[0]
    )
    assert rule.parts("from", "source") == [
        (("spec", "rules", 0, "from", 0, "source"), {"namespaces": ["a"]})
    ]
    assert rule.parts("to", "operation")[0][1] == {"ports": ["1"]}


def test_a_policy_without_rules_is_told_where_it_allows():
    assert len(list(without_rules(mesh_of(obj("AuthorizationPolicy", "web", "{}"))))) == 1
    assert list(without_rules(mesh_of(obj("AuthorizationPolicy", "web", "{action: DENY}")))) == []


def test_a_selector_of_no_pod_is_told_by_its_labels():
    pod = obj("Pod", "p", "{}").replace("shop}", "shop, labels: {app: web}}")
    policy = obj("AuthorizationPolicy", "web", "{selector: {matchLabels: {app: shop}}}")
    (found,) = for_no_pod(mesh_of(pod + policy))
    assert found.values["labels"] == "app=shop"


def test_odd_objects_have_no_rules():
    for policy in odd("AuthorizationPolicy", "{rules: [7]}", "{rules: 7}").manifests(
        "AuthorizationPolicy"
    ):
        assert all(rule.parts("to", "operation") == [] for rule in rules_of(policy))
    assert words_of(7) == []
