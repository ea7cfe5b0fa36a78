import pytest

from why503.mesh.glossary_filters import FILTERS


@pytest.mark.parametrize(
    ("word", "code"),
    [("http1.codec_error", "400"), ("http1.headers_too_large", "431"), ("http2.remote_reset", "0")],
)
def test_codec_details_are_told_with_the_status_of_their_kind(word, code):
    assert FILTERS[word].code == code


def test_codec_details_blame_the_caller():
    assert FILTERS["http1.invalid_url"].meaning.startswith("The caller sent")
