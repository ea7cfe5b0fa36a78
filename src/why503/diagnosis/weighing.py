"""Weighs every cause on one hop: which clues count, and what belief they give."""

from collections.abc import Iterable, Mapping, Sequence

from why503.diagnosis.belief import beliefs
from why503.diagnosis.cause import Cause, Hit
from why503.diagnosis.clue import Weight
from why503.diagnosis.counted import Counts
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A cause with what was found for and against it on one hop."""

    cause: Cause
    hits: tuple[Hit, ...]
    """The hits that count: the strongest of each observation, strongest first."""
    belief: float
    """0 to 1; all candidates of a hop and `none of the known causes` add up to one."""

    @property
    def proven(self) -> bool:
        """True where one of its clues proves it."""
        return any(hit.clue.weight is Weight.PROVES for hit in self.hits)


def candidates(hop: Hop, mesh: Mesh, catalogue: Sequence[Cause]) -> tuple[Candidate, ...]:
    """Every cause that something speaks for, most believed first."""
    hits = weighed(hop, mesh, catalogue)
    causes = {cause.ID: cause for cause in catalogue}
    return tuple(
        Candidate(cause=causes[name], hits=hits[name], belief=belief)
        for name, belief in beliefs(weights(hits)).items()
    )


def weighed(hop: Hop, mesh: Mesh, catalogue: Sequence[Cause]) -> dict[str, tuple[Hit, ...]]:
    """The hits that count of every cause that something speaks for, by its id."""
    counts = Counts(hop, mesh, catalogue)
    hits = {
        cause.ID: strongest([*cause.weigh(hop, mesh), *counts.hits(cause)]) for cause in catalogue
    }
    return {
        cause: found
        for cause, found in hits.items()
        if any(hit.clue.weight.favours for hit in found)
    }


def weights(hits: Mapping[str, Sequence[Hit]]) -> dict[str, tuple[Weight, ...]]:
    """Weights of each cause's hits."""
    return {cause: tuple(hit.clue.weight for hit in found) for cause, found in hits.items()}


def strongest(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The strongest hit of each observation, strongest first."""
    best: dict[str, Hit] = {}
    for hit in hits:
        known = best.get(hit.observation)
        if known is None or hit.clue.weight.strength > known.clue.weight.strength:
            best[hit.observation] = hit
    return tuple(sorted(best.values(), key=lambda hit: -hit.clue.weight.strength))
