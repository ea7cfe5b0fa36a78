"""From a `Partial` to facts: the same that the line-by-line reader makes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from math import isnan
from statistics import median
from typing import Any, TypeVar

from why503.evidence.access_log.aggregate import KEY
from why503.evidence.access_log.engine.kernel import Plan
from why503.evidence.access_log.engine.partial import Failure, Key, Partial
from why503.evidence.access_log.engine.sums import Sum, pairs_of, sums_of
from why503.evidence.access_log.engine.told import often
from why503.evidence.access_log.reader import weighed_in_part, without_an_outcome
from why503.evidence.reader import Context, Reading
from why503.facts import AccessLog, Misread, Request, RequestGroup, Witness
from why503.support.collector import uncollected

GROUPS_BY_MINUTE = 5_000
"""Groups up to which each minute has its own; the groups of more are those of the whole log."""


def facts_of(partial: Partial, plan: Plan) -> Reading:
    """One `AccessLog` per teller of whom a line was understood."""
    with uncollected():
        return _facts_of(partial, plan)


def _facts_of(partial: Partial, plan: Plan) -> Reading:
    reading = Reading()
    by_minute = partial.by_minute and pairs_of(partial) <= GROUPS_BY_MINUTE
    sums = sums_of(partial, by_minute=by_minute)
    tellers = [key[0] for key in partial.keys]
    groups = _by(sums, lambda one: tellers[one.group])
    failures = _by(partial.failures, lambda one: tellers[one.group])
    failed: Counter[str] = Counter()
    for group, count in partial.failed.items():
        failed[tellers[group]] += count
    stands_for = _stands_for(partial)
    idles = _idles(partial)
    for teller in dict.fromkeys((*partial.formats, *partial.misreads)):
        if teller not in partial.formats:
            misreads = partial.misreads[teller]
            reading.unread.append(
                without_an_outcome(plan.context, misreads.lines[0], misreads.count)
            )
            continue
        kept = tuple(
            _request(one, teller, next(stands_for[one.group]), plan.context)
            for one in failures[teller]
        )
        told = tuple(
            _group(plan.context, partial.keys[one.group], one, idles.get(one.group, ()))
            for one in groups[teller]
        )
        reading.facts.append(_log(partial, plan.context, teller, told, kept))
        if failed[teller] > len(kept):
            reading.unread.append(
                weighed_in_part(plan.context, len(kept), failed[teller] - len(kept))
            )
    return reading


_One = TypeVar("_One")


def _by(ones: Iterable[_One], teller_of: Callable[[_One], str]) -> defaultdict[str, list[_One]]:
    found: defaultdict[str, list[_One]] = defaultdict(list)
    for one in ones:
        found[teller_of(one)].append(one)
    return found


def _log(
    partial: Partial,
    context: Context,
    teller: str,
    groups: tuple[RequestGroup, ...],
    failures: tuple[Request, ...],
) -> AccessLog:
    formats = partial.formats[teller]
    misreads = partial.misreads.get(teller)
    understood = formats.total()
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
        first=min((one.first for one in groups if one.first is not None), default=None),
        last=max((one.last for one in groups if one.last is not None), default=None),
        groups=groups,
        failures=failures,
        request_ids=frozenset(ids),
        request_ids_complete=partial.request_ids is not None and not partial.interrupted,
    )


def _stands_for(partial: Partial) -> dict[int, Iterator[int]]:
    """For each failure that is kept of a group, how many it stands for: together all of them."""
    kept = Counter(failure.group for failure in partial.failures)
    found: dict[int, Iterator[int]] = {}
    for group, count in kept.items():
        each, rest = divmod(max(partial.failed[group], count), count)
        found[group] = chain(repeat(each + 1, rest), repeat(each, count - rest))
    return found


def _idles(partial: Partial) -> dict[int, list[float]]:
    """Seconds of idleness by group: of the failures, and of the sample of the others."""
    found: defaultdict[int, list[float]] = defaultdict(list)
    for group, idle in zip(partial.idles.group, partial.idles.idle, strict=True):
        if not isnan(idle):
            found[group].append(idle)
    for failure in partial.failures:
        if failure.idle is not None:
            found[failure.group].append(failure.idle)
    return found


def _group(context: Context, key: Key, one: Sum, idles: Sequence[float]) -> RequestGroup:
    teller, code, flags, *texts = key
    named: dict[str, Any] = {name: often(text) for name, text in zip(KEY, texts, strict=True)}
    return RequestGroup(
        teller=teller,
        code=code,
        flags=flags,
        minute=one.minute,
        count=one.count,
        first=one.first,
        last=one.last,
        duration_p50=one.middle,
        duration_p99=one.high,
        idle_p50=median(idles) if idles else None,
        exemplars=tuple(context.source(line) for line in sorted({one.first_line, one.last_line})),
        **named,
    )


def _request(failure: Failure, teller: str, stands_for: int, context: Context) -> Request:
    return Request(
        source=context.source(failure.number),
        witness=Witness.ACCESS_LOG,
        teller=teller,
        idle=failure.idle,
        idle_by_connection=failure.connection is not None and failure.idle is not None,
        requests_before=failure.before,
        stands_for=stands_for,
        **(failure.told or {}),
    )
