from tests.mesh.make import obj
from tests.mesh.traced.test_gateway_server import gateway, server
from tests.mesh.traced.world import BASE, end, push_of, traced

EGRESS = (
    "---\nkind: Deployment\nmetadata: {name: egress, namespace: shop}\nspec: {template: {metadata: "
    "{labels: {istio: egressgateway}}, spec: {serviceAccountName: egress, containers: []}}}\n"
)
FRONT = obj(
    "Service",
    "egress",
    "{selector: {istio: egressgateway}, ports: [{name: http, port: 80, targetPort: 8080}]}",
)
FAR = obj(
    "ServiceEntry",
    "far",
    "{hosts: [far.example], location: MESH_EXTERNAL, resolution: DNS, "
    "ports: [{number: 80, name: http, protocol: HTTP}]}",
)
URL = "http://far.example/"


def rules(*matches, host="egress.shop.svc.cluster.local"):
    first = f"{{match: [{{gateways: [mesh]}}], route: [{{destination: {{host: {host}}}}}]}}"
    return obj(
        "VirtualService",
        "out",
        f"{{hosts: [far.example], gateways: [mesh, gw], http: [{', '.join((first, *matches))}]}}",
    )


ON = "{match: [{gateways: [gw]}], route: [{destination: {host: far.example}}]}"
OFF = "{match: [{gateways: [gw], uri: {prefix: /x}}], route: [{destination: {host: far.example}}]}"
GATE = gateway("gw", server(80)).replace("ingressgateway", "egressgateway")
TLS_GATE = gateway("gw", server(80, "HTTPS", "[far.example]", "{mode: ISTIO_MUTUAL}")).replace(
    "ingressgateway", "egressgateway"
)
WORLD = BASE + EGRESS + FRONT + FAR


def tls(sni=""):
    spec = f"{{host: egress, trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL{sni}}}}}}}"
    return obj("DestinationRule", "egress", spec)


def ways(text):
    (branch,) = traced(push_of(WORLD + text), URL).branches
    return [(step.way, step.kind.value) for step in branch.steps], branch


def test_an_egress_gateway_is_gone_through_and_not_into():
    steps, branch = ways(GATE + rules(ON))
    assert steps[:3] == [("outbound", "cluster"), ("outbound", "endpoint"), ("gateway", "listener")]
    assert steps[-1] == ("gateway", "endpoint")
    assert branch.steps[-1].name == "far.example:80"
    assert branch.outcome.passes


def test_an_answer_of_the_gateway_comes_to_the_caller_as_one_of_the_upstream():
    found = end(push_of(WORLD + GATE + rules(OFF)), URL)
    assert (found.id, found.status, found.details) == ("no-route", 404, "via_upstream")
    assert found.far == "NR route_not_found"


def test_a_gateway_that_does_not_know_the_server_name_closes_the_connection():
    found = end(push_of(WORLD + TLS_GATE + rules(ON) + tls()), URL)
    assert (found.id, found.status, found.flag) == ("no-filter-chain", 503, "UC")
    assert "server name outbound_.80_._.egress.shop.svc.cluster.local" in found.text
    assert end(push_of(WORLD + TLS_GATE + rules(ON) + tls(", sni: far.example")), URL).passes


def test_auto_mtls_is_not_for_gateways():
    assert end(push_of(WORLD + GATE + rules(ON)), URL).passes
    refused = end(push_of(WORLD + TLS_GATE + rules(ON)), URL)
    assert refused.id == "no-filter-chain"


def test_a_port_that_the_gateway_does_not_listen_on_refuses():
    found = end(push_of(WORLD + rules(ON)), URL)
    assert (found.id, found.status, found.flag) == ("no-listener", 503, "URX,UF")


def test_policies_of_a_gateway_know_the_caller():
    only = obj(
        "AuthorizationPolicy",
        "only",
        "{selector: {matchLabels: {istio: egressgateway}}, rules: "
        "[{from: [{source: {principals: [cluster.local/ns/shop/sa/desk]}}]}]}",
    )
    named = TLS_GATE + rules(ON) + tls(", sni: far.example") + only
    assert end(push_of(WORLD + named), URL).passes
    plain = end(push_of(WORLD + GATE + rules(ON) + only), URL)
    assert (plain.id, plain.status) == ("denied", 403)


def test_a_gateway_that_leads_to_itself_is_told():
    circle = "{match: [{gateways: [gw]}], route: [{destination: {host: egress}}]}"
    found = end(push_of(WORLD + GATE + rules(circle)), URL)
    assert (found.id, found.sure) == ("unknown", False)
    assert "circle" in found.text


def test_a_client_without_a_proxy_is_answered_by_the_gateway_itself():
    found = end(push_of(WORLD + GATE + rules(OFF)), "http://egress.shop/", "", "host: far.example")
    assert (found.id, found.status, found.details) == ("no-route", 404, "route_not_found")
