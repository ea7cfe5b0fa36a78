import pytest

from why503.repair.change import RefusedError
from why503.repair.marked import all_marks, marked, place_of


def seen(text):
    return [text[mark.begin : mark.end] for mark in all_marks(marked(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: one  # c\n", ["a: one", "one"]),
        ("a: one\n  two # c\n", ["a: one\n  two", "one\n  two"]),
        ("a: |\n  x\n\n\nb: é😀\n", ["a: |\n  x\n\n\nb: é😀", "|\n  x", "é😀"]),
        ("a: |+\n  x\n\n\n", ["a: |+\n  x\n\n", "|+\n  x\n\n"]),
        ("a: >-  # +\r\n  x\r\n\r\n", ["a: >-  # +\r\n  x", ">-  # +\r\n  x"]),
        ("a:   # c\nb: 1\n", ["a:   # c\nb: 1", "", "1"]),
        ("- # c\n- x\n", ["- # c\n- x", "", "x"]),
        ("a: { b: [1, x] } # c\n", ["a: { b: [1, x] }", "{ b: [1, x] }", "[1, x]", "1", "x"]),
        ("a: !!str x\n", ["a: !!str x", "!!str x"]),
        ("a: &n\n  b: 1 # c\n", ["a: &n\n  b: 1", "&n\n  b: 1", "1"]),
    ],
)
def test_a_value_is_what_it_takes_and_not_its_comment(text, found):
    assert seen(text) == found


def test_entries_know_their_keys_colons_and_dashes():
    text = 'a:\n  "b" : 1\n  ? c\n  : 2\n  d:\n  -   - x\n'
    inner = marked(text).entries[0].value
    assert [entry.key for entry in inner.entries] == ["b", "c", "d"]
    assert [text[entry.begin] for entry in inner.entries] == ['"', "?", "d"]
    assert [text[entry.mark_end - 1] for entry in inner.entries] == [":", ":", ":"]
    outer = inner.entries[2].value.entries[0]
    assert text[outer.begin : outer.end] == "-   - x"
    assert text[outer.value.entries[0].begin :] == "- x\n"
    assert inner.entries[0].json_key
    assert place_of(inner.entries[1], inner) == 1


def test_a_bare_key_in_braces_has_no_colon():
    text = "{a, b: 1, c: , }"
    bare, full, empty = marked(text).entries
    assert (bare.mark_end, bare.end) == (-1, 2)
    assert text[full.mark_end - 1] == ":"
    assert text[: empty.end] == "{a, b: 1, c:"


def test_a_pair_without_braces_is_known_as_one():
    (pair,) = marked("[a: b]").entries
    assert pair.value.is_bare_pair
    assert not marked("{a: b}").is_bare_pair


def test_anchors_and_aliases_are_told():
    root = marked("a: &n {b: 1}\nc: *n\n")
    assert [(entry.value.sort, entry.value.anchor) for entry in root.entries] == [
        ("map", "n"),
        ("alias", "n"),
    ]


@pytest.mark.parametrize("text", ["a: [", "\ta: 1\n", "a: 1\n---\nb: 2\n", "[" * 300, "a: \x00"])
def test_what_cannot_be_marked_is_refused_in_a_sentence(text):
    with pytest.raises(RefusedError, match=r"\.$"):
        marked(text)


def test_a_text_of_comments_has_no_root():
    assert marked("# nothing\n") is None
