import pytest

from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, HOST, call, proxy, push_of, service
from why503.mesh.traced.call import Speech, Tls
from why503.mesh.traced.envoy import pass_through
from why503.mesh.traced.outbound import addresses_of, instance_addresses, outbound_config

SLICE = (
    "---\nkind: EndpointSlice\nmetadata: {name: quay, namespace: shop, "
    "labels: {kubernetes.io/service-name: quay}}\n"
    "endpoints: [{addresses: [10.1.0.7]}]\nports: [{port: 80}]\n"
)


def through(text, **asked):
    push = push_of(text)
    told = call(**asked)
    return pass_through(outbound_config(push, proxy(push), told.port), told)


def to(text, **asked):
    found = through(text, **asked)
    return found.clusters[0][0] if found.clusters else found.stop


def svc(protocol, more=", clusterIP: 10.9.9.9"):
    return service("quay", f"{{name: {protocol}, port: 80}}", more)


TLS_CALL = {"tls": Tls.TLS, "speech": Speech.HTTP}
TCP_CALL = {"speech": Speech.TCP}


@pytest.mark.parametrize(
    ("protocol", "asked", "cluster"),
    [
        ("http", {"host": HOST}, f"outbound|80||{HOST}"),
        ("http", TLS_CALL, "PassthroughCluster"),
        ("http", TCP_CALL, "PassthroughCluster"),
        ("odd", {"host": HOST}, f"outbound|80||{HOST}"),
        ("odd", TLS_CALL, f"outbound|80||{HOST}"),
        ("odd", TCP_CALL, f"outbound|80||{HOST}"),
        ("tcp", {"host": "anything"}, f"outbound|80||{HOST}"),
        ("tls", {**TLS_CALL, "sni": HOST}, f"outbound|80||{HOST}"),
        ("udp", TCP_CALL, "PassthroughCluster"),
    ],
)
def test_the_protocol_of_a_port_decides_who_takes_it(protocol, asked, cluster):
    assert to(svc(protocol), port=80, **asked) == cluster


def test_a_headless_tcp_service_listens_at_each_pod():
    text = svc("tcp", ", clusterIP: None") + SLICE
    assert through(text, port=80, address="10.1.0.7", **TCP_CALL).listener.name == "10.1.0.7_80"
    assert to(text, port=80, address="10.1.0.8", **TCP_CALL) == "PassthroughCluster"


def test_instances_of_a_headless_service_may_be_pods_or_unknown():
    push = push_of(svc("tcp", ", clusterIP: None"))
    assert instance_addresses(push, push.services[0]) == (f"<pod of {HOST}>",)
    meta = "{name: q, namespace: shop, labels: {app: quay}}"
    pod = f"---\nkind: Pod\nmetadata: {meta}\nstatus: {{podIP: 10.1.0.9}}\n"
    push = push_of(svc("tcp", ", clusterIP: None") + pod)
    assert instance_addresses(push, push.services[0]) == ("10.1.0.9",)


def test_http_and_tcp_on_one_address_are_told_apart_by_sniffing():
    spec = "{hosts: [a.example], ports: [{number: 80, protocol: TCP}]}"
    text = svc("http") + obj("ServiceEntry", "a", spec)
    assert to(text, port=80, host=HOST) == f"outbound|80||{HOST}"
    assert to(text, port=80, **TCP_CALL) == "outbound|80||a.example"


def test_a_sniffing_port_takes_the_place_of_plain_http_on_one_address():
    entries = "".join(
        obj("ServiceEntry", name, f"{{hosts: [{name}.example], ports: [{{number: 80{more}}}]}}")
        for name, more in (("a", ", protocol: HTTP"), ("b", ""))
    )
    assert through(entries, port=80, host="a.example").listener.name == "0.0.0.0_80"


def test_server_first_protocols_do_not_share():
    entries = "".join(
        obj("ServiceEntry", n, f"{{hosts: [{n}.example], ports: [{{number: 80, protocol: {p}}}]}}")
        for n, p in (("a", "MySQL"), ("b", "HTTP"))
    )
    assert to(entries, port=80, host="b.example") == "outbound|80||a.example"


def test_tcp_rules_choose_by_subnet_and_then_the_service():
    rules = (
        "{hosts: [quay], tcp: [{match: [{destinationSubnets: [10.9.0.0/16]}], "
        "route: [{destination: {host: pier}}]}, {match: [{port: 1}], route: []}]}"
    )
    text = svc("tcp") + obj("VirtualService", "a", rules)
    assert to(text, port=80, **TCP_CALL) == "outbound|80||pier.shop.svc.cluster.local"
    everything = "{hosts: [quay], tcp: [{route: [{destination: {host: a}, weight: 1}, "
    everything += "{destination: {host: b}, weight: 3}]}]}"
    found = through(svc("tcp") + obj("VirtualService", "a", everything), port=80, **TCP_CALL)
    assert [weight for _name, weight in found.clusters] == [1, 3]


def test_tls_rules_choose_by_server_name():
    entry = "{hosts: ['*.example'], resolution: NONE, ports: [{number: 443, protocol: TLS}]}"
    rules = (
        "{hosts: ['*.example'], tls: [{match: [{sniHosts: [a.example]}, {sniHosts: [a.example], "
        "sourceLabels: {app: desk}}], route: [{destination: {host: pier}}]}]}"
    )
    text = obj("ServiceEntry", "e", entry) + obj("VirtualService", "v", rules)
    assert to(text, port=443, sni="a.example", **TLS_CALL).endswith("pier.shop.svc.cluster.local")
    assert to(text, port=443, sni="b.example", **TLS_CALL) == "PassthroughCluster"


def test_the_sidecars_own_port_locks_others_out():
    spec = (
        "{egress: [{port: {number: 80, protocol: TCP}, bind: 127.0.0.1, "
        f"hosts: ['shop/{HOST}']}}, {{hosts: ['*/*']}}]}}"
    )
    text = svc("http") + obj("Sidecar", "s", spec)
    found = through(text, port=80, address="127.0.0.1", **TCP_CALL)
    assert found.listener.name == "127.0.0.1_80"


def test_others_are_refused_where_only_the_registry_is_allowed():
    text = BASE + "---\nmeshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n"
    assert to(text, port=80, **TCP_CALL) == "BlackHoleCluster"
    assert to(BASE, port=15001, **TCP_CALL) == "BlackHoleCluster"


def test_dns_capture_gives_entries_an_address_of_their_own():
    spec = "{hosts: [a.example], resolution: DNS, ports: [{number: 443, protocol: TLS}]}"
    capture = (
        "---\nmeshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: 'true'}}}\n"
    )
    push = push_of(obj("ServiceEntry", "a", spec) + capture)
    assert addresses_of(push.services[0], proxy(push)) == ("<automatic address of a.example>",)
