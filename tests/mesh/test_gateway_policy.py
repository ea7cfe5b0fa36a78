from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.gateway_policy import backend_traffic_policies_for

HOST = "orders.shop.svc.cluster.local"
ROUTE = obj(
    "HTTPRoute", "web", "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: orders}]}]}"
)


def policy(name, kind, target, namespace="shop"):
    return obj(
        "BackendTrafficPolicy",
        name,
        f"{{targetRefs: [{{kind: {kind}, name: {target}}}]}}",
        namespace,
    )


def names(text, host=HOST):
    return [found.name for found in backend_traffic_policies_for(mesh_of(text), host)]


def test_a_policy_reaches_a_host_through_its_route_before_its_gateway():
    text = ROUTE + policy("wide", "Gateway", "edge") + policy("close", "HTTPRoute", "web")
    assert names(text) == ["close", "wide"]


def test_a_policy_for_a_route_that_leads_elsewhere_does_not_apply():
    text = ROUTE + policy("close", "HTTPRoute", "web") + policy("wide", "Gateway", "edge")
    assert names(text, "cart.shop.svc.cluster.local") == []


def test_a_policy_whose_route_is_not_in_the_evidence_is_taken_to_apply():
    assert names(policy("close", "HTTPRoute", "web")) == ["close"]


def test_the_old_single_target_counts_too():
    assert names(
        ROUTE + obj("BackendTrafficPolicy", "old", "{targetRef: {kind: HTTPRoute, name: web}}")
    ) == ["old"]


def test_odd_policies_raise_nothing():
    assert backend_traffic_policies_for(odd("BackendTrafficPolicy", "{targetRef: 7}"), HOST) == ()
