import pickle

from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine.partial import Partial, idle_since, merge, merged


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
    assert idle_since((None, None), 5.0) is None
    assert idle_since((1.0, 2.0), None) is None
    assert idle_since((1.0, 9.0), 5.0) == 0.0
