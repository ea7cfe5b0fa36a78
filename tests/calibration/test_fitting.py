from dataclasses import replace

from calibration.fitting import START, affordable, fitted, held_out, sound
from calibration.ledger import Ledger
from tests.calibration.made import F, H, item

MODEST = [item(truth=cause, **{cause: (F,)}) for cause in "abcdef" for _ in range(9)]


def test_modest_answers_that_are_always_right_become_bolder() -> None:
    table = fitted(Ledger(MODEST), ("prior",))
    assert table.prior > START.prior
    assert sound(table)


def test_bold_answers_that_are_often_wrong_become_modest() -> None:
    wrong = [item(truth="z", **{cause: (F, F)}) for cause in "abcdef"]
    assert fitted(Ledger(wrong), ("prior",)).prior < START.prior


def test_a_number_that_is_not_free_stays() -> None:
    assert replace(fitted(Ledger(MODEST), ("prior",)), prior=START.prior) == START
    assert fitted(Ledger(MODEST), ()) == START


def test_a_table_that_breaks_the_projects_own_tests_is_not_taken() -> None:
    promise = item(truth="b", promise=True, worth=0.0, a=(F,), b=(H, H, H))
    assert Ledger([promise]).broken(START) == 0
    free = ("prior", "hints")
    assert fitted(Ledger([*MODEST, promise]), free).hints > START.speaks_for / 3


def test_a_cause_is_answered_by_a_table_that_never_saw_it() -> None:
    odd = [item(truth="z", y=(F, F)) for _ in range(40)]
    tables = held_out(Ledger([*MODEST, *odd]), ("prior",))
    assert tables["z"].prior > tables["a"].prior


def test_weights_keep_their_meaning() -> None:
    assert sound(START)
    assert not sound(replace(START, hints=11.0))
    assert not sound(replace(START, prior=-4.0)), "a clue and a hint are no bold answer"
    assert not sound(replace(START, rules_out=-20.0))


def test_no_number_is_freed_for_a_gain_that_chance_would_give() -> None:
    costs = {(): 0.8, ("prior",): 0.601, ("prior", "hints"): 0.6}
    assert affordable(costs) == ("prior",)
