"""Counts the understood lines of one range, thousands at a time, into a `Partial`."""

from _collections import _count_elements as count_into  # type: ignore[import-not-found]
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from math import nan
from typing import Any

from msgspec import UNSET

from why503.evidence.access_log.aggregate import FAILURES_KEPT, KEY, REQUEST_IDS_KEPT
from why503.evidence.access_log.engine.partial import (
    Border,
    Connection,
    Failure,
    Key,
    Partial,
    Use,
    idle_since,
)
from why503.evidence.access_log.engine.passage import Passage, Raw
from why503.evidence.access_log.fields import (
    MISSING,
    Fields,
    flags_of,
    has_failed,
    milliseconds,
    whole,
)
from why503.evidence.access_log.idle import CLOSES, MOST_CONNECTIONS

Pair = tuple[Raw, Raw]
"""Upstream host and local address of a connection."""
SAMPLED = "00"
"""Last digits of the milliseconds of requests whose idle time is measured in a large log."""
SETTLED_EVERY = 400_000
"""Lines after which what was counted is packed."""

BORDER_KEPT = MOST_CONNECTIONS
"""Connections of which the next range is told."""


def key_of(teller: str, fields: Fields) -> tuple[Key, bool]:
    """The group of a line, and whether its requests failed."""
    code = whole(fields.get("code"))
    flags = fields.get("flags")
    plain = None if flags is None else flags_of(flags)
    key = (teller, code, plain, *(fields.get(name) for name in KEY))
    return key, has_failed(fields, code, plain or frozenset())


class _Minute:
    """The groups of one minute."""

    __slots__ = ("durations", "first", "last")

    def __init__(self) -> None:
        self.durations: dict[tuple[int, Raw], int] = {}
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}


