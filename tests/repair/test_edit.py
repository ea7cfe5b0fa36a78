import pytest

from tests.repair.mending import append, drop, put, refusal
from why503.repair.change import Edit, RefusedError, Verb
from why503.repair.edit import entry_of, splices_of, walk
from why503.repair.marked import marked
from why503.repair.text_edit import Lines, spliced


def test_an_edit_finds_its_place_by_the_path():
    text = "a:\n  b:\n  - x: 1\n  - x: 2\n"
    edit = Edit(verb=Verb.REPLACE, path=("a", "b", 1, "x"), value=3)
    assert spliced(text, splices_of(edit, marked(text), Lines(text))) == text.replace("2", "3")


def test_a_step_that_does_not_stand_there_is_none():
    root = marked("a: [1]\n")
    assert entry_of(root, "b", ("b",)) is None
    assert entry_of(root, 0, (0,)) is None
    assert entry_of(root.entries[0].value, 1, ("a", 1)) is None
    with pytest.raises(RefusedError, match=r"`b\.c` does not stand|`b` does not stand"):
        walk(root, ("b", "c"))


def test_a_key_that_stands_twice_is_refused():
    assert "stands twice" in refusal(put, "a: 1\na: 2\n", "a", 3)
    assert "stands twice" in refusal(drop, "b:\n  a: 1\n  a: 2\n", "b.a")


def test_a_whole_document_is_not_replaced():
    edit = Edit(verb=Verb.REPLACE, path=(), value={})
    with pytest.raises(RefusedError, match="whole document"):
        splices_of(edit, marked("a: 1\n"), Lines("a: 1\n"))


def test_an_empty_list_with_a_comment_in_it_keeps_the_comment():
    assert "# why" in append("a: [ # why\n  ]\n", "a", 1)
    assert append("a: [] # why\n", "a", 1) == "a: # why\n- 1\n"


def test_empty_braces_at_the_root_take_the_first_key():
    assert put("{} # c\n", "a", 1) == '{"a": 1} # c\n'
