from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.partial import Failure, Partial, merged
from why503.evidence.access_log.engine.uses import Uses, _in_runs

HOSTS = ("10.0.0.1:80", "10.0.0.2:80", "-")
OUTCOMES = (("200", "-"), ("503", "UC"), ("503", "UH"), ("404", "-"))


@dataclass(frozen=True)
class _Line:
    host: int
    """Index among `HOSTS`."""
    local: int
    """Connection to the host; 0 where it is not told."""
    outcome: int
    start: float
    took: float

    @property
    def end(self) -> float:
        return self.start + (0.0 if isnan(self.took) else self.took) / 1000

    @property
    def failed(self) -> bool:
        return self.outcome > 0


MANY = st.lists(
    st.builds(
        _Line,
        host=st.integers(0, len(HOSTS) - 1),
        local=st.integers(0, 2),
        outcome=st.integers(0, len(OUTCOMES) - 1),
        start=st.one_of(st.just(nan), st.integers(0, 100).map(float)),
        took=st.sampled_from([nan, 0.0, 500.0, 20_000.0]),
    ),
    max_size=40,
)
ONE = st.lists(
    st.builds(
        _Line,
        host=st.just(0),
        local=st.just(1),
        outcome=st.sampled_from([0, 0, 1, 3]),
        start=st.integers(0, 9).map(float),
        took=st.just(0.0),
    ),
    min_size=4,
    max_size=12,
)
LINES = st.one_of(MANY, ONE)
"""Of many connections, or of a single one that is closed now and then."""
CUTS = st.lists(st.integers(0, 12), max_size=6)


def _told(line: _Line, before: _Line | None) -> float | None:
    if before is None or isnan(line.start) or isnan(before.end):
        return None
    return max(0.0, line.start - before.end)


def _reference(lines: list[_Line]) -> tuple[list[tuple], list[float]]:
    """Idle, requests before and whether the connection is told, of each failure; idles of others.

    One line after the other.
    """
    last_of: dict[tuple[int, int], _Line] = {}
    last_to: dict[int, _Line] = {}
    carried: dict[tuple[int, int], int] = {}
    failures, idles = [], []
    for line in lines:
        host_told = HOSTS[line.host] != "-"
        pair = (line.host, line.local)
        by_connection = host_told and line.local > 0
        before = last_of.get(pair) if by_connection else last_to.get(line.host)
        idle = _told(line, before) if host_told else None
        if line.failed:
            count = carried.get(pair, 0) if by_connection else None
            failures.append((idle, count, by_connection))
        elif by_connection and idle is not None:
            idles.append(idle)
        last_of[pair], last_to[line.host] = line, line
        carried[pair] = 0 if OUTCOMES[line.outcome][1] == "UC" else carried.get(pair, 0) + 1
    return failures, idles


class _Range:
    """A range that is followed in several pieces."""

    def __init__(self, *, sample_all: bool = True, connections: int = 1000) -> None:
        self.groups = Groups()
        self.uses = Uses(self.groups, sample_all=sample_all, connections=connections)
        self.failures: list[Failure] = []
        self.lines = 0

    def follow(self, lines: list[_Line]) -> None:
        if not lines:
            return
        columns, failures = self._columns(lines), []
        for row, line in enumerate(lines):
            if line.failed:
                failures.append(
                    Failure(
                        number=self.lines + row + 1,
                        group=int(columns.group[row]),
                        start=None if isnan(line.start) else line.start,
                        priority=0,
                        line=b"",
                        told={},
                    )
                )
        self.uses.follow(columns, failures)
        self.failures += failures
        self.lines += len(lines)

    def _columns(self, lines: list[_Line]) -> Columns:
        return Columns(
            line=np.arange(len(lines)) + self.lines,
            group=np.array([self._group(line) for line in lines]),
            minute=np.zeros(len(lines), np.int64),
            start=np.array([line.start for line in lines]),
            took=np.array([line.took for line in lines]),
            connection=np.array([line.local * 0x1234567 for line in lines], np.uint64),
        )

    def _group(self, line: _Line) -> int:
        code, flags = OUTCOMES[line.outcome]
        fields = {"code": code, "flags": flags, "upstream_host": HOSTS[line.host]}
        return self.groups.group("p", fields)

    def partial(self) -> Partial:
        partial = Partial(lines=self.lines, keys=self.groups.keys, failures=self.failures)
        partial.failed.update(one.group for one in self.failures)
        partial.idles, partial.border = self.uses.idles, self.uses.border()
        return partial


def _pieces(lines: list[_Line], cuts: list[int]) -> list[list[_Line]]:
    edges = [0, *sorted(min(cut, len(lines)) for cut in cuts), len(lines)]
    return [lines[edges[place] : edges[place + 1]] for place in range(len(edges) - 1)]


