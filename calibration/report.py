"""The printed answer of a calibration: the table in force beside the one that fits best."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from calibration.answering import Answered, answered
from calibration.fitting import (
    FREEDOMS,
    affordable,
    differences,
    fitted,
    held_out,
    validated_cost,
)
from calibration.item import Item
from calibration.ledger import Ledger
from calibration.reliability import measures, parts_of, reliability
from why503.diagnosis.decibans import TABLE
from why503.diagnosis.table import Table


class Report:
    """Fits the table to items and tells what it is worth."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Fit; the lines are made as they are asked for."""
        self._items = items
        self._ledger = Ledger(items)
        self._held_out = {free: held_out(self._ledger, free) for free in FREEDOMS}
        self._costs = {
            free: validated_cost(self._ledger, tables) for free, tables in self._held_out.items()
        }
        self._free = affordable(self._costs)
        self.table = fitted(self._ledger, self._free)
        """The table that fits best."""

    def lines(self) -> Iterator[str]:
        """Markdown, line by line."""
        yield from self._section("The table in force", TABLE)
        yield from self._section("The fitted table, on what it was fitted to", self.table)
        yield from self._freedoms()
        yield from self._cross_validated()

    def _section(self, title: str, table: Table) -> Iterator[str]:
        numbers = ", ".join(f"{name} {value:g}" for name, value in asdict(table).items())
        yield f"## {title}"
        yield ""
        yield f"{numbers}; mean cost {self._ledger.mean(table):.4f}"
        yield ""
        yield from _figures(_answers(self._items, table))
        yield ""

    def _freedoms(self) -> Iterator[str]:
        yield "## How many numbers cross-validation pays for"
        yield ""
        yield "| free numbers | fitted | mean cost | cross-validated |"
        yield "|---|---|---:|---:|"
        for free, cost in self._costs.items():
            table = fitted(self._ledger, free)
            found = ", ".join(f"{name} {getattr(table, name):g}" for name in free)
            chosen = " (chosen)" if free == self._free else ""
            yield (
                f"| {len(free)}{chosen} | {found} | {self._ledger.mean(table):.4f} | {cost:.4f} |"
            )
        yield ""

    def _cross_validated(self) -> Iterator[str]:
        tables = self._held_out[self._free]
        yield "## Cross-validated: every cause answered by a table that was fitted without it"
        yield ""
        kinds = Counter(_changed(self.table, table) for table in tables.values())
        for change, causes in kinds.most_common():
            yield f"* {causes} causes: {change}"
        yield ""
        yield from _figures([answered(item, tables[item.truth.cause]) for item in self._items])


def _figures(answers: Sequence[Answered]) -> Iterator[str]:
    parts = parts_of(answers)
    yield from measures(parts)
    for title, found in [*parts[:1], ("all", answers)]:
        yield ""
        yield f"How often answers of a confidence are right, {title}:"
        yield ""
        yield from reliability(found)


def _answers(items: Iterable[Item], table: Table) -> list[Answered]:
    return [answered(item, table) for item in items]


def _changed(table: Table, other: Table) -> str:
    found = differences(table, other)
    told = [f"{name} {theirs:g}, not {mine:g}" for name, (mine, theirs) in found.items()]
    return "; ".join(told) or "the same table"
