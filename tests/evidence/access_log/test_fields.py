import pytest

from why503.evidence.access_log.fields import (
    KNOWN_FLAGS,
    LONG_FLAGS,
    are_known_flags,
    flags_of,
    has_failed,
    milliseconds,
    told,
    whole,
)
from why503.facts import ResponseFlag


def test_every_flag_of_envoy_has_a_long_name():
    assert frozenset(ResponseFlag) == KNOWN_FLAGS
    assert len(LONG_FLAGS) == 30


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("-", set()),
        ("", set()),
        ("UF,URX", {"UF", "URX"}),
        ("NoRouteFound", {"NR"}),
        ("['UC']", {"UC"}),
        ("XNEW", {"XNEW"}),
    ],
)
def test_flags_are_a_set_in_short_spelling(text, flags):
    assert flags_of(text) == flags


def test_known_flags_are_told_from_other_words():
    assert are_known_flags("-")
    assert are_known_flags("UF,URX")
    assert not are_known_flags("OK")
    assert not are_known_flags("")


@pytest.mark.parametrize(
    ("text", "span"),
    [("12", 12.0), ("12ms", 12.0), ("1.5s", 1500.0), ("250us", 0.25), ("-", None), (None, None)],
)
def test_time_spans_are_milliseconds(text, span):
    assert milliseconds(text) == span


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("503.0", 503), ("-", None), ("x", None)])
def test_numbers_may_be_missing(text, number):
    assert whole(text) == number


def test_missing_and_absent_are_told_apart():
    assert told({"route": "-"}, "route") == ""
    assert told({}, "route") is None


def test_a_code_of_zero_is_a_failure_for_http_only():
    assert has_failed({"method": "GET"}, 0, frozenset())
    assert not has_failed({"method": "-"}, 0, frozenset())
    assert not has_failed({"method": "GET"}, None, frozenset())


def test_an_answer_that_was_cut_off_without_a_flag_has_failed():
    assert has_failed({"method": "GET", "details": "max_duration_timeout"}, 200, frozenset())
    assert has_failed({"method": "GET", "details": "stream_idle_timeout"}, 200, frozenset())
    assert not has_failed({"method": "GET", "details": "via_upstream"}, 200, frozenset())
