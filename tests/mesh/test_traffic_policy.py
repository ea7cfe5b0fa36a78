import math

import pytest

from tests.mesh.make import line_of, manifests, mesh_of, obj, odd
from why503.facts import Bundle
from why503.mesh.mesh import Mesh
from why503.mesh.traffic_policy import (
    client_tls,
    client_tls_settings,
    connect_timeout,
    connection_pool,
    destination_rules_for,
    h2_upgrade,
    idle_timeout_upstream,
    limit,
    limits_set,
    outlier_detection,
)

HOST = "orders.shop.svc.cluster.local"
SERVICE = obj(
    "Service", "orders", "{selector: {app: orders}, ports: [{port: 80, targetPort: 8080}]}"
)


def rule(policy, name="orders", host="orders", namespace="shop"):
    return obj("DestinationRule", name, f"{{host: {host}, trafficPolicy: {policy}}}", namespace)


def http(field):
    return f"{{connectionPool: {{http: {{{field}}}}}}}"


def sidecar(spec, name="orders"):
    return obj("Sidecar", name, spec)


def idle(text, port=80):
    found = idle_timeout_upstream(mesh_of(SERVICE + text), HOST, port)
    return found.value


# Which rule


def test_rules_are_found_by_every_spelling_and_ordered_by_how_specific_they_are():
    text = (
        rule("{}", "all", "'*'", "istio-system")
        + rule("{}", "local", "'*.local'", "istio-system")
        + rule("{}", "space", "'*.shop.svc.cluster.local'")
        + rule("{}", "caller", HOST, "web")
        + rule("{}", "own")
        + rule("{}", "cart", "cart")
        + rule("{}", "namesake", "orders", "other")
    )
    found = [rule.name for rule in destination_rules_for(mesh_of(text), HOST)]
    assert found == ["own", "caller", "space", "local", "all"]
    assert (
        destination_rules_for(mesh_of(text), "payments.bank.svc.cluster.local")[0].name == "local"
    )


def test_a_short_host_is_understood_through_its_service():
    text = rule("{}", "space", "'*.shop.svc.cluster.local'")
    assert destination_rules_for(mesh_of(text), "orders") == ()
    assert [rule.name for rule in destination_rules_for(mesh_of(SERVICE + text), "orders")] == [
        "space"
    ]


def test_only_the_most_specific_rule_decides():
    wide = rule(http("http1MaxPendingRequests: 1"), "wide", "'*.local'", "istio-system")
    mesh = mesh_of(wide + rule("{loadBalancer: {simple: RANDOM}}"))
    assert limit(mesh, HOST, 80, "http1MaxPendingRequests") is None
    found = limit(mesh_of(wide), HOST, 80, "http1MaxPendingRequests")
    assert found is not None
    assert found.value == 1


def test_rules_of_one_host_and_namespace_are_merged():
    text = obj("DestinationRule", "subsets", "{host: orders, subsets: [{name: v1}]}") + rule(
        http("idleTimeout: 5s")
    )
    assert idle(text) == 5


# Idle time-out


def test_the_idle_timeout_is_an_hour_unless_set():
    found = idle_timeout_upstream(mesh_of(SERVICE), HOST, 80)
    assert (found.value, found.default, found.source) == (3600, True, None)


def test_the_idle_timeout_names_its_object_and_line():
    text = (
        "kind: DestinationRule\nmetadata: {name: orders, namespace: shop}\nspec:\n  host: orders\n"
        "  trafficPolicy:\n    connectionPool:\n      http:\n        idleTimeout: 50s\n"
    )
    found = idle_timeout_upstream(mesh_of(text), HOST, 80)
    assert (found.value, found.default, found.by) == (50, False, "DestinationRule shop/orders")
    assert found.source is not None
    assert found.source.line == line_of(text, "idleTimeout")


INJECTED = "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"
PODS = obj("Deployment", "orders", "{template: {metadata: {labels: {app: orders}}}}")


@pytest.mark.parametrize(
    ("namespace", "more", "seconds"),
    [
        ("shop", INJECTED + PODS, 5),
        ("istio-system", INJECTED + PODS, 5),
        ("client", INJECTED + PODS, 3600),
        ("client", "", 5),
        ("client", INJECTED.replace("enabled", "disabled") + PODS, 5),
    ],
)
def test_a_callers_own_rule_does_not_reach_the_proxy_beside_the_server(namespace, more, seconds):
    assert idle(rule(http("idleTimeout: 5s"), host=HOST, namespace=namespace) + more) == seconds