def _found(partial: Partial) -> tuple[list[tuple], list[float]]:
    failures = [(one.idle, one.before, one.connection is not None) for one in partial.failures]
    return failures, [idle for idle in partial.idles.idle if not isnan(idle)]


@given(lines=LINES, cuts=CUTS)
def test_lines_that_are_followed_in_pieces_are_those_of_one_after_the_other(lines, cuts):
    one = _Range()
    for piece in _pieces(lines, cuts):
        one.follow(piece)

    assert _found(one.partial()) == _reference(lines)


@given(lines=LINES, cuts=CUTS, pieces=CUTS)
def test_ranges_that_are_merged_are_those_of_one_after_the_other(lines, cuts, pieces):
    ranges = []
    for own in _pieces(lines, cuts):
        one = _Range()
        for piece in _pieces(own, pieces):
            one.follow(piece)
        ranges.append(one.partial())

    assert _found(merged(ranges)) == _reference(lines)


@given(lines=LINES, cuts=CUTS)
def test_ranges_may_be_merged_from_the_right(lines, cuts):
    parts = []
    for own in _pieces(lines, cuts):
        one = _Range()
        one.follow(own)
        parts.append(one.partial())
    while len(parts) > 1:
        parts[-2:] = [merged(parts[-2:])]

    assert _found(parts[0]) == _reference(lines)


def _ranges(*ranges: tuple[str, ...]) -> list[int | None]:
    """Requests before each failure on one connection: good, failed or closing (g, f, c).

    Each range is followed in the pieces that its texts are.
    """
    parts, moment = [], 0.0
    for pieces in ranges:
        one = _Range()
        for piece in pieces:
            lines = []
            for sign in piece:
                moment += 1.0
                outcome = {"g": 0, "c": 1, "f": 3}[sign]
                lines.append(_Line(host=0, local=1, outcome=outcome, start=moment, took=0.0))
            one.follow(lines)
        parts.append(one.partial())
    return [failure.before for failure in merged(parts).failures]


def test_a_connection_that_was_closed_stays_so_over_pieces_and_ranges():
    assert _ranges(("gg", "c", "g"), ("f",)) == [2, 1]
    assert _ranges(("gg",), ("c", "g", "g"), ("f",)) == [2, 2]
    assert _ranges(("gg",), ("cg",), ("g",), ("f",)) == [2, 2]
    assert _ranges(("ggg",), ("c",), ("f",)) == [3, 0]


def _good(start: float, local: int = 1) -> _Line:
    return _Line(host=0, local=local, outcome=0, start=start, took=0.0)


def test_of_a_sample_only_one_in_a_hundred_milliseconds_is_measured():
    one = _Range(sample_all=False)
    one.follow([_good(1.0), _good(1.1), _good(1.101), _good(1.15), _good(2.0)])

    assert list(one.uses.idles.start) == [1.0, 1.1, 2.0]


def test_connections_used_longest_ago_are_forgotten_first():
    one = _Range(connections=4)
    one.follow([_good(float(number), local=number) for number in (3, 1, 5)])
    one.follow([_good(float(number), local=number) for number in (2, 4)])

    assert sorted(one.uses.border().end) == [3.0, 4.0, 5.0]


@pytest.mark.parametrize("count", [1, 4])
def test_as_many_connections_as_there_is_room_for_are_remembered(count):
    one = _Range(connections=4)
    for number in range(count):
        one.follow([_good(float(number), local=number + 1)])

    assert len(one.uses.border().connection) == count


def test_connections_without_times_are_bounded_too():
    one = _Range(connections=4)
    one.follow([_good(nan, local=number) for number in range(1, 8)])

    assert len(one.uses.border().connection) <= 4


def test_a_connection_that_was_forgotten_is_remembered_again():
    one = _Range(connections=4)
    one.follow([_good(float(number), local=number) for number in range(1, 8)])
    one.follow([_good(8.0, local=1), _Line(host=0, local=1, outcome=1, start=9.0, took=0.0)])

    (failure,) = one.failures
    assert (failure.idle, failure.before) == (1.0, 1)


def test_what_another_host_carried_is_not_told_of_this_one():
    one = _Range()
    one.follow([_good(1.0), _Line(host=1, local=1, outcome=1, start=4.0, took=0.0)])

    (failure,) = one.failures
    assert (failure.idle, failure.before, failure.connection_open) == (None, 0, True)


@given(st.lists(st.integers(1, 6), max_size=60), st.sampled_from([1, 1 << 3, 1 << 40]))
def test_runs_keep_their_order_also_where_names_differ_in_few_bits(names, apart):
    told = np.array([name * apart for name in names], np.uint64)

    places = _in_runs(told).tolist()

    assert places == sorted(range(len(told)), key=lambda place: (told[place], place))
