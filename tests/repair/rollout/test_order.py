from tests.repair.rollout.world import CANARY, HOST, NOW, V2, made, state, story
from why503.repair.rollout.order import orders_of, story_of
from why503.repair.rollout.state import key_of
from why503.repair.rollout.walk import Given


def test_the_plan_comes_with_everything_at_once_to_compare() -> None:
    found = list(orders_of(story(NOW, CANARY), (), script=False, name="-"))
    assert [(one.id, one.safe) for one in found] == [("plan", True), ("at-once", False)]
    assert sorted(made(found[0])) == sorted(made(found[1]))


def test_a_given_order_stands_first_with_the_plan_as_the_alternative() -> None:
    wanted = state(CANARY)
    step = Given(title="all", objects=dict(wanted.objects), waits_pods=None, waits_rules=True)
    told = story_of(state(NOW), wanted, [step], "ferry")
    listed = list(orders_of(told, [step], script=False, name="mine"))
    assert [one.id for one in listed] == ["given", "plan"]
    assert listed[0].title == "mine"
    assert listed[0].notes
    assert not next(iter(orders_of(told, [step], script=True, name="mine"))).notes


def test_what_a_step_touches_is_watched_though_it_is_undone_later() -> None:
    (pods,) = state(V2).of("Deployment")
    steps = [
        Given(title="a", objects={key_of(pods): pods}),
        Given(title="b", objects={key_of(pods): None}),
    ]
    told = story_of(state(NOW), state(NOW), steps, "ferry")
    assert told.changes == ()
    assert told.watch.hosts == {HOST}


def test_without_any_change_all_services_are_watched() -> None:
    assert story(NOW, NOW).watch.hosts == {HOST}
    assert list(orders_of(story(NOW, NOW), (), script=False, name="-")) == []
