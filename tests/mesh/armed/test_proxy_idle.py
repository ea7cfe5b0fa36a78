import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.proxy_idle import IDLE, Side, accepted_idle, is_gateway

POD = "{metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: web}]}}"
WEB = obj("Deployment", "web", f"{{template: {POD}}}")
FILTER = (
    "{workloadSelector: {labels: {app: %s}}, configPatches: [{applyTo: NETWORK_FILTER, match: "
    "{context: %s}, patch: {operation: MERGE, value: {typed_config: "
    "{common_http_protocol_options: {idle_timeout: 20s}}}}}]}"
)


def accepted(text, side=Side.FROM_CALLERS):
    mesh = mesh_of(WEB + text)
    return accepted_idle(mesh, mesh.manifests("Deployment")[0], side)


def test_without_any_setting_it_is_the_default():
    found = accepted("")
    assert (found.value, found.default, found.source) == (IDLE, True, None)


@pytest.mark.parametrize(
    ("labels", "context", "namespace", "seconds"),
    [
        ("web", "SIDECAR_INBOUND", "shop", 20),
        ("web", "ANY", "shop", 20),
        ("web", "SIDECAR_INBOUND", "istio-system", 20),
        ("web", "SIDECAR_OUTBOUND", "shop", IDLE),
        ("other", "SIDECAR_INBOUND", "shop", IDLE),
        ("web", "SIDECAR_INBOUND", "elsewhere", IDLE),
    ],
)
def test_a_filter_holds_for_its_pods_and_its_side_alone(labels, context, namespace, seconds):
    found = accepted(obj("EnvoyFilter", "idle", FILTER % (labels, context), namespace))
    assert found.value == seconds


def test_the_mesh_config_holds_for_all():
    config = "{defaultConfig: {proxyMetadata: {ISTIO_META_IDLE_TIMEOUT: 90s}}}"
    found = accepted(f"---\nkind: IstioOperator\nspec: {{meshConfig: {config}}}\n")
    assert (found.value, found.default) == (90, False)


def test_a_workload_with_nothing_but_a_proxy_is_a_gateway():
    text = obj("Deployment", "edge", "{template: {spec: {containers: [{name: istio-proxy}]}}}")
    mesh = mesh_of(WEB + text)
    assert [is_gateway(one) for one in mesh.manifests("Deployment")] == [False, True]


def test_odd_types_are_passed_over():
    mesh = odd("EnvoyFilter", "{configPatches: [7, {patch: [], match: 3}], workloadSelector: 4}")
    pod = mesh_of(WEB).manifests("Deployment")[0]
    assert accepted_idle(mesh, pod, Side.GATEWAY).default
