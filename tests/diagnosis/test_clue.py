from tests.diagnosis.fake import HERE
from why503.diagnosis.clue import DECIBANS, Clue, Weight


def test_every_weight_has_its_decibans_in_order() -> None:
    assert [DECIBANS[weight] for weight in Weight] == sorted(DECIBANS.values(), reverse=True)


def test_a_hit_fills_the_sentence_and_keeps_its_place() -> None:
    clue = Clue(Weight.HINTS, "idle for {gap} at {host}")
    hit = clue.hit(HERE, gap="5 s", host="{x}")
    assert (hit.text, hit.sources) == ("idle for 5 s at {x}", (HERE,))
    assert hit.observation == clue.sentence
    assert clue.hit(observation="gap").observation == "gap"
