import pytest

from tests.mesh.build import START, request
from tests.mesh.build import mesh as built
from tests.mesh.make import line_of, manifests, mesh_of, obj, odd
from why503.facts import Bundle, Counter, ProxyInfo, Source, Witness
from why503.mesh.mesh import Mesh
from why503.mesh.mtls import (
    conflicts,
    cut_without_http,
    mtls_conflict,
    mutual_somewhere,
    refusals_counted,
    server_mtls,
    switched_off,
    went_well_before,
)

HOST = "orders.shop.svc.cluster.local"
SERVICE = obj(
    "Service", "orders", "{selector: {app: orders}, ports: [{port: 80, targetPort: 8080}]}"
)
ROOT = obj("PeerAuthentication", "default", "{mtls: {mode: STRICT}}", "istio-system")
SPACE = obj("PeerAuthentication", "shop", "{mtls: {mode: PERMISSIVE}}")


def chosen(mode, ports="{}"):
    selector = "{matchLabels: {app: orders}}"
    spec = f"{{selector: {selector}, mtls: {{mode: {mode}}}, portLevelMtls: {ports}}}"
    return obj("PeerAuthentication", "orders", spec)


def rule(mode, host="orders"):
    return obj(
        "DestinationRule", "orders", f"{{host: {host}, trafficPolicy: {{tls: {{mode: {mode}}}}}}}"
    )


def demanded(text, port=80):
    found = server_mtls(mesh_of(SERVICE + text), HOST, port)
    return found and (found.value, found.default)


def clash(text, host=HOST, port=80):
    found = mtls_conflict(mesh_of(text), host, port)
    return found and (found.client.value, found.server and found.server.value)


def deployment(inject):
    labels = f"{{app: orders, sidecar.istio.io/inject: '{inject}'}}"
    return obj("Deployment", "orders", f"{{template: {{metadata: {{labels: {labels}}}}}}}")


def test_without_any_peer_authentication_the_mode_is_unknown():
    assert demanded("") is None


def test_a_peer_authentication_elsewhere_leaves_the_default():
    assert demanded(obj("PeerAuthentication", "x", "{mtls: {mode: STRICT}}", "other")) == (
        "PERMISSIVE",
        True,
    )


def test_port_goes_before_workload_before_namespace_before_mesh():
    assert demanded(ROOT) == ("STRICT", False)
    assert demanded(ROOT + SPACE) == ("PERMISSIVE", False)
    assert demanded(ROOT + SPACE + chosen("STRICT")) == ("STRICT", False)
    ports = "{8080: {mode: DISABLE}}"
    assert demanded(ROOT + SPACE + chosen("STRICT", ports)) == ("DISABLE", False)
    assert demanded(ROOT + SPACE + chosen("STRICT", ports), 8080) == ("DISABLE", False)
    assert demanded(ROOT + SPACE + chosen("STRICT", ports), 90) == ("STRICT", False)


def test_unset_asks_the_next_level():
    unset = obj("PeerAuthentication", "shop", "{mtls: {mode: UNSET}}")
    assert demanded(ROOT + unset + chosen("UNSET")) == ("STRICT", False)
    assert demanded(unset) == ("PERMISSIVE", True)


def test_a_port_level_counts_only_with_a_selector():
    wide = obj(
        "PeerAuthentication",
        "shop",
        "{mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}",
    )
    assert demanded(wide) == ("STRICT", False)


def test_a_table_row_tells_its_mode_as_well():
    row = manifests(ROOT, partial=True)
    found = server_mtls(Mesh(Bundle(facts=tuple(row))), HOST, 80)
    assert found is not None
    assert found.value == "STRICT"


@pytest.mark.parametrize("mode", ["DISABLE", "SIMPLE"])
def test_a_caller_without_mesh_certificates_clashes_with_strict(mode):
    assert clash(SERVICE + ROOT + rule(mode)) == (mode, "STRICT")
    assert clash(SERVICE + SPACE + rule(mode)) is None
    assert clash(SERVICE + rule(mode)) is None


def test_both_places_of_a_clash_are_named():
    text = SERVICE + ROOT + rule("DISABLE")
    found = mtls_conflict(mesh_of(text), HOST, 80)
    assert found is not None
    assert found.server is not None
    assert found.client.source is not None
    assert found.server.source is not None
    assert found.client.source.line == line_of(text, "mode: DISABLE")
    assert found.server.source.line == line_of(text, "mode: STRICT")
    assert found.client.by == "DestinationRule shop/orders"


def test_mesh_tls_clashes_with_a_server_that_takes_none():
    disabled = obj("PeerAuthentication", "shop", "{mtls: {mode: DISABLE}}")
    assert clash(SERVICE + disabled + rule("ISTIO_MUTUAL")) == ("ISTIO_MUTUAL", "DISABLE")
    assert clash(SERVICE + deployment("false") + rule("ISTIO_MUTUAL")) == ("ISTIO_MUTUAL", None)
    assert clash(SERVICE + deployment("true") + ROOT + rule("ISTIO_MUTUAL")) is None
    entry = obj("ServiceEntry", "pay", "{hosts: [api.pay.example], location: MESH_EXTERNAL}")
    assert clash(entry + rule("ISTIO_MUTUAL", "api.pay.example"), "api.pay.example", 443) == (
        "ISTIO_MUTUAL",
        None,
    )


