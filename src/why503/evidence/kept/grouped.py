"""Groups that a store's own SQL has counted (see `fleet.sql`), with the lines that it kept."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from why503.evidence.access_log.fields import flags_of
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.input_summary import input_of
from why503.evidence.kept import parquet
from why503.evidence.line_by_line import by_line
from why503.evidence.prefix import Peeler
from why503.evidence.reader import Context, Line
from why503.facts import AccessLog, Bundle, Fact, RequestGroup
from why503.support.secret import mask

COLUMNS = ("kind", "line", "code", "minute", "count", "first", "last")
_NUMBERS = ("code", "minute", "count", "first", "last", "duration_p50", "duration_p99")
_TEXTS = (
    *("upstream_cluster", "upstream_host", "authority", "details", "transport_failure"),
    *("method", "protocol"),
)


def load(path: Path, context: Context) -> Bundle:
    """The facts of such a file; raises `parquet.KeepError`.

    Idle times are left out: the lines between the failures are not there.
    """
    groups = tuple(_groups(path, context))
    outcome = by_line(_lines(path), context)
    facts = [_without_idle(fact) for fact in outcome.facts]
    own = next((one for one in facts if isinstance(one, AccessLog) and _is_own(one, context)), None)
    whole = _together(groups, own, context)
    outcome.facts = [whole, *(fact for fact in facts if fact is not own)]
    outcome.kinds.insert(0, (1, "access log"))
    outcome.lines += sum(group.count for group in groups)
    row = input_of(context.path, outcome, context.teller)
    return Bundle(inputs=(row,), facts=tuple(outcome.facts), unread=tuple(outcome.unread))


def _is_own(log: AccessLog, context: Context) -> bool:
    return log.teller == context.teller


def _groups(path: Path, context: Context) -> Iterator[RequestGroup]:
    columns = ("kind", *_NUMBERS, *_TEXTS)
    for row in parquet.read(path, columns, where="kind = 'group'"):
        told: dict[str, Any] = {name: row[name] for name in _NUMBERS}
        told |= {name: _plain(row[name]) for name in _TEXTS}
        yield RequestGroup(
            teller=context.teller,
            flags=flags_of("-"),
            idle_p50=None,
            exemplars=(context.source(),),
            **told,
        )


def _plain(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "" if text == "-" else mask(text)


def _lines(path: Path) -> Iterator[Line]:
    peeler = Peeler()
    rows = parquet.read(path, ("line",), where="kind = 'line'")
    for number, row in enumerate(rows, start=1):
        line = row["line"]
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)
        yield from peeler.peel(number, text)
    yield from peeler.flush()


def _without_idle(fact: Fact) -> Fact:
    if not isinstance(fact, AccessLog):
        return fact
    return replace(
        fact,
        groups=tuple(replace(group, idle_p50=None) for group in fact.groups),
        failures=tuple(
            replace(one, idle=None, idle_by_connection=False, requests_before=None)
            for one in fact.failures
        ),
        request_ids_complete=False,
    )


def _together(
    groups: tuple[RequestGroup, ...], own: AccessLog | None, context: Context
) -> AccessLog:
    """One log of the groups and of what the kept lines tell."""
    count = sum(group.count for group in groups)
    if own is None:
        own = _empty(context)
    return replace(
        own,
        formats=own.formats or (KNOWN_FORMATS[0].name,),
        lines=own.lines + count,
        understood=own.understood + count,
        first=_ends(min, (own.first, *(group.first for group in groups))),
        last=_ends(max, (own.last, *(group.last for group in groups))),
        groups=(*groups, *own.groups),
    )


def _ends(choose: Any, moments: Iterable[float | None]) -> float | None:
    found: float | None = choose((one for one in moments if one is not None), default=None)
    return found


def _empty(context: Context) -> AccessLog:
    return AccessLog(
        source=context.source(),
        teller=context.teller,
        formats=(),
        lines=0,
        understood=0,
        misread=(),
        first=None,
        last=None,
        groups=(),
        failures=(),
        request_ids=frozenset(),
        request_ids_complete=False,
    )
