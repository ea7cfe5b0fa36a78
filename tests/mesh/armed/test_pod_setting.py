import pytest

from tests.mesh.make import mesh_of, obj
from why503.facts import Bundle, Certificate, Source
from why503.mesh.armed.pod_setting import (
    ending_certificates,
    late_keepalives,
    traffic_policies,
    without_keepalive,
)
from why503.mesh.mesh import Mesh

DAY = 86400.0


def ending(**told):
    one = Certificate(source=Source(path="certs"), teller="web", name="web", **told)
    return [found.values for found in ending_certificates(Mesh(Bundle(facts=(one,))))]


def test_a_long_lived_certificate_with_few_days_left_is_told():
    assert ending(days=3, valid_from=0.0, expires=90 * DAY) == [{"name": "web", "days": "3"}]


def test_one_with_many_days_left_and_those_of_workloads_are_not():
    assert ending(days=30, valid_from=0.0, expires=90 * DAY) == []
    assert ending(days=0, valid_from=0.0, expires=DAY) == []
    assert ending(days=0, sans=("spiffe://cluster.local/ns/a/sa/b",)) == []


POOL = "trafficPolicy: {connectionPool: {tcp: {tcpKeepalive: %s}}}"


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (obj("DestinationRule", "a", f"{{host: web, {POOL % '{time: 300s}'}}}"), ["5 min"]),
        (obj("DestinationRule", "a", f"{{host: web, {POOL % '{interval: 30s}'}}}"), ["2 h"]),
        (obj("DestinationRule", "a", f"{{host: web, {POOL % '{time: 60s}'}}}"), []),
        (obj("DestinationRule", "a", f"{{host: web, {POOL % 'null'}}}"), []),
        (
            obj("DestinationRule", "a", f"{{subsets: [{{name: v1, {POOL % '{time: 1h}'}}}]}}"),
            ["1 h"],
        ),
        (
            "---\nkind: IstioOperator\nspec: {meshConfig: {tcpKeepalive: {time: 10m}}}\n",
            ["10 min"],
        ),
    ],
)
def test_keepalives_that_begin_after_devices_forget_are_told(text, times):
    assert [one.values["time"] for one in late_keepalives(mesh_of(text), 240.0)] == times


def test_every_traffic_policy_of_a_rule_is_looked_at():
    ports = "portLevelSettings: [{port: {number: 1}}]"
    spec = f"{{trafficPolicy: {{{ports}}}, subsets: [{{name: a, trafficPolicy: {{{ports}}}}}]}}"
    (rule,) = mesh_of(obj("DestinationRule", "a", spec)).manifests("DestinationRule")
    assert [len(path) for path in traffic_policies(rule)] == [2, 4, 4, 6]


def entry(protocol, location="MESH_EXTERNAL"):
    port = f"{{number: 5432, name: sql, protocol: {protocol}}}"
    return obj("ServiceEntry", "a", f"{{hosts: [a.org], location: {location}, ports: [{port}]}}")


OUTSIDE = "{host: a.org, trafficPolicy: {connectionPool: {tcp: %s}}}"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (entry("TCP"), 1),
        (entry("MONGO"), 1),
        (entry("HTTPS"), 0),
        (entry("TCP", "MESH_INTERNAL"), 0),
        (entry("TCP") + obj("DestinationRule", "a", OUTSIDE % "{idleTimeout: 10m}"), 1),
        (entry("TCP") + obj("DestinationRule", "a", OUTSIDE % "{idleTimeout: 3m}"), 0),
        (entry("TCP") + obj("DestinationRule", "a", OUTSIDE % "{tcpKeepalive: {}}"), 0),
        (
            entry("TCP") + "---\nkind: IstioOperator\nspec: {meshConfig: {tcpKeepalive: {}}}\n",
            0,
        ),
    ],
)
def test_silent_connections_to_outside_want_a_keepalive(text, count):
    assert len(list(without_keepalive(mesh_of(text), 240.0))) == count
