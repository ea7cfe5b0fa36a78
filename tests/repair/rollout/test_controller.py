import pytest

from tests.mesh.make import obj
from tests.repair.rollout.world import DESK, answer, service, workload
from why503.repair.rollout.answer import RolloutAnswer

SUBSETS = (
    "{host: quay, subsets: [{name: stable, labels: {app: quay}}, "
    "{name: canary, labels: {app: quay}}]}"
)
ROUTE = obj(
    "VirtualService",
    "quay",
    "{hosts: [quay], http: [{name: main, route: "
    "[{destination: {host: quay, subset: stable}, weight: 100}, "
    "{destination: {host: quay, subset: canary}, weight: 0}]}]}",
    "ferry",
)
RULE = obj("DestinationRule", "quay", SUBSETS, "ferry")
ISTIO = (
    "trafficRouting: {istio: {virtualService: {name: quay, routes: [main]}, "
    "destinationRule: {name: quay, stableSubsetName: stable, canarySubsetName: canary}}}"
)
STEPS = "steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}]"


def rollout(canary: str, kind: str = "canary") -> str:
    template = "{metadata: {labels: {app: quay}}, spec: {containers: [{name: app}]}}"
    spec = f"{{replicas: 5, template: {template}, strategy: {{{kind}: {{{canary}}}}}}}"
    return obj("Rollout", "quay", spec, "ferry").replace(
        "kind: Rollout", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout"
    )


def lost(told: RolloutAnswer) -> dict[str, list[str]]:
    (controller,) = told.controllers
    return {
        step.title.partition(":")[0]: [one.flag for one in step.dangers]
        for step in controller.steps
        if step.dangers
    }


def ids(told: RolloutAnswer) -> dict[str, str]:
    return {one.id: one.severity for one in told.hazards}


ARGO = DESK + service() + RULE + ROUTE


def test_argo_walks_a_canary_by_subsets_without_loss() -> None:
    told = answer(ARGO + rollout(f"{ISTIO}, {STEPS}"))
    (controller,) = told.controllers
    assert (controller.by, controller.object) == ("Argo Rollouts", "Rollout ferry/quay")
    assert controller.safe
    assert told.verdict == "safe"
    assert ids(told) == {"gitops-may-revert": "note"}


def test_argo_walks_a_canary_by_services_without_loss() -> None:
    services = service("stable") + service("canary")
    services = services.replace("app: stable", "app: quay").replace("app: canary", "app: quay")
    way = obj(
        "VirtualService",
        "quay",
        "{hosts: [quay.example, stable], http: [{route: "
        "[{destination: {host: stable}, weight: 100}, "
        "{destination: {host: canary}, weight: 0}]}]}",
        "ferry",
    )
    routing = "trafficRouting: {istio: {virtualService: {name: quay}}}"
    canary = f"stableService: stable, canaryService: canary, {routing}, {STEPS}"
    told = answer(DESK + services + way + rollout(canary))
    assert told.controllers[0].safe


@pytest.mark.parametrize(
    ("canary", "title", "hazard"),
    [
        ("scaleDownDelaySeconds: 0, ", "Promotion", "short-scale-down-delay"),
        (
            "dynamicStableScale: true, steps: [{setWeight: 50}, {setWeight: 100}, {pause: {}}], ",
            "setWeight 100",
            "stable-scaled-with-weight",
        ),
        (
            "steps: [{setWeight: 20}, {setCanaryScale: {replicas: 0}}], ",
            "setCanaryScale",
            "",
        ),
    ],
)
def test_a_walk_that_takes_pods_while_they_have_a_weight_loses_requests(
    canary: str, title: str, hazard: str
) -> None:
    steps = "" if "steps" in canary else f", {STEPS}"
    told = answer(ARGO + rollout(f"{canary}{ISTIO}{steps}"))
    found = lost(told)
    assert found.pop(title) == ["UH"]
    assert set(found) <= {"Promotion"}
    assert not hazard or ids(told)[hazard] == "error"
    assert told.verdict == "unsafe"


def test_a_short_delay_is_warned_of() -> None:
    told = answer(ARGO + rollout(f"scaleDownDelaySeconds: 5, {ISTIO}, {STEPS}"))
    assert told.controllers[0].safe
    assert ids(told)["short-scale-down-delay"] == "warning"


