import pytest

from tests.repair.mending import append, drop, put, refusal
from why503.diagnosis.yaml_text import Form
from why503.repair.block_edit import form_of
from why503.repair.marked import marked
from why503.repair.text_edit import Lines

RULE = """# head
spec:
  host: web   # host
  # before policy
  trafficPolicy: # policy
    connectionPool:
      http:
        idleTimeout: 60s   # sixty
        # after idle
      # end of pool
    # end of policy
  # about exports
  exportTo:   # list
  - "."       # here
  # between
  - 'b'
  # end of list
# end of file
"""
POOL = "spec.trafficPolicy.connectionPool.http"


def test_a_value_is_replaced_where_it_stands():
    new = put(RULE, f"{POOL}.idleTimeout", "50s")
    assert new == RULE.replace("60s ", "50s ")


def test_a_quoted_text_stays_quoted():
    assert put(RULE, "spec.exportTo.1", "c") == RULE.replace("'b'", "'c'")
    assert put(RULE, "spec.exportTo.0", "c") == RULE.replace('"."', '"c"')


@pytest.mark.parametrize(
    ("path", "value", "above", "new"),
    [
        (f"{POOL}.maxRetries", 3, "        # after idle\n", "        maxRetries: 3\n"),
        (
            "spec.trafficPolicy.connectionPool.tcp",
            {"a": "1s"},
            "      # end of pool\n",
            "      tcp:\n        a: 1s\n",
        ),
        (
            "spec.trafficPolicy.tls.mode",
            "SIMPLE",
            "    # end of policy\n",
            "    tls:\n      mode: SIMPLE\n",
        ),
    ],
)
def test_a_new_field_stands_behind_the_comments_of_what_it_follows(path, value, above, new):
    assert put(RULE, path, value) == RULE.replace(above, above + new)


def test_a_new_element_stands_behind_the_last():
    after = "  # end of list\n"
    assert append(RULE, "spec.exportTo", "c") == RULE.replace(after, f"{after}  - c\n")
    assert append(RULE, "spec.exportTo", {"a": 1, "b": [2]}) == RULE.replace(
        after, f"{after}  - a: 1\n    b:\n    - 2\n"
    )


def test_a_new_element_does_not_take_the_comment_of_the_next_field():
    text = "spec:\n  exportTo:\n  - a\n  # about host\n  host: b\n"
    assert append(text, "spec.exportTo", "c") == text.replace("- a\n", "- a\n  - c\n")


def test_a_field_goes_with_its_comments_and_no_others():
    text = "a:\n  b: 1 # one\n    # of b\n  # of c\n  c: 2\n"
    assert drop(text, "a.b") == "a:\n  # of c\n  c: 2\n"


def test_the_last_field_leaves_an_empty_mapping():
    assert drop("a:   # c\n  # d\n  b: 1\ne: 2\n", "a.b") == "a: {}   # c\n  # d\ne: 2\n"
    assert drop("a: 1 # c\n", "a") == "{} # c\n"
    assert drop("a:\n- 1\n", "a.0") == "a: []\n"


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("- a: 1\n  b: 2\n", "0.a", "- b: 2\n"),
        ("- a: 1 # x\n  # of b\n  b: 2\n", "0.a", "-\n  # of b\n  b: 2\n"),
        ("-   - 1\n    - 2\n", "0.0", "-   - 2\n"),
        ("- a: 1\n  b: 2\n- c\n", "0", "- c\n"),
        ("-\n  a: 1\n- c # d\n", "1", "-\n  a: 1\n"),
        ("- - 1\n  - 2\n", "0.1", "- - 1\n"),
    ],
)
def test_elements_and_their_fields_go_wherever_they_begin(text, path, new):
    assert drop(text, path) == new


