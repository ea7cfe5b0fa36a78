from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.selection import (
    covers,
    created,
    full_host,
    has_labels,
    host_of_service,
    labels_told,
    namespace_of_host,
    scoped,
    selects,
    specificity,
    takes_labels,
)

SHARED = {"matchLabels": {"shared": "yes"}}


def test_a_selector_of_kubernetes_asks_for_labels_and_expressions_together():
    def asks(operator, *values):
        one = {"key": "tier", "operator": operator, "values": list(values)}
        return {**SHARED, "matchExpressions": [one]}

    labels = {"shared": "yes", "tier": "web"}
    assert takes_labels(SHARED, labels)
    assert takes_labels(asks("In", "web", "db"), labels)
    assert takes_labels(asks("Exists"), labels)
    assert not takes_labels(asks("NotIn", "web"), labels)
    assert not takes_labels(asks("DoesNotExist"), labels)
    assert not takes_labels(asks("In", "web"), {"tier": "web"})
    assert not takes_labels(asks("Strange"), labels)


FULL = "orders.shop.svc.cluster.local"
SERVICE = obj("Service", "orders", "{selector: {app: orders}}")


def test_a_bare_host_is_completed_with_the_namespace_of_its_object():
    assert full_host("Orders", "shop") == FULL
    assert full_host("orders.shop", "other") == "orders.shop"
    assert full_host("*", "shop") == "*"
    assert full_host("orders", "") == "orders"


def test_a_host_covers_its_own_service_in_every_spelling_and_no_other_namespace():
    assert covers("orders", FULL, "shop")
    assert covers("orders.shop", FULL)
    assert covers(FULL + ".", FULL.upper())
    assert not covers("orders", FULL, "other")
    assert not covers("order", FULL, "shop")


def test_a_wildcard_covers_what_ends_like_it():
    assert covers("*.shop.svc.cluster.local", FULL)
    assert covers("*", FULL)
    assert not covers("*.other.svc.cluster.local", FULL)
    assert not covers("*", "")


def test_full_names_are_more_specific_than_wildcards_and_long_wildcards_than_short():
    order = sorted(["*", "*.local", FULL, "*.shop.svc.cluster.local"], key=specificity)
    assert order == [FULL, "*.shop.svc.cluster.local", "*.local", "*"]


def test_labels_match_across_number_and_text():
    assert has_labels({"version": 1, "app": "orders"}, {"version": "1"})
    assert not has_labels({"app": "orders"}, {"version": "1"})


def test_a_short_host_gets_the_namespace_of_its_service():
    assert host_of_service(mesh_of(SERVICE), "orders") == FULL
    assert host_of_service(mesh_of(), "orders") == "orders"
    assert namespace_of_host(mesh_of(SERVICE), "orders") == "shop"
    assert namespace_of_host(mesh_of(), "10.0.0.1") == ""
    assert namespace_of_host(mesh_of(), "orders.shop") == "shop"


def test_labels_of_the_workload_decide_before_the_service_and_its_name():
    deployment = obj(
        "Deployment", "orders", "{template: {metadata: {labels: {app: orders, tier: web}}}}"
    )
    assert selects(mesh_of(deployment), FULL, {"tier": "web"})
    assert not selects(mesh_of(deployment), FULL, {"tier": "db"})
    assert selects(mesh_of(SERVICE), FULL, {"app": "orders"})
    assert selects(mesh_of(), FULL, {"k8s-app": "orders"})
    assert not selects(mesh_of(), FULL, {"k8s-app": "cart"})


def test_the_object_with_a_selector_goes_before_the_namespaces_and_that_before_the_roots():
    mesh = mesh_of(
        obj("Sidecar", "root", "{}", "istio-system")
        + obj("Sidecar", "whole", "{}")
        + obj("Sidecar", "chosen", "{workloadSelector: {labels: {app: orders}}}")
        + obj("Sidecar", "cart", "{workloadSelector: {labels: {app: cart}}}")
        + obj("Sidecar", "elsewhere", "{}", "other")
        + obj("Sidecar", "rootcart", "{workloadSelector: {labels: {app: orders}}}", "istio-system")
    )
    found = scoped(mesh, "Sidecar", FULL, "spec", "workloadSelector", "labels")
    assert [(level, manifest.name) for level, manifest in found] == [
        (0, "chosen"),
        (1, "whole"),
        (2, "root"),
    ]


def test_odd_selectors_raise_nothing():
    mesh = odd("Sidecar", "{workloadSelector: {labels: [1]}}")
    found = scoped(mesh, "Sidecar", FULL, "spec", "workloadSelector", "labels")
    assert {manifest.namespace for _level, manifest in found} == {""}


def test_of_two_for_the_same_scope_the_older_one_decides():
    young, old = (
        obj("Sidecar", name, "{}").replace("shop}", f'shop, creationTimestamp: "{made}"}}')
        for name, made in (("young", "2026-02-01T00:00:00Z"), ("old", "2026-01-01T00:00:00Z"))
    )
    found = scoped(mesh_of(SERVICE + young + old), "Sidecar", FULL, "spec", "workloadSelector")
    assert [item.manifest.name for item in found] == ["old", "young"]


def test_an_object_that_does_not_say_when_it_was_made_sorts_first():
    (silent,) = mesh_of(SERVICE).manifests("Service")
    dated = "kind: Service\nmetadata: {name: a, creationTimestamp: '2025-01-02T03:04:05Z'}"
    assert created(silent) == ""
    assert created(mesh_of(dated).manifests("Service")[0]) == "2025-01-02T03:04:05Z"


def test_the_same_labels_are_told_alike():
    assert labels_told({"tier": "web", "app": "a"}) == "app=a,tier=web"
    assert labels_told({"app": "a", "tier": "web"}) == "app=a,tier=web"
    assert labels_told({}) == ""
