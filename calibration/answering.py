"""What a diagnosis with a given table would answer."""

from dataclasses import dataclass

from calibration.item import Item
from why503.diagnosis.belief import beliefs, named, rank
from why503.diagnosis.table import Table


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The findings of one item, judged."""

    item: Item
    found: tuple[tuple[str, float], ...]
    """Cause and confidence of each finding, best first."""
    leader: tuple[str, float]
    """The cause that is believed most and its belief, whether it is worth naming or not; `""` and
    0 where nothing speaks for any."""

    @property
    def confidence(self) -> float:
        """That of the first finding; 0 where nothing is named."""
        return self.found[0][1] if self.found else 0.0

    @property
    def silent(self) -> bool:
        """True where nothing is named."""
        return not self.found

    @property
    def right(self) -> bool:
        """True where the first finding is right to name, or silence is right."""
        if self.silent:
            return not self.item.truth.cause
        return self.found[0][0] in self.item.truth.accepted

    @property
    def strict(self) -> bool:
        """True where the first finding is the cause itself, or silence is right."""
        first = self.found[0][0] if self.found else ""
        return first == self.item.truth.cause

    @property
    def in_three(self) -> bool:
        """True where one of the first three findings is right to name, or silence is right."""
        return self.right or any(
            cause in self.item.truth.accepted for cause, _confidence in self.found[:3]
        )

    @property
    def confident_wrong(self) -> bool:
        """True where the first finding is wrong and bold."""
        return self.confidence >= BOLD and not self.right


BOLD = 0.8
"""Confidence from which a wrong answer is the worst result."""


def answered(item: Item, table: Table) -> Answered:
    """The answer of a diagnosis that uses ``table``."""
    findings = []
    leaders: list[tuple[float, str]] = []
    for hop in item.hops:
        belief = beliefs(hop.weights, table)
        leaders.extend((share, cause) for cause, share in list(belief.items())[:1])
        findings += [
            (rank(confidence, hop.failures, cause, hop.destination), cause, confidence)
            for cause, confidence in named(belief).items()
        ]
    found = tuple((cause, confidence) for _rank, cause, confidence in sorted(findings))
    belief_of_best, best = max(leaders, default=(0.0, ""))
    return Answered(item=item, found=found, leader=found[0] if found else (best, belief_of_best))
