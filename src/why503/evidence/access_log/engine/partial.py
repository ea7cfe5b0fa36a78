"""What one range of one access log gave: plain data that pickles, and adds up with its neighbour.

`merge` is associative; ranges are merged with their neighbour to the right, in file order, so that
line numbers and idle times run on over the border.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

from why503.evidence.access_log.aggregate import (
    MISREAD_LINES_KEPT,
    REQUEST_IDS_KEPT,
)

FAILURES_KEPT = 5_000
"""Failed requests of a large log that are kept line by line, a fair share of each group."""
MOST_GROUPS = 100_000
"""Groups that are told apart; a caller can send whatever authority and method it likes."""
LEFT_OVER_KEPT = 20_000
"""Lines of other programs that are handed to the other readers."""
Key = tuple[Any, ...]
"""teller, code, flags, then the texts of `aggregate.KEY` as written; None where there is none."""
Connection = tuple[str, str]


@dataclass(slots=True)
class Failure:
    """A failed request; what it says of the range before it may still be open."""

    number: int
    """Line, from 1 at the begin of the range."""
    group: int
    """Index of its group in `Partial.keys`."""
    start: float | None
    """Seconds since 1970."""
    priority: int
    """Which of many failures are kept: a hash of the request id, so that every proxy's log keeps
    the same requests."""
    line: bytes
    """As written, in the format of the range; empty where `told` is known."""
    told: dict[str, Any] | None
    """`Request` fields that need no other line; None where ``line`` is yet to be read."""
    connection: int | None = None
    """Hash of upstream cluster, host and local address, where all are told."""
    host: Connection | None = None
    """Upstream cluster and host, where the connection is not told."""
    idle: float | None = None
    """Seconds since the last use of the connection, or of the host where that is not told."""
    before: int | None = None
    """Requests seen before on its connection."""
    connection_open: bool = False
    """True where the range before may know of the connection's last use."""
    host_open: bool = False
    before_open: bool = False


@dataclass(slots=True)
class Idles:
    """Seconds of idleness before a sample of the requests that went well."""

    group: "array[int]" = field(default_factory=lambda: array("I"))
    idle: "array[float]" = field(default_factory=lambda: array("d"))
    """NaN where it is open or cannot be told."""
    connection: "array[int]" = field(default_factory=lambda: array("Q"))
    """Where the range before may know the last use: the connection, else 0."""
    start: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Cells:
    """Requests of one group in one minute, a row each; a cell may have several rows."""

    group: "array[int]" = field(default_factory=lambda: array("I"))
    minute: "array[int]" = field(default_factory=lambda: array("q"))
    count: "array[int]" = field(default_factory=lambda: array("Q"))
    first: "array[float]" = field(default_factory=lambda: array("d"))
    """Start of the earliest line, seconds since 1970; NaN where there is no time."""
    last: "array[float]" = field(default_factory=lambda: array("d"))
    first_line: "array[int]" = field(default_factory=lambda: array("Q"))
    last_line: "array[int]" = field(default_factory=lambda: array("Q"))


@dataclass(slots=True)
class Durations:
    """How many requests of a row of `Cells` took how long: an exact histogram."""

    cell: "array[int]" = field(default_factory=lambda: array("I"))
    milliseconds: "array[float]" = field(default_factory=lambda: array("d"))
    count: "array[int]" = field(default_factory=lambda: array("I"))


@dataclass(slots=True)
class Border:
    """Last uses at the end of a range, for failures early in the next one."""

    connection: "array[int]" = field(default_factory=lambda: array("Q"))
    end: "array[float]" = field(default_factory=lambda: array("d"))
    """End of the last request, seconds since 1970; NaN where not told."""
    carried: "array[int]" = field(default_factory=lambda: array("Q"))
    """Requests on the connection since the range began, or since it was closed."""
    closed: bytearray = field(default_factory=bytearray)
    """1 for connections whose counting began anew in this range."""
    hosts: dict[Connection, float] = field(default_factory=dict)
    """End of the last request to each host."""


