from tests.mesh.make import mesh_of, obj
from why503.mesh.traced.gateway_server import Instance, gateways_for, istio_gateways, merged


def gateway(name, *servers, more=""):
    listed = ", ".join(servers)
    return obj(
        "Gateway", name, f"{{selector: {{istio: ingressgateway}}{more}, servers: [{listed}]}}"
    )


def server(port, protocol="HTTP", hosts="['*']", tls="", name="p"):
    body = f"port: {{number: {port}, protocol: {protocol}, name: {name}}}, hosts: {hosts}"
    return f"{{{body}{f', tls: {tls}' if tls else ''}}}"


SIMPLE = "{mode: SIMPLE, credentialName: c}"


def ports(text, *instances):
    found = merged(istio_gateways(mesh_of(text), "shop"), instances)
    return [(one.port, one.routes) for one in found.placed], len(found.skipped)


def test_a_servers_kind_follows_from_protocol_and_tls():
    cases = {
        server(80): ("", True, False),
        server(80, tls="{httpsRedirect: true}"): ("", True, False),
        server(443, "HTTPS", tls=SIMPLE): ("SIMPLE", True, False),
        server(443, "TLS", tls=SIMPLE): ("SIMPLE", False, False),
        server(443, "HTTPS", tls="{mode: PASSTHROUGH}"): ("PASSTHROUGH", False, True),
        server(70, "TCP"): ("", False, False),
    }
    for text, (mode, http, passes) in cases.items():
        (found,) = istio_gateways(mesh_of(gateway("a", text)), "shop")[0].servers
        assert (found.mode, found.is_http, found.passes_tls) == (mode, http, passes), text


def test_hosts_get_the_gateways_namespace_and_names_for_sni():
    text = gateway("a", server(443, "TLS", "['./a.b', '*/c.d', web/e.f]", "{mode: PASSTHROUGH}"))
    (found,) = istio_gateways(mesh_of(text), "shop")[0].servers
    assert found.hosts == ("shop/a.b", "c.d", "web/e.f")
    assert found.sni_hosts == ("a.b", "c.d", "e.f")


def test_http_merges_and_other_protocols_on_its_port_are_left_out():
    text = gateway("a", server(80)) + gateway("b", server(80), server(80, "TCP"))
    assert ports(text) == ([(80, "http.80"), (80, "http.80")], 1)


def test_one_host_of_tls_is_served_once():
    text = gateway("a", server(443, "HTTPS", "[a.b]", SIMPLE))
    text += gateway("b", server(443, "HTTPS", "[a.b]", SIMPLE), server(443, "TLS", "[c.d]", SIMPLE))
    assert ports(text) == ([(443, "https.443.p.a.shop"), (443, "")], 1)


def test_ports_are_those_inside_the_pod():
    inside = Instance("in.shop", "shop", 80, 8080, {})
    kept = Instance(
        "x", "shop", 80, 8081, {"experimental.istio.io/disable-gateway-port-translation": "1"}
    )
    assert ports(gateway("a", server(80)), kept, inside)[0] == [(8080, "http.8080")]


def test_a_selector_or_a_service_binds_a_gateway_to_its_proxies():
    found = istio_gateways(mesh_of(gateway("a", server(80))), "shop")
    assert gateways_for(found, {"istio": "ingressgateway"}, ())
    assert not gateways_for(found, {"istio": "other"}, ())
    text = (
        "---\nkind: Gateway\nmetadata: {name: a, namespace: shop, annotations: "
        "{internal.istio.io/gateway-service: in.shop}}\n"
        f"spec: {{servers: [{server(80)}]}}\n"
    )
    named = istio_gateways(mesh_of(text), "shop")
    assert gateways_for(named, {}, [Instance("in.shop", "shop", 80, 8080, {})])
    assert not gateways_for(named, {}, [Instance("in.shop", "web", 80, 8080, {})])
    assert ports(text) == ([], 0)
