from tests.mesh.make import line_of, manifests, mesh_of, obj, odd
from why503.mesh.destination import all_destinations, destinations_of

SERVICE = """\
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
  - route:
    - destination:
        host: orders
        subset: v1
        port: {number: 8080}
      weight: 90
    - destination: {host: cart.other.svc.cluster.local}
    mirror: {host: shadow}
  - route: [{destination: {host: late}}]
    mirrors: [{destination: {host: second}}]
  tls:
  - route: [{destination: {host: db}}]
  tcp:
  - route: [{destination: {host: raw}}]
"""


def test_every_destination_of_a_virtual_service_is_found_with_its_full_host():
    found = destinations_of(manifests(SERVICE)[0])
    assert [(d.host.split(".")[0], d.host.split(".")[1], d.mirror) for d in found] == [
        ("orders", "shop", False),
        ("cart", "other", False),
        ("shadow", "shop", True),
        ("late", "shop", False),
        ("second", "shop", True),
        ("db", "shop", False),
        ("raw", "shop", False),
    ]


def test_a_destination_tells_subset_port_weight_rule_and_the_line_that_decides():
    first, second = destinations_of(manifests(SERVICE)[0])[:2]
    assert (first.subset, first.port, first.weight) == ("v1", 8080, 90)
    assert first.source.line == line_of(SERVICE, "subset: v1")
    assert first.path == ("spec", "http", 0)
    assert (second.subset, second.port, second.weight) == ("", None, None)


def test_gateway_routes_lead_to_services_in_the_namespace_they_name():
    rule = (
        "{rules: [{backendRefs: [{name: orders, port: 80}, {name: cart, namespace: other},"
        " {name: bucket, kind: Backend}, {name: api.example.com, kind: Hostname}],"
        " filters: [{type: RequestMirror, requestMirror: {backendRef: {name: shadow}}}]}]}"
    )
    for kind in ("HTTPRoute", "GRPCRoute"):
        found = all_destinations(mesh_of(obj(kind, "route", rule)))
        assert [(d.host, d.port, d.mirror) for d in found] == [
            ("orders.shop.svc.cluster.local", 80, False),
            ("cart.other.svc.cluster.local", None, False),
            ("api.example.com", None, False),
            ("shadow.shop.svc.cluster.local", None, True),
        ]


def test_a_host_stays_as_written_where_the_namespace_is_unknown():
    text = obj("VirtualService", "x", "{http: [{route: [{destination: {host: orders}}]}]}", "")
    assert [d.host for d in all_destinations(mesh_of(text))] == ["orders"]


def test_odd_routes_raise_nothing():
    specs = (
        "{http: 7}",
        "{http: [7, {route: 7}, {route: [7, {destination: 7}, {destination: {host: [x]}}]}]}",
        "{rules: [7, {backendRefs: [7, {name: []}], filters: [7, {requestMirror: 7}]}]}",
    )
    for kind in ("VirtualService", "HTTPRoute"):
        assert all_destinations(odd(kind, *specs)) == ()
