import pytest

from tests.mesh.make import mesh_of, obj
from why503.diagnosis.tls_edit import tls_dropped, tls_put

HOST = "orders.shop.svc.cluster.local"
MODE = "tls: {mode: DISABLE}"


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        (f"{{{MODE}}}", ("spec", "trafficPolicy")),
        (f"{{{MODE}, connectionPool: {{}}}}", ("spec", "trafficPolicy", "tls")),
        (
            f"{{portLevelSettings: [{{port: {{number: 80}}, {MODE}}}]}}",
            ("spec", "trafficPolicy"),
        ),
        (
            f"{{portLevelSettings: [{{port: {{number: 80}}, {MODE}}}, {{port: {{number: 81}}}}]}}",
            ("spec", "trafficPolicy", "portLevelSettings", 0),
        ),
    ],
)
def test_what_would_be_left_empty_goes_with_the_block(policy, path):
    mesh = mesh_of(obj("DestinationRule", "orders", f"{{host: orders, trafficPolicy: {policy}}}"))
    (drop,) = tls_dropped(mesh, HOST, 80)
    assert drop.path == path


def test_a_field_is_put_into_the_block_that_decides():
    text = obj("DestinationRule", "orders", f"{{host: orders, trafficPolicy: {{{MODE}}}}}")
    (put,) = tls_put(mesh_of(text), HOST, 80, "sni", "x.example")
    assert put.path == ("spec", "trafficPolicy", "tls", "sni")


def test_without_a_block_nothing_is_changed():
    mesh = mesh_of(obj("DestinationRule", "orders", "{host: orders}"))
    assert tls_dropped(mesh, HOST, 80) == tls_put(mesh, HOST, 80, "sni", "x") == ()
