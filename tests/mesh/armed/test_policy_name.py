import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.policy_name import names_of_nobody


def policy(rule, action="ALLOW"):
    return obj("AuthorizationPolicy", "web", f"{{action: {action}, rules: [{rule}]}}")


def found(text):
    return [one.values["who"] for one in names_of_nobody(mesh_of(text))]


def spaces(*names):
    return "".join(f"---\nkind: Namespace\nmetadata: {{name: {name}}}\n" for name in names)


DEPOT = "{from: [{source: {namespaces: [shop, depot, 'depot-*']}}]}"


def test_a_namespace_is_held_against_a_list_of_all():
    assert found(spaces("kube-system", "shop") + policy(DEPOT)) == ["namespace depot"]
    assert found(spaces("kube-system", "shop", "depot") + policy(DEPOT)) == []
    assert found(spaces("shop") + policy(DEPOT)) == []
    assert found(policy(DEPOT)) == []


CART = "{from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]}"


def account(name, namespace="shop"):
    return obj("ServiceAccount", name, "{}", namespace)


def test_an_account_is_held_against_those_of_its_namespace():
    assert found(account("web") + policy(CART)) == ["the service account cart of namespace shop"]
    assert found(account("cart") + policy(CART)) == []
    assert found(account("web", "depot") + policy(CART)) == []
    pods = obj("Deployment", "cart", "{template: {spec: {serviceAccountName: cart}}}")
    assert found(account("web") + pods + policy(CART)) == []


@pytest.mark.parametrize("principal", ["'*'", "cluster.local/ns/shop/sa/*", "'*/sa/cart'", "cart"])
def test_patterns_and_other_names_are_left_alone(principal):
    rule = f"{{from: [{{source: {{principals: [{principal}]}}}}]}}"
    assert found(account("web") + policy(rule)) == []


def test_methods_are_written_in_capitals():
    rule = "{to: [{operation: {methods: [GET, post, /pkg.Service/Call, '*']}}]}"
    assert found(policy(rule)) == ["the method post"]


def test_what_a_deny_policy_names_in_vain_denies_nobody():
    assert found(spaces("kube-system") + policy(DEPOT, "DENY")) == []


def test_odd_policies_are_survived():
    mesh = odd("AuthorizationPolicy", "{rules: [{from: [7, {source: {principals: 7}}]}]}")
    assert list(names_of_nobody(mesh)) == []
