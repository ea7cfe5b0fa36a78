import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.balancer import (
    balancers_forgetting_first,
    gateways_closing_first,
    routes_above_balancer,
)

AWS = "service.beta.kubernetes.io/aws-load-balancer"
AZURE = "service.beta.kubernetes.io/azure-load-balancer"
OF_TCP = "tcp.idle_timeout.seconds=600"
SPEC = "{type: %s, selector: {istio: ingressgateway}, ports: [{name: https, port: 443}]}"
IDLE = "env: [{name: ISTIO_META_IDLE_TIMEOUT, value: %s}]"


def gateway(notes, idle="", kind="LoadBalancer", container="istio-proxy"):
    meta = f"{{name: edge, namespace: shop, annotations: {{{notes}}}}}"
    service = f"---\nkind: Service\nmetadata: {meta}\nspec: {SPEC % kind}\n"
    pod = f"{{containers: [{{name: {container}, {IDLE % idle if idle else ''}}}]}}"
    labels = "metadata: {labels: {istio: ingressgateway}}"
    return service + obj("Deployment", "edge", f"{{template: {{{labels}, spec: {pod}}}}}")


def ingress(kind, notes=""):
    meta = f"{{name: edge, namespace: shop, annotations: {{{notes}}}}}"
    backend = "{service: {name: edge, port: {number: 80}}}"
    rule = f"{{http: {{paths: [{{path: /, backend: {backend}}}]}}}}"
    spec = f"{{ingressClassName: {kind}, rules: [{rule}]}}"
    return f"---\nkind: Ingress\nmetadata: {meta}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("notes", "limit"),
    [
        (f"{AWS}-type: nlb", "5.83 min"),
        (f"{AWS}-type: external", "5.83 min"),
        (f"{AWS}-type: external, {AWS}-listener-attributes.TCP-443: {OF_TCP}", "10 min"),
        (f"{AWS}-internal: 'true'", "60 s"),
        (f"{AWS}-connection-idle-timeout: '120'", "2 min"),
        (f"{AZURE}-internal: 'true'", "4 min"),
        (f"{AZURE}-tcp-idle-timeout: '30'", "30 min"),
        ("networking.gke.io/load-balancer-type: Internal", "10 min"),
    ],
)
def test_each_cloud_forgets_after_its_own_time(notes, limit):
    (one,) = balancers_forgetting_first(mesh_of(gateway(notes)))
    assert (one.values["limit"], one.values["idle"]) == (limit, "1 h")


@pytest.mark.parametrize(
    "text",
    [
        gateway(f"{AWS}-type: nlb", idle="300s"),
        gateway(f"{AWS}-type: nlb", container="app"),
        gateway(f"{AWS}-type: nlb", kind="ClusterIP"),
        gateway("prometheus.io/scrape: 'true'"),
        gateway(f"{AWS}-type: nlb")
        + obj("EnvoyFilter", "probe", "{configPatches: [{patch: {value: {tcp_keepalive: {}}}}]}"),
    ],
)
def test_gateways_that_close_first_or_ask_and_services_that_are_none_are_not_told(text):
    assert list(balancers_forgetting_first(mesh_of(text))) == []


@pytest.mark.parametrize(
    ("before", "idle", "limits"),
    [
        (ingress("alb"), "60s", ["60 s"]),
        (ingress("alb"), "61s", []),
        (ingress("gce"), "5m", ["10 min"]),
        (ingress("nginx"), "5s", []),
    ],
)
def test_a_balancer_that_reuses_connections_has_to_give_up_first(before, idle, limits):
    text = gateway("a: b", idle=idle, kind="NodePort") + before
    assert [one.values["limit"] for one in gateways_closing_first(mesh_of(text))] == limits


def test_a_classic_balancer_that_speaks_http_reuses_connections():
    notes = f"{AWS}-backend-protocol: http"
    mesh = mesh_of(gateway(notes, idle="30s"))
    assert len(list(gateways_closing_first(mesh))) == 1
    assert list(balancers_forgetting_first(mesh)) == []


def test_a_service_made_for_a_gateway_of_the_gateway_api_counts_too():
    spec = f"{{infrastructure: {{annotations: {{{AWS}-type: nlb}}}}}}"
    assert len(list(balancers_forgetting_first(mesh_of(obj("Gateway", "edge", spec))))) == 1


def test_where_something_else_may_set_the_idle_time_nothing_is_told():
    spec = f"{{infrastructure: {{annotations: {{{AWS}-type: nlb}}}}}}"
    text = obj("Gateway", "edge", spec) + obj("ClientTrafficPolicy", "edge", "{timeout: {}}")
    assert list(balancers_forgetting_first(mesh_of(text))) == []


def test_odd_types_are_passed_over():
    for kind in ("Service", "Ingress", "Gateway"):
        mesh = odd(kind, "{type: LoadBalancer, rules: [{http: {paths: [7]}}], ingressClassName: 3}")
        assert list(balancers_forgetting_first(mesh)) == []
        assert list(gateways_closing_first(mesh)) == []


ROUTE = "{hosts: [a], gateways: [edge], http: [{timeout: %s, route: [{destination: {host: a}}]}]}"


@pytest.mark.parametrize(
    ("before", "selector", "timeout", "count"),
    [
        ("alb", "ingressgateway", "61s", 1),
        ("alb", "ingressgateway", "60s", 0),
        ("alb", "other", "61s", 0),
        ("gce", "ingressgateway", "20m", 0),
    ],
)
def test_a_route_may_not_wait_longer_than_the_balancer_before_its_gateway(
    before, selector, timeout, count
):
    server = "{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}"
    bound = obj("Gateway", "edge", f"{{selector: {{istio: {selector}}}, servers: [{server}]}}")
    text = gateway("a: b", kind="NodePort") + ingress(before) + bound
    mesh = mesh_of(text + obj("VirtualService", "a", ROUTE % timeout))
    assert len(list(routes_above_balancer(mesh))) == count
