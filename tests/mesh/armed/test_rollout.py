import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.rollout import replaced_at_once, replicas_of, without_budget

ROLLING = "strategy: {rollingUpdate: {maxUnavailable: %s}}, "
SERVICE = obj("Service", "web", "{selector: {app: web}}")


def web(more):
    pod = "{metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}"
    return obj("Deployment", "web", f"{{{more}template: {pod}}}")


def scaler(name="web", namespace="shop", least="minReplicas: 3, "):
    spec = f"{{scaleTargetRef: {{kind: Deployment, name: {name}}}, {least}maxReplicas: 9}}"
    return obj("HorizontalPodAutoscaler", "web", spec, namespace)


@pytest.mark.parametrize(
    ("text", "replicas"),
    [
        (web(""), 1),
        (web("replicas: 0, "), 0),
        (web("replicas: 5, "), 5),
        (web("replicas: 5, ") + scaler(), 3),
        (web("replicas: 5, ") + scaler(least=""), 1),
        (web("replicas: 5, ") + scaler("other"), 5),
        (web("replicas: 5, ") + scaler(namespace="other"), 5),
    ],
)
def test_an_autoscaler_decides_on_the_replicas(text, replicas):
    mesh = mesh_of(text)
    assert replicas_of(mesh, mesh.manifests("Deployment")[0]) == replicas


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (web(ROLLING % 1), ["maxUnavailable 1 / 1"]),
        (web("replicas: 2, " + ROLLING % 2), ["maxUnavailable 2 / 2"]),
        (web("replicas: 2, " + ROLLING % "100%"), ["maxUnavailable 100% / 2"]),
        (web("strategy: {type: Recreate}, "), ["Recreate"]),
        (web("replicas: 2, " + ROLLING % 1), []),
        (web(ROLLING % "50%"), []),
        (web(ROLLING % 1) + scaler(), []),
        (web("replicas: 0, " + ROLLING % 1), []),
    ],
)
def test_a_roll_out_that_leaves_nobody_is_told(text, how):
    assert [one.values["how"] for one in replaced_at_once(mesh_of(text))] == how


def test_replicas_that_an_autoscaler_makes_want_a_budget_too():
    assert list(without_budget(mesh_of(SERVICE + web("")))) == []
    (one,) = without_budget(mesh_of(SERVICE + web("") + scaler()))
    assert one.values["replicas"] == "3"


def test_odd_types_are_passed_over():
    mesh = odd("Deployment", "{strategy: 7, replicas: [], template: x}")
    assert list(replaced_at_once(mesh)) == []
    assert list(without_budget(mesh)) == []
