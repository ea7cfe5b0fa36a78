import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.idle_ladder import (
    clients_above_proxy,
    for_callers_only,
    proxies_above_next_proxy,
)

NODE = "{name: app, image: 'node:20'}"
SERVICE = obj("Service", "web", "{selector: {app: web}, ports: [{name: http, port: 80}]}")
SPACE = "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n"


def web(container=NODE, config="", inject="'true'"):
    labels = f"{{app: web, sidecar.istio.io/inject: {inject}}}"
    notes = f", annotations: {{proxy.istio.io/config: '{config}'}}" if config else ""
    pod = f"{{metadata: {{labels: {labels}{notes}}}, spec: {{containers: [{container}]}}}}"
    return SERVICE + obj("Deployment", "web", f"{{template: {pod}}}")


def rule(policy, namespace="shop", more=""):
    host = "web.shop.svc.cluster.local"
    return obj("DestinationRule", "web", f"{{host: {host}, {more}{policy}}}", namespace)


POOL = "trafficPolicy: {connectionPool: {http: {idleTimeout: 3s}}}"
SUBSET = f"subsets: [{{name: v1, labels: {{v: a}}, {POOL}}}]"
SIDECAR = obj("Sidecar", "web", "{inboundConnectionPool: {http: {idleTimeout: 2s}}}")


@pytest.mark.parametrize(
    "text",
    [
        rule(POOL, "client"),
        rule(SUBSET),
        rule(POOL, more="workloadSelector: {matchLabels: {app: web, tier: back}}, "),
    ],
)
def test_a_rule_that_only_callers_take_leaves_the_servers_proxy_as_it_was(text):
    assert [one.values["proxy"] for one in for_callers_only(mesh_of(web() + text))] == ["3 s"]


@pytest.mark.parametrize(
    "text",
    [
        rule(POOL),
        rule(POOL, "istio-system"),
        rule(POOL, more="workloadSelector: {matchLabels: {app: web}}, "),
        rule(POOL, "client") + SIDECAR,
        rule(POOL) + rule(SUBSET, "client"),
        rule(f"{POOL}, {SUBSET}"),
        rule(POOL.replace("3s", "30s"), "client"),
    ],
)
def test_a_rule_that_the_servers_proxy_takes_or_needs_not_is_not_told(text):
    assert list(for_callers_only(mesh_of(web() + text))) == []


def test_without_a_sidecar_only_the_callers_count():
    assert list(for_callers_only(mesh_of(web(inject="'false'") + rule(POOL, "client")))) == []


META = "proxyMetadata: {ISTIO_META_IDLE_TIMEOUT: 60s}"


def test_callers_without_a_rule_keep_connections_for_an_hour():
    (one,) = proxies_above_next_proxy(mesh_of(web(config=META)))
    assert (one.values["idle"], one.values["proxy"]) == ("60 s", "1 h")


def test_a_gateway_has_no_proxies_before_it():
    gateway = web("{name: istio-proxy, image: auto}", META)
    assert list(proxies_above_next_proxy(mesh_of(gateway))) == []


@pytest.mark.parametrize(
    ("container", "settings"),
    [
        ("args: ['-remoteWrite.idleConnTimeout=2m']", ["remoteWrite.idleConnTimeout"]),
        ("env: [{name: CLIENT_IDLE_TIMEOUT_MS, value: '90000'}]", ["CLIENT_IDLE_TIMEOUT_MS"]),
        ("env: [{name: CLIENT_IDLE_TIMEOUT_MS, value: '30000'}]", []),
        ("args: ['-http.idleConnTimeout=2m']", []),
        ("env: [{name: KEEP_ALIVE_TIMEOUT, value: 90s}]", []),
    ],
)
def test_only_the_patience_of_a_client_counts(container, settings):
    mesh = mesh_of(web(f"{{name: app, image: app, {container}}}", META))
    assert [one.values["setting"] for one in clients_above_proxy(mesh)] == settings


def test_odd_types_are_passed_over():
    for kind in ("Service", "Deployment", "DestinationRule"):
        mesh = odd(kind, "{selector: [1], template: 7, trafficPolicy: [], subsets: [1]}")
        for find in (for_callers_only, proxies_above_next_proxy, clients_above_proxy):
            assert list(find(mesh)) == []


def test_one_setting_for_the_whole_mesh_is_told_once():
    config = "{defaultConfig: {proxyMetadata: {ISTIO_META_IDLE_TIMEOUT: 60s}}}"
    operator = f"---\nkind: IstioOperator\nspec: {{meshConfig: {config}}}\n"
    mesh = mesh_of(web() + web().replace("web", "other") + operator)
    assert len(list(proxies_above_next_proxy(mesh))) == 1
