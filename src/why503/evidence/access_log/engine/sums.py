"""The counts of a `Partial` added up by group and minute, with exact percentiles."""

from array import array
from dataclasses import dataclass
from math import isnan
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
    added = _added_up(partial, by_minute=by_minute)
    columns = (
        *(added.name, added.count, added.first, added.last, added.first_line, added.last_line),
        *_percentiles(added),
    )
    sums = [_sum(row) for row in zip(*(one.tolist() for one in columns), strict=True)]
    return sorted(sums, key=lambda one: one.first_line)


def _sum(row: tuple[Any, ...]) -> Sum:
    name, count, first, last, first_line, last_line, middle, high = row
    group, minute = divmod(name, _MINUTES)
    return Sum(
        group=group,
        minute=None if minute == _EARLIER + NO_MINUTE else minute - _EARLIER,
        count=count,
        first=None if isnan(first) else first,
        last=None if isnan(last) else last,
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
    added = _added_up(partial, by_minute=by_minute)
    partial.cells = Cells(
        group=array("I", (added.name // _MINUTES).astype(np.uint32).tobytes()),
        minute=array("q", (added.name % _MINUTES - _EARLIER).tobytes()),
        count=array("Q", added.count.astype(np.uint64).tobytes()),
        first=array("d", added.first.tobytes()),
        last=array("d", added.last.tobytes()),
        first_line=array("Q", added.first_line.astype(np.uint64).tobytes()),
        last_line=array("Q", added.last_line.astype(np.uint64).tobytes()),
    )
    partial.durations = Durations(
        cell=array("I", added.owner.astype(np.uint32).tobytes()),
        milliseconds=array("d", added.took.tobytes()),
        count=array("I", added.times.astype(np.uint32).tobytes()),
    )


@dataclass(frozen=True, slots=True)
class _Added:
    """The cells of a partial, those of the same name added up, and their histograms."""

    name: Ints
    """See `_names`; rising."""
    count: Ints
    first: Floats
    last: Floats
    first_line: Ints
    last_line: Ints
    owner: Ints
    """Whose duration, as an index; rising, and with it `took`."""
    took: Floats
    times: Ints
    """How many requests took so long."""


def _added_up(partial: Partial, *, by_minute: bool) -> _Added:
    cells, durations = partial.cells, partial.durations
    names, which = np.unique(_names(partial, by_minute=by_minute), return_inverse=True)
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(len(names)))
    owner, took = which[np.array(durations.cell, np.int64)], np.array(durations.milliseconds)
    by_took = np.lexsort((took, owner))
    owner, took = owner[by_took], took[by_took]
    anew = np.ones(len(owner), np.bool_)
    anew[1:] = (owner[1:] != owner[:-1]) | (took[1:] != took[:-1])
    runs = np.flatnonzero(anew)
    times = np.array(durations.count, np.int64)[by_took]
    return _Added(
        name=names,
        count=np.add.reduceat(np.array(cells.count, np.int64)[order], begins),
        first=np.fmin.reduceat(np.array(cells.first)[order], begins),
        last=np.fmax.reduceat(np.array(cells.last)[order], begins),
        first_line=np.minimum.reduceat(np.array(cells.first_line, np.int64)[order], begins),
        last_line=np.maximum.reduceat(np.array(cells.last_line, np.int64)[order], begins),
        owner=owner[runs],
        took=took[runs],
        times=np.add.reduceat(times, runs) if len(runs) else times,
    )


def _names(partial: Partial, *, by_minute: bool) -> Ints:
    """Group and minute of each cell in one number; `NO_MINUTE` for all minutes."""
    found: Ints = np.array(partial.cells.group).astype(np.int64) * _MINUTES + _EARLIER
    found += np.array(partial.cells.minute) if by_minute else NO_MINUTE
    return found


def _percentiles(added: _Added) -> tuple[Floats, Floats]:
    """Median and 99th percentile of each sum; NaN where no duration is told."""
    middle, high = np.full(len(added.name), np.nan), np.full(len(added.name), np.nan)
    owner, took = added.owner, added.took
    if not len(owner):
        return middle, high
    passed = np.cumsum(added.times)
    begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    before = np.append(0, passed[begins[1:] - 1])
    total = np.diff(np.append(before, passed[-1]))

    def ranked(rank: Ints) -> Floats:
        found: Floats = took[np.searchsorted(passed, before + rank)]
        return found

    present = owner[begins]
    middle[present] = (ranked((total + 1) // 2) + ranked(total // 2 + 1)) / 2
    high[present] = ranked(np.maximum(1, -(-total * 99 // 100)))
    return middle, high
