import pytest

from why503.evidence.redaction.vocabulary import stays, words


@pytest.mark.parametrize("word", ["upstream", "UC", "vminsert", "nginx", "C123", "v1", "503", "x"])
def test_a_word_of_the_mesh_stays(word: str) -> None:
    assert stays(word)


@pytest.mark.parametrize("word", ["zorbank", "orders", "checkout", "hunter2", "7d9f8b6c5d", "acme"])
def test_a_name_does_not_stay(word: str) -> None:
    assert not stays(word)


def test_the_words_are_sorted_lower_case_and_written_once() -> None:
    from importlib.resources import files

    text = files("why503.evidence.redaction").joinpath("words.txt").read_text().split()
    assert text == sorted(words())
    assert all(word == word.lower() for word in text)
