from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.ignore_comment import comments_of
from why503.evidence.reader import Context

CONTEXT = Context(path="a.yaml", teller="a")


def told(text):
    return [(one.source.line, one.rule, one.reason) for one in comments_of(text, CONTEXT)]


def test_a_comment_behind_a_value_speaks_of_its_line():
    assert told("a: 1\nb: 2  # why503: ignore x/y -- meant so") == [(2, "x/y", "meant so")]


def test_a_comment_of_its_own_speaks_of_the_next_line_with_content():
    assert told("# why503: ignore x -- so\n\n# more\nb: 2\n") == [(4, "x", "so")]


def test_a_missing_reason_stays_empty_and_other_words_are_no_comment():
    assert told("a: 1 # why503: ignore x/y\nb: '#why503: ignored'") == [(1, "x/y", "")]


@given(st.text())
def test_any_text_is_survived(text):
    list(comments_of(text + "# why503: ignore a", CONTEXT))