def test_the_tcp_idle_timeout_counts_where_the_http_one_is_unset():
    assert idle(rule("{connectionPool: {tcp: {idleTimeout: 20s}}}")) == 20
    both = rule("{connectionPool: {tcp: {idleTimeout: 20s}, http: {idleTimeout: 30s}}}")
    assert idle(both) == 30


def test_zero_keeps_connections_for_ever():
    assert idle(rule(http("idleTimeout: 0s"))) == math.inf


def test_the_sidecar_goes_before_the_destination_rule_and_its_port_before_the_rest():
    text = rule(http("idleTimeout: 50s"))
    pool = "{http: {idleTimeout: 40s}}"
    wide = f"inboundConnectionPool: {pool}"
    ingress = "ingress: [{port: {number: 8080}, connectionPool: {http: {idleTimeout: 30s}}}]"
    assert idle(text) == 50
    assert idle(text + sidecar(f"{{{wide}}}")) == 40
    assert idle(text + sidecar(f"{{{wide}, {ingress}}}")) == 30
    assert idle(text + sidecar(f"{{{wide}, {ingress}}}"), 8080) == 30
    assert idle(text + sidecar(f"{{{wide}, {ingress}}}"), 90) == 40


def test_a_pool_replaces_a_less_specific_one_as_a_whole():
    text = rule(http("idleTimeout: 50s"))
    assert idle(text + sidecar("{inboundConnectionPool: {tcp: {maxConnections: 5}}}")) == 3600


def test_a_sidecar_for_other_workloads_or_namespaces_does_not_count():
    cart = sidecar(
        "{workloadSelector: {labels: {app: cart}},"
        " inboundConnectionPool: {http: {idleTimeout: 1s}}}"
    )
    other = obj("Sidecar", "x", "{inboundConnectionPool: {http: {idleTimeout: 1s}}}", "other")
    assert idle(cart + other) == 3600


def test_an_entry_for_the_port_replaces_the_whole_policy():
    levels = "portLevelSettings: [{port: {number: 80}, connectionPool: {http: {idleTimeout: 7s}}}"
    text = rule(
        f"{{connectionPool: {{http: {{idleTimeout: 50s}}}}, {levels}, {{port: {{number: 90}}}}]}}"
    )
    assert idle(text, 80) == 7
    assert idle(text, 8080) == 7
    assert idle(text, 90) == 3600
    assert idle(text, 443) == 50


def test_where_the_port_is_unknown_an_entry_for_a_port_counts_if_the_policy_is_silent():
    text = "{portLevelSettings: [{port: {number: 80}, connectionPool: {http: {idleTimeout: 7s}}}]}"
    assert idle(rule(text), None) == 7


def test_the_mesh_config_gives_the_pool_where_no_rule_does():
    config = (
        "---\nmeshConfig: {defaultTrafficPolicy: {connectionPool: {http: {idleTimeout: 9s}}}}\n"
    )
    assert idle(config) == 9
    assert idle(config + rule(http("idleTimeout: 50s"))) == 50


# Limits


def test_a_limit_is_none_where_nobody_sets_it_or_zero_unsets_it():
    assert limit(mesh_of(), HOST, 80, "maxConnections") is None
    mesh = mesh_of(rule("{connectionPool: {tcp: {maxConnections: 0}}}"))
    assert limit(mesh, HOST, 80, "maxConnections") is None
    assert limit(mesh, HOST, 80, "noSuchLimit") is None


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("maxConnections", "tcp"),
        ("http1MaxPendingRequests", "http"),
        ("http2MaxRequests", "http"),
        ("maxRetries", "http"),
        ("maxRequestsPerConnection", "http"),
    ],
)
def test_every_limit_is_read_where_istio_has_it(name, section):
    found = limit(
        mesh_of(rule(f"{{connectionPool: {{{section}: {{{name}: '3'}}}}}}")), HOST, 80, name
    )
    assert found is not None
    assert found.value == 3
    assert found.by == f"connectionPool.{section}.{name} of DestinationRule shop/orders"


