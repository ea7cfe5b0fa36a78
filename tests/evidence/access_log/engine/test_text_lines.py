import numpy as np
import pytest

from tests.evidence.access_log.engine.large import block
from tests.evidence.access_log.made import FORMATS, VALUES, line
from why503.evidence.access_log.engine.block import hashes_of
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.taken import Taken
from why503.evidence.access_log.engine.text_lines import NAME, TextLines, told
from why503.evidence.access_log.fields import flags_of

GOOD = {"code": "200", "flags": "-"}
ISTIO = FORMATS[NAME]


def _taken(*lines: str | bytes, keep_ids: bool = False) -> tuple[Taken, Groups]:
    groups = Groups()
    return TextLines(groups, "p", keep_ids=keep_ids).take(block(*lines)), groups


def _is_taken(odd: str | bytes) -> bool:
    """Whether a line is taken; its neighbours are in either case."""
    taken, _groups = _taken(line(), odd, line(**GOOD))
    assert set(taken.odd()) <= {1}
    return not taken.odd()


def test_lines_of_the_format_are_taken():
    lines = [line(), line(**GOOD), line(time="2026-03-04T05:07:00.000Z")]
    taken, groups = _taken(*lines, keep_ids=True)

    assert taken.odd() == []
    assert taken.columns is not None
    assert taken.columns.group.tolist() == [0, 1, 0]
    assert taken.columns.start.tolist() == [1772600767.25, 1772600767.25, 1772600820.0]
    assert taken.columns.took.tolist() == [40.0] * 3
    assert taken.request_ids == [VALUES["request_id"]] * 3
    assert [key[:3] for key in groups.keys] == [
        ("p", 503, flags_of("UC")),
        ("p", 200, frozenset()),
    ]


def test_request_ids_are_not_made_where_they_are_not_kept():
    assert _taken(line())[0].request_ids == []


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "/a!b!"},
        {"path": "/" + "x" * 20_000},
        {"path": "/caf\u00e9/\u4e2d"},
        {"user_agent": "tester!"},
        {"user_agent": ""},
        {"user_agent": "many blanks  and [signs] {of} all, kinds"},
        {"forwarded_for": "192.0.2.9, 192.0.2.10"},
        {"transport_failure": "TLS error: 268435581:SSL routines"},
        {"duration": "-"},
        {"duration": "99999999"},
        {"flags": "UF,URX"},
        {"code": "0"},
        {"upstream_host": "-", "upstream_local": "-"},
        {"upstream_host": "unix:///var/run/app.sock"},
        {"upstream_host": "[2001:db8::1]:8080"},
        {"method": "-", "path": "-", "protocol": "-"},
        {"request_id": "-"},
        {"route": ""},
    ],
)
def test_values_of_every_kind_are_taken(changed):
    assert _is_taken(line(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"user_agent": 'a "b" c'},
        {"user_agent": 'a" "b'},
        {"user_agent": '-" "-" "-" "-" "-'},
        {"user_agent": 'quote at the end"'},
        {"user_agent": "a\tb"},
        {"path": "/with a blank"},
        {"path": "/with\ta tab"},
        {"path": '/with"quote'},
        {"code": "ok"},
        {"flags": "uc"},
        {"protocol": "FTP/1"},
        {"duration": "soon"},
        {"duration": "123456789"},
        {"duration": "1.5"},
        {"duration": "-1"},
        {"duration": ""},
        {"upstream_host": "no address"},
        {"time": "2026-03-04T05:06:07Z"},
        {"time": "2026-03-04 05:06:07.250Z"},
        {"time": "2026-13-04T05:06:07.250Z"},
        {"time": "2026-03-04T05:06:0x.250Z"},
        {"time": "-"},
        {"upstream_cluster": "two words"},
        {"upstream_cluster": ""},
        {"method": "GET/POST"},
        {"route": "two words"},
        {"route": "a\rb"},
    ],
)
def test_an_odd_line_is_left_to_others_and_its_neighbours_are_not(changed):
    assert not _is_taken(line(**changed))


@pytest.mark.parametrize(
    "odd",
    [
        "",
        '"',
        '"' * 14,
        '" ' * 14,
        " " * 30 + '"" "" "" "" "" "" ""' + " " * 7,
        "2026-03-04T05:06:07.1Z stdout P " + line(),
        "x " + line(),
        " " + line(),
        line() + " ",
        line() + " more",
        line().replace("] ", "]x"),
        line().replace("] ", "]\t"),
        line().replace('" outbound', '"x outbound'),
        line().replace('" outbound', '"outbound'),
        line()[:-8],
        line() + "\r\r",
        bytes(range(256)).replace(b"\n", b""),
    ],
)
def test_a_line_of_another_shape_is_left_to_others(odd):
    assert not _is_taken(odd)


def test_two_quotes_that_are_lost_and_two_that_are_found_do_not_make_up_for_each_other():
    cut = line().rsplit('"', 2)[0]

    taken, _groups = _taken(cut, line(user_agent='a "b" c'))

    assert taken.odd() == [0, 1]


