import json

import pytest
import yaml

from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.cause import Disposition
from why503.diagnosis.proposal import (
    accept_plain_text,
    heed_denial,
    keep_longer,
    loopback_sidecar,
    policy_setting,
    pool_setting,
    retry_on_503,
    send_to_listener,
    service_entry,
    shorter_than,
    start_tls,
)

HOST = "orders.shop.svc.cluster.local"
PROBES = (("tcp", "tcpKeepalive", "time", "120s"), ("tcp", "tcpKeepalive", "interval", "30s"))


def given(text=""):
    mesh = mesh_of(text, log(inbound(503, "UC")))
    return mesh.hops[0], mesh


def test_a_host_without_a_rule_gets_a_whole_one():
    (patch,), commands, undo = pool_setting(*given(), PROBES)
    rule = yaml.safe_load(patch.yaml)
    assert rule["spec"]["host"] == HOST
    probes = rule["spec"]["trafficPolicy"]["connectionPool"]["tcp"]["tcpKeepalive"]
    assert probes == {"time": "120s", "interval": "30s"}
    assert commands == ()
    assert undo == "kubectl -n shop delete destinationrule orders"


def test_a_rule_that_exists_is_merged_into():
    text = obj("DestinationRule", "mine", f"{{host: {HOST}}}")
    patches, (command,), undo = pool_setting(*given(text), PROBES)
    assert patches == ()
    assert command.startswith("kubectl -n shop patch destinationrule mine --type merge -p '")
    pool = json.loads(command.split("'")[1])["spec"]["trafficPolicy"]["connectionPool"]
    assert pool == {"tcp": {"tcpKeepalive": {"time": "120s", "interval": "30s"}}}
    assert undo == "kubectl -n shop edit destinationrule mine"


def test_numbers_stay_numbers():
    settings = (("http", "maxRequestsPerConnection", "80"),)
    (patch,), _, _ = pool_setting(*given(), settings)
    pool = yaml.safe_load(patch.yaml)["spec"]["trafficPolicy"]["connectionPool"]
    assert pool == {"http": {"maxRequestsPerConnection": 80}}


def test_the_retry_names_503_which_is_what_comes_from_behind_a_sidecar():
    (patch,) = retry_on_503(*given()).patches
    route = yaml.safe_load(patch.yaml)
    assert route["spec"]["hosts"] == [HOST]
    assert "503" in route["spec"]["http"][0]["retries"]["retryOn"].split(",")


@pytest.mark.parametrize(("idle", "ours"), [(60.0, 50.0), (5.0, 4.0), (2.0, 1.0), (0.5, 0.25)])
def test_the_proxys_idle_timeout_is_safely_below_the_servers(idle, ours):
    assert shorter_than(idle) == ours


ROUTES = """
    kind: VirtualService
    metadata: {name: split, namespace: shop}
    spec:
      hosts: [orders]
      http:
      - name: elsewhere
        route: [{destination: {host: archive}}]
      - route:
        - {destination: {host: orders, subset: blue}, weight: 80}
        - {destination: {host: orders, subset: green}, weight: 20}
        retries: {attempts: 5, perTryTimeout: 3s, retryOn: gateway-error}
    """


def test_a_host_that_is_routed_already_gets_its_retries_in_that_object():
    mesh = mesh_of(ROUTES, log(inbound(503, "UC")))
    remedy = retry_on_503(mesh.hops[0], mesh)
    assert remedy.patches == ()
    (command,) = remedy.commands
    assert command.startswith("kubectl -n shop patch virtualservice split --type json -p '")
    (step,) = json.loads(command.split("'")[1])
    assert step["path"] == "/spec/http/1/retries"
    conditions = step["value"].pop("retryOn").split(",")
    assert conditions[0] == "gateway-error"
    assert "503" in conditions
    assert step["value"] == {"attempts": 5, "perTryTimeout": "3s"}
    assert remedy.undo == "kubectl -n shop edit virtualservice split"


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
    assert remedy.risks == ()


def test_without_the_service_the_guess_of_its_first_port_is_said():
    hop, mesh = given()
    remedy = send_to_listener(hop, mesh, None)
    assert "/spec/ports/0/targetPort" in remedy.commands[0]
    assert len(remedy.risks) == 1


def test_a_sidecar_selects_the_pods_that_the_service_selects():
    mesh = mesh_of(PORTS, log(outbound(503, "UF")))
    sidecar = yaml.safe_load(loopback_sidecar(mesh.hops[0], mesh, 7000))
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
    entry = yaml.safe_load(service_entry(mesh.hops[0], mesh, "api.partner.example"))
    (declared,) = entry["spec"]["ports"]
    assert (declared["number"], declared["name"], declared["protocol"]) == port


def test_plain_text_is_let_in_by_an_object_with_a_name_of_its_own():
    lone = inbound(0, "NR", authority="10.1.0.7:80", server_name="", upstream_cluster="")
    mesh = mesh_of("", log(lone))
    (patch,) = accept_plain_text(mesh.hops[0], mesh).patches
    assert "10.1.0.7" not in patch.yaml


def test_tls_is_started_towards_the_port_that_expects_it():
    rule = yaml.safe_load(start_tls("door", "door.partner.example", 8443))
    (setting,) = rule["spec"]["trafficPolicy"]["portLevelSettings"]
    assert setting["port"]["number"] == 8443
    assert setting["tls"] == {"mode": "SIMPLE", "sni": "door.partner.example"}


def test_a_denial_of_a_service_that_is_well_takes_no_policy_away():
    remedy = heed_denial("doorman")
    assert "doorman" in remedy.title
    assert remedy.commands == ()


def test_another_block_of_a_rule_that_exists_is_merged_into_it():
    text = obj("DestinationRule", "mine", f"{{host: {HOST}, subsets: [{{name: blue}}]}}")
    setting = (("outlierDetection", "maxEjectionPercent", "40"),)
    patches, (command,), _ = policy_setting(*given(text), setting)
    assert patches == ()
    policy = json.loads(command.split("'")[1])["spec"]
    assert policy == {"trafficPolicy": {"outlierDetection": {"maxEjectionPercent": 40}}}


def test_a_longer_patience_of_the_server_is_no_change_of_the_mesh():
    remedy = keep_longer()
    assert remedy.disposition is Disposition.OUTSIDE_MESH
    assert remedy.patches == remedy.commands == ()
