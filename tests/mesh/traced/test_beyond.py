from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, DESK, proxy, push_of, service, traced, workload
from why503.mesh.traced.beyond import ambient_told, is_ambient, left_out, waypoint_told


def test_ambient_filters_and_tokens_are_named_and_not_passed_over():
    text = (
        "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
        + obj("Gateway", "way", "{gatewayClassName: istio-waypoint}")
        + obj("EnvoyFilter", "odd", "{}")
        + obj("RequestAuthentication", "jwt", "{}")
    )
    ambient, filters, tokens = left_out(push_of(BASE + text))
    assert "Namespace shop, Gateway shop/way" in ambient
    assert "EnvoyFilter shop/odd" in filters
    assert "RequestAuthentication shop/jwt" in tokens
    assert left_out(push_of(BASE)) == ()


def test_many_are_cut_short():
    text = "".join(obj("EnvoyFilter", f"f{number}", "{}") for number in range(9))
    assert left_out(push_of(text))[0].endswith("f2, ....")


def test_a_workload_in_ambient_mode_is_no_sidecars_and_nothing_is_sure():
    text = (
        "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
        + DESK
        + service("quay", "{name: http, port: 9080}")
        + workload("quay", "app: quay", sidecar=None)
        + obj("PeerAuthentication", "p", "{mtls: {mode: STRICT}}")
    )
    push = push_of(text)
    assert is_ambient(push, proxy(push, "deploy/quay"))
    assert not is_ambient(push, proxy(push, "deploy/desk"))  # it has a sidecar all the same
    found = traced(push, "http://quay:9080/")
    assert found.branches[0].outcome.passes
    assert not found.branches[0].outcome.sure
    assert any("ambient mode" in sentence for sentence in found.assumed)
    assert "deploy/quay" in ambient_told(proxy(push, "deploy/quay"))


SPACE = "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/use-waypoint: way}}\n"


def test_the_waypoint_of_a_service_is_named_with_what_is_bound_to_it():
    policy = "{targetRefs: [{kind: Service, name: quay}]}"
    bound = (
        obj("AuthorizationPolicy", "own", policy)
        + obj("AuthorizationPolicy", "other", policy.replace("quay", "pier"))
        + obj("HTTPRoute", "split", "{parentRefs: [{kind: Gateway, name: way}]}")
    )
    cluster = "outbound|9080||quay.shop.svc.cluster.local"
    (told,) = waypoint_told(push_of(BASE + SPACE + bound), cluster)
    assert "waypoint way" in told
    assert "(AuthorizationPolicy shop/own, HTTPRoute shop/split)" in told
    found = traced(push_of(BASE + SPACE), "http://quay:9080/")
    assert any("waypoint" in one for one in found.assumed)
    assert not found.branches[0].outcome.sure
    assert waypoint_told(push_of(BASE), cluster) == []


def test_a_service_may_be_left_out_of_its_namespaces_waypoint():
    own = BASE.replace(
        "kind: Service\nmetadata: {name: quay, namespace: shop}",
        "kind: Service\nmetadata: {name: quay, namespace: shop, "
        "labels: {istio.io/use-waypoint: none}}",
    )
    assert own != BASE
    assert waypoint_told(push_of(own + SPACE), "outbound|9080||quay.shop.svc.cluster.local") == []


def test_a_caller_in_ambient_mode_is_said_too():
    text = (
        "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
        + workload("bare", "app: bare", sidecar=None)
        + BASE
    )
    found = traced(push_of(text), "http://quay:9080/", "deploy/bare")
    assert any("deploy/bare is in ambient mode" in one for one in found.assumed)
