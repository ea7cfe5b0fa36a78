"""A place in the configuration where something is set that can fail."""

from collections.abc import Mapping
from typing import NamedTuple

from why503.facts import Source


class Spotted(NamedTuple):
    """The place, and what a sentence about it names."""

    source: Source
    values: Mapping[str, str]


def spotted(source: Source, **values: object) -> Spotted:
    """A place with its values as words."""
    return Spotted(source, {name: str(value) for name, value in values.items()})
