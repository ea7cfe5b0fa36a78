"""What tables cost on a set of items, by cause, so that a cause can be left out at no expense."""

from collections.abc import Sequence

from calibration.answering import answered
from calibration.item import Item
from calibration.loss import cost
from why503.diagnosis.table import Table

BROKEN = 1.0
"""Mean cost of every broken promise: a table that breaks the project's own tests is of no use."""


class Ledger:
    """Costs by table and cause; each table is worked out once."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Sort the items by the cause that they are evidence of."""
        self.by_cause: dict[str, list[Item]] = {}
        """Items of each cause; those where nothing is wrong under `""`."""
        for item in items:
            self.by_cause.setdefault(item.truth.cause, []).append(item)
        self._worths = {
            cause: sum(item.worth for item in found) for cause, found in self.by_cause.items()
        }
        self._promises = [item for item in items if item.promise]
        self._costs: dict[Table, dict[str, float]] = {}
        self._broken: dict[Table, int] = {}

    def mean(self, table: Table, without: str | None = None) -> float:
        """Mean cost of a table, each item counted by its worth; ``without`` one cause's items.

        A promise counts as broken whichever cause is left out: it binds, and tells no shares.
        """
        costs = self._of(table)
        kept = [cause for cause in costs if cause != without]
        whole = sum(self._worths[cause] for cause in kept)
        broken = BROKEN * self.broken(table)
        return broken + (sum(costs[cause] for cause in kept) / whole if whole else 0.0)

    def broken(self, table: Table) -> int:
        """Cases of the project's own tests that would not be answered with their cause."""
        if table not in self._broken:
            self._broken[table] = sum(not answered(case, table).strict for case in self._promises)
        return self._broken[table]

    def total(self, table: Table, cause: str) -> float:
        """Cost of one cause's items, each counted by its worth."""
        return self._of(table)[cause]

    @property
    def worth(self) -> float:
        """That of all items."""
        return sum(self._worths.values())

    def _of(self, table: Table) -> dict[str, float]:
        if table not in self._costs:
            self._costs[table] = {
                cause: sum(item.worth * cost(answered(item, table)) for item in found)
                for cause, found in self.by_cause.items()
            }
        return self._costs[table]
