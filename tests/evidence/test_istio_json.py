import pytest

from why503.evidence.envoy_line import parsed
from why503.evidence.istio_json import as_plain

LINE = '{"level":"warn","time":"2033-01-02T03:04:05.000001Z","scope":"envoy config","msg":"a\\nb"}'


def test_a_line_in_json_reads_as_the_plain_line_it_stands_for():
    assert as_plain(LINE) == "2033-01-02T03:04:05.000001Z\twarn\tenvoy config\ta b"
    found = parsed(LINE)
    assert found is not None
    assert (found.component, found.level, found.text) == ("config", "warning", "a b")


def test_a_time_that_nobody_can_read_is_left_out():
    assert as_plain(LINE.replace("03:04:05.000001Z", "...Z")) == "warn\tenvoy config\ta b"


def test_a_line_that_was_cut_off_keeps_its_whole_members():
    assert as_plain(LINE[:-1] + ',"thr...') == as_plain(LINE)


def test_the_numbers_of_connection_and_stream_stand_before_the_text():
    found = parsed(LINE[:-1] + ',"ConnectionId":"7","StreamId":"81"}')
    assert found is not None
    assert (found.connection, found.stream, found.text) == ("7", "81", "a b")


@pytest.mark.parametrize(
    "line",
    [
        "plain words",
        '{broken "msg"',
        '{"msg": 3, "level": "warn"}',
        '{"level":"NOISE","msg":"a"}',
        '["msg"]',
        '{"message":"a","level":"info"}',
    ],
)
def test_any_other_line_comes_back_as_it_was(line):
    assert as_plain(line) == line
