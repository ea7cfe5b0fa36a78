import pytest

from tests.evidence.access_log.engine.large import json_line, values
from why503.evidence.access_log.engine.json_lines import JsonLines, moment, told
from why503.evidence.access_log.engine.tally import Tally


def _taken(*lines: str) -> Tally | None:
    tally = Tally(moment, keep_ids=True)
    taken = JsonLines(tally, "p").take("".join(one + "\n" for one in lines).encode())
    return tally if taken else None


def test_lines_of_the_format_are_taken_with_their_request_ids():
    tally = _taken(json_line(**values(1)), json_line(**values(7)))

    assert tally is not None
    assert tally.partial.understood == 2
    assert len((tally.partial.request_ids or {})["p"]) == 2


@pytest.mark.parametrize(
    "odd",
    [
        "{",
        "",
        '{"a": 1}',
        json_line(**values(1)).replace('"response_code": 200', '"response_code": "200"'),
        json_line(**values(1)).replace('"response_flags": "-"', '"response_flags": "none"'),
        json_line(**(values(1) | {"upstream_host": "a|b"})),
    ],
)
def test_a_block_with_an_odd_line_is_refused_whole(odd):
    assert _taken(json_line(**values(1)), odd) is None


def test_a_null_is_a_missing_value_and_a_field_that_is_not_there_is_none():
    tally = _taken(json_line(**(values(1) | {"details": "-"})))

    assert tally is not None
    key = tally.partial.keys[0]
    assert key[6] == "-"
    assert key[7] is None


def test_moments_are_read_as_written_and_as_numbers():
    assert moment("2026-03-04T05:06:07.250Z") == 1772600767.25
    assert moment("12.5") == 12.5
    assert moment(None) is None


def test_a_kept_line_tells_its_request():
    assert told(json_line(**values(7)).encode())["path"] == "/cart/7"
    assert told(b"{")["code"] is None
