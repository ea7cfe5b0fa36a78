from tests.repair.rollout.world import CANARY, DONE, NOW, answer, between, flags, order, state
from why503.repair.rollout.sync_wave import has_waves, waves


def waved(text: str, numbers: dict[str, int], options: str = "") -> str:
    """Objects by kind in a wave."""
    for kind, number in numbers.items():
        told = f"argocd.argoproj.io/sync-wave: '{number}'"
        more = f", argocd.argoproj.io/sync-options: '{options}'" if options else ""
        text = text.replace(
            f"kind: {kind}\nmetadata: {{",
            f"kind: {kind}\nmetadata: {{annotations: {{{told}{more}}}, ",
        )
    return text


WAVES = {"Deployment": 0, "DestinationRule": 1, "VirtualService": 2}


def test_what_git_no_longer_has_goes_before_the_route_has_changed() -> None:
    told = answer(waved(NOW, WAVES), waved(DONE, WAVES))
    waves = order(told, "sync-waves")
    assert [step.title.partition(":")[0] for step in waves.steps] == [
        "Wave 0",
        "Wave 0",
        "Wave 1",
        "Wave 2",
    ]
    assert flags(waves)[1] == ["UH"]
    assert told.verdict == "unsafe"
    assert any("two seconds" in note for note in waves.notes)


def test_prune_last_takes_the_pods_away_at_the_end() -> None:
    now, wanted = waved(NOW, WAVES, "PruneLast=true"), waved(DONE, WAVES, "PruneLast=true")
    found = order(answer(now, wanted), "sync-waves")
    assert [one.object for one in found.steps[-1].changes] == ["Deployment ferry/quay-v1"]
    assert sorted(flags(found)) == [2]  # the rule loses the subset in one go
    application = (
        "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
        "spec: {syncPolicy: {syncOptions: [PruneLast=true]}}\n"
    )
    whole = order(answer(waved(NOW, WAVES), waved(DONE, WAVES) + application), "sync-waves")
    assert [one.object for one in whole.steps[-1].changes] == ["Deployment ferry/quay-v1"]


def test_waves_in_the_right_order_lose_nothing() -> None:
    told = answer(waved(NOW, WAVES), waved(CANARY, WAVES))
    assert order(told, "sync-waves").safe
    assert told.verdict == "safe"
    late = {**WAVES, "Deployment": 3}
    assert flags(order(answer(waved(NOW, late), waved(CANARY, late)), "sync-waves")) == {2: ["UH"]}


def test_without_annotations_there_are_no_waves() -> None:
    assert not has_waves(state(NOW))
    assert has_waves(state(waved(NOW, {"Service": 3})))
    assert "sync-waves" not in {one.id for one in answer(NOW, DONE).orders}


def test_deletions_come_in_the_opposite_order_of_their_waves() -> None:
    now = waved(NOW, {"DestinationRule": 1, "VirtualService": 5})
    gone = NOW.replace(NOW[NOW.index("---\nkind: DestinationRule") :], "")
    found = waves(between(now, gone), state(gone))
    kinds = [[key.kind for key in step.objects] for step in found]
    assert kinds == [["VirtualService"], ["DestinationRule"]]


def test_a_wave_that_is_no_number_is_the_usual_one() -> None:
    odd = waved(DONE, {"VirtualService": 0}).replace("'0'", "soon")
    assert [one.title for one in waves(between(NOW, odd), state(odd))][-1] == "Wave 0"
