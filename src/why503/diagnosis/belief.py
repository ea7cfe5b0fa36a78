"""From weights to beliefs: the arithmetic of a diagnosis, and all of it.

`make calibrate` fits the table with these very functions.
"""

from collections.abc import Mapping, Sequence

from why503.diagnosis.clue import Weight
from why503.diagnosis.decibans import TABLE
from why503.diagnosis.table import Table

WORTH_NAMING = 0.08
"""Belief below which a cause is not named."""
PER_HOP = 3
"""Most causes named for one hop."""


def score(weights: Sequence[Weight], table: Table = TABLE) -> float:
    """Decibans of a cause with clues of these weights."""
    return table.prior + sum(table.decibans[weight] for weight in weights)


def beliefs(weights: Mapping[str, Sequence[Weight]], table: Table = TABLE) -> dict[str, float]:
    """Belief, 0 to 1, of each cause of one hop, given the weights of its clues.

    They and that of `none of the known causes` add up to one. Most believed first, equal ones by
    name.
    """
    odds = {cause: 10 ** (score(found, table) / 10) for cause, found in weights.items()}
    whole = 1.0 + sum(odds.values())
    found = {cause: odd / whole for cause, odd in odds.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def named(belief: Mapping[str, float]) -> dict[str, float]:
    """The causes of a hop that are worth naming, with their confidence; given best first."""
    best = list(belief.items())[:PER_HOP]
    return {cause: round(share, 3) for cause, share in best if share >= WORTH_NAMING}


def rank(
    confidence: float, failures: int, cause: str, destination: str
) -> tuple[float, int, str, str]:
    """Place of a finding among those of all hops, as a key to sort by."""
    return -confidence, -failures, cause, destination
