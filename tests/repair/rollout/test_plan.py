import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.repair.rollout.world import (
    BASE,
    CANARY,
    DONE,
    NOW,
    between,
    route,
    rule,
    state,
    watch_of,
    workload,
)
from why503.repair.rollout.half import halves
from why503.repair.rollout.plan import planned, rank
from why503.repair.rollout.walk import Given, walked

VERSIONS = ("v1", "v2", "v3")


def test_what_is_needed_first_comes_first_and_what_is_not_needed_last() -> None:
    found = {(one.action, one.key.kind): rank(one) for one in halves(between(NOW, DONE))}
    ordered = sorted(found, key=found.__getitem__)
    assert [action for action, _kind in ordered] == [
        "create",
        "widen",
        "change",
        "narrow",
        "delete",
    ]
    config = "---\nkind: ConfigMap\nmetadata: {name: x}\n"
    assert [rank(one) for one in between("", config)] == [0]
    assert [rank(one) for one in between(config, "")] == [10]


@pytest.mark.parametrize(
    ("now", "wanted"), [(NOW, DONE), (CANARY, NOW), (NOW, CANARY), (DONE, NOW)]
)
def test_a_plan_there_and_back_loses_nothing(now: str, wanted: str) -> None:
    watch = watch_of(now, wanted)
    plan = planned(state(now), between(now, wanted), watch, frozenset())
    assert plan.stuck == ()
    assert all(stage.dangers == () for stage in plan.stages)
    left = {one.key: one.after for stage in plan.stages for one in stage.changes}
    assert {key: one and one.get("spec") for key, one in left.items()} == {
        one.key: one.after and one.after.get("spec") for one in between(now, wanted)
    }


def test_where_nothing_is_safe_each_change_is_told_with_its_loss() -> None:
    broken = NOW.replace("subset: v1", "subset: v9")
    plan = planned(state(NOW), between(NOW, broken), watch_of(NOW, broken), frozenset())
    (stage,) = plan.stuck
    assert [one.loss.outcome.flag for one in stage.dangers] == ["NC"]


@st.composite
def sound(draw: st.DrawFn) -> str:
    """A state in which each version with a weight has its subset and its pods."""
    used = draw(st.lists(st.sampled_from(VERSIONS), min_size=1, unique=True))
    spare = draw(st.lists(st.sampled_from(VERSIONS), unique=True))
    pods = draw(st.lists(st.sampled_from(VERSIONS), unique=True))
    weights = {version: draw(st.integers(1, 99)) for version in used}
    labels = {version: f"app: quay, version: {version}" for version in {*used, *pods}}
    workloads = (workload(f"quay-{version}", labels[version]) for version in sorted(labels))
    return BASE + "".join(workloads) + rule(*sorted({*used, *spare})) + route(weights)


@settings(max_examples=30, deadline=None)
@given(now=sound(), wanted=sound())
def test_between_two_sound_states_there_is_always_a_plan_that_loses_nothing(
    now: str, wanted: str
) -> None:
    watch = watch_of(now, wanted)
    plan = planned(state(now), between(now, wanted), watch, frozenset())
    assert plan.stuck == ()
    steps = [
        Given(
            title="-",
            objects={one.key: one.after for one in stage.changes},
            waits_pods=None,
            waits_rules=True,
        )
        for stage in plan.stages
    ]
    end = walked(state(now), steps, watch, frozenset())
    assert not any(step.dangers for step in end.steps)
    assert end.state.objects.keys() == state(wanted).objects.keys()
