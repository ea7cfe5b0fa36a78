import pytest

from tests.mesh.make import line_of, mesh_of, obj, odd
from why503.mesh.route import (
    destinations_of,
    faults,
    http_rules,
    per_try_timeout,
    retry_policy,
    route_timeout,
    subset_labels,
    virtual_services_for,
)

HOST = "orders.shop.svc.cluster.local"
TO_ORDERS = "route: [{destination: {host: orders}}]"
TO_CART = "route: [{destination: {host: cart}}]"


def service(*rules, name="orders", hosts="[orders]", namespace="shop"):
    body = ", ".join(f"{{{rule}}}" for rule in rules)
    return obj("VirtualService", name, f"{{hosts: {hosts}, http: [{body}]}}", namespace)


def route(rule, kind="HTTPRoute"):
    return obj(kind, "web", f"{{rules: [{{backendRefs: [{{name: orders}}], {rule}}}]}}")


def policy(spec):
    target = "targetRefs: [{kind: HTTPRoute, name: web}]"
    return obj("BackendTrafficPolicy", "web", f"{{{target}, {spec}}}")


def timeout(text):
    found = route_timeout(mesh_of(text), HOST)
    return found and found.value


def test_virtual_services_are_found_by_their_hosts_the_most_specific_first():
    text = (
        service(name="all", hosts="['*']")
        + service(name="own")
        + service(name="cart", hosts="[cart]")
        + service(name="namesake", namespace="other")
        + service(name="space", hosts="[x.example, '*.shop.svc.cluster.local']")
    )
    found = [found.name for found in virtual_services_for(mesh_of(text), HOST)]
    assert found == ["own", "space", "all"]


def test_http_rules_keep_their_order_and_place():
    (manifest,) = virtual_services_for(mesh_of(service(TO_ORDERS, "timeout: 2s")), HOST)
    rules = http_rules(manifest)
    assert [(rule.place, rule.path) for rule in rules] == [
        (0, ("spec", "http", 0)),
        (1, ("spec", "http", 1)),
    ]
    assert rules[1].fields == {"timeout": "2s"}
    assert len(destinations_of(manifest)) == 1


def test_a_subset_has_labels_where_a_rule_defines_it_and_is_none_where_none_does():
    text = (
        "kind: DestinationRule\nmetadata: {name: orders, namespace: shop}\nspec:\n  host: orders\n"
        "  subsets:\n  - name: v1\n    labels: {version: v1}\n  - name: 2\n"
    )
    found = subset_labels(mesh_of(text), HOST, "v1")
    assert found is not None
    assert found.source is not None
    assert (found.value, found.source.line) == ({"version": "v1"}, line_of(text, "- name: v1"))
    assert found.by == "DestinationRule shop/orders"
    bare = subset_labels(mesh_of(text), HOST, "2")
    assert bare is not None
    assert bare.value == {}
    assert subset_labels(mesh_of(text), HOST, "v3") is None
    assert subset_labels(mesh_of(text), "cart.shop.svc.cluster.local", "v1") is None


def test_the_shortest_timeout_of_rules_towards_the_host_counts():
    text = service(f"{TO_ORDERS}, timeout: 5s", f"{TO_ORDERS}, timeout: 2s")
    assert timeout(text) == 2
    assert timeout(service(TO_ORDERS)) is None
    assert timeout(service(f"{TO_ORDERS}, timeout: 0s")) is None


def test_the_timeouts_line_and_object_are_named():
    text = service(f"\n  {TO_ORDERS},\n  timeout: 5s")
    found = route_timeout(mesh_of(text), HOST)
    assert found is not None
    assert found.source is not None
    assert (found.source.line, found.by) == (line_of(text, "timeout"), "VirtualService shop/orders")


def test_a_gateways_virtual_service_counts_by_its_destination_alone():
    text = service(
        f"{TO_CART}, timeout: 1s", f"{TO_ORDERS}, timeout: 4s", name="edge", hosts="['*']"
    )
    assert timeout(text) == 4


def test_a_virtual_service_for_the_host_counts_though_it_sends_elsewhere():
    assert timeout(service(f"{TO_CART}, timeout: 3s")) == 3
    assert timeout(service(f"{TO_CART}, timeout: 3s", hosts="[cart]")) is None


def test_a_mirror_is_no_way_to_the_host():
    text = service(f"{TO_CART}, mirror: {{host: orders}}, timeout: 1s", hosts="[cart]")
    assert timeout(text) is None


def test_timeouts_of_the_gateway_api_and_of_envoy_gateway_count():
    assert timeout(route("timeouts: {request: 6s}")) == 6
    assert timeout(route("timeouts: {request: 6s}", "GRPCRoute")) == 6
    assert timeout(route("x: 1") + policy("timeout: {http: {requestTimeout: 7s}}")) == 7


@pytest.mark.parametrize(
    "text",
    [
        service(f"{TO_ORDERS}, retries: {{perTryTimeout: 2s}}"),
        route("timeouts: {backendRequest: 2s}"),
        policy("retry: {perRetry: {timeout: 2s}}"),
    ],
)
def test_the_time_for_one_try_is_read_in_each_api(text):
    found = per_try_timeout(mesh_of(text), HOST)
    assert found is not None
    assert found.value == 2
    assert per_try_timeout(mesh_of(), HOST) is None


def test_retries_come_from_the_route_then_the_policy_then_the_mesh():
    config = "---\nmeshConfig: {defaultHttpRetryPolicy: {attempts: 1}}\n"
    gateway = route("x: 1") + policy("retry: {numRetries: 4}")
    own = service(f"{TO_ORDERS}, retries: {{attempts: 0}}")
    values = [
        found.value
        for text in (config, config + gateway, config + gateway + own)
        if (found := retry_policy(mesh_of(text), HOST)) is not None
    ]
    assert values == [{"attempts": 1}, {"numRetries": 4}, {"attempts": 0}]
    assert retry_policy(mesh_of(), HOST) is None


def test_injected_faults_are_listed_with_their_rule():
    abort = "fault: {abort: {httpStatus: 503, percentage: {value: 10}}}"
    text = service(f"{TO_ORDERS}", f"\n  {TO_ORDERS},\n  {abort}", f"{TO_CART}, fault: 7")
    (found,) = faults(mesh_of(text), HOST)
    assert found.value["abort"]["httpStatus"] == 503
    assert found.source is not None
    assert found.source.line == line_of(text, "fault:")
    delay = "faultInjection: {delay: {fixedDelay: 5s, percentage: 50}}"
    (found,) = faults(mesh_of(route("x: 1") + policy(delay)), HOST)
    assert found.value["delay"]["fixedDelay"] == "5s"
    assert found.by == "BackendTrafficPolicy shop/web"


def test_faults_on_the_way_to_another_host_are_not_listed():
    text = service(f"{TO_CART}, fault: {{abort: {{httpStatus: 503}}}}", hosts="[cart]")
    assert faults(mesh_of(text), HOST) == ()


def test_odd_routes_raise_nothing():
    specs = (
        "{hosts: 7, http: 7}",
        "{hosts: ['7', [x]], http: [7, {timeout: [1], retries: 7, fault: [1]}]}",
        "{hosts: ['7'], http: [{timeout: .nan, fault: {abort: 7}}]}",
    )
    mesh = odd("VirtualService", *specs)
    assert len(virtual_services_for(mesh, "7.8")) == 2
    assert route_timeout(mesh, "7.8") is None
    assert retry_policy(mesh, "7.8") is None
    assert faults(mesh, "7.8") == ()
    assert subset_labels(odd("DestinationRule", "{host: '7', subsets: [7]}"), "7.8", "v1") is None
