import pytest

from tests.mesh.make import line_of, manifests, mesh_of, obj, odd
from why503.facts import Bundle
from why503.mesh.mesh import Mesh
from why503.mesh.protocol import port_protocol, shared_target_ports

HOST = "orders.shop.svc.cluster.local"


def service(ports, name="orders", selector="{app: orders}"):
    return obj("Service", name, f"{{selector: {selector}, ports: [{ports}]}}")


def protocol(port):
    found = port_protocol(mesh_of(service(port)), HOST, None)
    return found and (found.value, found.default)


@pytest.mark.parametrize(
    ("port", "value"),
    [
        ("{port: 80, name: http}", "http"),
        ("{port: 80, name: http2-api}", "http2"),
        ("{port: 80, name: GRPC-web-api}", "grpc-web"),
        ("{port: 80, name: grpc-api}", "grpc"),
        ("{port: 80, name: tcp-db}", "tcp"),
        ("{port: 80, name: http, appProtocol: grpc}", "grpc"),
        ("{port: 80, name: x, appProtocol: kubernetes.io/h2c}", "http2"),
        ("{port: 80, name: x, appProtocol: kubernetes.io/wss}", "https"),
        ("{port: 80, name: http, protocol: UDP}", "udp"),
    ],
)
def test_app_protocol_then_the_prefix_of_the_name_declares_the_protocol(port, value):
    assert protocol(port) == (value, False)


@pytest.mark.parametrize(
    ("port", "value"),
    [
        ("{port: 80, name: web}", ""),
        ("{port: 80, name: httpapi}", ""),
        ("{port: 80}", ""),
        ("{port: 80, name: http, appProtocol: mycompany.com/thing}", ""),
        ("{port: 3306, name: db}", "tcp"),
    ],
)
def test_without_a_known_word_istio_sniffs_except_where_the_server_speaks_first(port, value):
    assert protocol(port) == (value, True)


def test_the_field_that_declares_is_named():
    text = "kind: Service\nmetadata: {name: orders, namespace: shop}\nspec:\n  ports:\n"
    text += "  - port: 80\n    name: http-api\n"
    found = port_protocol(mesh_of(text), HOST, 80)
    assert found is not None
    assert found.source is not None
    assert found.source.line == line_of(text, "http-api")
    assert found.by == "Service shop/orders"


def test_the_protocol_of_an_external_port_comes_from_its_service_entry():
    entry = obj(
        "ServiceEntry",
        "pay",
        "{hosts: [api.pay.example], ports: [{number: 443, name: tls, protocol: HTTPS}, {number: 80}"
        "]}",
    )
    found = port_protocol(mesh_of(entry), "api.pay.example", 443)
    assert found is not None
    assert found.value == "https"
    assert port_protocol(mesh_of(entry), "api.pay.example", 8443) is None


def test_the_name_of_a_service_entrys_port_says_nothing():
    ports = "{hosts: [api.pay.example], ports: [{number: 443, name: https}]}"
    found = port_protocol(mesh_of(obj("ServiceEntry", "pay", ports)), "api.pay.example", 443)
    assert found is not None
    assert (found.value, found.default) == ("", True)


def test_a_table_row_without_names_tells_no_protocol():
    row = manifests(service("{port: 80, protocol: TCP}"), partial=True)
    assert port_protocol(Mesh(Bundle(facts=tuple(row))), HOST, 80) is None


def test_an_unknown_port_or_one_of_several_has_no_protocol():
    mesh = mesh_of(service("{port: 80, name: http}, {port: 90, name: grpc}"))
    assert port_protocol(mesh, HOST, 443) is None
    assert port_protocol(mesh, HOST, None) is None


def test_two_protocols_on_one_target_port_are_found_within_and_across_services():
    one = service(
        "{port: 80, name: http, targetPort: 8080}, {port: 90, name: tcp-x, targetPort: 8080}"
    )
    (shared,) = shared_target_ports(mesh_of(one))
    assert (shared.target, shared.protocols) == (8080, ("http", "tcp"))
    two = service("{port: 8080, name: http}") + service("{port: 8080, name: grpc}", "orders-grpc")
    (shared,) = shared_target_ports(mesh_of(two))
    assert [entry.service.name for entry in shared.ports] == ["orders", "orders-grpc"]


def test_ports_that_agree_or_belong_to_other_pods_share_nothing():
    http = "{port: 80, name: http, targetPort: 8080}"
    tcp = "{port: 80, name: tcp, targetPort: 8080}"
    assert (
        shared_target_ports(mesh_of(service(http + ", {port: 81, name: http-b, targetPort: 8080}")))
        == ()
    )
    assert shared_target_ports(mesh_of(service(http) + service(tcp, "cart", "{app: cart}"))) == ()
    assert shared_target_ports(mesh_of(service(http) + service(tcp, "none", "{}"))) == ()
    dns = "{port: 53, name: tcp-dns}, {port: 53, name: dns, protocol: UDP}"
    dns += ", {port: 54, targetPort: 53}"
    assert shared_target_ports(mesh_of(service(dns))) == ()


def test_protocols_of_connections_are_the_same_to_the_servers_listener():
    redis = "{port: 80, name: redis, targetPort: 8080}, {port: 81, name: tcp-a, targetPort: 8080}"
    assert shared_target_ports(mesh_of(service(redis))) == ()
    mixed = redis.replace("tcp-a", "http-a")
    assert len(shared_target_ports(mesh_of(service(mixed)))) == 1


def test_odd_services_raise_nothing():
    mesh = odd("Service", "{ports: [{port: 80, name: 7, appProtocol: []}, 7], selector: {a: [1]}}")
    found = port_protocol(mesh, "7.8", 80)
    assert found is not None
    assert found.value == ""
    assert shared_target_ports(mesh) == ()
    entry = odd("ServiceEntry", "{hosts: [a.example], ports: [7, {number: 80, protocol: 7}]}")
    assert port_protocol(entry, "a.example", 80) is not None
