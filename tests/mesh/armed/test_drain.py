import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.drain import (
    budgets_that_block,
    drains_beyond_grace,
    short_pre_stops,
    shutdowns_beyond_grace,
)


def web(more="", replicas="", inject="'true'", grace="", config=""):
    labels = f"{{app: web, sidecar.istio.io/inject: {inject}}}"
    notes = f", annotations: {{proxy.istio.io/config: '{config}'}}" if config else ""
    spec = f"{{{grace}containers: [{{name: app, image: app{more}}}]}}"
    pod = f"{{metadata: {{labels: {labels}{notes}}}, spec: {spec}}}"
    return obj("Deployment", "web", f"{{{replicas}template: {pod}}}")


def budget(bound, selector="matchLabels: {app: web}"):
    return obj("PodDisruptionBudget", "web", f"{{{bound}, selector: {{{selector}}}}}")


def scaler(least):
    target = "scaleTargetRef: {kind: Deployment, name: web}"
    return obj("HorizontalPodAutoscaler", "web", f"{{{target}{least}, maxReplicas: 9}}")


@pytest.mark.parametrize(
    ("bound", "replicas"),
    [
        ("maxUnavailable: 0", 3),
        ("maxUnavailable: 0%", 3),
        ("minAvailable: 3", 3),
        ("minAvailable: 100%", 3),
        ("minAvailable: 50%", 1),
        ("minAvailable: 80%", 3),
    ],
)
def test_a_budget_without_a_pod_to_spare_blocks(bound, replicas):
    text = web(replicas=f"replicas: {replicas}, ") + budget(bound)
    (one,) = budgets_that_block(mesh_of(text))
    assert one.values["how"] == f"{bound.replace(':', '')} / {replicas}"


@pytest.mark.parametrize(
    "text",
    [
        web(replicas="replicas: 3, ") + budget("maxUnavailable: 1"),
        web(replicas="replicas: 1, ") + budget("maxUnavailable: 50%"),
        web(replicas="replicas: 3, ") + budget("minAvailable: 2"),
        web(replicas="replicas: 2, ") + budget("minAvailable: 50%"),
        web() + budget("minAvailable: 2") + scaler(", minReplicas: 3"),
        web() + budget("minAvailable: 1", "matchExpressions: [{key: app, operator: Exists}]"),
        budget("minAvailable: 3"),
    ],
)
def test_a_budget_with_a_pod_to_spare_or_of_unknown_pods_does_not(text):
    assert list(budgets_that_block(mesh_of(text))) == []


def test_the_least_that_an_autoscaler_keeps_counts():
    text = web(replicas="replicas: 5, ") + budget("minAvailable: 2") + scaler(", minReplicas: 2")
    assert len(list(budgets_that_block(mesh_of(text)))) == 1


HOOK = ", lifecycle: {preStop: {sleep: {seconds: %d}}}"
SERVICE = obj("Service", "web", "{selector: {app: web}}")


@pytest.mark.parametrize(("text", "count"), [(SERVICE, 1), ("", 0)])
def test_a_short_pause_counts_where_requests_come(text, count):
    assert len(list(short_pre_stops(mesh_of(web(HOOK % 2) + text)))) == count


@pytest.mark.parametrize(
    ("more", "grace", "told"),
    [
        (", args: [--timeout-graceful-shutdown, '40']", "", ["40 s"]),
        (", args: [-http.maxGracefulShutdownDuration=20s]" + HOOK % 15, "", ["20 s"]),
        (
            ", env: [{name: SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE, value: 50s}]",
            "terminationGracePeriodSeconds: 40, ",
            ["50 s"],
        ),
        (", args: [--graceful-timeout, '20']" + HOOK % 10, "", []),
        (", args: [--graceful-timeout, '20']" + HOOK % 60, "", []),
        (", args: [--request-timeout, '90']", "", []),
    ],
)
def test_the_pause_and_the_applications_end_have_to_fit_into_the_grace(more, grace, told):
    mesh = mesh_of(web(more, grace=grace))
    assert [one.values["shutdown"] for one in shutdowns_beyond_grace(mesh)] == told


EXIT = 'proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true", MINIMUM_DRAIN_DURATION: 40s}'


@pytest.mark.parametrize(
    ("config", "inject", "field"),
    [
        ("terminationDrainDuration: 30s", "'true'", ["terminationDrainDuration"]),
        (EXIT, "'true'", ["MINIMUM_DRAIN_DURATION"]),
        (f"{EXIT[:-1]}}}".replace("40s", "10s"), "'true'", []),
        ("terminationDrainDuration: 29s", "'true'", []),
        ("terminationDrainDuration: 30s", "'false'", []),
    ],
)
def test_a_drain_has_to_end_before_the_grace_does(config, inject, field):
    mesh = mesh_of(web(config=config, inject=inject))
    assert [one.values["field"] for one in drains_beyond_grace(mesh)] == field


def test_the_mesh_configs_drain_holds_for_all():
    config = "{defaultConfig: {terminationDrainDuration: 60s}}"
    text = f"---\nkind: IstioOperator\nspec: {{meshConfig: {config}}}\n"
    assert len(list(drains_beyond_grace(mesh_of(web() + text)))) == 1


def test_odd_types_are_passed_over():
    for kind in ("Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        mesh = odd(kind, "{template: [], minAvailable: [], selector: 7, maxUnavailable: x}")
        finders = budgets_that_block, drains_beyond_grace, short_pre_stops, shutdowns_beyond_grace
        for find in finders:
            assert list(find(mesh)) == []
