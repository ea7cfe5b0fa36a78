"""Counts the understood lines of one range, hundred thousands at a time, into a `Partial`."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from why503.evidence.access_log.aggregate import REQUEST_IDS_KEPT
from why503.evidence.access_log.engine.block import Floats, Ints
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.partial import FAILURES_KEPT, Failure, Partial, kept
from why503.evidence.access_log.engine.room import DEFAULT, Room
from why503.evidence.access_log.engine.room import room as room_of
from why503.evidence.access_log.engine.sums import compact
from why503.evidence.access_log.engine.uses import Uses
from why503.evidence.access_log.fields import MISSING

SETTLED_EVERY = 250_000
"""Lines that are counted at once."""
_SETTLED_FROM = 16 << 20
"""Bytes of failed lines from which what waits is counted at once."""
_DENSE = 1 << 20
"""Pairs of group and minute up to which each has a place of its own."""
_LONGEST = 1 << 31
"""Milliseconds below which whole durations are counted as numbers of 31 bits."""


class Tally:
    """The understood lines of one range so far."""

    def __init__(
        self, *, keep_ids: bool, sample_all: bool = True, room: Room | None = None
    ) -> None:
        """``sample_all``: idle times are measured of all requests, else of one in a hundred."""
        room = room or room_of(DEFAULT, 1)
        self._rows = self._compact_at = room.rows
        self.partial = Partial(request_ids={} if keep_ids else None)
        self.groups = Groups()
        self.lines = 0
        """Lines that went by, understood or not."""
        self._uses = Uses(self.groups, sample_all=sample_all, connections=room.connections)
        self._waiting: list[Columns] = []
        self._waiting_lines = 0
        self._waiting_bytes = 0
        self._waiting_failures: list[Failure] = []

    def take(self, lines: Columns, failures: list[Failure]) -> None:
        """Take understood lines; ``failures`` are those of them that failed, in file order."""
        if not len(lines):
            return
        self._waiting.append(lines)
        self._waiting_lines += len(lines)
        self._waiting_failures += failures
        self._waiting_bytes += sum(len(failure.line) for failure in failures)
        if self._waiting_lines >= SETTLED_EVERY or self._waiting_bytes >= _SETTLED_FROM:
            self.settle()

    def tell(self, lines: Columns, name: str, request_ids: list[str]) -> None:
        """Count lines of a format by teller; ``request_ids``: of each line, where they are kept."""
        told = self.groups.teller[lines.group]
        for number, count in enumerate(np.bincount(told).tolist()):
            if not count:
                continue
            teller = self.groups.tellers[number]
            self.understood(teller, name, count)
            if request_ids:
                rows = np.flatnonzero(told == number).tolist()
                self.remember(teller, map(request_ids.__getitem__, rows))

    def understood(self, teller: str, name: str, count: int) -> None:
        """Count lines of a format."""
        self.partial.understood += count
        self.partial.formats.setdefault(teller, Counter())[name] += count

    def remember(self, teller: str, request_ids: Iterable[str]) -> None:
        """Keep request ids, as long as they are few enough."""
        known = self.partial.request_ids
        if known is None:
            return
        ids = known.setdefault(teller, set())
        ids.update(request_ids)
        ids -= MISSING
        if len(ids) > REQUEST_IDS_KEPT:
            self.partial.request_ids = None

    def settle(self) -> None:
        """Count what waits; memory then grows with the groups, not with the lines."""
        if not self._waiting:
            return
        lines = Columns.joined(self._waiting)
        failures = self._waiting_failures
        self._waiting, self._waiting_failures = [], []
        self._waiting_lines = self._waiting_bytes = 0
        self._count(lines)
        self._uses.follow(lines, failures)
        partial = self.partial
        for failure in failures:
            partial.failed[failure.group] += 1
        partial.failures += failures
        if len(partial.failures) > 2 * FAILURES_KEPT:
            partial.failures = kept(partial.failures, partial.failed)
        if len(partial.durations.cell) > self._compact_at:
            compact(partial, self._rows // 2)
            self._compact_at = max(self._rows, 2 * len(partial.durations.cell))

    def _count(self, lines: Columns) -> None:
        first_minute = int(lines.minute.min())
        span = int(lines.minute.max()) - first_minute + 1
        pair = lines.group * span + (lines.minute - first_minute)
        count = len(self.groups.keys) * span
        names: Ints | None = None
        if count > _DENSE:
            names, pair = np.unique(pair, return_inverse=True)
            count = len(names)
        row_of = self._add_cells(lines, pair, count, (names, span, first_minute))
        whole = (lines.took >= 0) & (lines.took < _LONGEST) & (lines.took == np.rint(lines.took))
        took = np.where(whole, lines.took, 0).astype(np.int64)
        packed = (pair * _LONGEST + took)[whole]
        packed.sort()
        self._add_durations(*_runs(packed), row_of)
        for place in np.flatnonzero(~whole & ~np.isnan(lines.took)).tolist():
            durations = self.partial.durations
            durations.cell.append(int(row_of[pair[place]]))
            durations.milliseconds.append(float(lines.took[place]))
            durations.count.append(1)

    def _add_cells(
        self, lines: Columns, pair: Ints, count: int, names: tuple[Ints | None, int, int]
    ) -> Ints:
        """A row for each pair of group and minute; the row of each pair."""
        cells = self.partial.cells
        counts = np.bincount(pair, minlength=count)
        first, last = np.zeros(count, np.int64), np.zeros(count, np.int64)
        places = np.arange(len(lines))
        last[pair] = places  # of several, the last one stays
        first[pair[::-1]] = places[::-1]
        present = np.flatnonzero(counts)
        row_of = np.zeros(count, np.int64)
        row_of[present] = np.arange(len(present)) + len(cells.group)
        known, span, first_minute = names
        told = present if known is None else known[present]
        cells.group.frombytes((told // span).astype(np.uint32).tobytes())
        cells.minute.frombytes((told % span + first_minute).tobytes())
        cells.count.frombytes(counts[present].astype(np.uint64).tobytes())
        cells.first_line.frombytes((lines.line[first[present]] + 1).astype(np.uint64).tobytes())
        cells.last_line.frombytes((lines.line[last[present]] + 1).astype(np.uint64).tobytes())
        for ends, time, furthest in (
            (first, cells.first, np.fmin),  # a log is written as requests end
            (last, cells.last, np.fmax),
        ):
            starts = lines.start[ends]
            furthest.at(starts, pair, lines.start)
            time.frombytes(starts[present].tobytes())
        return row_of

    def _add_durations(self, packed: Ints, counts: Ints, row_of: Ints) -> None:
        durations = self.partial.durations
        took: Floats = (packed % _LONGEST).astype(np.float64)
        durations.cell.frombytes(row_of[packed // _LONGEST].astype(np.uint32).tobytes())
        durations.milliseconds.frombytes(took.tobytes())
        durations.count.frombytes(counts.astype(np.uint32).tobytes())

    def finish(self) -> Partial:
        """The account of the whole range."""
        self.settle()
        partial = self.partial
        partial.lines = self.lines
        partial.keys = self.groups.keys
        partial.failures = kept(partial.failures, partial.failed)
        partial.idles = self._uses.idles
        partial.border = self._uses.border()
        return partial


def _runs(values: Ints) -> tuple[Ints, Ints]:
    """The different ones of sorted values, and how often each stands there."""
    if not len(values):
        return values, values
    begins = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return values[begins], np.diff(np.append(begins, len(values)))
