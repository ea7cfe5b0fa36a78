"""One proxy's access log lines, gathered into groups, failures and request ids."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import field
from typing import Any

from why503.evidence.access_log.fields import (
    MISSING,
    Fields,
    flags_of,
    has_failed,
    milliseconds,
    told,
    whole,
)
from why503.evidence.access_log.idle import Carried, LastUse
from why503.evidence.reader import Context, Line
from why503.facts import AccessLog, Misread, Request, RequestGroup, Source, Witness
from why503.support.dataclass import dataclass
from why503.support.median import median
from why503.support.secret import mask, raw

FAILURES_KEPT = 20_000
"""Failed requests kept line by line; beyond that they are only counted in the groups."""

REQUEST_IDS_KEPT = 1_000_000
EXEMPLARS_KEPT = 3
MISREAD_LINES_KEPT = 10

TEXTS = (
    "details",
    "termination_details",
    "transport_failure",
    "method",
    "path",
    "protocol",
    "forwarded_for",
    "user_agent",
    "request_id",
    "authority",
    "upstream_host",
    "upstream_cluster",
    "upstream_local",
    "downstream_local",
    "downstream_remote",
    "server_name",
    "route",
)
KEY = (
    "upstream_cluster",
    "upstream_host",
    "authority",
    "details",
    "transport_failure",
    "method",
    "protocol",
)
_Key = tuple[str | int | frozenset[str] | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One understood line: its fields and the values that every use of it needs."""

    line: Line
    fields: Fields
    time: float | None
    """Start, seconds since 1970."""
    code: int | None
    flags: frozenset[str] | None
    duration: float | None
    """Milliseconds."""

    @property
    def end(self) -> float | None:
        """End, seconds since 1970."""
        if self.time is None or self.duration is None:
            return self.time
        return self.time + self.duration / 1000


def tell(line: Line, fields: Fields, time: Callable[[str], float | None]) -> Told:
    """The plain values of an understood line; ``time`` reads its time field."""
    flags = fields.get("flags")
    start = fields.get("time", "-")
    return Told(
        line=line,
        fields=fields,
        time=None if start in MISSING else time(start),
        code=whole(fields.get("code")),
        flags=None if flags is None else flags_of(flags),
        duration=milliseconds(fields.get("duration")),
    )


@dataclass(slots=True)
class _Group:
    count: int = 0
    first: float | None = None
    last: float | None = None
    durations: list[float] = field(default_factory=list)
    idles: list[float] = field(default_factory=list)
    exemplars: list[int] = field(default_factory=list)


def _earlier(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, other)


def _later(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)


def _percentile(values: list[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted ``values``."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _plain(value: str | None) -> str | None:
    if value is None:
        return None
    return "" if value == "-" else mask(value)


class Aggregate:
    """The lines of one teller in one file."""

    def __init__(self, context: Context, teller: str) -> None:
        self._context = context
        self._teller = teller
        self._formats: Counter[str] = Counter()
        self._groups: dict[_Key, _Group] = {}
        self._failures: list[Request] = []
        self._ids: set[str] = set()
        self._ids_complete = True
        self._last_use = LastUse()
        self._carried = Carried()
        self._first: float | None = None
        self._last: float | None = None
        self.understood = 0
        self.misread: list[int] = []
        """First numbers of the lines that could not be read."""
        self.misread_count = 0
        self.only_counted = 0
        """Failures beyond `FAILURES_KEPT`."""

    def add(self, name: str, told_line: Told) -> None:
        """Take an understood line; ``name`` is its format's."""
        self.understood += 1
        self._formats[name] += 1
        time = told_line.time
        self._first, self._last = _earlier(self._first, time), _later(self._last, time)
        idle, by_connection = self._last_use.idle(told_line.fields, time, told_line.end)
        carried = self._carried.before(told_line.fields, told_line.flags)
        self._group(told_line, idle)
        self._remember(told_line.fields.get("request_id", "-"))
        failed = has_failed(told_line.fields, told_line.code, told_line.flags or frozenset())
        if not failed:
            return
        if len(self._failures) == FAILURES_KEPT:
            self.only_counted += 1
            return
        self._failures.append(self._request(told_line, idle, carried, by_connection=by_connection))

    @property
    def kept(self) -> int:
        """Failures that are kept line by line."""
        return len(self._failures)

    def add_misread(self, number: int) -> None:
        """Take a line that belongs to an access log but cannot be read."""
        self.misread_count += 1
        if len(self.misread) < MISREAD_LINES_KEPT:
            self.misread.append(number)

    def _remember(self, request_id: str) -> None:
        if request_id in MISSING or request_id in self._ids:
            return
        if len(self._ids) < REQUEST_IDS_KEPT:
            self._ids.add(mask(request_id) if len(request_id) > 64 else request_id)
        else:
            self._ids_complete = False

    def _group(self, one: Told, idle: float | None) -> None:
        get = one.fields.get
        minute = None if one.time is None else int(one.time // 60)
        key = (one.code, one.flags, minute, *(get(name) for name in KEY))
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group()
        group.count += 1
        group.first, group.last = _earlier(group.first, one.time), _later(group.last, one.time)
        if one.duration is not None:
            group.durations.append(one.duration)
        if idle is not None:
            group.idles.append(idle)
        if len(group.exemplars) < EXEMPLARS_KEPT:
            group.exemplars.append(one.line.number)

    def _source(self, number: int) -> Source:
        return self._context.source(number)

    def _request(
        self, one: Told, idle: float | None, carried: int | None, *, by_connection: bool
    ) -> Request:
        fields = one.fields
        texts: dict[str, Any] = {name: _plain(fields.get(name)) for name in TEXTS}
        return Request(
            source=self._source(one.line.number),
            witness=Witness.ACCESS_LOG,
            teller=self._teller,
            time=one.time,
            code=one.code,
            flags=one.flags,
            bytes_received=whole(fields.get("bytes_received")),
            bytes_sent=whole(fields.get("bytes_sent")),
            duration=one.duration,
            upstream_service_time=milliseconds(told(fields, "upstream_service_time")),
            idle=idle,
            idle_by_connection=by_connection,
            requests_before=carried,
            raw=raw(one.line.text),
            **texts,
        )

    def _request_group(self, key: _Key, group: _Group) -> RequestGroup:
        code, flags, minute, *texts = key
        named = {
            name: _plain(value if isinstance(value, str) else None)
            for name, value in zip(KEY, texts, strict=True)
        }
        durations = sorted(group.durations)
        return RequestGroup(
            teller=self._teller,
            code=code if isinstance(code, int) else None,
            flags=flags if isinstance(flags, frozenset) else None,
            minute=minute if isinstance(minute, int) else None,
            count=group.count,
            first=group.first,
            last=group.last,
            duration_p50=median(durations) if durations else None,
            duration_p99=_percentile(durations, 0.99),
            idle_p50=median(group.idles) if group.idles else None,
            exemplars=tuple(self._source(number) for number in group.exemplars),
            **named,
        )

    def fact(self) -> AccessLog:
        """All that was gathered."""
        misread = Misread(kind="damaged", count=self.misread_count, lines=tuple(self.misread))
        return AccessLog(
            source=self._context.source(),
            teller=self._teller,
            formats=tuple(name for name, _ in self._formats.most_common()),
            lines=self.understood + self.misread_count,
            understood=self.understood,
            misread=(misread,) if self.misread_count else (),
            first=self._first,
            last=self._last,
            groups=tuple(self._request_group(key, group) for key, group in self._groups.items()),
            failures=tuple(self._failures),
            request_ids=frozenset(self._ids),
            request_ids_complete=self._ids_complete,
        )
