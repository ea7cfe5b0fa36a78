from calibration.answering import answered
from calibration.fitting import START
from tests.calibration.made import F, H, P, item


def test_an_answer_is_judged_by_what_is_right_to_name() -> None:
    near = answered(item(truth="b", accepted=("a",), a=(F, F), b=(F,)), START)
    assert (near.right, near.strict, near.in_three) == (True, False, True)
    wrong = answered(item(truth="b", a=(P,)), START)
    assert (wrong.right, wrong.confident_wrong) == (False, True)


def test_silence_is_right_where_nothing_is_wrong_only() -> None:
    assert answered(item(truth=""), START).right
    assert not answered(item(truth="a"), START).right
    assert not answered(item(truth="", a=(P,)), START).strict


def test_the_leader_is_known_though_it_is_not_worth_naming() -> None:
    rivals = {f"c{n}": (H,) for n in range(20)}
    answer = answered(item(truth="c0", **rivals), START)
    assert answer.silent
    assert answer.leader[0] == "c0" or answer.leader[0] in rivals
    assert answer.leader[1] > 0
