import pytest

from why503.diagnosis.cause import Missing
from why503.diagnosis.pricing import cost, gain, priced


def ask(command: str, *decides: str) -> Missing:
    return Missing(what=command, command=command, decides=decides)


def test_a_question_between_two_equal_causes_is_worth_one_bit() -> None:
    assert gain(ask("x", "a", "b"), {"a": 0.5, "b": 0.5}) == pytest.approx(1)
    assert gain(ask("x", "a", "a"), {"a": 1.0}) == pytest.approx(0)
    assert gain(ask("x", "unknown"), {"a": 1.0}) == pytest.approx(0)


def test_questions_come_best_first_each_command_once_and_none_without_worth() -> None:
    belief = {"a": 0.5, "b": 0.4}
    found = priced([ask("y", "a"), ask("x", "a"), ask("x", "a", "b"), ask("z", "c")], belief)
    assert [question.command for question, _bits in found] == ["x", "y"]
    assert found[0][0].decides == ("a", "b")


def test_of_equal_questions_the_cheapest_is_asked_first() -> None:
    capture = "kubectl debug web-0 -- tcpdump -ni any"
    cheap, inside, beside = "kubectl logs web-0", "kubectl exec web-0 -- ss", "kubectl debug web-0"
    asked = [ask(command, "a") for command in (capture, beside, inside, cheap)]
    found = priced(asked, {"a": 0.5})
    assert [question.command for question, _bits in found] == [cheap, inside, beside, capture]
    assert cost("istioctl proxy-config log web-0 --level http:debug") == cost(inside)
