from tests.repair.rollout.test_controller import FLAGGER, canary, rollout
from tests.repair.rollout.world import SPACE, rule, service, state, workload
from why503.mesh.workload import labels_of
from why503.repair.rollout.controlled import (
    HASH,
    canary_names,
    pods_of,
    primary_of,
    selector_label,
    services_of,
    steady,
    without_hash,
)
from why503.repair.rollout.state import Key, key_of, replicas


def test_the_pods_of_a_rollout_are_a_replica_set_with_its_lines() -> None:
    given = state(rollout("steps: []"))
    (one,) = given.of("Rollout")
    pods = pods_of(one, given)
    assert (pods.kind, pods.name, replicas(pods), labels_of(pods)) == (
        "ReplicaSet",
        "quay",
        5,
        {"app": "quay"},
    )
    assert pods.source == one.source


def test_a_template_that_is_referred_to_or_the_selector_stands_for_its_own() -> None:
    own = "template: {metadata: {labels: {app: quay}}, spec: {containers: [{name: app}]}}"
    referring = rollout("steps: []").replace(own, "workloadRef: {kind: Deployment, name: base}")
    given = state(referring + workload("base", "app: base"))
    assert labels_of(pods_of(given.of("Rollout")[0], given)) == {"app": "base"}
    alone = state(
        referring.replace("workloadRef", "selector: {matchLabels: {app: x}}, workloadRef")
    )
    assert labels_of(pods_of(alone.of("Rollout")[0], alone)) == {"app": "x"}


def test_flaggers_primary_has_the_label_of_its_own() -> None:
    given = state(FLAGGER + canary())
    (one,) = given.of("Canary")
    primary = primary_of(one, given)
    assert primary is not None
    assert (primary.name, labels_of(primary)["app"]) == ("quay-primary", "quay-primary")
    assert selector_label(one, given) == "app"
    assert canary_names(one) == ("quay", "quay")
    chosen = {made.name: made.get("spec", "selector", "app") for made in services_of(one, given)}
    assert chosen == {"quay": "quay-primary", "quay-primary": "quay-primary", "quay-canary": "quay"}


def test_without_its_target_there_is_no_primary() -> None:
    given = state(canary())
    assert primary_of(given.of("Canary")[0], given) is None
    assert selector_label(given.of("Canary")[0], given) == ""


def test_between_releases_the_target_rests_and_rollouts_are_pods() -> None:
    given = state(FLAGGER + canary() + rollout("steps: []"))
    (one,) = given.of("Canary")
    calm = steady(given, {key_of(one): one})
    assert replicas(calm.objects[Key("Deployment", SPACE, "quay")]) == 0
    assert replicas(calm.objects[Key("Deployment", SPACE, "quay-primary")]) == 2
    assert Key("ReplicaSet", SPACE, "quay") in calm.objects
    assert not calm.of("Rollout")
    assert replicas(steady(given, {}).objects[Key("Deployment", SPACE, "quay")]) == 2


def test_the_hash_of_a_live_object_is_taken_out() -> None:
    (live,) = state(service(selector=f"app: quay, {HASH}: abc")).of("Service")
    assert without_hash(live).get("spec", "selector") == {"app": "quay"}
    (told,) = state(rule("v1").replace("version: v1", f"version: v1, {HASH}: abc")).of(
        "DestinationRule"
    )
    assert without_hash(told).get("spec", "subsets", 0, "labels") == {"version": "v1"}
    (bare,) = state(service()).of("Service")
    assert without_hash(bare) is bare
