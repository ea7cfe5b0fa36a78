import pytest

from tests.mesh.make import mesh_of, obj
from why503.mesh.armed.tcp_policy import (
    http_allowed_on_tcp,
    http_denied_on_tcp,
    http_rules_at_ztunnel,
)

SERVICE = obj(
    "Service", "store", "{selector: {app: store}, ports: [{name: tcp-store, port: 9000}]}"
)
POD = "{metadata: {labels: {app: store}}, spec: {containers: [{name: app}]}}"
WORKLOAD = obj("Deployment", "store", f"{{template: {POD}}}")
STORE = SERVICE + WORKLOAD


def policy(rules, action="ALLOW", name="store", namespace="shop", selector="{app: store}"):
    spec = f"{{selector: {{matchLabels: {selector}}}, action: {action}, rules: [{rules}]}}"
    return obj("AuthorizationPolicy", name, spec, namespace)


def allowed(text):
    return [found.values["field"] for found in http_allowed_on_tcp(mesh_of(text))]


def denied(text):
    return [found.values["field"] for found in http_denied_on_tcp(mesh_of(text))]


GET = "{to: [{operation: {methods: [GET]}}]}"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (GET, "methods"),
        ("{to: [{operation: {notPaths: [/a]}}]}", "notPaths"),
        ("{from: [{source: {requestPrincipals: ['*']}}]}", "requestPrincipals"),
        ("{when: [{key: 'request.headers[x]', values: [a]}]}", "request.headers[x]"),
        ("{when: [{key: request.auth.audiences, values: [a]}]}", "request.auth.audiences"),
    ],
)
def test_each_field_that_only_http_has_is_told(rule, field):
    assert allowed(STORE + policy(rule)) == [field]
    assert denied(STORE + policy(rule, "DENY")) == [field]


def test_what_a_connection_has_is_no_hazard():
    rule = (
        "{from: [{source: {principals: [a], namespaces: [b], ipBlocks: [10.0.0.0/8]}}], "
        "to: [{operation: {ports: ['9000']}}], when: [{key: connection.sni, values: [a]}]}"
    )
    assert allowed(STORE + policy(rule)) == []
    assert denied(STORE + policy(rule, "DENY")) == []


def test_one_rule_that_lets_connections_in_is_enough():
    assert allowed(STORE + policy(f"{GET}, {{to: [{{operation: {{ports: ['9000']}}}}]}}")) == []
    other = policy("{from: [{source: {namespaces: [shop]}}]}", name="other")
    assert allowed(STORE + policy(GET) + other) == []
    elsewhere = policy("{to: [{operation: {ports: ['7000']}}]}", name="other")
    assert allowed(STORE + policy(GET) + elsewhere) == ["methods"]


def test_istio_leaves_out_the_whole_rule_with_its_operations_for_tcp():
    both = "{to: [{operation: {methods: [GET], ports: ['80']}}, {operation: {ports: ['9000']}}]}"
    assert allowed(STORE + policy(both)) == ["methods"]


def test_rules_for_other_ports_were_not_meant_for_it():
    assert allowed(STORE + policy("{to: [{operation: {methods: [GET], ports: ['80']}}]}")) == []
    spared = "{to: [{operation: {methods: [GET], notPorts: ['9000']}}]}"
    assert denied(STORE + policy(spared, "DENY")) == []


def test_policies_name_the_port_of_the_pod():
    service = SERVICE.replace("port: 9000", "port: 90, targetPort: store")
    named = WORKLOAD.replace("{name: app}", "{name: app, ports: [{name: store, containerPort: 9}]}")
    to_pod = policy("{to: [{operation: {methods: [GET], ports: ['9']}}]}")
    to_service = policy("{to: [{operation: {methods: [GET], ports: ['90']}}]}")
    assert allowed(service + named + to_pod) == ["methods"]
    assert allowed(service + named + to_service) == []


def test_a_port_of_http_or_of_no_protocol_is_left_alone():
    assert allowed(STORE.replace("tcp-store", "http-store") + policy(GET)) == []
    assert allowed(STORE.replace("tcp-store", "store") + policy(GET)) == []


def test_only_policies_for_the_workload_count_and_those_of_the_root_for_all():
    assert allowed(STORE + policy(GET, namespace="depot")) == []
    assert allowed(STORE + policy(GET, selector="{app: web}")) == []
    assert allowed(STORE + policy(GET, namespace="istio-system")) == ["methods"]
    assert allowed(STORE + policy(GET, selector="{}")) == ["methods"]


def test_gateways_end_tls_and_see_http():
    gateway = obj("Gateway", "front", "{selector: {app: store}}")
    https = STORE.replace("tcp-store", "https")
    assert allowed(https + policy(GET)) == ["methods"]
    assert allowed(https + gateway + policy(GET)) == []
    assert allowed(https.replace("name: app", "name: istio-proxy") + policy(GET)) == []


def test_without_a_sidecar_nobody_holds_the_policy():
    space = "---\nkind: Namespace\nmetadata: {name: shop}\n"
    assert allowed(STORE + policy(GET) + space) == []


def at_ztunnel(text, label="istio.io/dataplane-mode: ambient"):
    space = f"---\nkind: Namespace\nmetadata: {{name: shop, labels: {{{label}}}}}\n"
    return [found.values["effect"] for found in http_rules_at_ztunnel(mesh_of(space + text))]


def test_ztunnel_leaves_an_allow_rule_out_and_a_deny_rule_s_condition():
    assert at_ztunnel(policy(GET)) == ["the rule lets nobody in"]
    assert at_ztunnel(policy(GET, "DENY")) == ["the rule denies without asking for it"]
    assert at_ztunnel(policy("{to: [{operation: {ports: ['80']}}]}")) == []


def test_waypoints_and_sidecars_do_see_http():
    assert at_ztunnel(policy(GET), "istio-injection: enabled") == []
    waypoint = policy(GET, selector="{gateway.networking.k8s.io/gateway-name: w}")
    assert at_ztunnel(waypoint) == []
    assert at_ztunnel(STORE.replace("name: app", "name: istio-proxy") + policy(GET)) == []
    assert at_ztunnel(STORE + policy(GET)) == ["the rule lets nobody in"]
