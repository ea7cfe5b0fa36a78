import numpy as np

from tests.evidence.access_log.engine.large import block
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine.block import hashes_of
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.taken import Taken
from why503.evidence.access_log.engine.text_lines import TextLines

GOOD = {"code": "200", "flags": "-"}


def _taken(*lines: str) -> Taken:
    return TextLines(Groups(), "p").take(block(*lines))


def test_lines_that_were_not_understood_are_odd():
    assert _taken(line(), "something", line(), "", "else").odd() == [1, 3, 4]
    assert _taken("something", "else").odd() == [0, 1]
    assert _taken(line()).odd() == []


def test_begin_and_end_are_those_of_the_lines():
    lines = ["abc", "", line()]
    taken = _taken(*lines)
    ends = np.cumsum([len(one) + 1 for one in lines]) - 1

    assert taken.begin.tolist() == [0, 4, 5]
    assert taken.end.tolist() == ends.tolist()


def test_failures_are_kept_as_they_are_written_with_the_number_of_their_line():
    lines = [line(**GOOD), "something", line(path="/a"), line(**GOOD), line(path="/b", time="-")]
    lines.append(line(path="/c", duration="-"))

    failed = _taken(*lines).failed

    assert [(one.number, one.line.decode()) for one in failed] == [(3, lines[2]), (6, lines[5])]
    assert [one.start for one in failed] == [1772600767.25] * 2
    assert {one.told for one in failed} == {None}


def test_the_request_id_tells_which_failures_are_kept_and_the_line_where_there_is_none():
    lines = [line(request_id="an-id-of-some-length", path="/a"), line(request_id="-", path="/b")]

    first, second = _taken(*lines).failed

    assert first.priority == hashes_of([b"an-id-of-some-length"])[0]
    assert second.priority == hashes_of([lines[1].encode()])[0]


def test_lines_that_went_well_are_no_failures():
    assert _taken(line(**GOOD), line(**GOOD)).failed == []