class Tally:
    """The understood lines of one range so far."""

    def __init__(
        self,
        moment: Callable[[Raw], float | None],
        *,
        keep_ids: bool,
        sample_all: bool = True,
        track: bool = True,
    ) -> None:
        """``moment`` reads a time as the range's format writes it.

        ``sample_all``: the idle time before every request is measured, else that of each whose
        time ends in `SAMPLED` milliseconds. Without ``track`` no failure is kept.
        """
        self.sample_all = sample_all
        self._room = FAILURES_KEPT if track else 0
        self.partial = Partial(request_ids={} if keep_ids else None)
        self.failing: set[int] = set()
        """Groups of failed requests."""
        self.closing: set[int] = set()
        """Groups whose requests end their connection."""
        self.passage = Passage()
        self._moment_of = moment
        self._ids: dict[Key, int] = {}
        self._of_host: defaultdict[Connection, list[int]] = defaultdict(list)
        self._minutes: defaultdict[int, _Minute] = defaultdict(_Minute)
        self._settled_at = 0
        self._settled: dict[int, int] = {}
        self._connections: dict[Pair, int] = {}
        self._carried: dict[Pair, int] = {}
        self._closed: set[Pair] = set()

    @property
    def lines(self) -> int:
        """Lines of the range that went by, understood or not."""
        return self.passage.lines

    @property
    def tracking(self) -> bool:
        """Whether the use of connections still matters: a failure may yet be kept."""
        return len(self.partial.failures) < self._room

    def group(self, teller: str, fields: Fields) -> int:
        """Index of the group of a line."""
        key, failed = key_of(teller, fields)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.partial.keys)
            self.partial.keys.append(key)
            self._of_host[_host_of(key)].append(found)
            if failed:
                self.failing.add(found)
            if key[2] and key[2] & CLOSES:
                self.closing.add(found)
        return found

    def count(self, minute: int, groups: list[int], took: Sequence[Raw], start: int) -> None:
        """Count lines of one minute that follow each other."""
        here = self._minutes[minute]
        count_into(here.durations, zip(groups, took, strict=True))
        last = here.last
        known = len(last)
        last.update(zip(groups, range(start, start + len(groups)), strict=True))
        for group in islice(reversed(last), len(last) - known):
            here.first[group] = start + groups.index(group)

    def count_each(
        self, minutes: list[int], groups: list[int], took: Sequence[Raw], start: int
    ) -> None:
        """Count lines that follow each other, each of its own minute."""
        for place, minute in enumerate(minutes):
            group, index = groups[place], start + place
            here = self._minutes[minute]
            pair = (group, took[place])
            here.durations[pair] = here.durations.get(pair, 0) + 1
            here.first.setdefault(group, index)
            here.last[group] = index

    def use(self, connections: Sequence[Pair], start: int) -> None:
        """Note that lines from ``start`` on used these upstream connections."""
        self._connections.update(
            zip(connections, range(start, start + len(connections)), strict=True)
        )
        count_into(self._carried, connections)

    def sample(self, group: int, connection: Pair, index: int, start: float | None) -> None:
        """Measure the idle time before a request that went well."""
        if start is None or not MISSING_RAW.isdisjoint(connection):
            return
        idles = self.partial.idles.setdefault(group, [])
        last = self._connections.get(connection)
        if last is None:
            idles.append((index + 1, None, _text_pair(connection), start))
        else:
            idles.append((index + 1, idle_since(self._use(last), start), None, None))

    def fail(
        self,
        group: int,
        place: tuple[int, float | None],
        upstream: tuple[Pair, int | None],
        told: bytes | dict[str, Any],
    ) -> None:
        """Keep a failed line.

        ``place``: its index and start; ``upstream``: its connection, and the line before it in its
        own block that went to the same host.
        """
        key = self.partial.keys[group]
        teller = key[0]
        self.partial.failed[teller] += 1
        if not self.tracking:
            return
        index, start = place
        connection, near = upstream
        host = _host_of(key)
        has_host = host[1] not in MISSING
        has_connection = MISSING_RAW.isdisjoint(connection)
        failure = Failure(
            number=index + 1,
            teller=teller,
            group=group,
            start=start,
            line=told if isinstance(told, bytes) else b"",
            told=None if isinstance(told, bytes) else told,
            connection=_text_pair(connection) if has_connection else None,
            host=host if has_host else None,
        )
        if has_connection:
            last = self._connections.get(connection)
            failure.connection_open = last is None
            failure.by_connection = None if last is None else idle_since(self._use(last), start)
            failure.before = self._carried.get(connection, 0)
            failure.before_open = connection not in self._closed
        elif has_host:
            last = self._last_of_host(host) if near is None else near
            failure.host_open = last is None
            failure.by_host = None if last is None else idle_since(self._use(last), start)
        self.partial.failures.append(failure)

    def close(self, connection: Pair) -> None:
        """The connection ended with the line that was just noted."""
        self._carried.pop(connection, None)
        self._closed.add(connection)

    def understood(self, teller: str, name: str, count: int) -> None:
        """Count lines of a format."""
        self.partial.understood += count
        self.partial.formats.setdefault(teller, Counter())[name] += count

    def remember(self, teller: str, request_ids: Sequence[Raw]) -> None:
        """Keep request ids, as long as they are few enough."""
        kept = self.partial.request_ids
        if kept is None:
            return
        ids = kept.setdefault(teller, set())
        ids.update(text_of(one) or "" for one in request_ids if one not in MISSING_RAW)
        if len(ids) > REQUEST_IDS_KEPT:
            self.partial.request_ids = None

    def settle_if_due(self) -> None:
        """`settle`, every so many lines."""
        if self.lines - self._settled_at >= SETTLED_EVERY:
            self.settle()

    def settle(self) -> None:
        """Pack what was counted; memory then grows with the groups, not with the lines."""
        for minute, here in sorted(self._minutes.items()):
            self._pack(minute, here)
            self._settled.update(here.last)
        self._minutes.clear()
        self._settled_at = self.lines
        self.passage.forget(everything=not self.tracking)
        if not self.tracking:
            self._connections.clear()
            self._carried.clear()
        elif len(self._connections) > MOST_CONNECTIONS:
            oldest = sorted(self._connections.values())[-MOST_CONNECTIONS // 2]
            for pair in [one for one, last in self._connections.items() if last < oldest]:
                del self._connections[pair]
                self._carried.pop(pair, None)

    def _pack(self, minute: int, here: _Minute) -> None:
        cells, durations = self.partial.cells, self.partial.durations
        rows: dict[int, int] = {}
        for group, last in here.last.items():
            rows[group] = len(cells.group)
            first = here.first[group]
            cells.group.append(group)
            cells.minute.append(minute)
            cells.count.append(0)
            cells.first.append(self._moment(first))
            cells.last.append(self._moment(last))
            cells.first_line.append(first + 1)
            cells.last_line.append(last + 1)
        spans = {took: milliseconds(text_of(took)) for took in {took for _, took in here.durations}}
        if None in spans.values():
            told = {pair: n for pair, n in here.durations.items() if spans[pair[1]] is not None}
        else:
            told = here.durations
        durations.cell.extend([rows[group] for group, _took in told])
        durations.milliseconds.extend([spans[took] or 0.0 for _group, took in told])
        durations.count.extend(told.values())
        counts = cells.count
        for (group, _took), count in here.durations.items():
            counts[rows[group]] += count

    def finish(self) -> Partial:
        """The account of the whole range."""
        self.partial.lines = self.lines
        if self.tracking:
            self.partial.border = self._border()
        elif self.partial.failures:
            last = self.partial.failures[-1].number
            self.partial.idles = {
                group: [one for one in idles if one[0] <= last]
                for group, idles in self.partial.idles.items()
            }
        self.settle()
        return self.partial

    def _border(self) -> Border:
        border = Border()
        recent = sorted(self._connections.items(), key=lambda item: item[1])[-BORDER_KEPT:]
        for connection, index in recent:
            pair = _text_pair(connection)
            border.connections[pair] = self._use(index)
            border.carried[pair] = self._carried.get(connection, 0)
        border.closed = {_text_pair(connection) for connection in self._closed}
        for host in self._of_host:
            if (last := self._last_of_host(host)) is not None:
                border.hosts[host] = self._use(last)
        return border

    def _last_of_host(self, host: Connection) -> int | None:
        """The last line before this block that went to a host."""
        groups = self._of_host[host]
        found = [self._settled[group] for group in groups if group in self._settled]
        for here in self._minutes.values():
            found += [here.last[group] for group in groups if group in here.last]
        return max(found, default=None)

    def _use(self, index: int) -> Use:
        found = self.passage.at(index)
        return (None, None) if found is None else self._span(found)

    def _span(self, found: tuple[Raw, Raw, int]) -> Use:
        start, took = self._moment_of(found[0]), milliseconds(text_of(found[1]))
        return start, start if start is None or took is None else start + took / 1000

    def _moment(self, index: int) -> float:
        start = self._moment_of(self.passage.time(index))
        return nan if start is None else start


MISSING_RAW: frozenset[Any] = MISSING | {one.encode() for one in MISSING} | {None, UNSET}
"""What stands for a missing value, in either format."""


def _host_of(key: Key) -> Connection:
    """Whose upstream cluster, and which host, a group is of."""
    return f"{key[0]} {key[_CLUSTER] or '-'}", key[_HOST] or "-"


_CLUSTER, _HOST = 3 + KEY.index("upstream_cluster"), 3 + KEY.index("upstream_host")


def text_of(raw: Raw | None) -> str | None:
    """A text as str; None where there is none."""
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")
    return str(raw) if isinstance(raw, str | int) else None


def _text_pair(pair: Pair) -> Connection:
    return text_of(pair[0]) or "", text_of(pair[1]) or ""
