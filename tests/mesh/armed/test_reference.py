from tests.mesh.make import mesh_of, obj
from why503.mesh.armed.reference import routes_without_port


def two(name, *ports):
    listed = ", ".join(f"{{name: p{port}, port: {port}}}" for port in ports)
    return obj("Service", name, f"{{ports: [{listed}]}}")


def route(hosts, more="", rule=""):
    spec = f"{{hosts: {hosts}{more}, http: [{{{rule}route: [{{destination: {{host: pier}}}}]}}]}}"
    return obj("VirtualService", "pier", spec)


def gateway(port):
    server = f"{{port: {{number: {port}, protocol: HTTP}}, hosts: ['*']}}"
    return obj("Gateway", "front", f"{{servers: [{server}]}}")


def asked(text):
    return [dict(one.values)["asked"] for one in routes_without_port(mesh_of(text))]


PIER = two("pier", 7000, 7001)
AT_FRONT = route("[pier.example]", ", gateways: [front]")


def test_a_sidecars_route_takes_the_port_of_its_listener():
    assert asked(PIER + route("[pier]")) == []
    assert asked(PIER + two("old-pier", 7000, 7005) + route("[old-pier]")) == ["7005"]


def test_a_gateways_port_must_be_one_of_the_service():
    assert asked(PIER + gateway(80) + AT_FRONT) == ["80"]
    assert asked(PIER + gateway(7001) + AT_FRONT) == []
    assert asked(PIER + AT_FRONT) == []
    assert asked(two("pier", 7000) + gateway(80) + AT_FRONT) == []


def test_a_rule_for_some_listeners_only_is_left_alone():
    rule = "match: [{port: 7001}], "
    assert asked(PIER + gateway(80) + route("[a.example]", ", gateways: [front]", rule)) == []


def test_a_port_for_connections_does_not_ask_the_rules_for_http():
    old = obj("Service", "old-pier", "{ports: [{name: http, port: 7000}, {name: tcp-a, port: 5}]}")
    assert asked(PIER + old + route("[old-pier]")) == []
    assert asked(PIER + old.replace("tcp-a", "http-a") + route("[old-pier]")) == ["5"]
    through = gateway(81).replace("HTTP", "TCP")
    assert asked(PIER + through + AT_FRONT) == []
