import pytest

from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.world import BASE, INGRESS, end, push_of, service

AT = BASE.replace("selector: {app: quay}", "clusterIP: 10.9.9.9, selector: {app: quay}")


@pytest.mark.parametrize("source", ["deploy/desk", ""])
def test_a_port_that_the_service_does_not_have_is_not_answered(source):
    found = end(push_of(AT), "http://quay:9999/", source)
    assert (found.id, found.passes, found.sure) == ("no-port", False, True)
    assert "it has 9080" in found.text
    assert found.flag == ("UF,URX" if source else "")


def test_http_gets_its_503_where_another_service_has_the_port():
    other = service("pier", "{name: http, port: 9999}")
    found = end(push_of(AT + other), "http://quay:9999/")
    assert (found.id, found.status, found.flag) == ("no-port", 503, "UF")


def test_a_name_that_no_service_has_is_not_resolved_and_a_namesake_is_named():
    elsewhere = service("berth", "{name: http, port: 80}", namespace="dock")
    found = end(push_of(BASE + elsewhere), "http://berth:80/")
    assert (found.id, found.passes, found.sure) == ("no-name", False, False)
    assert "berth.dock" in found.text
    assert end(push_of(BASE), "http://pier:80/").id == "no-name"
    assert end(push_of(BASE), "http://pier.shop/").id == "no-name"
    front = obj("VirtualService", "all", "{hosts: ['*'], gateways: [front], http: [{}]}")
    assert end(push_of(BASE + front), "http://pier:80/").id == "no-name"
    assert end(push_of(BASE), "http://pier.none.svc.cluster.local/").id == "no-name"


def test_names_that_may_be_known_elsewhere_are_not_lost():
    assert end(push_of(BASE), "http://pier.example/").id == "passes"
    assert end(push_of(BASE), "http://10.7.7.7/").id == "passes"
    assert end(push_of(BASE), "http://pier/", address="10.7.7.7").id == "passes"
    entry = obj("ServiceEntry", "e", "{hosts: [pier], ports: [{number: 80, protocol: HTTP}]}")
    assert end(push_of(BASE + entry), "http://pier/").id != "no-name"
    routed = obj("VirtualService", "p", "{hosts: [pier], http: [{route: []}]}")
    assert end(push_of(BASE + routed), "http://pier/").id != "no-name"
    assert end(push_of(""), "http://pier/").id == "passes"


def test_a_client_outside_is_led_to_the_gateway_that_is_open_for_the_name():
    text = INGRESS + BASE + gateway("gw", server(80, hosts="[a.example]"))
    found = end(push_of(text), "http://a.example/", "")
    assert (found.id, found.passes, found.sure) == ("unknown", False, False)
    assert "`--from deploy/ingress.shop`" in found.text
    assert "--from" not in end(push_of(text), "http://b.example/", "").text