@dataclass(slots=True)
class Misreads:
    """Lines of one teller that belong to an access log but cannot be read."""

    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Partial:
    """The whole account of one range: understood + misread + left over + blank + unread = lines."""

    lines: int = 0
    understood: int = 0
    blank: int = 0
    size: int = 0
    """Bytes that were read."""
    unread: int = 0
    """Lines that were not read because the reading was interrupted, where they can be counted."""
    interrupted: bool = False
    """True where reading ended before the end."""
    keys: list[Key] = field(default_factory=list)
    by_minute: bool = True
    """False where the minutes of some cells were put together to save memory."""
    cells: Cells = field(default_factory=Cells)
    durations: Durations = field(default_factory=Durations)
    idles: Idles = field(default_factory=Idles)
    failures: list[Failure] = field(default_factory=list)
    """At most `FAILURES_KEPT`, in file order (see `kept`)."""
    failed: Counter[int] = field(default_factory=Counter)
    """All failures, by group."""
    formats: dict[str, Counter[str]] = field(default_factory=dict)
    """Lines by teller and format."""
    misreads: dict[str, Misreads] = field(default_factory=dict)
    left_over: list[tuple[int, str]] = field(default_factory=list)
    """The first lines that are no access log's, with their numbers."""
    left_over_count: int = 0
    request_ids: dict[str, set[str]] | None = field(default_factory=dict)
    """Every request id by teller; None where they are too many to keep."""
    border: Border = field(default_factory=Border)

    @property
    def misread(self) -> int:
        """Lines that belong to an access log but cannot be read."""
        return sum(misreads.count for misreads in self.misreads.values())


def kept(failures: list[Failure], failed: Counter[int], room: int = FAILURES_KEPT) -> list[Failure]:
    """Of too many failures those that are kept: of every group as many, by their priority.

    ``failed`` counts all failures of each group, kept or not. What is kept of a whole depends on
    the whole only, not on how it was cut: each part keeps at least as many of each group.
    """
    if failed.total() <= room:
        return failures
    each = max(1, _fair_share(sorted(failed.values()), room))
    seen: Counter[int] = Counter()
    chosen = []
    for failure in sorted(failures, key=lambda one: (one.priority, one.number)):
        seen[failure.group] += 1
        if seen[failure.group] <= each:
            chosen.append(failure)
    chosen = chosen[:room]  # where there are more groups than room
    chosen.sort(key=lambda one: one.number)
    return chosen


def _fair_share(counts: list[int], room: int) -> int:
    """The most that each of ``counts``, in rising order, may have so that all fit in ``room``."""
    for place, count in enumerate(counts):
        share = room // (len(counts) - place)
        if count > share:
            return share
        room -= count
    return counts[-1] if counts else 0


def merge(left: Partial, right: Partial) -> Partial:
    """Both together; ``right`` follows ``left`` in the file. Both are used up."""
    shift = left.lines
    ids = _joined_keys(left, right)
    _add_cells(left, right, ids, shift)
    known = {name: place for place, name in enumerate(left.border.connection)}
    _add_idles(left, right, ids, known)
    _add_failures(left, right, ids, known)
    _add_border(left.border, right.border, known)
    for teller, formats in right.formats.items():
        left.formats.setdefault(teller, Counter()).update(formats)
    for teller, misreads in right.misreads.items():
        ours = left.misreads.setdefault(teller, Misreads())
        ours.count += misreads.count
        room = MISREAD_LINES_KEPT - len(ours.lines)
        ours.lines.extend(number + shift for number in misreads.lines[:room])
    room = LEFT_OVER_KEPT - len(left.left_over)
    left.left_over.extend((number + shift, text) for number, text in right.left_over[:room])
    left.left_over_count += right.left_over_count
    left.request_ids = _together(left.request_ids, right.request_ids)
    left.lines += right.lines
    left.understood += right.understood
    left.blank += right.blank
    left.size += right.size
    left.unread += right.unread
    left.interrupted |= right.interrupted
    left.by_minute &= right.by_minute
    return left


def others_of(key: Key) -> Key:
    """The group of requests like these that are too many to tell apart."""
    return (*key[:3], *(None for _text in key[3:]))