def test_lines_that_end_with_a_carriage_return_are_taken_as_the_others():
    plain, _groups = _taken(line(), line(duration="7"))
    ended, _groups = _taken(line() + "\r", line(duration="7") + "\r")

    assert ended.odd() == []
    assert plain.columns is not None
    assert ended.columns is not None
    assert ended.columns.took.tolist() == plain.columns.took.tolist()
    assert told(ended.failed[0].line) == told(plain.failed[0].line)


def test_what_stands_outside_the_key_makes_no_group():
    lines = [line(path=f"/{n}", user_agent=f"u{n}", request_id=f"id-{n}") for n in range(20)]
    lines += [line(upstream_local=f"10.0.0.1:{n}", duration=str(n), route=str(n)) for n in range(9)]

    assert len(_taken(*lines)[1].keys) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "502"},
        {"flags": "UF"},
        {"details": "other"},
        {"transport_failure": "other"},
        {"method": "GET"},
        {"protocol": "HTTP/2"},
        {"authority": "other"},
        {"upstream_host": "10.9.8.8:8080"},
        {"upstream_cluster": "other"},
    ],
)
def test_every_text_of_the_key_makes_a_group_of_its_own(changed):
    _lines, groups = _taken(line(), line(**changed), line())

    assert len(groups.keys) == 2


def test_connections_are_told_by_their_local_address():
    lines = [
        line(upstream_local=local) for local in ("10.0.0.1:1", "-", "10.0.0.1:2", "10.0.0.1:1")
    ]
    taken, _groups = _taken(*lines)

    assert taken.columns is not None
    first, second, third, fourth = taken.columns.connection.tolist()
    assert first == fourth == hashes_of([b"10.0.0.1:1"])[0]
    assert second == 0
    assert third not in {0, first}


def test_bytes_that_are_no_text_are_kept_as_marks():
    data = line(authority="shop", path="/x").encode().replace(b"shop", b"sh\xffp")
    taken, groups = _taken(data.replace(b"/x", b"/\xfe"))

    assert taken.odd() == []
    assert "sh\ufffdp" in groups.keys[0]
    assert told(taken.failed[0].line)["path"] == "/\ufffd"


def test_a_group_that_was_odd_is_odd_again_and_lines_are_numbered_over_blocks():
    groups = Groups()
    lines = TextLines(groups, "p")

    for _block in range(2):
        taken = lines.take(block(line(flags="uc"), line(), line(flags="uc"), line(**GOOD)))
        assert taken.odd() == [0, 2]
        assert taken.columns is not None
        assert taken.columns.group.tolist() == [0, 1]
    assert len(groups.keys) == 2


def test_a_block_of_odd_lines_gives_no_columns():
    assert _taken(line(flags="uc"))[0].columns is None
    assert _taken("something", "")[0].columns is None


def test_a_kept_line_tells_its_request_without_secrets():
    fields = told(line(path="/a?token=verysecretvalue").encode())

    assert (fields["code"], fields["duration"]) == (503, 40.0)
    assert "verysecretvalue" not in str(fields)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"route": ""},
        {"user_agent": "", "forwarded_for": "a, b"},
        {"code": "0", "flags": "DC", "upstream_host": "-"},
        {"transport_failure": "TLS error: some words"},
    ],
)
def test_every_field_of_a_kept_line_is_told_as_the_tolerant_parser_does(changed):
    text = line(**changed)
    parsed = ISTIO.parse(text)
    assert parsed is not None

    fields = told(text.encode())

    for name in ("path", "method", "protocol", "details", "upstream_host", "upstream_local"):
        assert fields[name] == ("" if parsed[name] == "-" else parsed[name])
    for name in ("user_agent", "forwarded_for", "server_name", "downstream_remote", "authority"):
        assert fields[name] == ("" if parsed[name] == "-" else parsed[name])
    assert fields["route"] == parsed["route"]
    assert (fields["bytes_received"], fields["bytes_sent"]) == (11, 95)


@pytest.mark.parametrize("route", ["\u00a0", "\u2003\u00a0", "\x85", "a\u00a0"])
def test_foreign_blanks_at_the_end_of_a_line_do_no_harm(route):
    text = line(route=route)

    assert _is_taken(text)
    assert told(text.encode())["downstream_remote"] == VALUES["downstream_remote"]


def test_a_large_block_is_taken_whole():
    count = 3000
    taken, groups = _taken(*(line(duration=str(n), code=str(200 + n % 3)) for n in range(count)))

    assert taken.columns is not None
    assert np.array_equal(taken.columns.took, np.arange(count))
    assert taken.columns.line.tolist() == list(range(count))
    assert len(groups.keys) == 3


def test_a_group_of_very_long_texts_is_left_to_others():
    taken, _groups = _taken(line(authority="a" * 5000), line())

    assert taken.columns.line.tolist() == [1]
