"""Evidence with a known answer, weighed once: all that fitting has to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from why503.diagnosis.clue import Weight


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What the evidence is evidence of."""

    cause: str
    """``""`` where nothing is wrong, or nothing may be named."""
    accepted: frozenset[str]
    """Causes that are right to name, `cause` among them."""
    difficulty: str
    """`easy`, `medium`, `hard`; ``""`` where nobody judged it."""


@dataclass(frozen=True, kw_only=True)
class WeighedHop:
    """One hop with the weights of all that was found on it."""

    failures: int
    destination: str
    weights: Mapping[str, tuple[Weight, ...]]
    """By cause: the weights of the clues that count."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One piece of evidence with its truth."""

    corpus: str
    name: str
    truth: Truth
    hops: tuple[WeighedHop, ...]
    worth: float = 1.0
    """How much it counts in the fit."""
    promise: bool = False
    """True for a case of the project's own tests, which must not lose its first place."""
