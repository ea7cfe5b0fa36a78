from tests.repair.rollout.world import CANARY, NOW, between, state, watch_of
from why503.repair.rollout.state import Key
from why503.repair.rollout.walk import Given, at_once, walked


def given(kind: str, **waits) -> Given:
    changes = [one for one in between(NOW, CANARY) if one.key.kind == kind]
    return Given(title=kind, objects={one.key: one.after for one in changes}, **waits)


THROUGH = {"waits_pods": None, "waits_rules": True}


def walk(*steps: Given):
    end = walked(state(NOW), steps, watch_of(NOW, CANARY), frozenset())
    return [[one.loss.outcome.flag for one in step.dangers] for step in end.steps], end


def test_steps_that_are_waited_for_are_through_before_the_next() -> None:
    told, end = walk(
        given("Deployment", **THROUGH),
        given("DestinationRule", **THROUGH),
        given("VirtualService", **THROUGH),
    )
    assert told == [[], [], []]
    assert {key.name for key in end.state.objects} >= {"quay-v1", "quay-v2"}


def test_what_is_not_waited_for_may_come_later_than_the_next_step() -> None:
    told, _end = walk(given("Deployment"), given("DestinationRule"), given("VirtualService"))
    assert [sorted(flags) for flags in told] == [[], [], ["NC", "UH"]]


def test_a_later_wait_brings_through_what_came_before() -> None:
    pods = frozenset({Key("Deployment", "ferry", "quay-v2")})
    told, _end = walk(
        given("Deployment"),
        given("DestinationRule", waits_pods=pods, waits_rules=True),
        given("VirtualService"),
    )
    assert told == [[], [], []]


def test_a_lasting_loss_is_told_once_and_ends_with_its_cure() -> None:
    told, end = walk(
        given("Deployment", **THROUGH),
        given("VirtualService", **THROUGH),
        given("DestinationRule", **THROUGH),
    )
    assert told == [[], ["NC"], []]
    assert end.steps[1].dangers[0].lasting


def test_pods_that_are_still_starting_are_not_there_at_first() -> None:
    (desk,) = (one for one in state(CANARY).of("Deployment") if one.name == "quay-v2")
    key = Key("Deployment", "ferry", "quay-v2")
    from why503.repair.rollout.state import idle

    now = state(NOW).having({key: desk})
    steps = [given("DestinationRule", waits_rules=True), given("VirtualService", waits_rules=True)]
    end = walked(now, steps, watch_of(NOW, CANARY), frozenset(), {key: (idle(desk), desk)})
    assert [len(step.dangers) for step in end.steps] == [0, 1]


def test_everything_at_once_is_one_step() -> None:
    step = at_once(between(NOW, CANARY), "all")
    assert (step.title, len(step.objects)) == ("all", 3)


def test_what_is_applied_again_as_it_is_changes_nothing() -> None:
    _told, end = walk(Given(title="again", objects=dict(state(NOW).objects)))
    assert end.steps[0].changes == ()
