import pytest

from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.text_lines import Moments, TextLines, told
from why503.evidence.access_log.timestamp import guess_time


def _taken(*lines: str) -> bool:
    tally = Tally(Moments().moment, keep_ids=False)
    taken = TextLines(tally, "p").take("".join(one + "\n" for one in lines).encode())
    assert tally.partial.understood == (len(lines) if taken else 0)
    return taken


def test_lines_of_the_format_are_taken():
    assert _taken(line(), line(code="200", flags="-"), line(time="2026-03-04T05:07:00.000Z"))


@pytest.mark.parametrize(
    "odd",
    [
        {"user_agent": 'a "b" c'},
        {"path": "/with a blank"},
        {"code": "ok"},
        {"flags": "uc"},
        {"protocol": "FTP/1"},
        {"duration": "soon"},
        {"upstream_host": "no address"},
        {"time": "2026-03-04T05:06:07Z"},
        {"time": "2026-03-04 05:06:07.250Z"},
        {"upstream_cluster": "two words"},
        {"user_agent": 'quote at the end"'},
    ],
)
def test_a_block_with_an_odd_line_is_refused_whole(odd):
    assert not _taken(line(), line(**odd), line())


def test_two_quotes_that_are_lost_and_two_that_are_found_do_not_make_up_for_each_other():
    cut = line().rsplit('"', 2)[0]

    assert not _taken(cut, line(user_agent='a "b" c'))


def test_a_prefix_is_left_to_others():
    assert not _taken(line(), "2026-03-04T05:06:07.1Z stdout F " + line())


def test_moments_are_those_of_the_tolerant_parser():
    moments = Moments()

    assert moments.moment(b"\n[2026-03-04T05:06:07.250Z]") == guess_time("2026-03-04T05:06:07.250Z")
    assert moments.moment(b"\n[2026-03-04T05:06:0x.250Z]") is None
    assert moments.moment(None) is None


def test_a_kept_line_tells_its_request_without_secrets():
    fields = told(line(path="/a?token=verysecretvalue").encode())

    assert (fields["code"], fields["duration"]) == (503, 40.0)
    assert "verysecretvalue" not in str(fields)
