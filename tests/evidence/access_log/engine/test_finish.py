import pytest

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import finish, partial


def test_groups_lose_their_minutes_where_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(finish, "GROUPS_BY_MINUTE", 3)
    how = plan()
    (one,) = partials(write(tmp_path, text_lines()), [], how)

    log = next(fact for fact in facts(one, how).facts if fact.teller == "proxy")

    assert {group.minute for group in log.groups} == {None}
    assert sum(group.count for group in log.groups) == log.understood


def test_failures_beyond_the_bound_are_counted_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(partial.kept, "__defaults__", (5,))
    how = plan()
    path = write(tmp_path, [line(request_id=f"an-id-{number}") for number in range(12)])
    whole = partial.merged(partials(path, [3000], how))

    reading = facts(whole, how)

    failures = reading.facts[0].failures
    assert len(failures) == 5
    assert [one.source.line for one in failures] == sorted(one.source.line for one in failures)
    assert sum(one.stands_for for one in failures) == 12
    assert "7 more are only counted" in reading.unread[0].reason


def test_failures_that_are_all_kept_stand_for_themselves(tmp_path):
    how = plan()
    (one,) = partials(write(tmp_path, [line()] * 12), [], how)

    reading = facts(one, how)

    assert [request.stands_for for request in reading.facts[0].failures] == [1] * 12
    assert reading.unread == []


def test_a_group_shows_its_first_and_its_last_line(tmp_path):
    how = plan()
    (one,) = partials(write(tmp_path, [line()] * 3), [], how)

    (group,) = facts(one, how).facts[0].groups

    assert [source.line for source in group.exemplars] == [1, 3]
    assert (group.count, group.duration_p50, group.duration_p99) == (3, 40.0, 40.0)


def test_idle_times_of_a_group_are_those_of_its_failures_and_of_the_others(tmp_path):
    how = plan()
    good = [
        line(code="200", flags="-", duration="0", time=f"2026-03-04T05:06:{second}.000Z")
        for second in ("00", "03", "04")
    ]
    failed = line(duration="0", time="2026-03-04T05:06:14.000Z")
    (one,) = partials(write(tmp_path, [*good, failed]), [], how)

    groups = facts(one, how).facts[0].groups

    assert [group.idle_p50 for group in groups] == [2.0, 10.0]


@pytest.mark.parametrize("count", [1, 4])
def test_a_teller_of_whom_no_line_was_understood_is_named_unread(tmp_path, count):
    how = plan()
    path = write(tmp_path, ['[2026-03-04T05:06:07.250Z] "GET /a'] * count)

    reading = facts(partials(path, [], how)[0], how)

    assert reading.facts == []
    assert [(one.source.line, one.count) for one in reading.unread] == [(1, count)]


@pytest.mark.parametrize("changed", [{"flags": "uc", "code": "ok"}, {"duration": "soon"}])
def test_a_line_that_only_looks_like_one_makes_no_log(tmp_path, changed):
    how = plan()
    text = line(**changed).replace(" 95 ", " ")

    reading = facts(partials(write(tmp_path, [text]), [], how)[0], how)

    assert [fact for fact in reading.facts if not fact.understood] == []
