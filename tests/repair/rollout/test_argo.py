from tests.repair.rollout.test_controller import ARGO, ISTIO, STEPS, rollout
from tests.repair.rollout.world import DESK, SPACE, service, state
from why503.mesh.setting import mapping_of
from why503.repair.rollout.argo import (
    blue_green_walk,
    canary_of,
    canary_walk,
    managed,
    virtual_services,
)
from why503.repair.rollout.controlled import HASH
from why503.repair.rollout.state import Key, replicas

ROUTE = Key("VirtualService", SPACE, "quay")
RULE = Key("DestinationRule", SPACE, "quay")
NEW = Key("ReplicaSet", SPACE, "quay-canary")


def of(canary: str, kind: str = "canary"):
    given = state(ARGO + rollout(canary, kind))
    return given.of("Rollout")[0], given


def weights(one) -> list[object]:
    return [mapping_of(told).get("weight") for _n, told in one.items("spec", "http", 0, "route")]


def test_pods_come_before_the_canary_means_them_and_that_before_the_weight() -> None:
    one, given = of(f"{ISTIO}, {STEPS}")
    found = canary_of(one, given)
    assert found is not None
    assert found.by_subset
    before, steps = canary_walk(found, given)
    assert weights(before.objects[ROUTE]) == [100, 0]
    first, second, third = steps[:3]
    assert replicas(first.objects[NEW]) == 1
    assert second.objects[RULE].get("spec", "subsets", 1, "labels")[HASH] == "canary"
    assert second.objects[RULE].get("spec", "subsets", 0, "labels")[HASH] == "stable"
    assert weights(third.objects[ROUTE]) == [80, 20]


def test_the_end_is_all_pods_all_requests_then_stable_means_the_new_ones() -> None:
    one, given = of(f"{ISTIO}, {STEPS}")
    _before, steps = canary_walk(canary_of(one, given), given)
    pods, shifted, switched, gone = steps[-4:]
    assert replicas(pods.objects[NEW]) == 5
    assert weights(shifted.objects[ROUTE]) == [0, 100]
    assert weights(switched.objects[ROUTE]) == [100, 0]
    assert switched.objects[RULE].get("spec", "subsets", 0, "labels")[HASH] == "canary"
    assert replicas(gone.objects[Key("ReplicaSet", SPACE, "quay-stable")]) == 0


def test_a_weight_that_goes_down_moves_before_its_pods() -> None:
    one, given = of(f"{ISTIO}, steps: [{{setWeight: 60}}, {{setWeight: 20}}]")
    _before, steps = canary_walk(canary_of(one, given), given)
    kinds = [next(iter(step.objects)).kind for step in steps[3:5]]
    assert kinds == ["VirtualService", "ReplicaSet"]


def test_without_pods_the_weight_stays_where_it_is() -> None:
    one, given = of(f"{ISTIO}, steps: [{{setCanaryScale: {{replicas: 0}}}}, {{setWeight: 20}}]")
    _before, steps = canary_walk(canary_of(one, given), given)
    assert weights(steps[2].objects[ROUTE]) == [100, 0]


def test_a_scale_of_its_own_is_kept_until_it_is_given_back() -> None:
    back = "{setCanaryScale: {matchTrafficWeight: true}}"
    scales = f"{{setCanaryScale: {{weight: 80}}}}, {{setWeight: 20}}, {back}"
    one, given = of(f"{ISTIO}, steps: [{scales}]")
    _before, steps = canary_walk(canary_of(one, given), given)
    counts = [replicas(step.objects[NEW]) for step in steps if NEW in step.objects]
    assert counts == [4, 4, 1, 5]


def test_routes_are_managed_by_name_or_where_there_is_one() -> None:
    (route,) = state(ARGO).of("VirtualService")
    assert managed(route, ()) == [0]
    assert managed(route, ("main",)) == [0]
    assert managed(route, ("other",)) == []
    several = {"virtualServices": [{"name": "a", "routes": ["x"]}, {"name": "b"}, {}]}
    assert list(virtual_services(several)) == [("a", ("x",)), ("b", ())]


def test_blue_green_switches_the_active_service_after_the_pods() -> None:
    one, given = of("activeService: quay", "blueGreen")
    met = blue_green_walk(one, given)
    assert met is not None
    titles = [step.title for step in met[1]]
    assert len(titles) == 3
    assert blue_green_walk(one, state(DESK + service("other"))) is None
    assert canary_of(one, given) is None
