from tests.evidence.access_log.engine.large import ENVOY
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import odd_lines as under_test
from why503.evidence.access_log.engine.odd_lines import OddLines
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.text_lines import Moments
from why503.evidence.reader import Context


def _taken(*lines: str) -> Tally:
    tally = Tally(Moments().moment, keep_ids=True)
    odd = OddLines(tally, Context(path="p.log", teller="p"), json=False)
    for one in lines:
        odd.take(one.encode())
    return tally


def test_each_line_is_of_one_kind():
    one = _taken(line(), " ", ENVOY, '[2026-03-04T05:06:07.250Z] "GET /a').partial

    assert (one.understood, one.blank, one.left_over_count, one.misread) == (1, 1, 1, 1)
    assert one.left_over == [(3, ENVOY)]
    assert one.misreads["p"].lines == [4]


def test_a_prefix_names_the_teller():
    tally = _taken("[pod/cart-1/istio-proxy] " + line())

    assert list(tally.partial.formats) == ["cart-1"]


def test_a_failure_is_kept_with_its_idle_time():
    first = line(time="2026-03-04T05:06:00.000Z", code="200", flags="-", duration="0")
    (failure,) = _taken(first, line(time="2026-03-04T05:06:03.000Z")).partial.failures

    assert (failure.number, failure.by_connection, failure.before) == (2, 3.0, 1)


def test_no_more_of_other_programs_lines_is_held_than_is_stated(monkeypatch):
    monkeypatch.setattr(under_test, "LEFT_OVER_LENGTH", 100)
    one = _taken(*[ENVOY] * 10).partial

    assert one.left_over_count == 10
    assert len(one.left_over) == 2