def _joined_keys(left: Partial, right: Partial) -> list[int]:
    """For each group of ``right`` its index in ``left``."""
    known = {key: index for index, key in enumerate(left.keys)}
    ids = []
    for key in right.keys:
        found = known.get(key)
        if found is None and len(left.keys) >= MOST_GROUPS:
            key = others_of(key)  # noqa: PLW2901 - one group for what is too much
            found = known.get(key)
        if found is None:
            found = known[key] = len(left.keys)
            left.keys.append(key)
        ids.append(found)
    return ids


def _add_cells(left: Partial, right: Partial, ids: list[int], shift: int) -> None:
    cells, others = left.cells, right.cells
    offset = len(cells.group)
    cells.group.extend(map(ids.__getitem__, others.group))
    cells.minute.extend(others.minute)
    cells.count.extend(others.count)
    cells.first.extend(others.first)
    cells.last.extend(others.last)
    cells.first_line.extend(map(shift.__add__, others.first_line))
    cells.last_line.extend(map(shift.__add__, others.last_line))
    left.durations.cell.extend(map(offset.__add__, right.durations.cell))
    left.durations.milliseconds.extend(right.durations.milliseconds)
    left.durations.count.extend(right.durations.count)


def _add_idles(left: Partial, right: Partial, ids: list[int], known: dict[int, int]) -> None:
    ours, theirs = left.idles, right.idles
    ours.group.extend(map(ids.__getitem__, theirs.group))
    ours.start.extend(theirs.start)
    for idle, connection, start in zip(theirs.idle, theirs.connection, theirs.start, strict=True):
        place = known.get(connection) if connection else None
        if place is None:
            ours.idle.append(idle)
            ours.connection.append(connection)
        else:
            found = idle_since(left.border.end[place], start)
            ours.idle.append(nan if found is None else found)
            ours.connection.append(0)


def _add_failures(left: Partial, right: Partial, ids: list[int], known: dict[int, int]) -> None:
    for failure in right.failures:
        failure.number += left.lines
        failure.group = ids[failure.group]
        _over_the_border(failure, left.border, known)
        left.failures.append(failure)
    for group, count in right.failed.items():
        left.failed[ids[group]] += count
    left.failures = kept(left.failures, left.failed)


def _over_the_border(failure: Failure, border: Border, known: dict[int, int]) -> None:
    """Fill in what only the range before knows."""
    if failure.host_open and failure.host in border.hosts:
        failure.idle = idle_since(border.hosts[failure.host], failure.start)
        failure.host_open = False
    place = None if failure.connection is None else known.get(failure.connection)
    if place is None:
        return
    if failure.connection_open:
        failure.idle = idle_since(border.end[place], failure.start)
        failure.connection_open = False
    if failure.before_open:
        failure.before = (failure.before or 0) + border.carried[place]
        failure.before_open = not border.closed[place]


def _add_border(ours: Border, theirs: Border, known: dict[int, int]) -> None:
    for place, connection in enumerate(theirs.connection):
        at = known.get(connection)
        if at is None:
            ours.connection.append(connection)
            ours.end.append(theirs.end[place])
            ours.carried.append(theirs.carried[place])
            ours.closed.append(theirs.closed[place])
            continue
        ours.end[at] = theirs.end[place]
        if theirs.closed[place]:
            ours.carried[at] = theirs.carried[place]
            ours.closed[at] = 1
        else:
            ours.carried[at] += theirs.carried[place]
    ours.hosts.update(theirs.hosts)


def idle_since(end: float, start: float | None) -> float | None:
    """Seconds from ``end`` (NaN where not told) to ``start``; None where one is not told."""
    return None if start is None or isnan(end) else max(0.0, start - end)


def _together(
    one: dict[str, set[str]] | None, other: dict[str, set[str]] | None
) -> dict[str, set[str]] | None:
    if one is None or other is None:
        return None
    for teller, ids in other.items():
        one.setdefault(teller, set()).update(ids)
    return one if sum(map(len, one.values())) <= REQUEST_IDS_KEPT else None


def merged(partials: Iterable[Partial]) -> Partial:
    """All ranges of one file together, in file order."""
    whole: Partial | None = None
    for part in partials:
        whole = part if whole is None else merge(whole, part)
    return whole or Partial()
