import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from why503.diagnosis.yaml_text import Form, block_rows, field_rows, inline, is_plain, item_rows
from why503.evidence.yaml_tree import documents, plain
from why503.repair.change import same

SIGNS = st.characters(codec="utf-8")
TEXTS = st.text(SIGNS, max_size=30) | st.sampled_from(
    ["on", "No", "y", "012", "0o7", "1e3", "1_000", "60:30", "2026-01-01", "=", "<<", "#x", "~",
     "- a", "a: b", "a #b", "---", "...", "0x1f", ".5", "@a", "`a", "%a", "a:", "null", "{}"]
)  # fmt: skip
SCALARS = TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
KEYS = st.text(SIGNS, min_size=1, max_size=12)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def read(text):
    (root,) = documents(text)
    return plain(root).value


@given(VALUES)
def test_every_value_is_read_as_it_was_written(value):
    for form in (Form(), Form(step=4, list_step=2), Form(step=1, literal=False)):
        rows = block_rows({"key": value, "list": [value, {"in": value}]}, 0, form)
        wanted = {"key": value, "list": [value, {"in": value}]}
        assert same(read("\n".join(rows) + "\n"), wanted)
    assert same(read("a: " + inline({"b": value})), {"a": {"b": value}})
    assert same(read("a: " + inline({"b": value}, json_style=True)), {"a": {"b": value}})


@pytest.mark.parametrize("word", ["50s", "10.0.0.1", "reviews", "5xx,reset", "a b", "1h30m", "v1"])
def test_common_words_stay_without_quotes(word):
    assert is_plain(word) == ("," not in word)


@pytest.mark.parametrize(
    "word", ["on", "y", "012", "0o7", "1e3", "1_000", "60:30", "2026-01-01", "null", "~", "1.5"]
)
def test_words_that_mean_something_else_in_some_yaml_are_quoted(word):
    assert inline(word) == f'"{word}"'
    assert yaml.safe_load(inline(word)) == word


def test_a_text_of_several_lines_becomes_a_block_where_it_may():
    assert field_rows("lua", "a\n  b\n", 2, Form()) == ["  lua: |", "    a", "      b"]
    assert item_rows("a\nb", 0, Form()) == ["- |-", "  a", "  b"]
    assert field_rows("lua", "a\nb\n", 0, Form(literal=False)) == ['lua: "a\\nb\\n"']


def test_lists_stand_where_the_user_puts_them():
    value = {"hosts": ["a"], "http": {"b": 1}}
    assert block_rows(value, 0, Form()) == ["hosts:", "- a", "http:", "  b: 1"]
    assert block_rows(value, 0, Form(step=4, list_step=2)) == [
        "hosts:", "  - a", "http:", "    b: 1",
    ]  # fmt: skip


def test_quotes_stay_as_they_were():
    assert inline("60s", like="'") == "'60s'"
    assert inline("it's", like="'") == "'it''s'"
    assert inline("60s", like='"') == '"60s"'


def test_numbers_that_are_none_have_their_own_words():
    assert [inline(math.inf), inline(-math.inf), inline(1e22)] == [".inf", "-.inf", "1.0e+22"]
    assert inline(math.nan) == ".nan"


def test_what_is_no_yaml_is_a_fault_of_the_program():
    with pytest.raises(TypeError):
        inline(object())
