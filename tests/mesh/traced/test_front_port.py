from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.world import INGRESS, proxy, push_of
from why503.mesh.traced.front_port import front_port
from why503.mesh.traced.view import view_of

FRONT = "---\nkind: Service\nmetadata: {name: front, namespace: shop}\nspec: {"
FRONT += "selector: {istio: ingressgateway}, ports: [{name: a, port: 80, targetPort: 9000}]}\n"


def port(text, asked=80, name="deploy/ingress"):
    push = push_of(INGRESS + text)
    found = proxy(push, name)
    return front_port(push, found, view_of(push, found), asked)


def test_the_service_in_front_says_the_port():
    told = port(FRONT + gateway("gw", server(8080)))
    assert (told.number, told.assumed, told.sure) == (9000, "", True)
    assert port(FRONT + gateway("gw", server(8080)), 81) == (81, "", True)


def test_without_a_service_an_open_port_is_taken_as_it_is():
    assert port(gateway("gw", server(80))) == (80, "", True)


def test_without_a_service_80_and_443_lead_where_istios_own_service_sends_them():
    told = port(gateway("gw", server(8080)))
    assert (told.number, told.sure) == (8080, True)
    assert "port 80 is taken to lead to 8080" in told.assumed
    assert port(gateway("gw", server(8443)), 443).number == 8443
    assert port(gateway("gw", server(8443)), 80) == (80, "", False)


def test_another_port_is_not_guessed():
    assert port(gateway("gw", server(8081)), 81) == (81, "", False)
