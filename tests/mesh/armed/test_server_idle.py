import pytest

from tests.mesh.make import mesh_of, obj
from why503.mesh.armed.server_idle import empty_services

SERVICE = obj("Service", "web", "{selector: {app: web}, ports: [{port: 80}]}")
OTHER = obj("Deployment", "desk", "{template: {metadata: {labels: {app: desk}}}}")


def empty(text):
    return [one.values["service"] for one in empty_services(mesh_of(text))]


def made(kind, api, namespace="shop"):
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: {namespace}}}\n"


def test_a_service_without_pods_is_told_where_workloads_are_given():
    assert empty(SERVICE + OTHER) == ["Service shop/web"]
    assert empty(SERVICE) == []


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("Prometheus", "monitoring.coreos.com/v1"),
        ("Rollout", "argoproj.io/v1alpha1"),
        ("WorkloadEntry", "networking.istio.io/v1"),
        ("Service", "serving.knative.dev/v1"),
    ],
)
def test_nothing_is_said_where_pods_may_be_made_of_another_object(kind, api):
    assert empty(SERVICE + OTHER + made(kind, api)) == []
    assert empty(SERVICE + OTHER + made(kind, api, "pier")) == ["Service shop/web"]


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("ServiceMonitor", "monitoring.coreos.com/v1"),
        ("Certificate", "cert-manager.io/v1"),
        ("VirtualService", "networking.istio.io/v1"),
        ("NetworkPolicy", "networking.k8s.io/v1"),
        ("ConfigMap", "v1"),
    ],
)
def test_objects_of_which_no_pods_are_made_hide_nothing(kind, api):
    assert empty(SERVICE + OTHER + made(kind, api)) == ["Service shop/web"]
