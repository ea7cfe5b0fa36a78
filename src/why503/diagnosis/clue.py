"""A clue: how much an observation says, and the sentence that says it, in one object."""

from enum import StrEnum

from why503.facts import Source
from why503.support.dataclass import dataclass
from why503.support.text import filled


class Weight(StrEnum):
    """How much a clue moves the belief in its cause; the numbers stand in `decibans.py`."""

    PROVES = "proves"
    """Nothing else makes this observation, for all that is known."""
    SPEAKS_FOR = "speaks for"
    HINTS = "hints"
    SPEAKS_AGAINST = "speaks against"
    RULES_OUT = "rules out"

    @property
    def favours(self) -> bool:
        """True where it moves the belief up."""
        return self not in {Weight.SPEAKS_AGAINST, Weight.RULES_OUT}

    @property
    def strength(self) -> int:
        """Rank of its force, for or against; the strongest of one observation counts."""
        return _STRENGTH[self]


_STRENGTH = {
    Weight.RULES_OUT: 4,
    Weight.PROVES: 3,
    Weight.SPEAKS_FOR: 2,
    Weight.SPEAKS_AGAINST: 2,
    Weight.HINTS: 1,
}


@dataclass(frozen=True)
class Clue:
    """A weight with its sentence; placeholders in braces are filled by each hit.

    Example: ``Clue(Weight.SPEAKS_FOR, _("The connection had been idle for {gap}."))``
    """

    weight: Weight
    sentence: str
    """English, a gettext message: what was seen and why it matters, one sentence.

    Words that go with a number stand in it in both forms: `{count:request was|requests were}`.
    """

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
        return filled(self.clue.sentence, self.values)
