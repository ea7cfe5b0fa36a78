from dataclasses import replace

from tests.mesh.make import line_of, manifests, mesh_of, obj, odd
from why503.facts import Bundle, Listening, ProxyEndpoint, Source
from why503.mesh.endpoint import (
    container_ports,
    kubernetes_endpoints,
    listening,
    proxy_endpoints,
    selects_nothing,
    service_port,
    service_ports,
    target_port,
    workload_port,
)
from why503.mesh.mesh import Mesh

HOST = "orders.shop.svc.cluster.local"
HERE = Source(path="eds.txt", line=1)

SLICE = """\
kind: EndpointSlice
metadata:
  name: orders-x7k2p
  namespace: shop
  labels: {kubernetes.io/service-name: orders}
ports: [{name: http, port: 8080}]
endpoints:
- addresses: [10.1.0.7]
  targetRef: {kind: Pod, name: orders-1}
- addresses: [10.1.0.8]
  conditions: {ready: false, terminating: true}
"""
ENDPOINTS = """\
kind: Endpoints
metadata: {name: orders, namespace: shop}
subsets:
- addresses: [{ip: 10.1.0.7, targetRef: {kind: Pod, name: orders-1}}]
  notReadyAddresses: [{ip: 10.1.0.9}]
  ports: [{port: 8080}]
"""
SERVICE = """\
kind: Service
metadata: {name: orders, namespace: shop}
spec:
  selector: {app: orders}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: grpc, port: 90, targetPort: api}
  - {name: same, port: 100}
"""
DEPLOYMENT = """\
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers:
      - name: app
        ports:
        - {containerPort: 8080}
        - {containerPort: 9090, name: api}
      - name: istio-proxy
        ports: [{containerPort: 15090}]
      initContainers:
      - name: init
        ports: [{containerPort: 1234}]
"""


def partial(text):
    return Mesh(Bundle(facts=tuple(manifests(text, partial=True))))


def test_a_slice_tells_address_port_readiness_pod_and_line():
    one, two = kubernetes_endpoints(mesh_of(SLICE), HOST) or ()
    assert (one.address, one.port, one.ready, one.pod) == ("10.1.0.7", 8080, True, "orders-1")
    assert (two.address, two.ready, two.pod) == ("10.1.0.8", False, "")
    assert two.source.line == line_of(SLICE, "10.1.0.8")


def test_endpoints_tell_ready_and_not_ready_addresses():
    found = kubernetes_endpoints(mesh_of(ENDPOINTS), HOST) or ()
    assert [(e.address, e.port, e.ready) for e in found] == [
        ("10.1.0.7", 8080, True),
        ("10.1.0.9", 8080, False),
    ]


def test_an_address_in_slice_and_endpoints_is_one_endpoint():
    found = kubernetes_endpoints(mesh_of(SLICE + "---\n" + ENDPOINTS), HOST) or ()
    assert [e.address for e in found] == ["10.1.0.7", "10.1.0.8", "10.1.0.9"]


def test_endpoints_shown_empty_are_not_the_same_as_endpoints_not_shown():
    empty = obj("Endpoints", "orders", "null")
    assert kubernetes_endpoints(mesh_of(empty), HOST) == ()
    assert kubernetes_endpoints(mesh_of(), HOST) is None
    assert kubernetes_endpoints(mesh_of(empty), "cart.shop.svc.cluster.local") is None
    assert kubernetes_endpoints(mesh_of(empty), "orders.other.svc.cluster.local") is None


def test_a_table_row_shows_none_only_where_it_has_the_column():
    row = "kind: Endpoints\nmetadata: {name: orders, namespace: shop}\n"
    assert kubernetes_endpoints(partial(row), HOST) is None
    assert kubernetes_endpoints(partial(row + "subsets: []\n"), HOST) == ()


def test_a_slice_without_labels_belongs_to_the_service_that_its_name_begins_with():
    row = "kind: EndpointSlice\nmetadata: {name: orders-x7k2p}\n"
    row += "endpoints: [{addresses: [10.1.0.7]}]\n"
    found = kubernetes_endpoints(partial(row), HOST) or ()
    assert [(e.address, e.port) for e in found] == [("10.1.0.7", None)]
    assert kubernetes_endpoints(partial(row.replace("orders-", "orders-v2-")), HOST) is None