def test_strict_means_nothing_to_a_server_without_a_sidecar():
    assert clash(SERVICE + deployment("false") + ROOT + rule("DISABLE")) is None


def test_auto_mtls_and_own_certificates_are_no_clash():
    assert clash(SERVICE + ROOT) is None
    assert clash(SERVICE + ROOT + rule("MUTUAL")) is None


def test_odd_policies_raise_nothing():
    specs = ("{mtls: 7, portLevelMtls: [1]}", "{mtls: {mode: [x]}, selector: 7}")
    found = server_mtls(odd("PeerAuthentication", *specs), "7.8", 80)
    assert found is not None
    assert found.default
    assert (
        mtls_conflict(odd("DestinationRule", "{host: '7', trafficPolicy: {tls: []}}"), "7.8", 80)
        is None
    )


def test_every_rule_that_clashes_is_given_with_its_host():
    text = rule("DISABLE") + rule("ISTIO_MUTUAL", "billing") + ROOT
    assert [host for host, _conflict in conflicts(mesh_of(text))] == ["orders.shop"]


SILENT = obj("DestinationRule", "orders", "{host: orders, trafficPolicy: {loadBalancer: {}}}")
IN_2019, IN_2021 = 1.56e9, 1.61e9


def test_a_rule_without_tls_switches_mtls_off_only_before_auto_mtls():
    found = switched_off(mesh_of(SILENT), HOST, 80, IN_2019)
    assert found is not None
    assert found.name == "orders"
    assert switched_off(mesh_of(SILENT), HOST, 80, IN_2021) is None
    assert switched_off(mesh_of(SILENT), HOST, 80, None) is None


def test_the_version_goes_before_the_time():
    pod = "{containers: [{name: istio-proxy, image: docker.io/istio/proxyv2:1.6.2}]}"
    text = SILENT + obj("Pod", "orders-1", pod)
    assert switched_off(mesh_of(text), HOST, 80, IN_2019) is None


def test_a_rule_with_tls_switches_nothing_off():
    assert switched_off(mesh_of(rule("ISTIO_MUTUAL")), HOST, 80, IN_2019) is None


def test_a_mode_without_a_host_is_found_in_part_of_a_rule():
    text = obj("DestinationRule", "orders", "{trafficPolicy: {tls: {mode: istio_mutual}}}")
    assert [found.name for found in mutual_somewhere(mesh_of(text))] == ["orders"]
    assert mutual_somewhere(mesh_of(rule("ISTIO_MUTUAL"))) == ()


def client(body, code=None):
    told = request(code, None, witness=Witness.CLIENT, body=body, authority="orders.shop:8080")
    (hop,) = built(told).hops
    return cut_without_http(hop)


def test_only_a_connection_that_was_cut_in_place_of_an_answer_counts_as_cut():
    assert len(client("curl: (56) Recv failure: Connection reset by peer")) == 1
    assert len(client("curl: (52) Empty reply from server")) == 1
    assert client("curl: (28) Operation timed out") == ()
    assert client("upstream connect error or disconnect/reset before headers", 503) == ()


def test_only_an_earlier_request_to_the_same_host_went_well_before():
    seen = built(request(200, "-", at=5.0, authority="orders.shop:8080"))
    assert went_well_before(seen, HOST, START + 6.0) is not None
    assert went_well_before(seen, HOST, START + 5.0) is None
    assert went_well_before(seen, "other.shop", START + 6.0) is None
    assert went_well_before(seen, HOST, None) is None


@pytest.mark.parametrize(
    ("name", "teller", "value", "counts"),
    [
        ("listener.0.0.0.0_15006.no_filter_chain_match", "server", 3.0, True),
        ("listener.0.0.0.0_15006.ssl.fail_verify_no_cert", "server", 1.0, True),
        ("listener.0.0.0.0_15006.no_filter_chain_match", "server", 0.0, False),
        ("listener.0.0.0.0_15006.no_filter_chain_match", "caller", 3.0, False),
        ("listener.0.0.0.0_15006.ssl.connection_error", "server", 3.0, False),
    ],
)
def test_the_servers_count_of_refused_connections_is_found(name, teller, value, counts):
    place = Source(path="stats.txt", line=4)
    counter = Counter(source=place, teller=teller, name=name, value=value)
    beside = ProxyInfo(source=place, teller="server", kind="sidecar", pod="orders-0")
    found = refusals_counted(mesh_of("", counter, beside), "orders.shop.svc.cluster.local")
    assert found == ((counter,) if counts else ())
