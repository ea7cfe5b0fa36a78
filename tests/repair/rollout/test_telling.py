from tests.repair.rollout.world import CANARY, DONE, NOW, between, state, watch_of
from why503.facts import Source
from why503.repair.rollout import telling
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.moment import pending_of
from why503.repair.rollout.plan import Stage
from why503.repair.rollout.walk import Given, Walked


def dangers():
    watch = watch_of(NOW, CANARY)
    return [
        telling.danger_of(one)
        for one in watch.dangers(state(NOW), pending_of(between(NOW, CANARY)))
    ]


def test_a_danger_says_what_a_proxy_has_and_what_it_lacks() -> None:
    route, pods = dangers()
    assert route.when == (
        "After VirtualService ferry/quay and before DestinationRule ferry/quay has come through."
    )
    assert "defines the subset v2" in route.text
    assert "no pod of subset v2 is ready" in pods.text
    assert len(pods.sources) == 2


def test_losses_of_before_are_told_as_such() -> None:
    watch = watch_of(NOW, DONE)
    broken = state(NOW.replace("name: v1, labels", "name: v9, labels"))
    (told,) = telling.already_of(watch.losses(broken).values())
    assert (told.when, told.lasting, told.flag) == ("Now.", True, "NC")


def test_a_file_that_holds_more_than_the_step_is_not_applied_whole() -> None:
    changes = between(NOW, CANARY)
    (pods,) = (one for one in changes if one.key.kind == "Deployment")
    (rule,) = (one for one in changes if one.key.kind == "DestinationRule")
    step = telling.planned_step(2, Stage(changes=(rule,)), changes)
    assert step.commands == ("kubectl apply -f step-2.yaml",)
    assert step.yaml.startswith("kind: DestinationRule")
    alone = telling.planned_step(1, Stage(changes=(pods,)), (pods,))
    assert alone.commands == ("kubectl apply -f mesh.yaml",)
    among = telling.planned_step(1, Stage(changes=(pods,)), changes)
    assert among.commands[0].startswith("kubectl apply -f <the document at mesh.yaml:")
    assert among.yaml == ""


def test_yaml_with_a_hidden_secret_is_never_shown() -> None:
    secret = NOW.replace("{version: v1}", "{version: v1, password: hunter22}")
    changes = between(CANARY, secret)
    (rule,) = (one for one in changes if one.key.kind == "DestinationRule")
    step = telling.planned_step(1, Stage(changes=(rule,)), changes)
    assert "hunter22" not in step.yaml + "".join(step.commands)


def test_deletions_are_commands_of_their_own() -> None:
    (gone,) = (one for one in between(NOW, DONE) if one.after is None)
    step = telling.planned_step(5, Stage(changes=(gone,)), (gone,))
    assert step.commands == ("kubectl -n ferry delete deployment quay-v1",)
    assert step.title == "Take the old pods away"


def test_a_walked_step_tells_its_waits_where_they_are_taken_for_granted() -> None:
    changes = between(NOW, CANARY)
    step = Walked(
        given=Given(title="x", source=Source(path="s.txt", line=3)), changes=changes, dangers=()
    )
    assert telling.walked_step(1, step).waits == ()
    assert telling.walked_step(1, step, waits=True).waits
    assert telling.walked_step(1, step).source.line == 3


def test_a_hazard_keeps_its_words() -> None:
    found = telling.hazard_of(
        Hazard(id="a", severity="note", text="t", remedy="r", source=Source(path="p", line=2))
    )
    assert (found.id, found.text, found.remedy, found.source.line) == ("a", "t", "r", 2)
