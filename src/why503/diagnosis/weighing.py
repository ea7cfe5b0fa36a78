"""Weighs the clues of every cause on one hop and shares out the belief."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from why503.diagnosis.cause import Cause, Hit
from why503.diagnosis.clue import DECIBANS, PRIOR, Weight
from why503.diagnosis.counted import Counts
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A cause with what was found for and against it on one hop."""

    cause: Cause
    hits: tuple[Hit, ...]
    """The hits that count: the strongest of each observation, strongest first."""
    decibans: float
    belief: float
    """0 to 1; all candidates of a hop and `none of the known causes` add up to one."""

    @property
    def proven(self) -> bool:
        """True where one of its clues proves it."""
        return any(hit.clue.weight is Weight.PROVES for hit in self.hits)


def candidates(hop: Hop, mesh: Mesh, catalogue: Sequence[Cause]) -> tuple[Candidate, ...]:
    """Every cause that something speaks for, most believed first."""
    weighed = []
    counts = Counts(hop, mesh, catalogue)
    for cause in catalogue:
        hits = strongest([*cause.weigh(hop, mesh), *counts.hits(cause)])
        if any(DECIBANS[hit.clue.weight] > 0 for hit in hits):
            weighed.append((cause, hits, score(hits)))
    odds = [10 ** (decibans / 10) for _, _, decibans in weighed]
    whole = 1.0 + sum(odds)
    found = [
        Candidate(cause=cause, hits=hits, decibans=decibans, belief=odd / whole)
        for (cause, hits, decibans), odd in zip(weighed, odds, strict=True)
    ]
    return tuple(sorted(found, key=lambda c: (-c.belief, c.cause.ID)))


def strongest(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The strongest hit of each observation, strongest first."""
    best: dict[str, Hit] = {}
    for hit in hits:
        known = best.get(hit.observation)
        if known is None or abs(DECIBANS[hit.clue.weight]) > abs(DECIBANS[known.clue.weight]):
            best[hit.observation] = hit
    return tuple(sorted(best.values(), key=lambda hit: -abs(DECIBANS[hit.clue.weight])))


def score(hits: Sequence[Hit]) -> float:
    """Decibans of a cause with these hits."""
    return PRIOR + sum(DECIBANS[hit.clue.weight] for hit in hits)