def test_a_proxys_endpoints_are_found_by_their_clusters_name():
    def endpoint(cluster, address):
        return ProxyEndpoint(
            source=HERE, teller="cart-1", cluster=cluster, address=address, healthy=True
        )

    mesh = mesh_of(
        "",
        endpoint(f"outbound|80||{HOST}", "10.1.0.7:8080"),
        endpoint(f"outbound|90|v1|{HOST}", "10.1.0.7:9090"),
        endpoint("inbound|8080||", "127.0.0.1:8080"),
        endpoint("outbound|80||cart.shop.svc.cluster.local", "10.1.0.8:8080"),
        endpoint("xds-grpc", "10.1.0.9:15012"),
    )
    assert [e.address for e in proxy_endpoints(mesh, HOST)] == ["10.1.0.7:8080", "10.1.0.7:9090"]
    assert [e.address for e in proxy_endpoints(mesh, HOST, 90)] == ["10.1.0.7:9090"]


def test_container_ports_are_those_of_the_application_alone():
    found = container_ports(mesh_of(SERVICE + "---\n" + DEPLOYMENT), HOST)
    assert [(port, name) for port, name, _source, _workload in found] == [(8080, ""), (9090, "api")]
    text = SERVICE + "---\n" + DEPLOYMENT
    assert found[1].source.line == line_of(text, "containerPort: 9090")
    assert found[1].workload.kind == "Deployment"


def test_a_target_port_is_a_number_a_name_or_the_port_itself():
    mesh = mesh_of(SERVICE)
    found = [target_port(mesh, HOST, port) for port in (80, 90, 100)]
    assert [(f.value, f.default) for f in found if f] == [
        (8080, False),
        ("api", False),
        (100, True),
    ]
    assert target_port(mesh, HOST, 443) is None
    assert target_port(mesh, HOST, None) is None
    assert target_port(mesh_of(), HOST, 80) is None


def test_a_table_row_does_not_tell_the_default_target_port_and_the_whole_object_goes_first():
    row = replace(manifests(SERVICE, partial=True)[0], data={"spec": {"ports": [{"port": 80}]}})
    assert target_port(Mesh(Bundle(facts=(row,))), HOST, 80) is None
    both = Mesh(Bundle(facts=(row, *manifests(SERVICE))))
    assert service_ports(both, HOST)[0].service.partial is False
    found = target_port(both, HOST, 80)
    assert found is not None
    assert found.value == 8080


def test_ports_are_mapped_into_the_pod_and_back():
    mesh = mesh_of(SERVICE + "---\n" + DEPLOYMENT)
    assert [workload_port(mesh, HOST, port) for port in (80, 90, 100, 443)] == [
        8080,
        9090,
        100,
        443,
    ]
    assert [service_port(mesh, HOST, port) for port in (8080, 9090, 80, 443)] == [80, 90, 80, 443]
    assert workload_port(mesh, HOST, None) is None


def test_a_selector_that_takes_no_workload_is_named_with_its_line():
    other = DEPLOYMENT.replace("app: orders", "app: order")
    text = SERVICE + "---\n" + other
    found = selects_nothing(mesh_of(text), HOST)
    assert found is not None
    assert found.line == line_of(text, "selector:")


def test_a_selector_is_not_blamed_where_it_matches_or_workloads_are_not_shown():
    other = manifests(DEPLOYMENT.replace("app: orders", "app: order"), partial=True)
    elsewhere = DEPLOYMENT.replace("namespace: shop", "namespace: other").replace(
        "app: o", "app: x"
    )
    assert selects_nothing(mesh_of(SERVICE + "---\n" + DEPLOYMENT), HOST) is None
    assert selects_nothing(mesh_of(SERVICE), HOST) is None
    assert selects_nothing(mesh_of(SERVICE, *other), HOST) is None
    assert selects_nothing(mesh_of(SERVICE + "---\n" + elsewhere), HOST) is None


def test_listening_sockets_are_handed_on():
    socket = Listening(source=HERE, address="127.0.0.1", port=8080)
    assert listening(mesh_of("", socket)) == (socket,)


def test_odd_objects_raise_nothing():
    specs = ("{ports: [7, {port: x}, {port: 80, targetPort: []}], selector: [1]}", "{ports: 7}")
    for kind in ("Service", "Endpoints", "EndpointSlice", "Deployment"):
        mesh = odd(kind, *specs)
        for host in (HOST, "7.8", ""):
            kubernetes_endpoints(mesh, host)
            assert container_ports(mesh, host) == ()
            assert selects_nothing(mesh, host) is None
    found = target_port(odd("Service", *specs), "7.8", 80)
    assert found is not None
    assert (found.value, found.default) == (80, True)
