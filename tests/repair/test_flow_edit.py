import json

import pytest

from tests.repair.mending import append, drop, put, refusal

LONG = """spec: {
  host: a, # host
  http: { idle: 60s },
  exportTo: [
    ".", # dot
    b
  ], # list
}
"""


@pytest.mark.parametrize(
    ("path", "value", "new"),
    [
        ("spec.http.idle", "50s", LONG.replace("60s", "50s")),
        ("spec.http.max", 3, LONG.replace("60s }", "60s, max: 3 }")),
        ("spec.tls", {"a": [1]}, LONG.replace("], # list\n", "], # list\n  tls: {a: [1]},\n")),
        ("spec.exportTo.1", "c d", LONG.replace("    b\n", "    c d\n")),
    ],
)
def test_values_are_put_into_braces(path, value, new):
    assert put(LONG, path, value) == new


def test_elements_are_added_in_lines_of_their_own_where_the_others_have_them():
    assert append(LONG, "spec.exportTo", "c") == LONG.replace("    b\n", "    b,\n    c\n")
    assert append("a: [1, 2] # c\n", "a", 3) == "a: [1, 2, 3] # c\n"
    assert append("a: [ 1, 2, ]\n", "a", 3) == "a: [ 1, 2, 3, ]\n"
    assert append("a: {b: []}\n", "a.b", 3) == "a: {b: [3]}\n"


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("spec.host", LONG.replace("  host: a, # host\n", "")),
        ("spec.http.idle", LONG.replace("{ idle: 60s }", "{  }")),
        ("spec.exportTo.0", LONG.replace('    ".", # dot\n', "")),
        ("spec.exportTo.1", LONG.replace('".", # dot\n    b\n', '"." # dot\n')),
    ],
)
def test_entries_go_with_their_comma_and_comment(path, new):
    assert drop(LONG, path) == new


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("[1, 2, 3]", "0", "[2, 3]"),
        ("[1, 2, 3]", "2", "[1, 2]"),
        ("[ 1 , ]", "0", "[  ]"),
        ("{a: 1, b, c: }", "b", "{a: 1, c: }"),
        ("{a: 1, b, c: }", "c", "{a: 1, b }"),
    ],
)
def test_no_comma_is_left_over(text, path, new):
    assert drop(text, path) == new


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("{a, b: , c: 1}", "a", "{a: 9, b: , c: 1}"),
        ("{a, b: , c: 1}", "b", "{a, b: 9 , c: 1}"),
        ('{"a":"x","c": 1}', "a", '{"a": 9,"c": 1}'),
        ("{a: {x: 1}, c: 1}", "a", "{a: 9, c: 1}"),
    ],
)
def test_a_value_is_put_at_a_key_however_it_stands(text, path, new):
    assert put(text, path, 9) == new


def test_json_stays_json():
    text = '{\n  "spec": {\n    "hosts": ["a"],\n    "http": []\n  }\n}\n'
    for new in (
        put(text, "spec.tls", {"mode": "SIMPLE", "n": None}),
        put(text, "spec.hosts", ["b c"]),
        append(text, "spec.hosts", "b"),
        append(text, "spec.http", {"timeout": "5s"}),
        drop(text, "spec.http"),
        drop(text, "spec"),
    ):
        assert json.loads(new) != json.loads(text)


def test_a_pair_without_braces_is_left_alone():
    assert "without braces" in refusal(put, "a: [b: 1]\n", "a.0.b", 2)
    assert put("a: [b: 1]\n", "a.0", 2) == "a: [2]\n"
