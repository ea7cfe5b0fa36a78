"""A clue: how much an observation says, and the sentence that says it, in one object."""

from dataclasses import dataclass
from enum import StrEnum

from why503.facts import Source


class Weight(StrEnum):
    """How much a clue moves the belief in its cause; the decibans stand in `DECIBANS`."""

    PROVES = "proves"
    """Nothing else makes this observation, for all that is known."""
    SPEAKS_FOR = "speaks for"
    HINTS = "hints"
    SPEAKS_AGAINST = "speaks against"
    RULES_OUT = "rules out"


DECIBANS: dict[Weight, float] = {
    Weight.PROVES: 30.0,
    Weight.SPEAKS_FOR: 10.0,
    Weight.HINTS: 5.0,
    Weight.SPEAKS_AGAINST: -10.0,
    Weight.RULES_OUT: -40.0,
}
"""The one table of weights: tenths of powers of ten that a clue multiplies its cause's odds by."""

PRIOR = -13.0
"""Decibans of a cause before any clue, against `none of the known causes` at 0."""


@dataclass(frozen=True)
class Clue:
    """A weight with its sentence; placeholders in braces are filled by each hit.

    Example: ``Clue(Weight.SPEAKS_FOR, _("The connection had been idle for {gap}."))``
    """

    weight: Weight
    sentence: str
    """English, a gettext message: what was seen and why it matters, one sentence."""

    def hit(self, *sources: Source, observation: str = "", **values: object) -> "Hit":
        """The clue as seen at ``sources``.

        ``observation`` names what was looked at; of several hits from one observation (a flag and
        the details that repeat it) only the strongest counts. Default: the clue's own sentence.
        """
        return Hit(
            clue=self,
            sources=sources,
            observation=observation or self.sentence,
            values=tuple(sorted((key, str(value)) for key, value in values.items())),
        )


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A clue that was met in the evidence."""

    clue: Clue
    sources: tuple[Source, ...]
    observation: str
    values: tuple[tuple[str, str], ...] = ()
    """Values of the sentence's placeholders, by name."""

    @property
    def text(self) -> str:
        """The sentence with its values."""
        return self.clue.sentence.format(**dict(self.values))
