from tests.evidence.access_log.engine.large import ENVOY
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import odd_lines as under_test
from why503.evidence.access_log.engine.block import NO_MINUTE, hashes_of
from why503.evidence.access_log.engine.odd_lines import OddLines
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.reader import Context


def _odd(*lines: str | bytes) -> tuple[OddLines, Tally]:
    tally = Tally(keep_ids=True)
    odd = OddLines(tally, Context(path="p.log", teller="p"))
    for index, one in enumerate(lines):
        odd.take(one.encode() if isinstance(one, str) else one, index)
    return odd, tally


def test_each_line_is_of_one_kind():
    _lines, tally = _odd(line(), " ", ENVOY, '[2026-03-04T05:06:07.250Z] "GET /a')
    one = tally.partial

    assert (one.understood, one.blank, one.left_over_count, one.misread) == (1, 1, 1, 1)
    assert one.left_over == [(3, ENVOY)]
    assert one.misreads["p"].lines == [4]


def test_a_prefix_names_the_teller():
    _lines, tally = _odd("[pod/cart-1/istio-proxy] " + line(), line())

    assert {teller: names.total() for teller, names in tally.partial.formats.items()} == {
        "cart-1": 1,
        "p": 1,
    }
    assert [key[0] for key in tally.groups.keys] == ["cart-1", "p"]


def test_understood_lines_are_columns_and_are_told_once():
    good = line(code="200", flags="-", user_agent='a "b"', duration="123456789")
    odd, _tally = _odd(good, ENVOY, line(time="-", duration="-", upstream_local="-"))

    lines, failed = odd.understood()

    assert lines.line.tolist() == [0, 2]
    assert lines.group.tolist() == [0, 1]
    assert lines.minute.tolist() == [29543346, NO_MINUTE]
    assert lines.start.tolist()[0] == 1772600767.25
    assert lines.took.tolist()[0] == 123456789.0
    assert str([lines.start.tolist()[1], lines.took.tolist()[1]]) == "[nan, nan]"
    assert lines.connection.tolist() == [hashes_of([b"10.9.8.1:40100"])[0], 0]
    assert [one.number for one in failed] == [3]
    assert (len(odd.understood()[0]), odd.understood()[1]) == (0, [])


def test_a_failure_is_told_at_once_and_weighed_by_its_request_id():
    odd, _tally = _odd(line(), line(request_id="-"))
    first, second = odd.understood()[1]

    assert first.told is not None
    assert (first.told["code"], first.line, first.start) == (503, b"", 1772600767.25)
    assert first.priority == hashes_of([b"0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"])[0]
    assert second.priority == hashes_of([line(request_id="-").encode()])[0]


def test_request_ids_are_remembered():
    _lines, tally = _odd(line(request_id="one"), line(request_id="-"))

    assert tally.partial.request_ids == {"p": {"one"}}


def test_no_bytes_stop_the_reading():
    noise = [bytes(range(256)), b"\xff" * 300, b"\0", b"{" * 500, b'"' * 500, b"[2026-"]

    _lines, tally = _odd(*noise)
    one = tally.partial

    assert one.understood + one.blank + one.left_over_count + one.misread == len(noise)


def test_no_more_of_other_programs_lines_is_held_than_is_stated(monkeypatch):
    monkeypatch.setattr(under_test, "LEFT_OVER_LENGTH", 100)
    one = _odd(*[ENVOY] * 10)[1].partial

    assert one.left_over_count == 10
    assert len(one.left_over) == 2
