import pytest

from tests.repair.rollout.test_controller import FLAGGER, canary
from tests.repair.rollout.world import SPACE, state
from why503.mesh.setting import mapping_of
from why503.repair.rollout.flagger import (
    deleted,
    flagger_hazards,
    flagger_walk,
    is_flagger,
    weights_of,
)
from why503.repair.rollout.state import Key, replicas

ROUTE = Key("VirtualService", SPACE, "quay")


@pytest.mark.parametrize(
    ("analysis", "weights"),
    [
        ("{stepWeight: 20, maxWeight: 50}", [20, 40, 50]),
        ("{stepWeight: 50}", [50, 100]),
        ("{stepWeights: [5, 30, x]}", [5, 30]),
        ("{iterations: 3}", []),
        ("{stepWeight: 0, maxWeight: 10}", []),
        ("{stepWeight: 30, maxWeight: 1000000000000}", [30, 60, 90, 100]),
    ],
)
def test_the_weights_of_an_analysis(analysis: str, weights: list[int]) -> None:
    (one,) = state(canary(analysis=analysis)).of("Canary")
    assert weights_of(one) == weights


def test_the_target_comes_up_before_it_gets_a_weight_and_rests_after_it_has_none() -> None:
    given = state(FLAGGER + canary(analysis="{stepWeight: 50, maxWeight: 50}"))
    met = flagger_walk(given.of("Canary")[0], given)
    assert met is not None
    before, steps = met
    target = Key("Deployment", SPACE, "quay")
    assert replicas(before.objects[target]) == 0
    assert [next(iter(step.objects), None) for step in steps] == [
        target,
        ROUTE,
        None,
        ROUTE,
        target,
    ]
    shares = [
        mapping_of(told).get("weight")
        for _n, told in steps[1].objects[ROUTE].items("spec", "http", 0, "route")
    ]
    assert shares == [50, 50]
    assert replicas(steps[-1].objects[target]) == 0


def test_an_analysis_that_is_skipped_moves_no_weight() -> None:
    given = state(FLAGGER + canary(", skipAnalysis: true"))
    _before, steps = flagger_walk(given.of("Canary")[0], given)
    assert not any(ROUTE in step.objects for step in steps)


def test_gateways_and_hosts_of_the_service_are_those_of_the_route() -> None:
    given = state(
        FLAGGER + canary().replace("targetPort: 8080", "hosts: [quay.example], gateways: [front]")
    )
    before, _steps = flagger_walk(given.of("Canary")[0], given)
    assert before.objects[ROUTE].get("spec", "hosts") == ["quay.example", "quay"]
    assert before.objects[ROUTE].get("spec", "gateways") == ["front"]


def test_a_canary_of_another_program_is_none_of_flaggers() -> None:
    (one,) = state(canary().replace("flagger.app", "example.com")).of("Canary")
    assert not is_flagger(one)
    assert is_flagger(state(canary()).of("Canary")[0])
    assert flagger_walk(one, state(canary())) is None


def test_hazards_name_their_line() -> None:
    given = state(FLAGGER + canary(", skipAnalysis: true"))
    (one,) = given.of("Canary")
    (hazard,) = flagger_hazards(one, given, given)
    assert hazard.source == one.where("spec", "skipAnalysis")
    assert deleted(one) is not None