def test_small_limits_are_listed_once_each_and_generous_ones_left_out():
    pool = (
        "{tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 2, http2MaxRequests: 100000}}"
    )
    text = rule(f"{{connectionPool: {pool}}}")
    found = limits_set(mesh_of(text + text), HOST, 80)
    assert [(s.value, s.by.split(" ")[0]) for s in found] == [
        (1, "connectionPool.tcp.maxConnections"),
        (2, "connectionPool.http.http1MaxPendingRequests"),
    ]


def test_requests_per_connection_are_no_limit_that_refuses():
    assert limits_set(mesh_of(rule(http("maxRequestsPerConnection: 1"))), HOST, 80) == ()


def test_limits_of_a_subset_and_of_the_servers_own_proxy_are_listed_too():
    subset = f"{{name: v1, trafficPolicy: {http('http2MaxRequests: 4')}}}"
    text = obj("DestinationRule", "orders", f"{{host: orders, subsets: [{subset}]}}")
    text += sidecar("{inboundConnectionPool: {http: {http1MaxPendingRequests: 5}}}")
    found = limits_set(mesh_of(SERVICE + text), HOST, 80)
    assert [s.value for s in found] == [5, 4]
    pool = connection_pool(mesh_of(text), HOST, 80, "v1")
    assert pool is not None
    assert pool.value == {"http": {"http2MaxRequests": 4}}
    assert connection_pool(mesh_of(text), HOST, 80) is None


def test_envoy_gateways_limits_have_istios_names():
    text = obj(
        "BackendTrafficPolicy",
        "orders",
        "{targetRefs: [{kind: HTTPRoute, name: web}],"
        " circuitBreaker: {maxConnections: 1, maxPendingRequests: 2, maxParallelRequests: 3}}",
    )
    text += obj("HTTPRoute", "web", "{rules: [{backendRefs: [{name: orders}]}]}")
    mesh = mesh_of(text)
    assert [s.value for s in limits_set(mesh, HOST, 80)] == [1, 2, 3]
    found = limit(mesh, HOST, 80, "http1MaxPendingRequests")
    assert found is not None
    assert found.by == "circuitBreaker.maxPendingRequests of BackendTrafficPolicy shop/orders"
    assert limits_set(mesh, "cart.shop.svc.cluster.local", 80) == ()


# Connecting, ejecting, TLS, HTTP/2


def test_the_connect_timeout_comes_from_the_rule_then_the_mesh_then_istio():
    config = "---\nmeshConfig: {connectTimeout: 3s}\n"
    tcp = rule("{connectionPool: {tcp: {connectTimeout: 500ms}}}")
    assert connect_timeout(mesh_of(config + tcp), HOST, 80).value == pytest.approx(0.5)
    assert connect_timeout(mesh_of(config), HOST, 80).value == 3
    found = connect_timeout(mesh_of(), HOST, 80)
    assert (found.value, found.default) == (10, True)


def test_envoy_gateways_timeouts_count():
    policy = "{targetRef: {kind: HTTPRoute, name: web}, timeout: {tcp: {connectTimeout: 2s},"
    text = obj("BackendTrafficPolicy", "x", policy + " http: {connectionIdleTimeout: 6s}}}")
    assert connect_timeout(mesh_of(text), HOST, 80).value == 2
    assert idle_timeout_upstream(mesh_of(text), HOST, 80).value == 6


def test_outlier_detection_is_the_block_of_the_host_or_else_of_a_subset():
    assert outlier_detection(mesh_of(), HOST, 80) is None
    found = outlier_detection(
        mesh_of(rule("{outlierDetection: {consecutive5xxErrors: 1}}")), HOST, 80
    )
    assert found is not None
    assert found.value == {"consecutive5xxErrors": 1}
    subset = "{name: v1, trafficPolicy: {outlierDetection: {interval: 1s}}}"
    text = obj("DestinationRule", "orders", f"{{host: orders, subsets: [{subset}]}}")
    found = outlier_detection(mesh_of(text), HOST, 80)
    assert found is not None
    assert found.value == {"interval": "1s"}


def test_the_tls_mode_is_empty_without_a_block_and_disable_without_a_mode():
    found = client_tls(mesh_of(rule("{}")), HOST, 80)
    assert (found.value, found.default) == ("", True)
    assert client_tls(mesh_of(rule("{tls: {sni: a}}")), HOST, 80).value == "DISABLE"
    assert (
        client_tls(mesh_of(rule("{tls: {mode: istio_mutual}}")), HOST, 80).value == "ISTIO_MUTUAL"
    )


