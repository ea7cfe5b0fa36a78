from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import finish, partial
from why503.evidence.access_log.engine.finish import middle, percentile


@given(values=st.lists(st.integers(0, 30), min_size=1))
def test_a_histogram_gives_the_very_median_and_percentile(values):
    counted = sorted({float(one): values.count(one) for one in values}.items())
    ordered = sorted(values)

    assert middle(counted) == median(values)
    assert percentile(counted, 0.99) == ordered[-(-99 * len(values) // 100) - 1]


def test_nothing_has_no_median():
    assert middle([]) is None
    assert percentile([], 0.5) is None


def test_groups_lose_their_minutes_where_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(finish, "GROUPS_BY_MINUTE", 3)
    how = plan()
    (one,) = partials(write(tmp_path, text_lines()), [], how)

    log = next(fact for fact in facts(one, how).facts if fact.teller == "proxy")

    assert {group.minute for group in log.groups} == {None}
    assert sum(group.count for group in log.groups) == log.understood


def test_failures_beyond_the_bound_are_counted_and_said(tmp_path, monkeypatch):
    for module in (partial, "why503.evidence.access_log.engine.tally"):
        target = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{target}.FAILURES_KEPT", 5)
    how = plan()
    path = write(tmp_path, [line() for _ in range(12)])
    whole = partial.merged(partials(path, [3000], how))

    reading = facts(whole, how)

    assert [request.source.line for request in reading.facts[0].failures] == [1, 2, 3, 4, 5]
    assert "7 more are only counted" in reading.unread[0].reason


@pytest.mark.parametrize("count", [1, 4])
def test_a_teller_of_whom_no_line_was_understood_is_named_unread(tmp_path, count):
    how = plan()
    path = write(tmp_path, ['[2026-03-04T05:06:07.250Z] "GET /a'] * count)

    reading = facts(partials(path, [], how)[0], how)

    assert reading.facts == []
    assert [(one.source.line, one.count) for one in reading.unread] == [(1, count)]
