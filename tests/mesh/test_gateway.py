from tests.mesh.build import manifest, mesh, request
from why503.mesh.gateway import gateways_named, is_gateway, misfits, opens_host


def gateway(name="public", namespace="edge", servers=None, selector=None):
    told = servers or [
        {"port": {"number": 80, "protocol": "HTTP"}, "hosts": ["*.example.com"]},
    ]
    spec = {"selector": selector or {"istio": "ingressgateway"}, "servers": told}
    return manifest("Gateway", name, namespace, spec=spec)


def service(gateways, hosts=("a.example.com",), namespace="web", **rules):
    spec = {"hosts": list(hosts), "gateways": list(gateways), **rules}
    return manifest("VirtualService", "site", namespace, spec=spec)


def texts(*manifests, host=""):
    return [misfit.text for misfit in misfits(mesh(*manifests), host)]


def test_a_gateway_is_known_by_its_name_or_by_port_and_forwarded_client():
    assert is_gateway(request(404, teller="istio-ingressgateway-7f"))
    assert is_gateway(request(404, downstream_local="10.0.0.2:8443", forwarded_for="198.51.100.1"))
    assert not is_gateway(request(404, downstream_local="10.0.0.2:8443", forwarded_for=""))


def test_a_wildcard_opens_names_below_it_only():
    assert opens_host(gateway(), "a.example.com")
    assert not opens_host(gateway(), "a.example.org")


def test_a_bare_gateway_name_means_the_virtual_service_s_own_namespace():
    told = gateway()
    assert gateways_named(service(["public"]), [told]) == []
    assert gateways_named(service(["edge/public"]), [told]) == [told]
    assert gateways_named(service(["public"], namespace="edge"), [told]) == [told]
    assert gateways_named(service(["public.edge.svc.cluster.local"]), [told]) == [told]


def test_objects_that_fit_are_not_complained_of():
    assert texts(gateway(), service(["edge/public"])) == []
    assert texts(gateway(), service(["mesh"])) == []


def test_a_gateway_of_another_namespace_is_a_misfit():
    (text,) = texts(gateway(), service(["public"]))
    assert "bound to the Gateway public" in text
    assert "Gateway edge/public" in text


def test_hosts_that_do_not_overlap_are_a_misfit():
    (text,) = texts(gateway(), service(["edge/public"], hosts=["a.example.org"]))
    assert "opens only *.example.com" in text


def test_only_routes_for_the_host_are_looked_at():
    assert texts(gateway(), service(["public"]), host="b.example.net") == []


def test_http_rules_behind_tls_passthrough_are_a_misfit():
    servers = [
        {
            "port": {"number": 443, "protocol": "TLS"},
            "tls": {"mode": "PASSTHROUGH"},
            "hosts": ["*"],
        }
    ]
    (text,) = texts(gateway(servers=servers), service(["edge/public"], http=[{"route": []}]))
    assert "only `http` rules" in text


def test_https_without_a_certificate_is_a_misfit():
    port = {"number": 443, "protocol": "HTTPS"}
    bare = gateway(servers=[{"port": port, "hosts": ["*"]}])
    unnamed = gateway(servers=[{"port": port, "hosts": ["*"], "tls": {"mode": "SIMPLE"}}])
    named = {"mode": "SIMPLE", "credentialName": "c"}
    whole = gateway(servers=[{"port": port, "hosts": ["*"], "tls": named}])
    assert "no `tls` block" in texts(bare)[0]
    assert "without naming a certificate" in texts(unnamed)[0]
    assert texts(whole) == []


def test_a_selector_without_pods_is_a_misfit():
    labels = {"metadata": {"labels": {"istio": "ingressgateway"}}}
    pods = manifest("Deployment", "istio-ingressgateway", "edge", spec={"template": labels})
    assert texts(gateway(), pods) == []
    (text,) = texts(gateway(selector={"istio": "ingress"}), pods)
    assert "istio=ingress" in text


def test_two_gateways_with_one_certificate_are_a_misfit():
    def with_host(name, host):
        tls = {"mode": "SIMPLE", "credentialName": "wild"}
        port = {"number": 443, "protocol": "HTTPS"}
        return gateway(name, servers=[{"port": port, "tls": tls, "hosts": [host]}])

    (text,) = texts(with_host("one", "a.example.com"), with_host("two", "b.example.com"))
    assert "same certificate (wild)" in text


def test_gateways_of_the_gateway_api_are_left_out():
    other = manifest("Gateway", "gw", "edge", spec={"listeners": []})
    assert texts(other, service(["public"])) == []


def listener(port):
    return manifest("ProxyListener", "", port=port)


def test_a_port_that_the_gateway_pod_does_not_listen_on_is_told():
    assert any("no listener" in text for text in texts(gateway(), listener(15021)))
    assert not any("no listener" in text for text in texts(gateway(), listener(8080)))
    assert not any("no listener" in text for text in texts(gateway(), listener(80)))


def test_the_listeners_of_a_sidecar_say_nothing_of_a_gateway():
    assert not any("no listener" in text for text in texts(gateway(), listener(15006)))
