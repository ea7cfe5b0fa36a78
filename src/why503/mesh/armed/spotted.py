"""A place in the configuration where something is set that can fail."""

from collections.abc import Mapping
from typing import NamedTuple

from why503.facts import Source


class Spotted(NamedTuple):
    """The place, and what a sentence about it names."""

    source: Source
    values: Mapping[str, str]
    others: tuple[Source, ...] = ()
    """Where the other values of the sentence stand."""


def spotted(source: Source, *others: Source | None, **values: object) -> Spotted:
    """A place with its values as words, and the other places that it rests on, None left out."""
    told = {name: str(value) for name, value in values.items()}
    more = dict.fromkeys(one for one in others if one is not None and one != source)
    return Spotted(source, told, tuple(more))
