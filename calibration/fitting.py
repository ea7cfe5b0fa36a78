"""Looks for the table that costs least, and says by cross-validation what it is worth.

The table has round numbers only, and each weight keeps its meaning: what proves outweighs what
speaks for a cause, which outweighs a hint; what speaks against weighs as much as what speaks for,
and what rules out outweighs any proof. How many numbers may leave their places is decided by
cross-validation, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations, product

from calibration.answering import BOLD
from calibration.ledger import Ledger
from why503.diagnosis.belief import beliefs
from why503.diagnosis.clue import Weight
from why503.diagnosis.table import Table

START = Table(
    proves=30.0,
    speaks_for=10.0,
    hints=5.0,
    speaks_against=-10.0,
    rules_out=-40.0,
    prior=-13.0,
)
"""Where every fit begins: ten, three and a thousand times, and hardly one cause of twenty."""
CHOICES: dict[str, tuple[float, ...]] = {
    "prior": tuple(float(value) for value in range(-16, -1)),
    "speaks_for": (7.0, 8.0, 9.0, 10.0, 11.0, 12.0),
    "hints": (2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
    "proves": (20.0, 22.0, 25.0, 28.0, 30.0),
}
"""The numbers that may be chosen, in the order in which they are tried."""
FREEDOMS: tuple[tuple[str, ...], ...] = (
    (),
    ("prior",),
    ("prior", "hints"),
    ("prior", "hints", "speaks_for"),
    ("prior", "hints", "speaks_for", "proves"),
)
"""Numbers that may leave their places together; the others stay as in `START`."""
WORTHWHILE = 0.005
"""Least gain in mean cost that is worth another free number."""
AT_ONCE = 3
"""Numbers that are moved at a time."""
ROUNDS = 4
"""Most times that all of them are tried anew."""


def fitted(ledger: Ledger, free: Sequence[str], without: str | None = None) -> Table:
    """The table of the least mean cost where only the ``free`` numbers differ from START.

    Three numbers are moved at a time, for one often makes up for another. ``without`` is the
    cause whose items are left out.
    """
    best = START
    for _round in range(ROUNDS):
        before = best
        for some in combinations(free, min(AT_ONCE, len(free))):
            best = min(_moved(best, some), key=lambda table: ledger.mean(table, without))
        if best == before:
            break
    return best


def _moved(table: Table, names: Sequence[str]) -> Iterator[Table]:
    """``table``, and the sound ones in which these numbers are other ones."""
    yield table
    for values in product(*(CHOICES[name] for name in names)):
        other = replace(table, **dict(zip(names, values, strict=True)))
        other = replace(other, speaks_against=-other.speaks_for)
        if sound(other):
            yield other


def held_out(ledger: Ledger, free: Sequence[str]) -> dict[str, Table]:
    """For each cause the table that is fitted without any evidence of it."""
    return {cause: fitted(ledger, free, without=cause) for cause in ledger.by_cause}


def validated_cost(ledger: Ledger, tables: Mapping[str, Table]) -> float:
    """Mean cost where each cause's items are answered with the table of that cause."""
    return sum(ledger.total(table, cause) for cause, table in tables.items()) / ledger.worth


def affordable(costs: Mapping[tuple[str, ...], float]) -> tuple[str, ...]:
    """The fewest free numbers that come close to the least cross-validated cost."""
    least = min(costs.values())
    near = [free for free, cost in costs.items() if cost <= least + WORTHWHILE]
    return min(near, key=lambda free: (len(free), costs[free]))


def sound(table: Table) -> bool:
    """True where each weight keeps its meaning, and a clue with a hint is no bold answer."""
    alone = beliefs({"": (Weight.SPEAKS_FOR, Weight.HINTS)}, table)
    return (
        table.proves >= 2 * table.speaks_for > 2 * table.hints > 0
        and table.proves + table.rules_out < 0
        and table.speaks_against == -table.speaks_for
        and table.prior < 0
        and round(alone[""], 3) < BOLD
    )


def differences(table: Table, other: Table) -> dict[str, tuple[float, float]]:
    """Numbers that are not the same in both."""
    mine, theirs = asdict(table), asdict(other)
    return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}
