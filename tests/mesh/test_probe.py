import pytest

from tests.mesh.make import mesh_of, odd
from why503.mesh.probe import (
    Answer,
    answer_in,
    looped_back,
    probes_of,
    rewrite_off,
    unknown_port,
    without_readiness,
)

HOST = "orders.shop.svc.cluster.local"
DEPLOYMENT = """
    kind: Deployment
    metadata: {{name: orders, namespace: shop}}
    spec:
      template:
        metadata: {{labels: {{app: orders}}{annotations}}}
        spec:
          containers:
          - {{name: orders, ports: [{{name: web, containerPort: 80}}]{probe}}}
          - {{name: istio-proxy, readinessProbe: {{httpGet: {{port: 15021}}}}}}
    """


def deployment(probe="", annotations=""):
    return mesh_of(DEPLOYMENT.format(probe=probe, annotations=annotations))


def readiness(port, more=""):
    return deployment(f", readinessProbe: {{httpGet: {{path: /, port: {port}}}{more}}}")


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("Readiness probe failed: HTTP probe failed with statuscode: 404", Answer.ALIVE),
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", Answer.UNWELL),
        ("Liveness probe failed: context deadline exceeded (Client.Timeout exceeded)", Answer.SLOW),
        ("Startup probe failed: dial tcp 10.0.0.1:80: connect: connection refused", Answer.REFUSED),
        ("Readiness probe failed: read: connection reset by peer", Answer.CUT),
        ("Readiness probe failed: cat: /tmp/ok: No such file", Answer.OTHER),
    ],
)
def test_the_kubelets_words_tell_what_the_application_did(message, answer):
    assert answer_in(message) is answer


def test_the_proxys_own_probes_are_left_out():
    assert [probe.kind for probe in probes_of(readiness(80), HOST)] == ["readinessProbe"]


@pytest.mark.parametrize(("port", "unknown"), [(80, None), ("web", None), (81, 81), ("adm", "adm")])
def test_a_probe_of_a_port_that_is_not_declared_is_found(port, unknown):
    (probe,) = probes_of(readiness(port), HOST)
    assert unknown_port(probe) == unknown


def test_a_probe_waits_one_second_unless_told():
    assert probes_of(readiness(80), HOST)[0].timeout == 1
    assert probes_of(readiness(80, ", timeoutSeconds: 4"), HOST)[0].timeout == 4


def test_rewriting_of_probes_is_off_only_where_it_is_said():
    off = ", annotations: {sidecar.istio.io/rewriteAppHTTPProbers: 'false'}"
    assert rewrite_off(deployment(annotations=off), HOST) is not None
    assert rewrite_off(deployment(), HOST) is None


def test_a_workload_without_a_readiness_probe_is_named():
    assert [name for name, _source in without_readiness(deployment(), HOST)] == [
        "Deployment shop/orders"
    ]
    assert without_readiness(readiness(80), HOST) == ()


def test_odd_types_tell_nothing():
    mesh = odd(
        "Deployment", "{template: {spec: {containers: [{livenessProbe: {httpGet: 7}, ports: 3}]}}}"
    )
    assert [unknown_port(probe) for probe in probes_of(mesh, "")] in ([], [None], [None, None])


def test_a_probe_that_names_a_loopback_host_is_found_with_a_pod_or_without():
    ours = deployment(", livenessProbe: {httpGet: {host: localhost, port: 80}}")
    assert [found[:2] for found in looped_back(ours, HOST)] == [("livenessProbe", "localhost")]
    piece = mesh_of("readinessProbe: {httpGet: {host: 127.0.0.1, port: 80}}\n")
    assert [found[:2] for found in looped_back(piece, "")] == [("readinessProbe", "127.0.0.1")]
    assert looped_back(readiness(80), HOST) == ()
