from tests.mesh.make import mesh_of, obj
from why503.mesh.traced.allowed_routes import NOBODY, open_to, takes_kind

ROUTES = obj("HTTPRoute", "a", "{}", "web") + obj("HTTPRoute", "b", "{}", "pier")
SHARED = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"shared": "yes"}}}}


def space(name, labels):
    return f"---\nkind: Namespace\nmetadata: {{name: {name}, labels: {labels}}}\n"


def hosts(allowed, text=""):
    return open_to(mesh_of(ROUTES + text), allowed, "shop", "a.example")


def test_without_a_word_only_the_gateways_own_namespace_is_let_in():
    assert hosts({}) == ("shop/a.example",)
    assert hosts({"namespaces": {"from": "All"}}) == ("a.example",)
    assert hosts({"namespaces": {"from": "None"}}) == (f"{NOBODY}/a.example",)


def test_a_selector_lets_namespaces_in_by_their_labels():
    text = space("web", "{shared: 'yes'}") + space("pier", "{shared: 'no'}")
    assert hosts(SHARED, text) == ("web/a.example",)
    assert hosts(SHARED, space("web", "{}") + space("pier", "{}")) == (f"{NOBODY}/a.example",)


def test_a_namespace_that_is_not_given_is_taken_to_be_let_in():
    assert hosts(SHARED, space("pier", "{}")) == ("web/a.example",)


def test_a_namespace_has_the_label_with_its_name_though_nobody_wrote_it():
    named = {"matchLabels": {"kubernetes.io/metadata.name": "web"}}
    among = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["web"]}
    both = space("web", "{}") + space("pier", "{}")
    for selector in (named, {"matchExpressions": [among]}):
        asked = {"namespaces": {"from": "Selector", "selector": selector}}
        assert hosts(asked, both) == ("web/a.example",)
        assert hosts(asked) == ("web/a.example",)


def test_an_expression_leaves_namespaces_out():
    without = {"key": "shared", "operator": "DoesNotExist"}
    asked = {"namespaces": {"from": "Selector", "selector": {"matchExpressions": [without]}}}
    text = space("web", "{shared: 'yes'}") + space("pier", "{}")
    assert hosts(asked, text) == ("pier/a.example",)


def test_a_listed_kind_is_taken_and_without_a_list_all_are():
    assert takes_kind({}, "HTTPRoute")
    only = {"allowedRoutes": {"kinds": [{"kind": "GRPCRoute"}]}}
    assert takes_kind(only, "GRPCRoute")
    assert not takes_kind(only, "HTTPRoute")
