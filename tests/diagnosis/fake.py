"""Causes made of nothing but clues, for tests of the reasoning."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from why503.diagnosis.cause import At, Clue, Hit, Missing, Weight
from why503.facts import Source

HERE = Source(path="a.log", line=7)


def cause(name: str, *weights: Weight, missing: tuple[Missing, ...] = (), **more: Any) -> Any:
    """A cause with one clue of each weight on every hop."""

    def weigh(hop: object, mesh: object) -> Iterator[Hit]:
        for number, weight in enumerate(weights):
            yield Clue(weight, f"clue {number}: {{value}}").hit(HERE, value=number)

    told = {
        "ID": name,
        "TITLE": name.title(),
        "READS": frozenset(),
        "SIGNS": frozenset(),
        "AT": At.LEG,
        "SCENARIO": None,
        "weigh": weigh,
        "missing": lambda *_: iter(missing),
        "hazards": lambda *_: iter(()),
        "remedies": lambda *_: iter(()),
    }
    return SimpleNamespace(**{**told, **more})
