from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import SIMPLE, gateway, server
from tests.mesh.traced.world import BASE, INGRESS, call, proxy, push_of
from why503.mesh.traced.call import Speech, Tls, Way
from why503.mesh.traced.envoy import Stop, pass_through
from why503.mesh.traced.gateway_listener import gateway_config, servers_of


def vs(name, hosts, rules, gateways="[gw]"):
    return obj("VirtualService", name, f"{{hosts: {hosts}, gateways: {gateways}, {rules}}}")


def http(match, to):
    target = f"{{destination: {{host: {to}, port: {{number: 9080}}}}}}"
    return f"http: [{{match: [{{uri: {match}}}], route: [{target}]}}]"


def through(text, **asked):
    push = push_of(INGRESS + BASE + text)
    told = call(way=Way.GATEWAY, **asked)
    return pass_through(gateway_config(push, proxy(push, "deploy/ingress")), told)


def to(text, **asked):
    found = through(text, **asked)
    return found.clusters[0][0].rpartition("|")[2] if found.clusters else found.stop


TLS = {"port": 443, "tls": Tls.TLS, "host": "a.example", "sni": "a.example"}
PLAIN = gateway("gw", server(80, hosts="['*.example']"))


def test_a_gateway_answers_404_redirects_or_routes():
    assert to("", port=80) is Stop.NO_LISTENER
    assert to(PLAIN, port=80, host="a.example") is Stop.NO_ROUTE
    routed = PLAIN + vs("v", "[a.example]", http("{prefix: /a}", "quay"))
    assert to(routed, port=80, host="a.example", path="/a") == "quay.shop.svc.cluster.local"
    assert to(routed, port=80, host="a.example", path="/b") is Stop.NO_ROUTE
    assert to(routed, port=80, host="b.example") is Stop.NO_VIRTUAL_HOST
    moved = gateway("gw", server(80, hosts="[a.example]", tls="{httpsRedirect: true}"))
    assert to(moved, port=80, host="a.example") is Stop.TLS_REDIRECT


def test_rules_of_two_objects_for_one_host_are_merged_with_the_widest_last():
    text = (
        PLAIN
        + vs("a", "['*']", http("{prefix: /}", "all"))
        + vs("b", "['*.example']", http("{prefix: /b}", "quay"))
    )
    assert to(text, port=80, host="x.example", path="/b").startswith("quay")
    assert to(text, port=80, host="x.example", path="/c").startswith("all")


def test_tls_is_ended_by_name_or_turned_away():
    text = gateway("gw", server(443, "HTTPS", "[a.example]", SIMPLE)) + vs(
        "v", "[a.example]", http("{prefix: /}", "quay")
    )
    assert to(text, **TLS).startswith("quay")
    assert to(text, **{**TLS, "sni": "b.example"}) is Stop.NO_FILTER_CHAIN
    assert to(text, **{**TLS, "tls": Tls.NONE, "sni": ""}) is Stop.NO_FILTER_CHAIN
    mutual = text.replace("SIMPLE", "MUTUAL")
    assert to(mutual, **TLS) is Stop.MTLS_ERROR
    assert to(mutual, **{**TLS, "tls": Tls.MUTUAL}).startswith("quay")


def test_tls_that_passes_is_routed_by_its_name_once():
    passing = gateway("gw", server(443, "TLS", "['*.example']", "{mode: PASSTHROUGH}"))

    def rule(name, host):
        target = f"{{destination: {{host: {host}}}}}"
        body = f"tls: [{{match: [{{sniHosts: [a.example]}}], route: [{target}]}}]"
        return vs(name, "[a.example]", body)

    assert to(passing + rule("a", "quay") + rule("b", "pier"), **TLS).startswith("quay")
    assert to(passing, **TLS) is Stop.NO_LISTENER


def test_tcp_takes_the_first_rule_and_is_no_listener_without_one():
    tcp = gateway("gw", server(70, "TCP"))
    asked = {"port": 70, "speech": Speech.TCP}
    assert to(tcp, **asked) is Stop.NO_LISTENER
    body = "tcp: [{match: [{port: 71}], route: [{destination: {host: no}}]}, "
    body += "{match: [{port: 70}], route: [{destination: {host: quay}}]}]"
    assert to(tcp + vs("v", "['*']", body), **asked).startswith("quay")


def test_automatic_passthrough_follows_the_meshs_own_names():
    text = gateway("gw", server(15443, "TLS", "['*.local']", "{mode: AUTO_PASSTHROUGH}"))
    name = "outbound_.9080_._.quay.shop.svc.cluster.local"
    found = through(text, port=15443, tls=Tls.MESH, sni=name, speech=Speech.TCP)
    assert found.clusters == ((name, 100),)


def test_two_that_ask_for_the_same_are_refused_by_envoy():
    text = gateway("a", server(443, "HTTPS", "['./*']", SIMPLE))
    other = text.replace("namespace: shop", "namespace: web")
    assert to(text + other, **TLS) is Stop.SEVERAL_FILTER_CHAINS


def test_a_gateways_clashing_servers_are_known():
    push = push_of(INGRESS + gateway("a", server(80), server(80, "TCP")))
    assert len(servers_of(push, proxy(push, "deploy/ingress")).skipped) == 1
