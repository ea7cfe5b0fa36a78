import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.concurrency import limits_below_workers

SERVICE = obj("Service", "web", "{selector: {app: web}, ports: [{name: http, port: 80}]}")
LIMIT = "{host: web, trafficPolicy: {connectionPool: {http: {http2MaxRequests: %d}}}}"


def slots(container, limit=4, replicas=2):
    labels = "metadata: {labels: {app: web}}"
    pod = f"{{{labels}, spec: {{containers: [{{name: app, image: app, {container}}}]}}}}"
    text = SERVICE + obj("Deployment", "web", f"{{replicas: {replicas}, template: {pod}}}")
    mesh = mesh_of(text + obj("DestinationRule", "web", LIMIT % limit))
    return [one.values["slots"] for one in limits_below_workers(mesh)]


@pytest.mark.parametrize(
    ("container", "together"),
    [
        ("command: [gunicorn, -w, '3', app]", ["6"]),
        ("command: [gunicorn, -w, '3', --threads, '2', -k, gthread, app]", ["12"]),
        ("env: [{name: SERVER_TOMCAT_THREADS_MAX, value: '50'}]", ["100"]),
        ("command: [gunicorn, -w, '3', -k, gevent, app]", []),
        ("command: [uvicorn, --workers, '3', app]", []),
        ("command: [server]", []),
    ],
)
def test_workers_whose_number_bounds_the_requests_are_counted(container, together):
    assert slots(container) == together


def test_a_limit_that_all_workers_fit_into_is_not_told():
    assert slots("command: [gunicorn, -w, '3', app]", limit=6) == []


def test_odd_types_are_passed_over():
    assert list(limits_below_workers(odd("DestinationRule", "{host: [1], trafficPolicy: 7}"))) == []
