import json

import pytest

from tests.evidence.access_log.engine.large import ENVOY, block, json_line, values
from why503.evidence.access_log.engine import json_lines as under_test
from why503.evidence.access_log.engine.block import hashes_of
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.json_lines import JsonLines, told
from why503.evidence.access_log.engine.taken import Taken

GOOD, FAILED = json_line(**values(1)), json_line(**values(7))
ENTRY = json.loads(FAILED)


def _dumped(entry: dict) -> str:
    return json.dumps(entry, separators=(",", ":"))


def _taken(*lines: str | bytes) -> tuple[Taken, Groups]:
    groups = Groups()
    return JsonLines(groups, "p", keep_ids=True).take(block(*lines)), groups


def _is_taken(odd: str | bytes) -> bool:
    """Whether a line is taken; its neighbours are in either case."""
    taken, _groups = _taken(GOOD, odd, FAILED)
    assert set(taken.odd()) <= {1}
    return not taken.odd()


def test_lines_of_the_format_are_taken_with_their_request_ids():
    taken, groups = _taken(GOOD, FAILED)

    assert taken.odd() == []
    assert taken.columns is not None
    assert taken.columns.took.tolist() == [37.0, 79.0]
    assert taken.columns.start.tolist() == [1772600401.001, 1772600407.007]
    assert taken.request_ids == [values(1)["request_id"], values(7)["request_id"]]
    assert [key[1] for key in groups.keys] == [200, 404]
    assert [(one.number, one.line.decode()) for one in taken.failed] == [(2, FAILED)]


@pytest.mark.parametrize(
    "changed",
    [
        {"path": None},
        {"path": 7},
        {"path": 'a "quoted" one \\ and \n a line'},
        {"path": "/caf\u00e9"},
        {"user_agent": "a, b {c} [d]: e", "x": 1},
        {"method": None, "authority": None, "protocol": None},
        {"response_code_details": 'said "no"'},
        {"upstream_host": None, "upstream_local_address": None},
        {"upstream_host": "-", "upstream_local_address": "-"},
        {"request_id": None},
        {"response_flags": "UF,URX"},
        {"response_code": 0},
        {"labels": [1, 2.5, True]},
    ],
)
def test_values_of_every_kind_are_taken(changed):
    assert _is_taken(_dumped(ENTRY | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"response_code": "503"},
        {"response_code": 503.0},
        {"response_code": None},
        {"response_flags": "none"},
        {"response_flags": None, "response_code": True},
        {"response_flags": ["UC"]},
        {"duration": "40"},
        {"duration": None},
        {"duration": "-"},
        {"duration": 1.5},
        {"duration": -1},
        {"duration": 123456789},
        {"start_time": None},
        {"start_time": "2026-03-04T05:06:07Z"},
        {"start_time": "2026-13-04T05:06:07.250Z"},
        {"upstream_host": "outbound|80||a.b.svc.cluster.local"},
        {"upstream_local_address": 7},
        {"request_id": 7},
        {"authority": {"a": 1}},
        {"authority": True},
        {"labels": {"a": 1, "b": 2}},
        {"path": "/ends with,"},
        {"response_code_details": "ends with,"},
    ],
)
def test_an_odd_value_leaves_its_line_to_others_and_its_neighbours_alone(changed):
    assert not _is_taken(_dumped(ENTRY | changed))


@pytest.mark.parametrize(
    "odd",
    [
        *("", "{", "{}", '{"a":1}', ENVOY, "something of its own " + GOOD, json.dumps(ENTRY)),
        *(" " + GOOD, GOOD + " ", GOOD[:-1], GOOD[1:], GOOD + GOOD, GOOD + "\r\r"),
        *(GOOD.replace(":37", ": 37"), FAILED.replace('"-"', "-")),
    ],
)
def test_a_line_of_another_shape_is_left_to_others(odd):
    assert not _is_taken(odd)


def test_lines_that_end_with_a_carriage_return_are_taken_as_the_others():
    taken, groups = _taken(GOOD + "\r", FAILED, GOOD, FAILED + "\r")

    assert taken.odd() == []
    assert taken.columns is not None
    assert taken.columns.group.tolist() == [0, 1, 0, 1]
    assert len(groups.keys) == 2
    assert told(taken.failed[0].line) == told(taken.failed[1].line)


