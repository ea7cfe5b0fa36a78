import pytest

from tests.mesh.build import log, outbound
from tests.mesh.make import mesh_of, obj
from why503.mesh.outside_tls import (
    outside_tls_port,
    soon_cut,
    tls_starters,
    upstream_tls_contexts,
)

ENTRY = obj(
    "ServiceEntry",
    "pay",
    "{hosts: [pay.example.com], ports: [{number: 80, name: http, protocol: HTTP, PORT}]}",
)


def asked(port, text):
    told = outbound(
        503,
        "UC",
        upstream_cluster=f"outbound|{port}||pay.example.com",
        authority="pay.example.com",
    )
    mesh = mesh_of(text, log(told, teller="caller"))
    return outside_tls_port(mesh.hops[0], mesh)


@pytest.mark.parametrize(
    ("port", "target", "found"),
    [(80, "targetPort: 443", 443), (80, "targetPort: 80", None), (443, "targetPort: 80", 443)],
)
def test_a_port_for_tls_is_known_by_number_or_target(port, target, found):
    assert asked(port, ENTRY.replace("PORT", target)) == found


def test_a_port_that_is_declared_tls_is_one():
    text = ENTRY.replace("protocol: HTTP, PORT", "protocol: TLS").replace("name: http", "name: x")
    assert asked(80, text) == 80


def test_contexts_say_whether_they_name_the_server():
    text = """
    static_resources:
      clusters:
      - transport_socket:
          typed_config: {"@type": a.UpstreamTlsContext, sni: pay.example.com}
      - transport_socket:
          typed_config: {"@type": a.UpstreamTlsContext}
      - transport_socket:
          typed_config: {"@type": a.DownstreamTlsContext}
    """
    assert [named for _place, named in upstream_tls_contexts(mesh_of(text))] == [True, False]


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("tls: {mode: SIMPLE, caCertificates: /etc/ca.pem}", ["SIMPLE"]),
        ("tls: {mode: SIMPLE, credentialName: star}", []),
        ("trafficPolicy: {tls: {mode: MUTUAL}}", ["MUTUAL"]),
        (obj("DestinationRule", "pay", "{trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}"), []),
        (obj("DestinationRule", "pay", "{trafficPolicy: {tls: {mode: SIMPLE}}}"), ["SIMPLE"]),
    ],
)
def test_who_starts_tls_of_its_own_is_known_and_no_gateway_does(text, modes):
    assert [mode.value for mode in tls_starters(mesh_of(text))] == modes


@pytest.mark.parametrize(("duration", "soon"), [(3.0, 1), (None, 1), (300_000.0, 0)])
def test_a_connection_that_lasted_for_minutes_was_not_cut_for_plain_text(duration, soon):
    mesh = mesh_of("", log(outbound(503, "UC", duration=duration), teller="caller"))
    assert len(soon_cut(mesh.hops[0])) == soon
