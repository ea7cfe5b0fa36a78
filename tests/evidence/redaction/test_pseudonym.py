from why503.evidence.redaction.pseudonym import Pseudonyms
from why503.evidence.redaction.vocabulary import stays


def test_a_token_has_the_length_and_the_case_of_its_word() -> None:
    names = Pseudonyms(b"k")
    token = names.word("zorbank")
    assert len(token) == 7
    assert names.word("ZORBANK") == token.upper()
    assert names.word("Zorbank") == token.capitalize()


def test_what_kubernetes_drew_looks_drawn_still() -> None:
    names = Pseudonyms(b"k")
    assert set(names.word("7d9f8b6c5d")) <= set("0123456789abcdef")
    assert not set(names.word("xkzpq")) & set("aeiou")


def test_a_thousand_words_have_a_thousand_tokens() -> None:
    names = Pseudonyms(b"k")
    words = [f"{a}{b}{c}q" for a in "bcdfghjklm" for b in "aeioubcdfg" for c in "npqrstvwxz"]
    assert len({names.word(word) for word in words if not stays(word)}) == sum(
        not stays(word) for word in words
    )


def test_an_identifier_keeps_its_signs() -> None:
    token = Pseudonyms(b"k").identifier("8e282fc3-08b5-7eff-f84b-5dacb6e41603")
    assert [len(part) for part in token.split("-")] == [8, 4, 4, 4, 12]
    assert "8e282fc3" not in token


def test_a_number_keeps_its_length() -> None:
    assert len(Pseudonyms(b"k").number("123456")) == 6