def test_lines_of_several_layouts_are_taken_in_file_order():
    lacking = {key: value for key, value in ENTRY.items() if key != "authority"}
    turned = dict(reversed(ENTRY.items()))
    lines = [_dumped(one) for one in (ENTRY, lacking, turned, ENTRY, lacking, turned)]

    taken, groups = _taken(*lines)

    assert taken.odd() == []
    assert taken.columns is not None
    assert taken.columns.line.tolist() == list(range(6))
    assert taken.columns.group.tolist() == [0, 1, 0, 0, 1, 0]
    assert [one.number for one in taken.failed] == [1, 2, 3, 4, 5, 6]
    assert [key[5] for key in groups.keys] == ["cart.example.org", None]


def test_a_known_layout_is_used_in_later_blocks_and_a_block_may_lack_it():
    groups = Groups()
    lines = JsonLines(groups, "p")

    assert lines.take(block(GOOD, FAILED)).odd() == []
    assert lines.take(block(ENVOY, "")).odd() == [0, 1]
    assert lines.take(block(ENVOY, ENVOY, ENVOY, ENVOY, ENVOY, GOOD)).odd() == [0, 1, 2, 3, 4]
    assert len(groups.keys) == 2


def test_no_more_layouts_are_told_apart_than_is_stated(monkeypatch):
    monkeypatch.setattr(under_test, "MOST_LAYOUTS", 2)
    lines = [_dumped(ENTRY | {name: 1}) for name in ("one", "two", "three")]

    assert _taken(*lines)[0].odd() == [2]


def test_an_escaped_request_id_is_told_as_it_is_meant():
    taken, _groups = _taken(_dumped(ENTRY | {"request_id": 'a "b" \\ \u00e9'}))

    assert taken.request_ids == ['a "b" \\ \u00e9']


@pytest.mark.parametrize("bad", [b"a\\qb", b"a\\u12", b"a\xffb", b"\\", b"a\\"])
def test_a_request_id_that_is_no_json_does_not_stop_the_reading(bad):
    data = FAILED.encode().replace(values(7)["request_id"].encode(), bad)

    taken, _groups = _taken(GOOD, data, FAILED)

    assert set(taken.odd()) <= {1}
    assert all(isinstance(told(one.line), dict) for one in taken.failed)


def test_connections_are_told_by_their_local_address():
    addresses = ("10.0.0.1:1", None, "-", "", "10.0.0.1:2", "10.0.0.1:1")
    lines = [_dumped(ENTRY | {"upstream_local_address": one}) for one in addresses]
    taken, _groups = _taken(*lines)

    assert taken.columns is not None
    first, second, third, fourth, fifth, sixth = taken.columns.connection.tolist()
    assert first == sixth == hashes_of([b"10.0.0.1:1"])[0]
    assert (second, third, fourth) == (0, 0, 0)
    assert fifth not in {0, first}


def test_a_null_is_a_missing_value_and_a_field_that_is_not_there_is_none():
    taken, groups = _taken(_dumped(json.loads(GOOD) | {"response_code_details": None}))

    assert taken.odd() == []
    assert groups.keys[0][6] == "-"
    assert groups.keys[0][7] is None


def test_what_stands_outside_the_key_makes_no_group():
    lines = [_dumped(ENTRY | {"path": f"/{n}", "duration": n}) for n in range(20)]

    assert len(_taken(*lines)[1].keys) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"response_code": 502},
        {"response_flags": "UF"},
        {"response_code_details": "other"},
        {"method": "PUT"},
        {"protocol": "HTTP/2"},
        {"authority": "other"},
        {"upstream_host": "10.9.8.8:8080"},
        {"upstream_cluster": "other"},
    ],
)
def test_every_text_of_the_key_makes_a_group_of_its_own(changed):
    assert len(_taken(FAILED, _dumped(ENTRY | changed), FAILED)[1].keys) == 2


def test_a_kept_line_tells_its_request_without_secrets():
    fields = told(json_line(**values(7)).encode())

    assert (fields["path"], fields["code"], fields["duration"]) == ("/cart/7", 404, 79.0)
    assert fields["termination_details"] is None
    secret = told(_dumped(ENTRY | {"path": "/a?token=verysecretvalue"}).encode())
    assert "verysecretvalue" not in str(secret)
    assert told(b"{")["code"] is None


def test_nested_values_of_a_kept_line_are_told_too():
    fields = told(_dumped(ENTRY | {"labels": {"route_name": "default"}}).encode())

    assert fields["route"] == "default"