def test_blue_green_of_argo_is_walked() -> None:
    told = answer(DESK + service() + rollout("activeService: quay", "blueGreen"))
    assert told.controllers[0].safe
    hasty = answer(
        DESK + service() + rollout("activeService: quay, scaleDownDelaySeconds: 0", "blueGreen")
    )
    assert lost(hasty) == {"Promotion": ["UH"]}


def test_names_that_a_rollout_manages_must_be_there() -> None:
    told = answer(ARGO.replace("name: main", "name: other") + rollout(f"{ISTIO}, {STEPS}"))
    assert ids(told)["managed-route-missing"] == "error"
    told = answer(
        ARGO.replace("name: canary, labels", "name: new, labels") + rollout(f"{ISTIO}, {STEPS}")
    )
    assert ids(told)["managed-subset-missing"] == "error"
    told = answer(DESK + rollout(f"{ISTIO}, {STEPS}"))
    assert ids(told)["route-not-given"] == "note"
    header = "steps: [{setHeaderRoute: {name: beta, match: []}}]"
    assert ids(answer(ARGO + rollout(f"{ISTIO}, {header}")))["route-not-managed"] == "error"
    listed = ISTIO.replace("{istio", "{managedRoutes: [{name: beta}], istio")
    assert "route-not-managed" not in ids(answer(ARGO + rollout(f"{listed}, {header}")))


def test_both_delays_at_once_are_refused_by_argo() -> None:
    both = f"dynamicStableScale: true, scaleDownDelaySeconds: 40, {ISTIO}, {STEPS}"
    assert ids(answer(ARGO + rollout(both)))["delay-with-dynamic-scale"] == "error"


def test_a_rollout_without_istio_shares_out_pods() -> None:
    told = answer(DESK + service() + rollout(STEPS))
    assert ids(told) == {"weights-are-pods": "note"}
    assert told.verdict == "nothing-to-do"


def test_the_template_of_a_workload_that_is_referred_to_is_taken() -> None:
    own = workload("quay", "app: quay", "replicas: 0, ")
    referring = rollout(f"{ISTIO}, {STEPS}").replace(
        "template: {metadata: {labels: {app: quay}}, spec: {containers: [{name: app}]}}",
        "workloadRef: {kind: Deployment, name: quay}",
    )
    told = answer(ARGO + own + referring)
    assert told.controllers[0].safe
    assert told.already == ()


APPLICATION = (
    "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\n"
    "metadata: {name: quay, namespace: argocd}\n"
    "spec: {syncPolicy: {automated: {selfHeal: %s}, syncOptions: [%s]}, ignoreDifferences: [%s]}\n"
)
IGNORED = (
    "{group: networking.istio.io, kind: VirtualService, jsonPointers: [/spec/http]}, "
    "{kind: DestinationRule}"
)


def test_an_application_that_puts_weights_back_is_told() -> None:
    release = ARGO + rollout(f"{ISTIO}, {STEPS}")
    respecting = "RespectIgnoreDifferences=true"
    assert ids(answer(release + APPLICATION % ("true", "", "")))["gitops-reverts"] == "error"
    assert ids(answer(release + APPLICATION % ("false", "", "")))["gitops-reverts"] == "warning"
    assert ids(answer(release + APPLICATION % ("true", "", IGNORED)))["gitops-reverts"] == "error"
    assert ids(answer(release + APPLICATION % ("true", respecting, IGNORED))) == {}


def canary(more: str = "", analysis: str = "{stepWeight: 20, maxWeight: 60}") -> str:
    spec = (
        "{targetRef: {kind: Deployment, name: quay}, "
        "service: {port: 9080, targetPort: 8080}, "
        f"analysis: {analysis}{more}}}"
    )
    return obj("Canary", "quay", spec, "ferry").replace(
        "kind: Canary", "apiVersion: flagger.app/v1beta1\nkind: Canary"
    )


FLAGGER = DESK + workload("quay", "app: quay", "replicas: 2, ")


