import pytest

from why503.diagnosis.yaml_text import Form
from why503.repair.change import RefusedError
from why503.repair.document import documents_of
from why503.repair.new_document import appended, document_text, form_of_text

NEW = "kind: B\n"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("kind: A\n", "kind: A\n---\nkind: B\n"),
        ("kind: A", "kind: A\n---\nkind: B\n"),
        ("kind: A\r\n", "kind: A\r\n---\r\nkind: B\r\n"),
        ("\ufeffkind: A\n", "\ufeffkind: A\n---\nkind: B\n"),
        ("kind: A\n---\n", "kind: A\n---\nkind: B\n"),
        ("kind: A\n---\n# c\n", "kind: A\n---\n# c\nkind: B\n"),
        ("kind: A\n...\n", "kind: A\n...\n---\nkind: B\n"),
        ("# c\n", "# c\nkind: B\n"),
        ("", "kind: B\n"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\n---\nkind: B\n"),
    ],
)
def test_a_document_is_added_at_the_end(text, new):
    assert appended(text, NEW) == new
    assert documents_of(new.removeprefix("\ufeff"))[-1].value == {"kind": "B"}


def test_json_holds_one_document_only():
    with pytest.raises(RefusedError, match="JSON"):
        appended('{"kind": "A"}\n', NEW)


def test_a_text_block_that_is_cut_is_not_closed_in_silence():
    with pytest.raises(RefusedError, match="behind the end"):
        appended("a: |\n  x", NEW)


def test_a_new_object_is_indented_as_its_neighbours_are():
    text = "# c\n---\na: 1\n---\nspec:\n    hosts:\n      - a\n"
    form = form_of_text("spec:\n    hosts:\n      - a\n    b:\n        c: 1\n")
    assert form == Form(step=4, list_step=2)
    assert form_of_text("a: [\n") == form_of_text(text.split("---", maxsplit=1)[0]) == Form()
    data = {"spec": {"hosts": ["a"]}}
    assert document_text(data, form, "Why.\n\nAnd how.") == (
        "# Why.\n#\n# And how.\nspec:\n    hosts:\n      - a\n"
    )
