from math import inf, nan

from tests.evidence.fuzz import CONTEXT
from why503.evidence import metric_series
from why503.evidence.metric_series import Gathering, number, seconds
from why503.facts import SeriesKind


def gathered(*adds):
    gathering = Gathering(CONTEXT)
    for line, labels, points in adds:
        gathering.add(line, labels, points)
    return gathering.reading()


def test_values_of_one_metric_and_labels_come_together_by_time():
    labels = {"__name__": "a_total", "pod": "x"}
    (series,) = gathered((1, labels, [(20.0, 2.0)]), (9, labels, [(10.0, 1.0)])).facts
    assert series.points == ((10.0, 1.0), (20.0, 2.0))
    assert (series.metric, series.labels, series.source.line) == ("a_total", (("pod", "x"),), 1)
    assert series.kind is SeriesKind.COUNTER


def test_values_without_a_time_keep_their_order():
    labels = {"__name__": "a"}
    (series,) = gathered((1, labels, [(None, 2.0)]), (2, labels, [(None, 1.0)])).facts
    assert [value for _time, value in series.points] == [2.0, 1.0]


def test_what_is_no_number_and_buckets_are_left_out():
    assert gathered((1, {"__name__": "a"}, [(1.0, nan), (2.0, inf)])).facts == []
    assert gathered((1, {"__name__": "a_bucket", "le": "1"}, [(1.0, 3.0)])).facts == []


def test_secrets_in_labels_are_masked():
    labels = {"__name__": "a", "url": "http://u:hunter22@db:1/x?token=abcdefgh"}
    (series,) = gathered((1, labels, [(1.0, 3.0)])).facts
    assert "hunter22" not in series.label("url")
    assert "abcdefgh" not in series.label("url")


def test_values_beyond_the_limits_are_counted(monkeypatch):
    monkeypatch.setattr(metric_series, "POINTS_LIMIT", 3)
    reading = gathered((1, {"__name__": "a"}, [(float(i), 0.0) for i in range(5)]))
    assert len(reading.facts[0].points) == 3
    assert reading.unread[0].count == 2
    monkeypatch.setattr(metric_series, "SERIES_LIMIT", 1)
    reading = gathered(
        (1, {"__name__": "a"}, [(1.0, 1.0)]),
        (2, {"__name__": "b"}, [(1.0, 1.0)]),
        (3, {"__name__": "a"}, [(2.0, 1.0)]),
    )
    assert [series.metric for series in reading.facts] == ["a"]
    assert reading.unread[0].count == 1


def test_times_are_seconds_or_milliseconds():
    assert seconds(1_767_582_000) == seconds(1_767_582_000_000) == 1_767_582_000


def test_numbers_are_texts_or_numbers():
    assert number("1.5e3") == 1500.0
    assert number(2) == 2.0
    assert number("x") is None
    assert number(None) is None
    assert number([]) is None
    assert number(10**400) is None
