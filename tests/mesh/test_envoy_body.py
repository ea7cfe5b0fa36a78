import pytest

from why503.mesh.ending_name import Ending
from why503.mesh.envoy_body import _BY_LENGTH, BODY, ending_words_of_length


@pytest.mark.parametrize(("length", "code"), sorted(_BY_LENGTH))
def test_every_length_names_an_ending_under_its_own_code_only(length: int, code: int) -> None:
    assert Ending(ending_words_of_length(length, code))
    assert ending_words_of_length(length, code + 1) == ""


def test_a_length_that_envoy_never_writes_names_nothing() -> None:
    assert ending_words_of_length(96, 503) == ""


def test_the_body_of_an_old_envoy_has_no_reason() -> None:
    found = BODY.search("upstream connect error or disconnect/reset before headers")
    assert found is not None
    assert found["reason"] is None


def test_a_transport_reason_ends_at_the_quote_around_the_body() -> None:
    found = BODY.search(
        '"upstream connect error or disconnect/reset before headers. reset reason: connection '
        'failure, transport failure reason: delayed connect error: 111", "next": 1'
    )
    assert found is not None
    assert found["transport"] == "delayed connect error: 111"
