import json

import numpy as np
import pytest

from tests.evidence.access_log.engine.large import block, json_line, values
from why503.evidence.access_log.engine.json_layout import (
    JsonBlock,
    Laid,
    Layout,
    layout_of,
    spelled,
)

ENTRY = {
    "start_time": "2026-03-04T05:06:07.250Z",
    "response_code": 503,
    "response_flags": "UC",
    "duration": 40,
    "path": "/a",
}
OTHERS = {"x": 1, "y": None}


def _dumped(entry: dict) -> str:
    return json.dumps(entry, separators=(",", ":"))


def _layout(entry: dict) -> Layout:
    layout = layout_of(_dumped(entry).encode())
    assert layout is not None
    return layout


def _laid(layout: Layout, *lines: str) -> Laid:
    return JsonBlock(block(*lines)).laid(layout, np.ones(len(lines), np.bool_))


def _values(laid: Laid, name: str) -> list[str]:
    begin, end = laid.value(name)
    return [laid.block.text(int(one), int(other)) for one, other in zip(begin, end, strict=True)]


def test_a_layout_is_the_keys_in_their_order():
    assert _layout(ENTRY).keys == tuple(ENTRY)
    assert _layout(ENTRY).grouped == ("response_code", "response_flags")
    assert _layout(ENTRY).place["duration"] == 3


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "503",
        "null",
        '{"a":1}',
        json.dumps(ENTRY),
        " " + _dumped(ENTRY),
        _dumped({key: value for key, value in ENTRY.items() if key != "duration"}),
        _dumped(ENTRY | {"labels": {"a": 1, "b": 2}}),
        _dumped(ENTRY | {"labels": ["a", "b"]}),
        _dumped(ENTRY | {'a "quoted" key': 1}),
        _dumped(ENTRY | {"cl\u00e9": 1}),
        _dumped(ENTRY | {"path": "/ends with,"}),
        _dumped(ENTRY)[:-1] + ',"path":"twice"}',
        _dumped(ENTRY) + "}",
        _dumped(ENTRY).replace("/a", "\\q"),
    ],
)
def test_other_lines_have_no_layout(line):
    assert layout_of(line.encode()) is None


def test_bytes_that_are_no_text_have_no_layout():
    assert layout_of(_dumped(ENTRY).encode().replace(b"/a", b"/\xff")) is None


@pytest.mark.parametrize("ending", ["", "\r"])
def test_values_are_found_wherever_they_stand(ending):
    lines = [
        _dumped(ENTRY | changed) + ending
        for changed in (
            {"path": "/", "duration": 7},
            {"path": "/a, b: {c}", "duration": 12345},
            {"path": None, "response_flags": "UF,URX"},
            {"path": 'a "quoted" one'},
        )
    ]
    laid = _laid(_layout(ENTRY), *lines)

    assert laid.line.tolist() == [0, 1, 2, 3]
    assert _values(laid, "path") == ['"/"', '"/a, b: {c}"', "null", '"a \\"quoted\\" one"']
    assert _values(laid, "duration") == ["7", "12345", "40", "40"]
    assert _values(laid, "response_flags") == ['"UC"', '"UC"', '"UF,URX"', '"UC"']
    assert _values(laid, "start_time") == ['"2026-03-04T05:06:07.250Z"'] * 4


def test_only_lines_of_the_layout_are_cut():
    turned = dict(reversed(ENTRY.items()))
    lines = [
        _dumped(turned),
        _dumped(ENTRY),
        "",
        "{}",
        "}",
        "something, else",
        json.dumps(ENTRY),
        _dumped(ENTRY | OTHERS),
        _dumped(ENTRY)[:-1],
        _dumped(ENTRY) + " ",
        _dumped(ENTRY | {"path": "ends with,"}),
        _dumped(ENTRY).replace('"path"', '"math"'),
    ]

    assert _laid(_layout(ENTRY), *lines).line.tolist() == [1]
    assert _laid(_layout(turned), *lines).line.tolist() == [0]
    assert _laid(_layout(ENTRY | OTHERS), *lines).line.tolist() == [7]


def test_an_object_may_stand_behind_a_prefix():
    laid = _laid(_layout(ENTRY), "2026-03-04T05:06:07.1Z stdout F " + _dumped(ENTRY), "a b", "x{")

    assert laid.line.tolist() == [0]
    assert (laid.begin - laid.first).tolist() == [32]


def test_lines_that_were_taken_before_are_not_cut_again():
    cut = JsonBlock(block(*[_dumped(ENTRY)] * 3))

    assert cut.laid(_layout(ENTRY), np.array([True, False, True])).line.tolist() == [0, 2]


def test_a_comma_at_the_end_of_a_value_does_not_make_up_for_a_key_that_lacks():
    full = json.loads(json_line(**values(1)))
    for lacking in full:
        for other in full:
            entry = {key: value for key, value in full.items() if key != lacking}
            if isinstance(entry.get(other), str):
                entry[other] = "a,"
            laid = _laid(_layout(full), _dumped(full), _dumped(entry))
            assert laid.line.tolist()[:1] == [0]
            if 1 in laid.line:
                spoilt = {other, lacking}
                for key in laid.layout.checked:
                    if key in laid.layout.keys and key not in spoilt:
                        assert _values(laid, key)[1] == _dumped(entry[key])


def test_a_text_is_told_from_null_and_from_what_is_neither():
    changes: tuple[dict, ...] = ({}, {"path": None}, {"path": 7}, {"path": ""}, {"path": {"a": 1}})
    laid = _laid(_layout(ENTRY), *(_dumped(ENTRY | one) for one in changes))

    begin, end, told = laid.text("path")

    assert told.tolist() == [True, True, False, True, False]
    assert [laid.block.text(*one) for one in zip(begin.tolist(), end.tolist(), strict=True)][
        :2
    ] == ["/a", ""]


def test_a_key_that_lacks_has_no_value_and_is_no_fault():
    laid = _laid(_layout(ENTRY), _dumped(ENTRY))
    begin, end, told = laid.text("request_id")

    assert (begin.tolist(), end.tolist(), told.tolist()) == ([0], [0], [True])


def test_a_text_is_spelled_where_it_stands():
    one = block("null nul ull")

    assert spelled(one, np.array([0, 5, 1, 400]), b"null").tolist() == [True, False, False, False]
    assert spelled(one, np.array([0, 5]), b"null nul").tolist() == [True, False]
