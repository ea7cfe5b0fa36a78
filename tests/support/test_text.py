from gettext import NullTranslations

import pytest

from why503.support import text
from why503.support.text import filled, form_for_many


@pytest.mark.parametrize(
    ("count", "said"),
    [("1", "1 request was lost."), ("2", "2 requests were lost."), ("0", "0 requests were lost.")],
)
def test_words_go_with_their_number(count, said):
    assert filled("{count:request was|requests were} lost.", [("count", count)]) == said


def test_what_is_no_number_stands_for_many():
    assert filled("{count:line|lines}", [("count", "some")]) == "some lines"


def test_a_plain_placeholder_is_filled_as_it_is():
    assert filled("{what} at {host}", [("what", "1|2"), ("host", "{x}")]) == "1|2 at {x}"


def test_a_language_chooses_its_own_form(monkeypatch):
    class OneForm(NullTranslations):
        def plural(self, _count):
            return 0

    monkeypatch.setattr(text, "_translations", OneForm())
    assert filled("{count:first|second}", [("count", "5")]) == "5 first"


def test_a_sentence_without_evidence_names_its_values():
    assert form_for_many("{count:request was|requests were} for {host}") == (
        "<count> requests were for <host>"
    )
