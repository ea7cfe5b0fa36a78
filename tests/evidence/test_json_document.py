import json

from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.fuzz import CONTEXT
from why503.evidence.json_document import NameLines, cut, decoded

PRETTY = json.dumps({"a": [{"name": "x"}, {"name": "y,]"}], "b": {"c": 1}}, indent=1)


def test_a_whole_document_has_no_cut():
    document = decoded("\ufeff\n" + PRETTY)
    assert document is not None
    assert document.value["b"] == {"c": 1}
    assert cut(document, CONTEXT) == []


def test_what_stands_before_a_cut_is_kept_and_the_line_is_named():
    document = decoded(PRETTY[: PRETTY.index("y,]")])
    assert document is not None
    assert document.value == {"a": [{"name": "x"}]}
    (unread,) = cut(document, CONTEXT)
    assert unread.source.line == 5
    assert "line 5" in unread.reason


def test_damage_in_the_middle_ends_what_is_read():
    document = decoded('{"a": 1, "ü": 2, "c": what, "d": 4}')
    assert document is not None
    assert document.value == {"a": 1, "ü": 2}


def test_a_yaml_document_is_read_as_well():
    document = decoded("---\n- name: x\n  type: EDS\n")
    assert document is not None
    assert document.value == [{"name": "x", "type": "EDS"}]


def test_no_document_is_no_document():
    for text in ("", "hello", "{", "[" * 5000, '{"a', "}"):
        document = decoded(text)
        assert document is None or document.value in ({}, [])


def test_lines_go_on_from_the_last_one_asked_for():
    lines = NameLines('{"name": "a"}\n{"name": "b"}\n{"name": "a"}\n')
    assert [lines.line("b"), lines.line("a"), lines.line("a"), lines.line("z")] == [2, 3, 3, 0]


@given(
    st.recursive(st.integers() | st.text(max_size=9), st.lists, max_leaves=9), st.integers(0, 99)
)
def test_every_cut_of_every_document_is_a_document_or_nothing(value, at):
    text = json.dumps([value, value])
    found = decoded(text[:at])
    assert found is None or isinstance(found.value, list)
