from collections import defaultdict
from math import ceil, isnan, nan
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.engine.block import NO_MINUTE
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.partial import Partial, merged
from why503.evidence.access_log.engine.sums import Sum, compact, pairs_of, sums_of
from why503.evidence.access_log.engine.tally import Tally

CODES = ("200", "404", "503")
LINES = st.lists(
    st.tuples(
        st.integers(0, len(CODES) - 1),
        st.one_of(st.none(), st.integers(-200, 300)),
        st.sampled_from([nan, 0.0, 1.0, 2.0, 7.0, 40.5, 3e9]),
    ),
    min_size=1,
    max_size=60,
)
"""Group, start in seconds, milliseconds."""
BIG = 10**9


def _minute(start: float | None) -> int:
    return NO_MINUTE if start is None else int(start // 60)


def _partial(lines: list[tuple[int, float | None, float]]) -> Partial:
    tally = Tally(keep_ids=False)
    groups = [tally.groups.group("p", {"code": CODES[group]}) for group, _start, _took in lines]
    count = len(lines)
    tally.lines = count
    columns = Columns(
        line=np.arange(count),
        group=np.array(groups, np.int64),
        minute=np.array([_minute(start) for _group, start, _took in lines], np.int64),
        start=np.array([nan if start is None else start for _group, start, _took in lines]),
        took=np.array([took for _group, _start, took in lines]),
        connection=np.zeros(count, np.uint64),
    )
    tally.take(columns, [])
    return tally.finish()


def _parts(lines: list[tuple[int, float | None, float]], cuts: list[int]) -> Partial:
    edges = [0, *sorted(cuts), len(lines)]
    own = [lines[edges[place] : edges[place + 1]] for place in range(len(edges) - 1)]
    return merged(_partial(one) for one in own)


def _later(lines, shift: float):
    return [(group, None if start is None else start + shift, took) for group, start, took in lines]


@given(
    lines=LINES,
    cuts=st.lists(st.integers(0, 60), max_size=3),
    by_minute=st.booleans(),
    shift=st.sampled_from([0, BIG]),
)
def test_sums_are_the_statistics_of_plain_lists(lines, cuts, by_minute, shift):
    lines = _later([one for one in lines if one[1] is None or not -60 <= one[1] < 0], shift)
    lines = lines or [(0, None, nan)]
    whole = _parts(lines, cuts)
    expected: dict[tuple, list[tuple[int, float | None, float]]] = defaultdict(list)
    for number, (group, start, took) in enumerate(lines, 1):
        minute = _minute(start) if by_minute and start is not None else None
        expected[int(CODES[group]), minute].append((number, start, took))

    found = {
        (whole.keys[one.group][1], one.minute): one for one in sums_of(whole, by_minute=by_minute)
    }

    assert found.keys() == expected.keys()
    for name, own in expected.items():
        one = found[name]
        took = sorted(ms for _number, _start, ms in own if not isnan(ms))
        assert one.count == len(own)
        assert (one.first_line, one.last_line) == (own[0][0], own[-1][0])
        assert one.middle == (median(took) if took else None)
        assert one.high == (took[ceil(99 * len(took) / 100) - 1] if took else None)


def test_sums_come_in_the_order_of_their_first_lines():
    lines = [(2, 5.0, 1.0), (0, 70.0, 1.0), (2, 71.0, 1.0), (1, None, nan), (0, 6.0, 1.0)]

    assert [one.first_line for one in sums_of(_partial(lines), by_minute=True)] == [1, 2, 3, 4, 5]
    assert [one.first_line for one in sums_of(_partial(lines), by_minute=False)] == [1, 2, 4]


def test_first_and_last_are_those_of_the_lines_that_have_a_time():
    whole = merged([_partial([(0, None, nan)]), _partial([(0, 5.0, nan), (0, 9.0, nan)])])

    (one,) = sums_of(whole, by_minute=False)

    assert (one.first, one.last, one.minute, one.count) == (5.0, 9.0, None, 3)


def test_the_first_of_several_ranges_is_the_earliest():
    whole = merged([_partial([(0, 9.0, nan)]), _partial([(0, 5.0, nan)])])

    (one,) = sums_of(whole, by_minute=True)

    assert (one.first, one.last, one.first_line, one.last_line) == (5.0, 9.0, 1, 2)


def test_nothing_sums_to_nothing():
    assert sums_of(Partial(), by_minute=True) == []
    assert pairs_of(Partial()) == 0


def test_pairs_are_counted_once_over_all_ranges():
    lines = [(0, 5.0, 1.0), (0, 70.0, 1.0), (1, 5.0, 1.0), (1, None, 1.0)]

    assert pairs_of(merged([_partial(lines), _partial(lines)])) == 4


@pytest.mark.parametrize("start", [-6e10, -120.0, 2.5e11, 9e11])
def test_minutes_of_odd_clocks_stay_in_their_group(start):
    found = sums_of(_partial([(0, 5.0, 1.0), (1, start, 1.0), (2, 5.0, 1.0)]), by_minute=True)

    assert [(one.group, one.minute) for one in found] == [(0, 0), (1, int(start // 60)), (2, 0)]


def test_a_request_without_a_duration_does_not_count_for_the_median():
    (one,) = sums_of(_partial([(0, 1.0, 4.0), (0, 1.0, nan), (0, 1.0, 8.0)]), by_minute=True)

    assert isinstance(one, Sum)
    assert (one.count, one.middle, one.high) == (3, 6.0, 8.0)


@given(lines=LINES, cuts=st.lists(st.integers(0, 60), max_size=4))
def test_putting_rows_together_changes_no_sum(lines, cuts):
    lines = [(group, start, 1.0 if isnan(took) else took) for group, start, took in lines]
    loose, tight = _parts(lines, cuts), _parts(lines, cuts)
    compact(tight, len(lines))

    assert tight.by_minute
    assert len(tight.durations.cell) <= len(loose.durations.cell)
    assert len(tight.cells.group) == pairs_of(loose)
    for by_minute in (True, False):
        assert sums_of(tight, by_minute=by_minute) == sums_of(loose, by_minute=by_minute)


@given(lines=LINES, cuts=st.lists(st.integers(0, 60), max_size=4))
def test_where_too_many_rows_are_left_the_minutes_go(lines, cuts):
    lines = [(group, start, 1.0 if isnan(took) else took) for group, start, took in lines]
    loose, tight = _parts(lines, cuts), _parts(lines, cuts)
    compact(tight, 0)

    assert not tight.by_minute
    assert len(tight.cells.group) == len(tight.keys)
    assert sums_of(tight, by_minute=True) == sums_of(loose, by_minute=False)


def test_rows_that_were_put_together_are_merged_with_others():
    tight = _partial([(0, None, 1.0), (1, 5.0, 1.0), (0, 70.0, 2.0)])
    compact(tight, 1)
    whole = merged([tight, _partial([(1, 65.0, 3.0)])])

    assert not whole.by_minute
    assert [(one.group, one.count, one.middle) for one in sums_of(whole, by_minute=False)] == [
        (0, 2, 1.5),
        (1, 2, 2.0),
    ]
