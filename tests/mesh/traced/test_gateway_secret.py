from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.test_tracing import AT_INGRESS
from tests.mesh.traced.world import BASE, INGRESS, push_of, traced

TLS = "{mode: SIMPLE, credentialName: front-cert}"
TEXT = INGRESS + BASE + gateway("gw", server(443, "HTTPS", "['*']", TLS)) + AT_INGRESS


def assumed(text, url="https://a.example/"):
    found = traced(push_of(text), url, "deploy/ingress").assumed
    return [one for one in found if "Secret" in one]


def test_a_secret_in_no_file_is_taken_for_granted_and_said():
    (told,) = assumed(TEXT)
    assert "front-cert" in told
    assert "namespace shop" in told
    assert "Gateway shop/gw" in told


def test_a_secret_counts_in_the_gateways_own_namespace_only():
    assert assumed(TEXT + obj("Secret", "front-cert", "{}")) == []
    assert assumed(TEXT + obj("Secret", "front-cert", "{}", "web"))


def test_no_secret_is_asked_for_where_tls_does_not_end():
    plain = INGRESS + BASE + gateway("gw", server(80)) + AT_INGRESS
    assert assumed(plain, "http://a.example/") == []


def test_a_certificate_of_the_gateway_api_is_looked_for_where_it_is_referred_to():
    gate = obj(
        "Gateway",
        "front",
        "{gatewayClassName: istio, listeners: [{name: tls, port: 443, protocol: HTTPS, "
        "tls: {certificateRefs: [{name: own-cert}]}}]}",
    )
    found = traced(push_of(BASE + gate), "https://a.example/", "gateway/front").assumed
    assert any("own-cert" in one for one in found)
    given = obj("Secret", "own-cert", "{}")
    found = traced(push_of(BASE + gate + given), "https://a.example/", "gateway/front").assumed
    assert not any("own-cert" in one for one in found)
