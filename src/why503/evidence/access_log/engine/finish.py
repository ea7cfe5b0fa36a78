"""From a `Partial` to facts: the same that the line-by-line reader makes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, isnan
from statistics import median
from typing import Any

from why503.evidence.access_log.aggregate import KEY
from why503.evidence.access_log.engine.kernel import Plan
from why503.evidence.access_log.engine.partial import NO_MINUTE, Failure, Key, Partial
from why503.evidence.access_log.engine.told import often
from why503.evidence.access_log.reader import only_counted, without_an_outcome
from why503.evidence.reader import Context, Reading
from why503.facts import AccessLog, Misread, Request, RequestGroup, Witness

GROUPS_BY_MINUTE = 5_000
"""Groups up to which each minute has its own; the groups of more are those of the whole log."""


@dataclass(slots=True)
class Sum:
    """The rows of one group."""

    minute: int | None
    count: int = 0
    first: float | None = None
    last: float | None = None
    first_line: int = 0
    last_line: int = 0
    took: defaultdict[float, int] = field(default_factory=lambda: defaultdict(int))


def facts_of(partial: Partial, plan: Plan) -> Reading:
    """One `AccessLog` per teller of whom a line was understood."""
    reading = Reading()
    cells = partial.cells
    rows = len(set(zip(cells.group, cells.minute, strict=True)))
    counted = sums_of(partial, by_minute=rows <= GROUPS_BY_MINUTE)
    sums = dict(sorted(counted.items(), key=lambda one: one[1].first_line))  # however it was cut
    failures = _failures(partial, plan)
    for teller in dict.fromkeys((*partial.formats, *partial.misreads)):
        if teller not in partial.formats:
            misreads = partial.misreads[teller]
            reading.unread.append(
                without_an_outcome(plan.context, misreads.lines[0], misreads.count)
            )
            continue
        kept = tuple(failures.get(teller, ()))
        groups = [one for one in sums.items() if partial.keys[one[0][0]][0] == teller]
        reading.facts.append(_log(partial, plan.context, teller, groups, kept))
        if partial.failed[teller] > len(kept):
            rest = partial.failed[teller] - len(kept)
            reading.unread.append(only_counted(plan.context, len(kept), rest))
    return reading


_Groups = list[tuple[tuple[int, int | None], Sum]]


def _log(
    partial: Partial,
    context: Context,
    teller: str,
    groups: _Groups,
    failures: tuple[Request, ...],
) -> AccessLog:
    formats = partial.formats[teller]
    misreads = partial.misreads.get(teller)
    understood = formats.total()
    idles = _idles(partial)
    if partial.request_ids is None:
        ids = {one.request_id for one in failures if one.request_id}
    else:
        ids = partial.request_ids.get(teller, set())
    return AccessLog(
        source=context.source(),
        teller=teller,
        formats=tuple(name for name, _count in formats.most_common()),
        lines=understood + (misreads.count if misreads else 0),
        understood=understood,
        misread=(
            (Misread(kind="damaged", count=misreads.count, lines=tuple(misreads.lines)),)
            if misreads
            else ()
        ),
        first=min((one.first for _, one in groups if one.first is not None), default=None),
        last=max((one.last for _, one in groups if one.last is not None), default=None),
        groups=tuple(
            _group(context, partial.keys[index], one, idles.get(index, ()))
            for (index, _minute), one in groups
        ),
        failures=failures,
        request_ids=frozenset(ids),
        request_ids_complete=partial.request_ids is not None and not partial.interrupted,
    )


def _idles(partial: Partial) -> dict[int, list[float]]:
    """Seconds of idleness by group: of the failures, and of the sample of the others."""
    found: defaultdict[int, list[float]] = defaultdict(list)
    for group, idles in partial.idles.items():
        found[group] = [idle for _line, idle, _pair, _start in idles if idle is not None]
    for failure in partial.failures:
        if (idle := _idle(failure)) is not None:
            found[failure.group].append(idle)
    return found


def _idle(failure: Failure) -> float | None:
    return failure.by_host if failure.connection is None else failure.by_connection


def sums_of(partial: Partial, *, by_minute: bool) -> dict[tuple[int, int | None], Sum]:
    """Rows of one group and minute added up, by index of the group and minute.

    Without ``by_minute`` those of the group, and every minute is None.
    """
    cells = partial.cells
    sums: dict[tuple[int, int | None], Sum] = {}
    rows: list[Sum] = []
    for group, minute, count, first, last, first_line, last_line in zip(
        cells.group,
        cells.minute,
        cells.count,
        cells.first,
        cells.last,
        cells.first_line,
        cells.last_line,
        strict=True,
    ):
        known = minute if by_minute and minute != NO_MINUTE else None
        one = sums.get((group, known))
        if one is None:
            one = sums[group, known] = Sum(minute=known)
        rows.append(one)
        one.count += count
        if not isnan(first) and (one.first is None or first < one.first):
            one.first = first
        if not isnan(last) and (one.last is None or last > one.last):
            one.last = last
        one.first_line = min(first_line, one.first_line or first_line)
        one.last_line = max(last_line, one.last_line)
    durations = partial.durations
    for row, took, count in zip(
        durations.cell, durations.milliseconds, durations.count, strict=True
    ):
        rows[row].took[took] += count
    return sums


def _group(context: Context, key: Key, one: Sum, idles: Sequence[float]) -> RequestGroup:
    teller, code, flags, *texts = key
    took = sorted(one.took.items())
    named: dict[str, Any] = {name: often(text) for name, text in zip(KEY, texts, strict=True)}
    return RequestGroup(
        teller=teller,
        code=code,
        flags=flags,
        minute=one.minute,
        count=one.count,
        first=one.first,
        last=one.last,
        duration_p50=middle(took),
        duration_p99=percentile(took, 0.99),
        idle_p50=median(idles) if idles else None,
        exemplars=tuple(context.source(line) for line in sorted({one.first_line, one.last_line})),
        **named,
    )


Histogram = list[tuple[float, int]]
"""Values in rising order, and how often each came."""


def percentile(took: Histogram, share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    total = sum(count for _value, count in took)
    rank = max(1, ceil(share * total))
    for value, count in took:
        rank -= count
        if rank <= 0:
            return value
    return None


def middle(took: Histogram) -> float | None:
    """The median, between the two in the middle where their number is even; None of nothing."""
    total = sum(count for _value, count in took)
    if not total:
        return None
    low = high = None
    passed = 0
    for value, count in took:
        passed += count
        if low is None and passed >= (total + 1) // 2:
            low = value
        if passed >= total // 2 + 1:
            high = value
            break
    return None if low is None or high is None else (low + high) / 2


def _failures(partial: Partial, plan: Plan) -> dict[str, list[Request]]:
    """The failures that were kept, by teller."""
    found: defaultdict[str, list[Request]] = defaultdict(list)
    for failure in partial.failures:
        found[failure.teller].append(_request(failure, plan.context))
    return found


def _request(failure: Failure, context: Context) -> Request:
    idle = _idle(failure)
    return Request(
        source=context.source(failure.number),
        witness=Witness.ACCESS_LOG,
        teller=failure.teller,
        idle=idle,
        idle_by_connection=failure.connection is not None and idle is not None,
        requests_before=failure.before,
        **(failure.told or {}),
    )
