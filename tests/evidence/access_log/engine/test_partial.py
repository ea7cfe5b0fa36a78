import pickle
from collections import Counter
from itertools import pairwise
from math import nan

from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import partial as under_test
from why503.evidence.access_log.engine.partial import (
    Failure,
    Misreads,
    Partial,
    idle_since,
    kept,
    merge,
    merged,
)


def test_merging_is_associative(tmp_path):
    path = write(tmp_path, text_lines())
    cuts = [30_000, 60_000]
    how = plan()

    one, two, three = partials(path, cuts, how)
    left = facts(merge(merge(one, two), three), how)
    one, two, three = partials(path, cuts, how)
    right = facts(merge(one, merge(two, three)), how)

    assert left == right


@given(cut=st.integers(0, 2000))
def test_nothing_is_the_neutral_range(cut):
    whole = merged([Partial(), Partial(lines=cut), Partial()])

    assert whole.lines == cut


def test_a_partial_result_travels_between_processes(tmp_path):
    how = plan()
    (one,) = partials(write(tmp_path, text_lines()), [], how)

    assert facts(pickle.loads(pickle.dumps(one)), how) == facts(one, how)  # noqa: S301


def test_idle_times_run_over_the_border(tmp_path):
    good = line(time="2026-03-04T05:06:00.000Z", code="200", flags="-", duration="1000")
    failed = line(time="2026-03-04T05:06:09.000Z")
    path = write(tmp_path, [good, failed])
    how = plan()

    (fact,) = facts(merged(partials(path, [len(good) + 1], how)), how).facts

    (request,) = fact.failures
    assert (request.idle, request.idle_by_connection, request.requests_before) == (8.0, True, 1)
    assert request.source.line == 2


def test_a_connection_that_was_closed_before_the_border_begins_anew(tmp_path):
    lines = [line(code="200", flags="-"), line(), line()]
    path = write(tmp_path, lines)
    how = plan()

    (fact,) = facts(merged(partials(path, [len(lines[0] + lines[1]) + 2], how)), how).facts

    assert [request.requests_before for request in fact.failures] == [1, 0]


def test_idleness_without_times_is_unknown():
    assert idle_since(nan, 5.0) is None
    assert idle_since(2.0, None) is None
    assert idle_since(2.0, 5.0) == 3.0
    assert idle_since(9.0, 5.0) == 0.0


def test_bounded_lists_stay_bounded_and_keep_the_first(monkeypatch):
    monkeypatch.setattr(under_test, "MISREAD_LINES_KEPT", 3)
    monkeypatch.setattr(under_test, "LEFT_OVER_KEPT", 3)

    def part() -> Partial:
        misreads = {"p": Misreads(count=2, lines=[1, 2])}
        return Partial(lines=5, misreads=misreads, left_over=[(3, "a"), (4, "b")])

    whole = merged([part(), part(), part()])

    assert (whole.misreads["p"].count, whole.misreads["p"].lines) == (6, [1, 2, 6])
    assert [number for number, _text in whole.left_over] == [3, 4, 8]


def test_request_ids_are_let_go_where_they_are_too_many(monkeypatch):
    monkeypatch.setattr(under_test, "REQUEST_IDS_KEPT", 2)

    def part(*ids: str) -> Partial:
        return Partial(request_ids={"p": set(ids)})

    assert merged([part("a"), part("b")]).request_ids == {"p": {"a", "b"}}
    assert merged([part("a"), part("b"), part("c")]).request_ids is None
    assert merged([part("a"), Partial(request_ids=None)]).request_ids is None


FAILED = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=60)
"""Group and priority of each failure."""


def _failures(told: list[tuple[int, int]], first: int = 0) -> list[Failure]:
    return [
        Failure(number=number, group=group, start=None, priority=weight, line=b"", told={})
        for number, (group, weight) in enumerate(told, first + 1)
    ]


def _kept(told: list[tuple[int, int]], room: int) -> list[int]:
    counts = Counter(group for group, _weight in told)
    return [one.number for one in kept(_failures(told), counts, room)]


@given(told=FAILED, cuts=st.lists(st.integers(0, 60), max_size=4), room=st.integers(1, 20))
def test_what_is_kept_does_not_depend_on_how_a_log_is_cut(told, cuts, room):
    edges = [0, *sorted(min(cut, len(told)) for cut in cuts), len(told)]
    whole: list[Failure] = []
    counts: Counter[int] = Counter()
    for first, last in pairwise(edges):
        own = told[first:last]
        own_counts = Counter(group for group, _weight in own)
        counts += own_counts
        whole = kept(whole + kept(_failures(own, first), own_counts, room), counts, room)

    assert [one.number for one in whole] == _kept(told, room)


def test_a_part_that_kept_fewer_than_there_is_room_for_is_no_reason_to_keep_more_of_another():
    told = [(number % 3, number) for number in range(300)]
    counts = Counter(group for group, _weight in told)
    first = kept(_failures(told), counts, 10)
    assert len(first) == 9

    more = [*told, (0, 0)]
    whole = kept([*first, *_failures(more[300:], 300)], counts + Counter([0]), 10)

    assert [one.number for one in whole] == _kept(more, 10)
    assert len(whole) == 9


@given(told=FAILED, cut=st.integers(0, 60), room=st.integers(1, 20))
def test_merged_ranges_keep_what_the_whole_keeps(told, cut, room):
    def part(own: list[tuple[int, int]]) -> Partial:
        names = list(dict.fromkeys(group for group, _weight in own))
        ours = [(names.index(group), weight) for group, weight in own]
        counts = Counter(group for group, _weight in ours)
        failures = kept(_failures(ours), counts, room)
        keys = [(f"group {name}",) for name in names]
        return Partial(lines=len(own), keys=keys, failures=failures, failed=counts)

    real = under_test.kept
    under_test.kept = lambda failures, failed: real(failures, failed, room)
    try:
        whole = merge(part(told[:cut]), part(told[cut:]))
    finally:
        under_test.kept = real

    assert [one.number for one in whole.failures] == _kept(told, room)
    assert whole.failed.total() == len(told)


@given(told=FAILED, room=st.integers(1, 20))
def test_every_group_has_its_fair_share_and_the_room_is_not_exceeded(told, room):
    numbers = _kept(told, room)
    all_of = Counter(group for group, _weight in told)
    kept_of = Counter(told[number - 1][0] for number in numbers)

    assert len(numbers) <= room
    assert numbers == sorted(numbers)
    if len(told) <= room:
        assert len(numbers) == len(told)
    elif len(all_of) <= room:
        share = max(kept_of.values())
        assert kept_of == {group: min(count, share) for group, count in all_of.items()}
        assert len(numbers) + sum(count > share for count in all_of.values()) > room
    else:
        assert len(numbers) == room
        assert set(kept_of.values()) == {1}


@given(told=FAILED, room=st.integers(1, 20))
def test_of_a_group_those_of_the_lowest_priority_numbers_are_kept(told, room):
    numbers = set(_kept(told, room))
    for group in {group for group, _weight in told}:
        own = sorted((weight, number) for number, (of, weight) in enumerate(told, 1) if of == group)
        chosen = [number in numbers for _weight, number in own]
        assert chosen == sorted(chosen, reverse=True)
