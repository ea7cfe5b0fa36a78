from collections import Counter
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.engine import tally as under_test
from why503.evidence.access_log.engine.block import NO_MINUTE
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.partial import Failure, Partial
from why503.evidence.access_log.engine.tally import Tally

FIELDS = {"code": "503", "flags": "UC", "upstream_cluster": "c", "upstream_host": "10.0.0.1:80"}
GOOD = FIELDS | {"code": "200", "flags": "-"}


def _columns(tally: Tally, *lines: tuple[int, float, float], connection: int = 0) -> Columns:
    """Lines of a group each, with their start in seconds and their milliseconds."""
    first, count = tally.lines, len(lines)
    tally.lines += count
    start = np.array([one[1] for one in lines])
    minute = np.where(np.isnan(start), NO_MINUTE, np.nan_to_num(start) // 60).astype(np.int64)
    return Columns(
        line=np.arange(first, first + count),
        group=np.array([one[0] for one in lines], np.int64),
        minute=minute,
        start=start,
        took=np.array([one[2] for one in lines]),
        connection=np.full(count, connection, np.uint64),
    )


def _failure(number: int, group: int, start: float | None) -> Failure:
    return Failure(number=number, group=group, start=start, priority=number, line=b"", told={})


def _histogram(partial: Partial) -> Counter[tuple[int, int, float]]:
    cells, durations = partial.cells, partial.durations
    found: Counter[tuple[int, int, float]] = Counter()
    for cell, took, count in zip(
        durations.cell, durations.milliseconds, durations.count, strict=True
    ):
        found[cells.group[cell], cells.minute[cell], took] += count
    return found


def test_packing_keeps_counts_durations_and_both_ends():
    tally = Tally(keep_ids=True)
    group = tally.groups.group("p", FIELDS)
    tally.take(_columns(tally, (group, 10.0, 5.0), (group, 11.0, 5.0), (group, 12.0, nan)), [])

    one = tally.finish()

    assert list(one.cells.count) == [3]
    assert (list(one.cells.first), list(one.cells.last)) == ([10.0], [12.0])
    assert (list(one.cells.first_line), list(one.cells.last_line)) == ([1], [3])
    assert (list(one.durations.milliseconds), list(one.durations.count)) == ([5.0], [2])
    assert one.lines == 3


TOLD = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([nan, 0.0, 59.0, 60.0, 3e9, 2.5e11]),
        st.sampled_from([nan, 0.0, 1.0, 2.0**31 - 1, 2.0**31, 0.5, 1e18]),
    ),
    max_size=30,
)


@pytest.mark.parametrize("dense", [0, 1 << 22])
@given(told=TOLD, every=st.integers(1, 40))
def test_nothing_is_lost_however_often_it_is_packed(dense, told, every):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "SETTLED_EVERY", every)
        patch.setattr(under_test, "_DENSE", dense)
        tally = Tally(keep_ids=False)
        groups = [tally.groups.group("p", one) for one in (FIELDS, GOOD)]
        for group, start, took in told:
            tally.take(_columns(tally, (groups[group], start, took)), [])
        one = tally.finish()
    minutes = [NO_MINUTE if isnan(start) else int(start // 60) for _group, start, _took in told]
    pairs = Counter(
        (group, minute) for (group, _start, _took), minute in zip(told, minutes, strict=True)
    )
    found: Counter[tuple[int, int]] = Counter()
    for group, minute, count in zip(
        one.cells.group, one.cells.minute, one.cells.count, strict=True
    ):
        found[group, minute] += count

    assert found == pairs
    assert _histogram(one) == Counter(
        (group, minute, took)
        for (group, _start, took), minute in zip(told, minutes, strict=True)
        if not isnan(took)
    )


def test_uses_are_remembered_over_the_packing():
    tally = Tally(keep_ids=True)
    good, failed = tally.groups.group("p", GOOD), tally.groups.group("p", FIELDS)
    tally.take(_columns(tally, (good, 10.0, 1000.0), connection=7), [])
    tally.settle()
    tally.take(_columns(tally, (failed, 14.0, 0.0), connection=7), [_failure(2, failed, 14.0)])

    (failure,) = tally.finish().failures

    assert (failure.idle, failure.before) == (3.0, 1)
    assert failure.connection is not None
    assert failure.connection_open is False


def test_the_host_tells_where_the_connection_is_not_known():
    tally = Tally(keep_ids=True)
    good, failed = tally.groups.group("p", GOOD), tally.groups.group("p", FIELDS)
    tally.take(_columns(tally, (good, 10.0, 0.0), (failed, 14.0, 0.0)), [_failure(2, failed, 14.0)])

    (failure,) = tally.finish().failures

    assert (failure.connection, failure.idle, failure.before) == (None, 4.0, None)


def test_failures_beyond_the_bound_are_counted(monkeypatch):
    monkeypatch.setattr(under_test, "SETTLED_EVERY", 1)
    monkeypatch.setattr(under_test, "FAILURES_KEPT", 2)
    monkeypatch.setattr(under_test.kept, "__defaults__", (2,))
    tally = Tally(keep_ids=False)
    group = tally.groups.group("p", FIELDS)
    for number in range(1, 10):
        lines = _columns(tally, (group, float(number), 0.0))
        tally.take(lines, [_failure(number, group, float(number))])
        assert len(tally.partial.failures) <= 4

    one = tally.finish()

    assert [failure.number for failure in one.failures] == [1, 2]
    assert one.failed == {group: 9}


def test_request_ids_are_kept_only_where_they_are_wanted():
    keeps, leaves = Tally(keep_ids=True), Tally(keep_ids=False)
    for tally in (keeps, leaves):
        tally.remember("p", ["one", "two", "-", ""])

    assert keeps.partial.request_ids == {"p": {"one", "two"}}
    assert leaves.partial.request_ids is None


def test_too_many_request_ids_are_let_go(monkeypatch):
    monkeypatch.setattr(under_test, "REQUEST_IDS_KEPT", 2)
    tally = Tally(keep_ids=True)
    tally.remember("p", ["one", "two", "three"])
    tally.remember("p", ["four"])

    assert tally.partial.request_ids is None


def test_lines_are_counted_by_teller_and_format():
    tally = Tally(keep_ids=False)
    for teller, name in (("p", "text"), ("p", "text"), ("p", "other"), ("q", "text")):
        tally.understood(teller, name, 2)

    assert tally.partial.understood == 8
    assert tally.partial.formats == {"p": {"text": 4, "other": 2}, "q": {"text": 2}}


def test_nothing_taken_is_nothing_counted():
    tally = Tally(keep_ids=False)
    tally.take(_columns(tally), [])

    one = tally.finish()

    assert (one.lines, list(one.cells.count), one.failures, one.keys) == (0, [], [], [])


def test_first_and_last_are_the_earliest_and_the_latest_start():
    tally = Tally(keep_ids=False)
    group = tally.groups.group("p", FIELDS)
    for start in (12.0, 10.0, 14.0, 11.0):
        tally.take(_columns(tally, (group, start, 5.0)), [])
    one = tally.finish()

    assert (list(one.cells.first), list(one.cells.last)) == ([10.0], [14.0])
    assert (list(one.cells.first_line), list(one.cells.last_line)) == ([1], [4])
