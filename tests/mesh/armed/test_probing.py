import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.probing import answered_by_sidecar, copied_liveness, refused_by_sidecar

SERVICE = obj("Service", "web", "{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}")
OFF = "sidecar.istio.io/rewriteAppHTTPProbers: 'false'"
STRICT = obj("PeerAuthentication", "default", "{mtls: {mode: STRICT}}")
HTTP = "readinessProbe: {httpGet: {path: /ready, port: %s}}"
TCP = "livenessProbe: {tcpSocket: {port: 8080}}"


def web(probes, notes=OFF, inject="'true'"):
    labels = f"{{app: web, sidecar.istio.io/inject: {inject}}}"
    meta = f"{{labels: {labels}, annotations: {{{notes}}}}}"
    spec = f"{{containers: [{{name: app, image: app, {probes}}}]}}"
    return SERVICE + obj("Deployment", "web", f"{{template: {{metadata: {meta}, spec: {spec}}}}}")


def test_strict_mutual_tls_refuses_a_plain_probe():
    (one,) = refused_by_sidecar(mesh_of(web(HTTP % 8080) + STRICT))
    assert one.values["by"] == "PeerAuthentication shop/default"


PORT = "{selector: {matchLabels: {app: web}}, portLevelMtls: {8081: {mode: DISABLE}}}"


@pytest.mark.parametrize(
    "text",
    [
        web(HTTP % 8080),
        web(HTTP % 8080, inject="'false'") + STRICT,
        web(HTTP % 8080, notes="a: b") + STRICT,
        web(
            HTTP % 8081,
            notes=OFF + ", traffic.sidecar.istio.io/excludeInboundPorts: '9000, 8081'",
        )
        + STRICT,
        web(HTTP % 8081) + STRICT + obj("PeerAuthentication", "web", PORT),
        web("readinessProbe: {exec: {command: [true]}}") + STRICT,
    ],
)
def test_a_probe_that_comes_through_is_not_told(text):
    assert list(refused_by_sidecar(mesh_of(text))) == []


def test_the_sidecar_answers_a_tcp_probe_that_is_not_rewritten():
    assert [one.values["kind"] for one in answered_by_sidecar(mesh_of(web(TCP)))] == [
        "livenessProbe"
    ]
    assert list(answered_by_sidecar(mesh_of(web(TCP, inject="'false'")))) == []
    assert list(answered_by_sidecar(mesh_of(web(TCP, notes="a: b")))) == []


@pytest.mark.parametrize(
    ("liveness", "count"),
    [
        ("httpGet: {path: /ready, port: 8080}", 1),
        ("httpGet: {path: /ready, port: 8080}, periodSeconds: 5", 1),
        ("httpGet: {path: /ready, port: 8080}, periodSeconds: 20", 0),
        ("httpGet: {path: /live, port: 8080}", 0),
        ("tcpSocket: {port: 8080}", 0),
    ],
)
def test_a_copy_of_readiness_has_to_be_more_patient(liveness, count):
    text = web(f"{HTTP % 8080}, livenessProbe: {{{liveness}}}")
    assert len(list(copied_liveness(mesh_of(text)))) == count


def test_odd_types_are_passed_over():
    mesh = odd("Deployment", "{template: {spec: {containers: [{livenessProbe: {httpGet: 7}}]}}}")
    for find in (refused_by_sidecar, answered_by_sidecar, copied_liveness):
        assert list(find(mesh)) == []
