"""A scenario with every knob turned: plain numbers and texts, times scaled by one factor."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from why503.diagnosis.scenario import Knob, Seconds, Times
from why503.support.pattern import lazy_re

T = TypeVar("T")

_WORD = lazy_re(r"\{([a-z][a-z0-9_]{0,40})\}")


def settled(value: float | Knob | Times) -> float:
    """A number of a resolved scenario, in which no knob is left."""
    if isinstance(value, Knob | Times):
        raise TypeError(f"The scenario was not resolved: {value} is still open.")
    return value


class Resolver:
    """Turns the knobs of a scenario."""

    def __init__(self, words: Mapping[str, str], drawn: Mapping[str, Any], scale: float) -> None:
        """``words`` are the cast's, ``drawn`` the knobs' values, before ``scale`` is applied."""
        self._words = dict(words)
        self._drawn = drawn
        self._scale = scale

    def text(self, text: str) -> str:
        """The text with the words that are known; other braces stay."""
        return _WORD.sub(self._word, text)

    def number(self, value: float | Knob | Times, *, seconds: bool = False) -> Any:
        """The value of a number; a bare one is a time where ``seconds`` says so."""
        if isinstance(value, Knob):
            return self._knob(value)
        if isinstance(value, Times):
            plus = value.plus * (self._scale if value.of.seconds else 1.0)
            return self._knob(value.of) * value.factor + plus
        return value * self._scale if seconds else value

    def whole(self, thing: T) -> T:
        """A dataclass with all its fields resolved, those inside it too."""
        changes = {
            part.name: self._value(getattr(thing, part.name), "seconds" in part.metadata)
            for part in fields(thing)  # type: ignore[arg-type]  # T is one of the scenario's parts
        }
        return replace(thing, **changes)  # type: ignore[type-var]  # the same

    def _value(self, value: Any, seconds: bool = False) -> Any:
        if value is None or isinstance(value, bool | Enum):
            return value
        if isinstance(value, int | float | Knob | Times):
            return self.number(value, seconds=seconds)
        if isinstance(value, Seconds):
            return f"{self.number(value.value, seconds=True):.3f}s"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._value(inner) for key, inner in value.items()}
        if isinstance(value, tuple | list):
            return tuple(self._value(inner) for inner in value)
        return self.whole(value) if is_dataclass(value) else value

    def _knob(self, knob: Knob) -> Any:
        value = self._drawn[knob.name]
        return value * self._scale if knob.seconds else value

    def _word(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name in self._words:
            return self._words[name]
        value = self._drawn.get(name, match.group())
        return f"{value:g}" if isinstance(value, float) else str(value)


def knobs_of(thing: Any) -> Iterator[Knob]:
    """Every knob that is named as a value anywhere in a scenario, in order, repeats and all."""
    if isinstance(thing, Knob):
        yield thing
    elif isinstance(thing, Mapping):
        for inner in thing.values():
            yield from knobs_of(inner)
    elif isinstance(thing, tuple | list):
        for inner in thing:
            yield from knobs_of(inner)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for part in fields(thing):
            yield from knobs_of(getattr(thing, part.name))


def draw(scenario: Any, seed: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each knob: ``given`` where it names it, else drawn from the seed."""
    values: dict[str, Any] = {}
    for knob in knobs_of(scenario):
        if knob.name not in values:
            values[knob.name] = given.get(knob.name, _drawn(knob, seed))
    return values


def _drawn(knob: Knob, seed: int) -> Any:
    chance = random.Random(f"{knob.name}/{seed}")  # noqa: S311 - a parameter, not a secret
    if knob.choices:
        return chance.choice(knob.choices)
    if knob.whole:
        return chance.randint(int(knob.low), int(knob.high))
    return round(chance.uniform(knob.low, knob.high), 3)
