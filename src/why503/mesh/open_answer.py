"""Answers that may stay open: yes, no, or None where the evidence does not tell."""

from collections.abc import Iterable


def every(answers: Iterable[bool | None]) -> bool | None:
    """Whether all answers are yes; None where one is open and none is no."""
    seen = list(answers)
    if False in seen:
        return False
    return None if None in seen else True


def some(answers: Iterable[bool | None]) -> bool | None:
    """Whether one answer is yes; None where one is open and none is yes."""
    seen = list(answers)
    if True in seen:
        return True
    return None if None in seen else False