def test_flagger_walks_without_loss() -> None:
    told = answer(FLAGGER + canary())
    (controller,) = told.controllers
    assert controller.by == "Flagger"
    assert controller.safe
    assert [one.title for one in controller.steps if "Weight" in one.title] == [
        "Weight 20 for the canary",
        "Weight 40 for the canary",
        "Weight 60 for the canary",
    ]
    assert told.hazards == ()


def test_a_service_that_selects_flaggers_target_has_no_pods_between_releases() -> None:
    told = answer(FLAGGER + canary() + service("inner", "app: quay"))
    assert ids(told) == {"flagger-target-selected": "error"}
    assert told.verdict == "unsafe"
    assert [one.requests for one in told.already] == [("inner.ferry.svc.cluster.local:9080",)]


def test_a_second_route_for_flaggers_service_is_told() -> None:
    own = obj(
        "VirtualService",
        "mine",
        "{hosts: [quay], http: [{route: [{destination: {host: quay}}]}]}",
        "ferry",
    )
    assert ids(answer(FLAGGER + canary() + own)) == {"flagger-second-route": "warning"}


def test_an_analysis_that_is_skipped_is_told_worse_when_the_canary_is_new() -> None:
    skipping = FLAGGER + canary(", skipAnalysis: true")
    assert ids(answer(skipping)) == {"flagger-skips-analysis": "warning"}
    assert ids(answer(FLAGGER, skipping)) == {"flagger-set-up-unserved": "error"}


def test_a_canary_that_is_deleted_must_put_everything_back() -> None:
    assert ids(answer(FLAGGER + canary(), FLAGGER)) == {"flagger-deleted": "error"}
    back = FLAGGER + canary(", revertOnDeletion: true")
    assert ids(answer(back, FLAGGER)) == {}


def test_a_deadline_shorter_than_the_start_is_told() -> None:
    slow = FLAGGER.replace(
        "name: app}", "name: app, startupProbe: {failureThreshold: 30, periodSeconds: 10}}"
    )
    told = answer(slow + canary(", progressDeadlineSeconds: 60"))
    assert ids(told) == {"flagger-short-deadline": "warning"}
    assert ids(answer(slow + canary(", progressDeadlineSeconds: 600"))) == {}


def test_a_target_without_its_own_label_is_told() -> None:
    assert ids(answer(FLAGGER.replace("app: quay", "app: other") + canary())) == {
        "flagger-selector": "warning"
    }


def test_an_analysis_without_steps_is_told_and_step_weights_are_taken() -> None:
    assert ids(answer(FLAGGER + canary(analysis="{}"))) == {"flagger-without-steps": "warning"}
    told = answer(FLAGGER + canary(analysis="{stepWeights: [1, 50]}"))
    titles = [one.title for one in told.controllers[0].steps]
    assert "Weight 50 for the canary" in titles


def test_a_release_that_flagger_walks_needs_one_step_of_its_own() -> None:
    new = FLAGGER.replace("name: app}", "name: app, image: a:2}")
    told = answer(FLAGGER + canary(), new + canary())
    assert told.verdict == "safe"
    assert told.already == ()


def test_a_route_in_git_that_flagger_writes_too_may_be_put_back() -> None:
    own = obj("VirtualService", "quay", "{hosts: [quay], http: []}", "ferry")
    assert ids(answer(FLAGGER + canary() + own)) == {"gitops-may-revert": "note"}
    owned = own.replace("{name: quay,", "{name: quay, ownerReferences: [{kind: Canary}],")
    assert ids(answer(FLAGGER + canary() + owned)) == {}


def test_a_rollout_is_one_step_by_its_own_name() -> None:
    now = ARGO + rollout(f"{ISTIO}, {STEPS}")
    new = rollout(f"{ISTIO}, {STEPS}").replace("name: app}", "name: app, image: a:2}")
    told = answer(now, ARGO + new)
    (step,) = next(one for one in told.orders if one.id == "plan").steps
    assert [one.object for one in step.changes] == ["Rollout ferry/quay"]
    assert step.waits[0].command == "kubectl argo rollouts -n ferry status quay"
    gone = answer(now, now.replace(rollout(f"{ISTIO}, {STEPS}"), ""))
    commands = [one.commands for order in gone.orders for one in order.steps if one.commands]
    assert ("kubectl -n ferry delete rollout quay",) in commands
