from tests.mesh.make import obj
from tests.mesh.traced.world import push_of, service


def vs(name, namespace="shop", spec="{hosts: [quay], http: []}"):
    return obj("VirtualService", name, spec, namespace)


def test_objects_without_a_namespace_are_in_the_one_that_is_given():
    push = push_of(service("quay", "{port: 80}", namespace=""), namespace="web")
    assert push.services[0].namespace == "web"
    assert push.space_of(push.services[0].manifest) == "web"


def test_the_own_namespace_sees_its_private_routes_first():
    private = "{hosts: [quay], exportTo: ['.'], http: []}"
    push = push_of(vs("a") + vs("b", spec=private) + vs("c", "web", private))
    assert [one.name for one in push.routings_for("shop")] == ["b", "a"]
    assert [one.name for one in push.routings_for("web")] == ["c", "a"]
    assert push.routings_for("shop", "shop/gw") == ()


def test_a_service_of_the_own_namespace_goes_first_and_hidden_ones_are_not_seen():
    entry = "{hosts: [a.example], exportTo: ['.'], ports: [{number: 80, protocol: HTTP}]}"
    push = push_of(obj("ServiceEntry", "a", entry, "web") + obj("ServiceEntry", "b", entry))
    found = push.service("a.example", "shop")
    assert found is not None
    assert found.namespace == "shop"
    assert push.service("a.example", "other") is None
    assert len(push.services_for("web")) == 1


def test_istiods_switches_are_heard():
    env = "{template: {spec: {containers: [{name: d, env: [{name: X, value: 'true'}]}]}}}"
    push = push_of(obj("Deployment", "istiod", env, "istio-system"))
    assert push.istiod_has("X")
    assert not push.istiod_has("Y")
    assert push.root == "istio-system"
    assert push.whole("Deployment")[0].name == "istiod"
