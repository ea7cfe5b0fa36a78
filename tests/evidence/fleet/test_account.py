from math import nan

import pytest

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from why503.evidence.access_log.engine.partial import Border, merged
from why503.evidence.access_log.engine.room import Room
from why503.evidence.fleet import account
from why503.evidence.fleet.account import added_up, forget, slim

WIDE = Room(connections=10_000, rows=1_000_000)
CUTS = [40_000, 90_000, 91_000, 200_000]


def _border(*ends: float) -> Border:
    border = Border(closed=bytearray(number % 2 for number in range(len(ends))))
    border.connection.extend(100 + number for number in range(len(ends)))
    border.end.extend(ends)
    border.carried.extend(range(len(ends)))
    return border


@pytest.fixture
def log(tmp_path):
    return write(tmp_path, text_lines(900))


def test_ranges_that_fit_are_merged_and_no_more(log):
    how = plan()
    here = facts(merged(partials(log, CUTS, how)), how)

    assert facts(added_up(partials(log, CUTS, how), WIDE), how) == here


@pytest.mark.parametrize("most", [10, 60, 5000])
def test_minutes_put_together_early_give_the_facts_of_minutes_put_together_late(
    log, monkeypatch, most
):
    how = plan()
    monkeypatch.setattr("why503.evidence.access_log.engine.finish.GROUPS_BY_MINUTE", most)
    monkeypatch.setattr(account, "GROUPS_BY_MINUTE", most)
    here = facts(merged(partials(log, CUTS, how)), how)

    slimmed = [slim(one) for one in partials(log, CUTS, how)]

    assert any(not one.by_minute for one in slimmed) == (most < 5000)
    assert facts(added_up(slimmed, WIDE), how) == here


def test_rows_that_say_the_same_are_packed_without_a_loss(log):
    how = plan()
    here = facts(merged(partials(log, CUTS, how)), how)
    rows = len(merged(partials(log, [], how)).durations.cell)

    found = added_up(partials(log, CUTS, how), Room(connections=10_000, rows=rows))

    assert len(found.durations.cell) == rows
    assert found.by_minute
    assert facts(found, how) == here


def test_what_is_kept_does_not_grow_with_the_number_of_ranges(log):
    how = plan()
    once = len(added_up(partials(log, [], how), Room(connections=10_000, rows=1)).durations.cell)

    found = added_up(
        (part for _time in range(20) for part in partials(log, CUTS, how)),
        Room(connections=4, rows=10),
    )

    assert not found.by_minute
    assert len(found.durations.cell) <= 3 * once
    assert len(found.border.connection) <= 4
    assert found.understood == 20 * merged(partials(log, [], how)).understood


def test_the_connections_used_longest_ago_are_forgotten():
    border = _border(5.0, 1.0, nan, 2.0, 4.0, 3.0)

    forget(border, 5)

    assert list(border.connection) == [100, 102, 104, 105]
    assert [border.end[0], *border.end[2:]] == [5.0, 4.0, 3.0]
    assert list(border.carried) == [0, 2, 4, 5]
    assert list(border.closed) == [0, 0, 0, 1]


def test_as_many_connections_as_there_is_room_for_stay():
    border = _border(5.0, 1.0)
    forget(border, 2)
    assert border == _border(5.0, 1.0)


def test_no_ranges_are_an_empty_account():
    assert added_up([], WIDE).lines == 0