@pytest.mark.parametrize(
    ("text", "path", "value", "new"),
    [
        ("a: # c\nb: 1\n", "a", 5, "a: 5 # c\nb: 1\n"),
        ("a: # c\nb: 1\n", "a", {"x": 1}, "a: # c\n  x: 1\nb: 1\n"),
        ("a: 60s # c\n", "a", {"x": 1}, "a: # c\n  x: 1\n"),
        ("a: {} # c\n", "a.x", 1, "a: # c\n  x: 1\n"),
        ("a:\n  60s # c\n", "a", "50s", "a:\n  50s # c\n"),
        ("a:\n  60s # c\n", "a", {"x": 1, "z": 2}, "a:\n  x: 1\n  z: 2 # c\n"),
        ("a: # c\n  x: 1\n  # d\nb: 1\n", "a", 5, "a: 5 # c\n  # d\nb: 1\n"),
        ("a:\n- 1\n- 2\nb: 1\n", "a", {"x": 1}, "a:\n  x: 1\nb: 1\n"),
        ("a:\n    x: 1\nb: 1\n", "a", {"z": [1]}, "a:\n    z:\n    - 1\nb: 1\n"),
        ("- 1 # c\n- 2\n", "0", {"x": 1, "z": 2}, "- x: 1\n  z: 2 # c\n- 2\n"),
        ("- # c\n- 2\n", "0", {"x": 1}, "- # c\n  x: 1\n- 2\n"),
        ("- x: 1\n  z: 2\n- 2\n", "0", 5, "- 5\n- 2\n"),
        ("- x: 1\n- 2\n", "0", {"v": 1, "w": 2}, "- v: 1\n  w: 2\n- 2\n"),
        ("a: |\n  x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n"),
        ("a: &unused # c\n  x: 1\n", "a", 5, "a: 5 # c\n"),
        ("a: &unused # c\n  x: 1\n", "a", {"z": 1}, "a: &unused # c\n  z: 1\n"),
        ('a: "60\n  s" # c\n', "a", "50s", 'a: "50s" # c\n'),
    ],
)
def test_a_value_gives_way_to_one_of_another_sort(text, path, value, new):
    assert put(text, path, value) == new
    assert put(text.replace("\n", "\r\n"), path, value) == new.replace("\n", "\r\n")


def test_a_comment_below_does_not_become_text():
    text = "a:\n  b: 1\n\n        # deep\nc: 1\n"
    new = text.replace("b: 1\n", 'b: 1\n  d: "x\\ny\\n"\n')
    assert put(text, "a.d", "x\ny\n") == new
    assert put("a:\n  b: 1\n", "a.d", "x\ny\n") == "a:\n  b: 1\n  d: |\n    x\n    y\n"


def test_a_file_without_a_last_line_break_can_be_added_to():
    assert put("a:\n  b: 1", "a.c", 2) == "a:\n  b: 1\n  c: 2\n"
    assert append("a:\n- 1", "a", 2) == "a:\n- 1\n- 2\n"


def test_a_text_block_that_the_file_breaks_off_in_stays_last_and_as_it_was():
    assert put("a:\n  b: |\n    x", "a.c", 2) == "a:\n  c: 2\n  b: |\n    x"
    assert "line break" in refusal(append, "a:\n- |\n  x", "a", 2)


def test_a_block_of_text_that_keeps_its_empty_lines_is_not_cut():
    text = "a:\n  b: |+\n    x\n\n\nc: 1\n"
    assert put(text, "a.d", 2) == "a:\n  b: |+\n    x\n\n\n  d: 2\nc: 1\n"


def test_a_key_asked_for_by_a_question_mark_is_edited_like_any_other():
    text = "? a\n: 1\n? b\n"
    assert put(text, "a", 2) == "? a\n: 2\n? b\n"
    assert drop(text, "a") == "? b\n"
    assert "neither colon nor value" in refusal(put, text, "b", 1)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a:\n    b:\n    - 1\n", Form(step=4)),
        ("a:\n  b:\n      - 1\n", Form(step=2, list_step=4)),
        ("a: 1\n", Form()),
    ],
)
def test_indentation_is_taken_from_the_document(text, form):
    assert form_of(marked(text), Lines(text)) == form
