import pytest

from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.cause import Disposition, RemedyKind
from why503.diagnosis.edit import Append, New, Put
from why503.diagnosis.idle_remedy import give_up_idle, keep_longer, shorter_than, written

POOL = ("connectionPool", "http", "idleTimeout")


SERVICE = obj("Service", "orders", "{selector: {app: orders}, ports: [{port: 8080}]}")


def mended(text="", line=None, istio=None):
    mesh = mesh_of(text or SERVICE, log(line or inbound(503, "UC")))
    mesh.istio = istio
    return give_up_idle(mesh.hops[0], mesh, 60.0)


@pytest.mark.parametrize(("idle", "ours"), [(60.0, 50.0), (5.0, 4.0), (2.0, 1.0), (0.5, 0.25)])
def test_the_proxys_idle_timeout_is_safely_below_the_servers(idle, ours):
    assert shorter_than(idle) == ours


def test_durations_are_written_as_istio_takes_them():
    assert [written(seconds) for seconds in (50.0, 0.25, 3000.0)] == ["50s", "250ms", "3000s"]


def test_beside_the_application_a_sidecar_puts_it_on_the_inbound_cluster():
    remedy = mended()
    (new,) = remedy.edits
    assert isinstance(new, New)
    assert new.data["kind"] == "Sidecar"
    assert new.data["spec"]["inboundConnectionPool"] == {"http": {"idleTimeout": "50s"}}
    assert new.data["spec"]["workloadSelector"]["labels"]
    assert "egress" not in new.data["spec"]
    assert any("Istio 1.20" in risk for risk in remedy.risks)


@pytest.mark.parametrize(
    ("istio", "kind", "version"),
    [
        ((1, 19), "DestinationRule", "v1beta1"),
        ((1, 20), "Sidecar", "v1beta1"),
        ((1, 24), "Sidecar", "v1"),
        ((1, 28), "Sidecar", "v1"),
    ],
)
def test_the_object_is_one_that_the_version_knows(istio, kind, version):
    (new,) = mended(istio=istio).edits
    assert (new.data["kind"], new.data["apiVersion"]) == (kind, f"networking.istio.io/{version}")


def test_without_a_sidecar_at_the_server_the_callers_cluster_gets_it():
    text = """
        kind: Deployment
        metadata: {name: orders, namespace: shop}
        spec: {template: {metadata: {labels: {app: orders, sidecar.istio.io/inject: "false"}}}}
        """
    (new,) = mended(text, outbound(503, "UC")).edits
    assert new.data["kind"] == "DestinationRule"


def test_a_pool_that_stands_in_a_rule_is_not_put_out_of_force_by_a_sidecar():
    text = obj(
        "DestinationRule", "mine", "{host: orders, trafficPolicy: {connectionPool: {tcp: {}}}}"
    )
    remedy = mended(text)
    (put,) = remedy.edits
    assert put.path == ("spec", "trafficPolicy", *POOL)
    assert any("read from Istio's source" in risk for risk in remedy.risks)


SIDECAR = "{workloadSelector: {labels: {app: orders}}, "
DEPLOYMENT = obj("Deployment", "orders", "{template: {metadata: {labels: {app: orders}}}}")


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (
            SIDECAR
            + "ingress: [{port: {number: 1}}, {port: {number: 8080}, connectionPool: {tcp: {}}}], "
            "inboundConnectionPool: {tcp: {}}}",
            ("spec", "ingress", 1, *POOL),
        ),
        (
            SIDECAR + "inboundConnectionPool: {tcp: {}}}",
            ("spec", "inboundConnectionPool", *POOL[1:]),
        ),
        (SIDECAR + "egress: [{hosts: [./x]}]}", ("spec", "inboundConnectionPool", *POOL[1:])),
    ],
)
def test_a_sidecar_of_the_servers_pods_gets_it_where_it_decides(spec, path):
    (put,) = mended(DEPLOYMENT + obj("Sidecar", "own", spec)).edits
    assert isinstance(put, Put)
    assert (put.target.name, put.path, put.value) == ("own", path, "50s")


def test_without_the_service_no_labels_are_guessed():
    (new,) = mended(obj("Service", "other", "{}")).edits
    assert new.data["kind"] == "DestinationRule"


def test_a_sidecar_of_the_whole_namespace_keeps_its_force():
    text = obj("Sidecar", "all", "{egress: [{hosts: [./*]}]}")
    (new,) = mended(text).edits
    assert new.data["kind"] == "DestinationRule"


def test_the_arithmetic_is_shown():
    (sentence,) = mended().derived
    assert "60 s × 5/6, rounded down to 50 s, leaves 10 s" in sentence


ALERTS = """
---
kind: VMAlert
metadata: {name: alerts, namespace: shop}
spec:
  evaluationInterval: 1m
  datasource: {url: "http://orders.shop.svc.cluster.local:8080"}
"""


def test_the_callers_pace_is_part_of_it():
    line = inbound(503, "UC", path="/api/v1/query", user_agent="vmalert")
    told = mended(SERVICE + ALERTS, line).derived
    assert len(told) == 2
    assert "calls every 60 s" in told[1]


def test_no_number_stands_in_for_an_unknown_timeout():
    mesh = mesh_of("", log(inbound(503, "UC")))
    remedy = give_up_idle(mesh.hops[0], mesh, None)
    (new,) = remedy.edits
    pool = new.data["spec"]["trafficPolicy"]["connectionPool"]
    assert "<below" in pool["http"]["idleTimeout"]
    assert remedy.derived == ()


VICTORIA = """
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec:
      template:
        metadata: {labels: {app: orders}}
        spec:
          containers:
          - {name: orders, image: "victoriametrics/vminsert:v1.100.0", args: [ARGS]}
    """


@pytest.mark.parametrize(
    ("arguments", "sort", "value"),
    [
        ("-a=1", Append, "-http.idleConnTimeout=70m"),
        ("--http.idleConnTimeout=10s, -a=1", Put, "--http.idleConnTimeout=70m"),
    ],
)
def test_victoriametrics_has_a_flag_of_its_own(arguments, sort, value):
    mesh = mesh_of(VICTORIA.replace("ARGS", arguments), log(inbound(503, "UC")))
    remedy = keep_longer(mesh.hops[0], mesh)
    (edit,) = remedy.edits
    assert isinstance(edit, sort)
    assert edit.value == value
    assert "1 h × 7/6 = 70 min" in remedy.derived[0]
    assert remedy.kind is RemedyKind.PREVENTION


def test_a_longer_patience_of_an_unknown_server_is_no_change_of_the_mesh():
    mesh = mesh_of("", log(inbound(503, "UC")))
    remedy = keep_longer(mesh.hops[0], mesh)
    assert remedy.disposition is Disposition.OUTSIDE_MESH
    assert remedy.edits == remedy.commands == ()
