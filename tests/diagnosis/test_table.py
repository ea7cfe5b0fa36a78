import pytest

from why503.diagnosis.clue import Weight
from why503.diagnosis.decibans import TABLE


def test_every_weight_has_its_decibans_in_order() -> None:
    decibans = [TABLE.decibans[weight] for weight in Weight]
    assert decibans == sorted(decibans, reverse=True)


@pytest.mark.parametrize("weight", list(Weight))
def test_a_weight_moves_the_belief_in_the_direction_that_it_says(weight: Weight) -> None:
    assert (TABLE.decibans[weight] > 0) is weight.favours


def test_no_cause_is_believed_before_a_clue() -> None:
    assert TABLE.prior < 0
