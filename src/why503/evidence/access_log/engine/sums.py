"""The counts of a `Partial` added up by group and minute, with exact percentiles."""

from array import array
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

import numpy as np

from why503.evidence.access_log.engine.block import NO_MINUTE, Floats, Ints
from why503.evidence.access_log.engine.partial import Cells, Durations, Partial

_MINUTES = 1 << 36
"""More than there are minutes, those before 1970 among them."""
_EARLIER = 1 << 35
"""More than there are minutes before 1970."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """The requests of one group, in one minute or in all."""

    group: int
    """Index in `Partial.keys`."""
    minute: int | None
    """Minutes since 1970; None for all minutes, or where there is no time."""
    count: int
    first: float | None
    """Start of the earliest line, seconds since 1970."""
    last: float | None
    first_line: int
    last_line: int
    middle: float | None
    """Median of the durations in milliseconds, between the two in the middle of an even number."""
    high: float | None
    """99th percentile by nearest rank."""


def pairs_of(partial: Partial) -> int:
    """How many pairs of group and minute there are."""
    return len(np.unique(_names(partial, by_minute=True)))


def sums_of(partial: Partial, *, by_minute: bool) -> list[Sum]:
    """All groups, in the order of their first lines; without ``by_minute`` over all minutes."""
    if not partial.cells.group:
        return []
    cells = partial.cells
    names, which = np.unique(_names(partial, by_minute=by_minute), return_inverse=True)
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(len(names)))
    first, last = np.array(cells.first), np.array(cells.last)
    low = np.minimum.reduceat(np.where(np.isnan(first), np.inf, first)[order], begins)
    high = np.maximum.reduceat(np.where(np.isnan(last), -np.inf, last)[order], begins)
    count = np.add.reduceat(np.array(cells.count).astype(np.int64)[order], begins)
    first_line = np.minimum.reduceat(np.array(cells.first_line)[order], begins)
    last_line = np.maximum.reduceat(np.array(cells.last_line)[order], begins)
    middle, percentile = _durations(partial, which, len(names))
    columns = (names, count, low, high, first_line, last_line, middle, percentile)
    sums = [_sum(row) for row in zip(*(one.tolist() for one in columns), strict=True)]
    return sorted(sums, key=lambda one: one.first_line)


def _sum(row: tuple[Any, ...]) -> Sum:
    name, count, first, last, first_line, last_line, middle, high = row
    group, minute = divmod(name, _MINUTES)
    return Sum(
        group=group,
        minute=None if minute == _EARLIER + NO_MINUTE else minute - _EARLIER,
        count=count,
        first=first if isfinite(first) else None,
        last=last if isfinite(last) else None,
        first_line=first_line,
        last_line=last_line,
        middle=None if isnan(middle) else middle,
        high=None if isnan(high) else high,
    )


def compact(partial: Partial, rows: int) -> None:
    """Put rows of the same group and minute together, and all minutes where more are left."""
    _put_together(partial, by_minute=True)
    if len(partial.durations.cell) > rows:
        _put_together(partial, by_minute=False)
        partial.by_minute = False


def _put_together(partial: Partial, *, by_minute: bool) -> None:
    names, which = np.unique(_names(partial, by_minute=by_minute), return_inverse=True)
    cells = partial.cells
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(len(names)))
    count = np.add.reduceat(np.array(cells.count).astype(np.int64)[order], begins)
    first, last = np.array(cells.first), np.array(cells.last)
    first_line, last_line = np.array(cells.first_line), np.array(cells.last_line)
    partial.cells = Cells(
        group=array("I", (names // _MINUTES).astype(np.uint32).tobytes()),
        minute=array("q", (names % _MINUTES - _EARLIER).tobytes()),
        count=array("Q", count.astype(np.uint64).tobytes()),
        first=array("d", np.fmin.reduceat(first[order], begins).tobytes()),
        last=array("d", np.fmax.reduceat(last[order], begins).tobytes()),
        first_line=array("Q", np.minimum.reduceat(first_line[order], begins).tobytes()),
        last_line=array("Q", np.maximum.reduceat(last_line[order], begins).tobytes()),
    )
    durations = partial.durations
    owner, took = which[np.array(durations.cell)], np.array(durations.milliseconds)
    order = np.lexsort((took, owner))
    owner, took = owner[order], took[order]
    begins = np.flatnonzero(np.append(True, (owner[1:] != owner[:-1]) | (took[1:] != took[:-1])))
    count = np.add.reduceat(np.array(durations.count).astype(np.int64)[order], begins)
    partial.durations = Durations(
        cell=array("I", owner[begins].astype(np.uint32).tobytes()),
        milliseconds=array("d", took[begins].tobytes()),
        count=array("I", count.astype(np.uint32).tobytes()),
    )


def _names(partial: Partial, *, by_minute: bool) -> Ints:
    """Group and minute of each cell in one number; `NO_MINUTE` for all minutes."""
    found: Ints = np.array(partial.cells.group).astype(np.int64) * _MINUTES + _EARLIER
    found += np.array(partial.cells.minute) if by_minute else NO_MINUTE
    return found


def _durations(partial: Partial, which: Ints, count: int) -> tuple[Floats, Floats]:
    """Median and 99th percentile of each sum; NaN where no duration is told."""
    durations = partial.durations
    middle, high = np.full(count, np.nan), np.full(count, np.nan)
    if not durations.cell:
        return middle, high
    took = np.array(durations.milliseconds)
    owner = which[np.array(durations.cell)]
    order = np.lexsort((took, owner))
    took, owner = took[order], owner[order]
    passed = np.cumsum(np.array(durations.count).astype(np.int64)[order])
    begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    present = owner[begins]
    before = np.append(0, passed[begins[1:] - 1])
    total = np.diff(np.append(before, passed[-1]))

    def ranked(rank: Ints) -> Floats:
        found: Floats = took[np.searchsorted(passed, before + rank)]
        return found

    middle[present] = (ranked((total + 1) // 2) + ranked(total // 2 + 1)) / 2
    high[present] = ranked(np.maximum(1, -(-total * 99 // 100)))
    return middle, high