def test_a_subsets_tls_goes_before_the_hosts():
    text = obj(
        "DestinationRule",
        "orders",
        "{host: orders, trafficPolicy: {tls: {mode: SIMPLE, sni: a}},"
        " subsets: [{name: v1, trafficPolicy: {tls: {mode: DISABLE}}}, {name: v2}]}",
    )
    mesh = mesh_of(text)
    modes = [client_tls(mesh, HOST, 80, subset).value for subset in ("", "v1", "v2", "v3")]
    assert modes == ["SIMPLE", "DISABLE", "SIMPLE", "SIMPLE"]
    settings = client_tls_settings(mesh, HOST, 80)
    assert settings is not None
    assert settings.value == {"mode": "SIMPLE", "sni": "a"}
    assert client_tls_settings(mesh_of(), HOST, 80) is None


def test_a_ports_entry_without_tls_leaves_nothing_of_the_hosts_tls():
    levels = "{portLevelSettings: [{port: {number: 80}}]}"
    text = obj(
        "DestinationRule",
        "orders",
        "{host: orders, trafficPolicy: {tls: {mode: SIMPLE}},"
        f" subsets: [{{name: v1, trafficPolicy: {levels}}}]}}",
    )
    assert client_tls(mesh_of(text), HOST, 80, "v1").value == ""
    assert client_tls(mesh_of(text), HOST, 90, "v1").value == "SIMPLE"


def test_http2_is_upgraded_by_the_rule_or_by_the_mesh():
    config = "---\nmeshConfig: {h2UpgradePolicy: UPGRADE}\n"
    never = rule(http("h2UpgradePolicy: DO_NOT_UPGRADE"))
    ask = rule(http("h2UpgradePolicy: DEFAULT"))
    assert h2_upgrade(mesh_of(), HOST, 80).value == "DO_NOT_UPGRADE"
    assert h2_upgrade(mesh_of(), HOST, 80).default
    assert h2_upgrade(mesh_of(config + ask), HOST, 80).value == "UPGRADE"
    assert h2_upgrade(mesh_of(config + never), HOST, 80).value == "DO_NOT_UPGRADE"
    assert h2_upgrade(mesh_of(rule(http("h2UpgradePolicy: UPGRADE"))), HOST, 80).value == "UPGRADE"


# Odd evidence


def test_a_table_row_of_a_rule_does_not_hide_the_whole_rule():
    row = manifests(rule("{}"), partial=True)
    whole = manifests(rule(http("idleTimeout: 5s")))
    assert idle_timeout_upstream(Mesh(Bundle(facts=(*row, *whole))), HOST, 80).value == 5


def test_odd_objects_raise_nothing_and_leave_the_defaults():
    mesh = odd(
        "DestinationRule",
        "{host: '7', trafficPolicy: {connectionPool: {http: [1], tcp: {maxConnections: [x],"
        " connectTimeout: {}}}, portLevelSettings: [7, {port: 7}], outlierDetection: 7},"
        " subsets: [7]}",
        "{host: [7], trafficPolicy: 7}",
    )
    assert idle_timeout_upstream(mesh, "7.8", 80).default
    assert connect_timeout(mesh, "7.8", 80).default
    assert h2_upgrade(mesh, "7.8", 80).default
    assert client_tls(mesh, "7.8", 80).default
    assert limits_set(mesh, "7.8", 80) == ()
    assert outlier_detection(mesh, "7.8", 80) is None
    ingress = odd(
        "Sidecar", "{ingress: [7, {port: 7, connectionPool: 7}], inboundConnectionPool: 7}"
    )
    assert idle_timeout_upstream(ingress, "7.8", 80).default
    policy = odd("BackendTrafficPolicy", "{targetRef: {}, timeout: {http: 7}, circuitBreaker: [1]}")
    assert limits_set(policy, HOST, None) == ()
    assert idle_timeout_upstream(policy, "", None).default


def test_a_policy_pasted_without_its_rule_counts_where_no_rule_is_given():
    pasted = "trafficPolicy:\n  connectionPool:\n    http:\n      idleTimeout: 7s\n"
    found = idle_timeout_upstream(mesh_of(pasted), HOST, 80)
    assert (found.value, found.by) == (7, "the pasted traffic policy")
    other = obj("DestinationRule", "other", "{host: other}")
    assert idle_timeout_upstream(mesh_of(pasted + other), HOST, 80).default
