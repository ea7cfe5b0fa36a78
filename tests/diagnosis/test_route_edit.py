import pytest

from tests.mesh.make import mesh_of
from why503.diagnosis import route_edit
from why503.mesh.destination import all_destinations
from why503.mesh.route import per_try_timeout, retry_policy, route_timeout

HOST = "orders.shop.svc.cluster.local"
ROUTE = """
    kind: VirtualService
    metadata: {name: split, namespace: shop}
    spec:
      hosts: [orders]
      http:
      - match: [{uri: {prefix: /a}}]
        timeout: 15s
        retries: {attempts: 4, perTryTimeout: 300ms}
        route:
        - {destination: {host: orders, subset: blue, port: {number: 8080}}}
    """
HTTP_ROUTE = """
    kind: HTTPRoute
    metadata: {name: plain, namespace: shop}
    spec:
      rules:
      - timeouts: {request: 2s}
        backendRefs: [{name: orders, port: 8080}]
    """


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        (ROUTE, ("spec", "http", 0, "timeout"), "30s"),
        (HTTP_ROUTE, ("spec", "rules", 0, "timeouts", "request"), "4s"),
    ],
)
def test_a_timeout_is_doubled_where_it_stands(text, path, value):
    mesh = mesh_of(text)
    setting = route_timeout(mesh, HOST)
    (put,) = route_edit.longer_timeout(mesh, setting)
    assert (put.path, put.value) == (path, value)
    assert "× 2" in route_edit.twice(setting)[0]
    assert route_edit.longer_timeout(mesh, None) == route_edit.twice(None) == ()


def test_tries_get_longer_and_fewer():
    mesh = mesh_of(ROUTE)
    (put,) = route_edit.longer_try(mesh, per_try_timeout(mesh, HOST))
    assert (put.path[-1], put.value) == ("perTryTimeout", "600ms")
    (put,) = route_edit.one_retry(mesh, retry_policy(mesh, HOST))
    assert (put.path[-2:], put.value) == (("retries", "attempts"), 1)
    once = mesh_of(ROUTE.replace("attempts: 4", "attempts: 1"))
    assert route_edit.one_retry(once, retry_policy(once, HOST)) == ()


def test_a_subset_is_taken_out_of_the_destinations_that_name_it():
    found = all_destinations(mesh_of(ROUTE))
    (drop,) = route_edit.without_subset(found, "blue")
    assert drop.path == ("spec", "http", 0, "route", 0, "destination", "subset")
    assert route_edit.without_subset(found, "green") == ()


def test_another_host_stands_in_the_destination():
    plain = ROUTE.replace(" subset: blue,", "")
    mesh = mesh_of(plain)
    (put,) = route_edit.other_host(mesh, all_destinations(mesh)[0], "archive.old.svc.cluster.local")
    assert put.path[-2:] == ("destination", "host")


def test_the_last_rule_sends_where_the_one_before_sends():
    mesh = mesh_of(ROUTE)
    (append,) = route_edit.last_rule(mesh.manifests("VirtualService")[0], "edge.example")
    assert append.path == ("spec", "http")
    (entry,) = append.value["route"]
    assert entry["destination"] == {"host": "orders", "subset": "blue", "port": {"number": 8080}}
