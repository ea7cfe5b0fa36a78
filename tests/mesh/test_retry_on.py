import pytest

from why503.mesh.retry_on import DEFAULT, is_taken, retries_503_by_default, since, words_of


@pytest.mark.parametrize(
    ("word", "version", "taken"),
    [
        ("reset", (1, 20), True),
        ("503", (1, 20), True),
        ("stream-reset", (1, 28), False),
        ("reset-before-request", (1, 22), False),
        ("reset-before-request", (1, 23), True),
        ("999", (1, 28), False),
    ],
)
def test_words_are_taken_as_the_webhook_of_the_version_takes_them(word, version, taken):
    assert is_taken(word, version) is taken


def test_blanks_stay_in_the_words():
    assert words_of("5xx, reset") == ["5xx", " reset"]


def test_503_is_repeated_by_default_up_to_1_23():
    assert retries_503_by_default((1, 23))
    assert not retries_503_by_default((1, 24))


def test_only_later_words_have_a_first_version():
    assert since("reset-before-request") == (1, 23)
    assert since("reset") is None


def test_every_word_of_the_default_is_taken_and_none_repeats_a_reset():
    assert all(is_taken(word, (1, 20)) for word in DEFAULT)
    assert not {"reset", "reset-before-request", "503"} & set(DEFAULT)
