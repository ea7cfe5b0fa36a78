"""The shape of the one table of weights."""

from functools import cached_property

from why503.diagnosis.clue import Weight
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """Decibans: tenths of powers of ten by which a clue multiplies the odds of its cause."""

    proves: float
    speaks_for: float
    hints: float
    speaks_against: float
    rules_out: float
    prior: float
    """Decibans of a cause before any clue, against `none of the known causes` at 0."""

    @cached_property
    def decibans(self) -> dict[Weight, float]:
        """The number of each weight."""
        return {weight: getattr(self, weight.name.lower()) for weight in Weight}
