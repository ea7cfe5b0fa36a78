"""A value that decides in the mesh, with the object that sets it and the line where it does."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from why503.facts import Source
from why503.support.dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """What applies, whether somebody set it or it is the default."""

    value: T
    source: Source | None
    """The field's line; None for a default."""
    default: bool
    by: str
    """Who says so, as part of a sentence: `DestinationRule shop/orders`, `Istio's default`."""


def mapping_of(value: object) -> Mapping[str, Any]:
    """``value`` where it is a mapping; an empty mapping for everything else."""
    if type(value) is dict:  # much faster to ask, and nearly always so
        return value
    return value if value is not None and isinstance(value, Mapping) else {}


def whole_number(value: object) -> int | None:
    """A whole number as YAML, JSON or a table writes it (`80`, `"80"`, `80.0`); else None."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    word = str(value).strip() if isinstance(value, str) else ""
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 12 else None


def word_of(value: object) -> str:
    """A word as written, numbers too; ``""`` for anything that is no word."""
    return (
        str(value).strip()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else ""
    )
