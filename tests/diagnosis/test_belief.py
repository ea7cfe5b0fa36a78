import pytest

from why503.diagnosis.belief import PER_HOP, WORTH_NAMING, beliefs, named, rank, score
from why503.diagnosis.clue import Weight
from why503.diagnosis.table import Table

W = Weight
TABLE = Table(proves=30, speaks_for=10, hints=5, speaks_against=-10, rules_out=-40, prior=-13)


def test_clues_add_their_decibans_to_the_prior() -> None:
    assert score([], TABLE) == -13
    assert score([W.PROVES, W.HINTS, W.SPEAKS_AGAINST, W.RULES_OUT], TABLE) == -28


def test_beliefs_and_none_of_the_known_causes_add_up_to_one() -> None:
    found = beliefs({"b": [W.HINTS], "a": [W.SPEAKS_FOR, W.HINTS]}, TABLE)
    none = 1 / (1 + 10**0.2 + 10**-0.8)
    assert list(found) == ["a", "b"]
    assert sum(found.values()) == pytest.approx(1 - none)


def test_causes_of_equal_belief_come_by_name() -> None:
    assert list(beliefs({"b": [W.HINTS], "a": [W.HINTS]}, TABLE)) == ["a", "b"]


def test_only_a_hops_best_causes_are_named_and_none_that_is_hardly_believed() -> None:
    assert named({"a": 0.3004, "b": 0.3, "c": 0.2, "d": 0.2}) == {"a": 0.3, "b": 0.3, "c": 0.2}
    assert len(named(dict.fromkeys("abcdef", 0.16))) == PER_HOP
    assert named({"a": 0.5, "b": WORTH_NAMING, "c": WORTH_NAMING - 0.001}) == {"a": 0.5, "b": 0.08}


def test_the_surest_finding_comes_first_and_of_equal_ones_that_of_more_failures() -> None:
    places = [rank(0.5, 9, "a", "x"), rank(0.9, 1, "z", "x"), rank(0.5, 2, "a", "x")]
    assert sorted(places) == [places[1], places[0], places[2]]
    assert rank(0.5, 1, "a", "y") < rank(0.5, 1, "b", "x")


def test_the_table_in_use_is_the_generated_one() -> None:
    from why503.diagnosis import decibans

    assert score([W.SPEAKS_FOR]) == decibans.TABLE.prior + decibans.TABLE.speaks_for
