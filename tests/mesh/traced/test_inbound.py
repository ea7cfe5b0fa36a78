import pytest

from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, call, proxy, push_of, service, workload
from why503.mesh.traced.call import Speech, Tls, Way
from why503.mesh.traced.envoy import Stop, pass_through
from why503.mesh.traced.inbound import http_inspector, inbound_config, tls_inspector

PORTS = "{name: http, port: 80}, {name: tcp, port: 70}, {name: odd, port: 81}"
SERVER = service("quay", PORTS) + workload("quay", "app: quay")
HTTP, TCP = Speech.HTTP, Speech.TCP


def through(mode, port, speech, tls, text=""):
    policy = obj("PeerAuthentication", "p", f"{{mtls: {{mode: {mode}}}}}")
    push = push_of(SERVER + policy + text)
    asked = call(way=Way.INBOUND, port=port, speech=speech, tls=tls)
    found = pass_through(inbound_config(push, proxy(push, "deploy/quay")), asked)
    return found.clusters[0][0] if found.clusters else found.stop


@pytest.mark.parametrize(
    ("mode", "port", "speech", "tls", "ends"),
    [
        ("STRICT", 80, HTTP, Tls.NONE, Stop.NO_FILTER_CHAIN),
        ("STRICT", 80, HTTP, Tls.TLS, Stop.MTLS_ERROR),
        ("STRICT", 80, HTTP, Tls.MESH, "inbound|80||"),
        ("STRICT", 99, HTTP, Tls.NONE, Stop.NO_FILTER_CHAIN),
        ("STRICT", 99, TCP, Tls.MESH, "InboundPassthroughCluster"),
        ("PERMISSIVE", 80, HTTP, Tls.NONE, "inbound|80||"),
        ("PERMISSIVE", 80, HTTP, Tls.TLS, Stop.NO_FILTER_CHAIN),
        ("PERMISSIVE", 80, TCP, Tls.NONE, Stop.PROTOCOL_ERROR),
        ("PERMISSIVE", 70, TCP, Tls.TLS, "inbound|70||"),
        ("PERMISSIVE", 81, TCP, Tls.MESH, "inbound|81||"),
        ("DISABLE", 80, HTTP, Tls.MESH, Stop.PROTOCOL_ERROR),
        ("DISABLE", 81, HTTP, Tls.NONE, "inbound|81||"),
        ("DISABLE", 81, TCP, Tls.NONE, "inbound|81||"),
        ("DISABLE", 15006, TCP, Tls.NONE, "BlackHoleCluster"),
    ],
)
def test_mode_and_protocol_decide_what_is_taken(mode, port, speech, tls, ends):
    assert through(mode, port, speech, tls) == ends


def test_a_port_of_its_own_mode_is_told_apart_without_a_service_too():
    own = obj(
        "PeerAuthentication",
        "w",
        "{selector: {matchLabels: {app: quay}}, portLevelMtls: {99: {mode: DISABLE}}}",
    )
    assert through("STRICT", 99, HTTP, Tls.NONE, own) == "InboundPassthroughCluster"
    assert through("STRICT", 98, HTTP, Tls.NONE, own) is Stop.NO_FILTER_CHAIN


def test_a_sidecars_ingress_takes_the_place_of_the_services():
    spec = "{ingress: [{port: {number: 90, protocol: HTTP}, defaultEndpoint: 127.0.0.1:1}]}"
    text = obj("Sidecar", "s", spec)
    assert through("PERMISSIVE", 90, HTTP, Tls.NONE, text) == "inbound|90||"
    assert through("PERMISSIVE", 80, TCP, Tls.NONE, text) == "InboundPassthroughCluster"


def test_a_sidecar_may_end_tls_itself_where_istiod_allows_it():
    env = "[{name: ENABLE_TLS_ON_SIDECAR_INGRESS, value: 'true'}]"
    istiod = obj(
        "Deployment",
        "istiod",
        f"{{template: {{spec: {{containers: [{{name: d, env: {env}}}]}}}}}}",
        "istio-system",
    )
    spec = "{ingress: [{port: {number: 90, protocol: HTTPS}, tls: {mode: MUTUAL}}]}"
    text = istiod + obj("Sidecar", "s", spec)
    assert through("DISABLE", 90, HTTP, Tls.MUTUAL, text) == "inbound|90||"
    assert through("DISABLE", 90, HTTP, Tls.TLS, text) is Stop.MTLS_ERROR
    assert through("DISABLE", 90, HTTP, Tls.NONE, text) is Stop.NO_FILTER_CHAIN


def test_inspectors_look_where_the_chains_need_them():
    push = push_of(BASE)
    chains = inbound_config(push, proxy(push, "deploy/quay")).listeners[0].chains
    assert tls_inspector(chains).looks(8080)
    assert not http_inspector(chains).looks(8080)
    assert http_inspector(chains).looks(1)
