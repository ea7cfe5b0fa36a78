import pytest

from why503.evidence.json_preamble import without_preamble


def test_error_text_before_a_document_is_taken_off_and_lines_stay() -> None:
    text = 'error: unable to upgrade\nDefaulted container\n{"a":\n 1}\n'
    body, preamble = without_preamble(text, "x/config_dump_proxy.json")
    assert body == '\n\n{"a":\n 1}\n'
    assert preamble == "error: unable to upgrade\nDefaulted container\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", "\n {}", "no document\n", '\n\n{"a": 1}'])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_preamble(text, "a.json") == (text, "")


def test_a_file_that_is_not_named_as_json_stays_as_it_is() -> None:
    assert without_preamble("words\n{}", "paste.txt") == ("words\n{}", "")
