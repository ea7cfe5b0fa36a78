import json

import pytest

from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of
from why503.diagnosis.proposal import (
    accept_plain_text,
    heed_denial,
    loopback_sidecar,
    send_to_listener,
    service_entry,
    start_tls,
)

HOST = "orders.shop.svc.cluster.local"


def given(text=""):
    mesh = mesh_of(text, log(inbound(503, "UC")))
    return mesh.hops[0], mesh


PORTS = """
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec:
      selector: {role: orders-web}
      ports:
      - {name: admin, port: 9901}
      - {name: debug, port: 6060}
      - {name: http, port: 8080, targetPort: 7000}
    """


def test_the_target_port_is_patched_at_the_port_that_was_called():
    mesh = mesh_of(PORTS, log(outbound(503, "UF")))
    remedy = send_to_listener(mesh.hops[0], mesh, 7070)
    (step,) = json.loads(remedy.commands[0].split("'")[1])
    assert (step["path"], step["value"]) == ("/spec/ports/2/targetPort", 7070)
    assert not any("first port" in risk for risk in remedy.risks)


def test_a_port_that_the_service_shows_is_an_edit_of_it():
    mesh = mesh_of(PORTS, log(outbound(503, "UF")))
    (put,) = send_to_listener(mesh.hops[0], mesh, 7070).edits
    assert (put.path, put.value) == (("spec", "ports", 2, "targetPort"), 7070)
    assert (put.target.kind, put.target.name) == ("Service", "orders")
    assert send_to_listener(mesh.hops[0], mesh, None).edits == ()


STRICT = """
    kind: PeerAuthentication
    metadata: {name: own, namespace: shop}
    spec:
      selector: {matchLabels: {role: orders-web}}
      mtls: {mode: STRICT}
      portLevelMtls: {7000: {mode: STRICT}, 9901: {mode: DISABLE}}
    """


def test_a_policy_for_the_servers_pods_is_changed_and_gets_no_rival():
    mesh = mesh_of(PORTS + "---" + STRICT, log(inbound(503, "UC")))
    edits = accept_plain_text(mesh.hops[0], mesh).edits
    assert [put.path[1:-1] for put in edits] == [("mtls",), ("portLevelMtls", "7000")]
    assert {put.value for put in edits} == {"PERMISSIVE"}


def test_without_the_service_the_guess_of_its_first_port_is_said():
    hop, mesh = given()
    remedy = send_to_listener(hop, mesh, None)
    assert "/spec/ports/0/targetPort" in remedy.commands[0]
    assert any("first port" in risk for risk in remedy.risks)


def test_a_sidecar_selects_the_pods_that_the_service_selects():
    mesh = mesh_of(PORTS, log(outbound(503, "UF")))
    sidecar = loopback_sidecar(mesh.hops[0], mesh, 7000).data
    assert sidecar["spec"]["workloadSelector"] == {"labels": {"role": "orders-web"}}


@pytest.mark.parametrize(
    ("told", "port"),
    [
        ({"method": "GET", "downstream_local": "192.0.2.40:80"}, (80, "http", "HTTP")),
        ({"method": "GET", "downstream_local": "192.0.2.40:8888"}, (8888, "http", "HTTP")),
        ({"method": "GET"}, (80, "http", "HTTP")),
        ({"method": "", "downstream_local": "192.0.2.40:8443"}, (8443, "tls", "TLS")),
        ({"method": ""}, (443, "tls", "TLS")),
    ],
)
def test_an_outside_host_is_declared_as_it_was_called(told, port):
    line = outbound(
        502, "-", upstream_cluster="", upstream_host="", authority="api.partner.example", **told
    )
    mesh = mesh_of("", log(line))
    entry = service_entry(mesh.hops[0], mesh, "api.partner.example").data
    (declared,) = entry["spec"]["ports"]
    assert (declared["number"], declared["name"], declared["protocol"]) == port


def test_plain_text_is_let_in_by_an_object_with_a_name_of_its_own():
    lone = inbound(0, "NR", authority="10.1.0.7:80", server_name="", upstream_cluster="")
    mesh = mesh_of("", log(lone))
    (new,) = accept_plain_text(mesh.hops[0], mesh).edits
    assert "10.1.0.7" not in str(new.data)


def test_tls_is_started_towards_the_port_that_expects_it():
    rule = start_tls(mesh_of(), "door", "edge", "door.partner.example", 8443).data
    (setting,) = rule["spec"]["trafficPolicy"]["portLevelSettings"]
    assert setting["port"]["number"] == 8443
    assert setting["tls"] == {"mode": "SIMPLE", "sni": "door.partner.example"}


def test_a_denial_of_a_service_that_is_well_takes_no_policy_away():
    remedy = heed_denial("doorman")
    assert "doorman" in remedy.title
    assert remedy.commands == ()
