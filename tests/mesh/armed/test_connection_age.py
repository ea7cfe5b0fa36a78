import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.connection_age import (
    cut_tcp_connections,
    graces_below_timeout,
    one_request_each,
)

AGE = "{host: web, trafficPolicy: {connectionPool: {tcp: {maxConnectionDuration: 10m}}}}"
ROUTE = "{hosts: [web], http: [{timeout: %s, route: [{destination: {host: web}}]}]}"


def service(port):
    return obj("Service", "web", f"{{selector: {{app: web}}, ports: [{port}]}}")


@pytest.mark.parametrize(
    ("port", "protocols"),
    [
        ("{name: tcp-x, port: 1}", ["tcp"]),
        ("{name: https, port: 1}", ["https"]),
        ("{name: x, port: 1, appProtocol: redis}", ["redis"]),
        ("{name: http, port: 1}", []),
        ("{name: grpc, port: 1}", []),
        ("{name: x, port: 1}", []),
    ],
)
def test_an_age_cuts_connections_that_are_passed_on_as_bytes(port, protocols):
    mesh = mesh_of(service(port) + obj("DestinationRule", "web", AGE))
    assert [one.values["protocol"] for one in cut_tcp_connections(mesh)] == protocols


@pytest.mark.parametrize(
    ("setting", "timeout", "count"),
    [
        ("env: [{name: GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, value: '10000'}]", "30s", 1),
        ("env: [{name: GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, value: '10000'}]", "5s", 0),
        ("args: [--max-connection-age-grace, 10s]", "30s", 1),
        ("args: [--max-connection-age, 10s]", "30s", 0),
    ],
)
def test_calls_need_as_much_grace_as_their_route_gives_them(setting, timeout, count):
    labels = "metadata: {labels: {app: web}}"
    pod = f"{{{labels}, spec: {{containers: [{{name: app, image: app, {setting}}}]}}}}"
    text = service("{name: grpc, port: 1}") + obj("Deployment", "web", f"{{template: {pod}}}")
    mesh = mesh_of(text + obj("VirtualService", "web", ROUTE % timeout))
    assert len(list(graces_below_timeout(mesh))) == count


def test_odd_types_are_passed_over():
    for kind in ("DestinationRule", "VirtualService"):
        mesh = odd(kind, "{host: [1], trafficPolicy: 7, http: [{timeout: 1s, route: [3]}]}")
        for find in (cut_tcp_connections, graces_below_timeout, one_request_each):
            assert list(find(mesh)) == []
