"""What one range of one access log gave: plain data that pickles, and adds up with its neighbour.

`merge` is associative; ranges are merged with their neighbour to the right, in file order, so that
line numbers and idle times run on over the border.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from why503.evidence.access_log.aggregate import (
    FAILURES_KEPT,
    MISREAD_LINES_KEPT,
    REQUEST_IDS_KEPT,
)

NO_MINUTE = -1
"""The minute of requests without a time."""
LEFT_OVER_KEPT = 20_000
"""Lines of other programs that are handed to the other readers."""
Key = tuple[Any, ...]
"""teller, code, flags, then the texts of `aggregate.KEY` as written; None where there is none."""
Connection = tuple[str, str]
Use = tuple[float | None, float | None]
"""Start (seconds since 1970) and end of a request."""


@dataclass(slots=True)
class Failure:
    """A failed request; what it says of the range before it may still be open."""

    number: int
    """Line, from 1 at the begin of the range."""
    teller: str
    group: int
    """Index of its group in `Partial.keys`."""
    start: float | None
    """Seconds since 1970."""
    line: bytes
    """As written, in the format of the range; empty where `told` is known."""
    told: dict[str, Any] | None
    """`Request` fields that need no other line; None where ``line`` is yet to be read."""
    connection: Connection | None
    """Upstream host and local address, where both are told."""
    host: Connection | None
    """Upstream cluster and host."""
    by_connection: float | None = None
    """Seconds since the last use of the connection."""
    by_host: float | None = None
    """Seconds since the last use of the host."""
    before: int | None = None
    """Requests seen before on its connection."""
    connection_open: bool = False
    """True where the range before may know of the connection's last use."""
    host_open: bool = False
    before_open: bool = False


Idle = tuple[int, float | None, Connection | None, float | None]
"""Line, seconds of idleness before it; where these are still open, its connection and start."""


@dataclass(slots=True)
class Cells:
    """Requests of one group in one minute, a row each; a cell may have several rows."""

    group: "array[int]" = field(default_factory=lambda: array("I"))
    minute: "array[int]" = field(default_factory=lambda: array("q"))
    count: "array[int]" = field(default_factory=lambda: array("Q"))
    first: "array[float]" = field(default_factory=lambda: array("d"))
    """Start of the earliest request, seconds since 1970; NaN where there is no time."""
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

    connections: dict[Connection, Use] = field(default_factory=dict)
    hosts: dict[Connection, Use] = field(default_factory=dict)
    carried: dict[Connection, int] = field(default_factory=dict)
    closed: set[Connection] = field(default_factory=set)
    """Connections whose counting began anew in this range."""


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
    cells: Cells = field(default_factory=Cells)
    durations: Durations = field(default_factory=Durations)
    idles: dict[int, list[Idle]] = field(default_factory=dict)
    """Idle times by group, of a sample of the requests that went well."""
    failures: list[Failure] = field(default_factory=list)
    """The first `FAILURES_KEPT`."""
    failed: Counter[str] = field(default_factory=Counter)
    """All failures, by teller."""
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


def merge(left: Partial, right: Partial) -> Partial:
    """Both together; ``right`` follows ``left`` in the file. Both are used up."""
    shift = left.lines
    ids = _joined_keys(left, right)
    _add_cells(left, right, ids, shift)
    _add_idles(left, right, ids, shift)
    _add_failures(left, right, ids, shift)
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
    return left


def _joined_keys(left: Partial, right: Partial) -> list[int]:
    """For each group of ``right`` its index in ``left``."""
    known = {key: index for index, key in enumerate(left.keys)}
    ids = []
    for key in right.keys:
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


def _add_idles(left: Partial, right: Partial, ids: list[int], shift: int) -> None:
    """Idle times of both, up to the last failure that is kept."""
    room = FAILURES_KEPT - len(left.failures)
    if room <= 0:
        return
    end = right.failures[room - 1].number if len(right.failures) >= room else right.lines
    known = left.border.connections
    for group, idles in right.idles.items():
        kept = left.idles.setdefault(ids[group], [])
        for number, idle, connection, start in idles:
            if number > end:
                break
            use = None if connection is None else known.get(connection)
            if use is None:
                kept.append((number + shift, idle, connection, start))
            else:
                kept.append((number + shift, idle_since(use, start), None, None))


def _add_failures(left: Partial, right: Partial, ids: list[int], shift: int) -> None:
    room = FAILURES_KEPT - len(left.failures)
    for failure in right.failures[:room]:
        failure.number += shift
        failure.group = ids[failure.group]
        _over_the_border(failure, left.border)
        left.failures.append(failure)
    left.failed.update(right.failed)
    if len(left.failures) >= FAILURES_KEPT:
        left.border = Border()  # nobody will ask
        return
    ours, theirs = left.border, right.border
    ours.connections.update(theirs.connections)
    ours.hosts.update(theirs.hosts)
    for connection, count in theirs.carried.items():
        anew = connection in theirs.closed
        ours.carried[connection] = count + (0 if anew else ours.carried.get(connection, 0))
    for connection in theirs.closed - theirs.carried.keys():
        ours.carried.pop(connection, None)
    ours.closed |= theirs.closed


def _over_the_border(failure: Failure, border: Border) -> None:
    """Fill in what only the range before knows."""
    connection, host = failure.connection, failure.host
    if failure.connection_open and connection is not None:
        use = border.connections.get(connection)
        if use is not None:
            failure.by_connection = idle_since(use, failure.start)
            failure.connection_open = False
    if failure.host_open and host is not None and (use := border.hosts.get(host)) is not None:
        failure.by_host = idle_since(use, failure.start)
        failure.host_open = False
    if failure.before_open and connection is not None:
        failure.before = (failure.before or 0) + border.carried.get(connection, 0)
        failure.before_open = connection not in border.closed


def idle_since(use: Use, start: float | None) -> float | None:
    """Seconds from the end of ``use`` to ``start``; None where one is not told."""
    return None if start is None or use[1] is None else max(0.0, start - use[1])


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
    whole = Partial()
    for part in partials:
        whole = merge(whole, part)
    return whole
