from tests.diagnosis.fake import HERE
from why503.diagnosis.clue import Clue, Weight


def test_a_weight_favours_its_cause_or_not_and_the_certain_ones_are_the_strongest() -> None:
    assert [weight for weight in Weight if weight.favours] == list(Weight)[:3]
    assert max(Weight, key=lambda weight: weight.strength) is Weight.RULES_OUT
    assert min(Weight, key=lambda weight: weight.strength) is Weight.HINTS


def test_a_hit_fills_the_sentence_and_keeps_its_place() -> None:
    clue = Clue(Weight.HINTS, "idle for {gap} at {host}")
    hit = clue.hit(HERE, gap="5 s", host="{x}")
    assert (hit.text, hit.sources) == ("idle for 5 s at {x}", (HERE,))
    assert hit.observation == clue.sentence
    assert clue.hit(observation="gap").observation == "gap"
