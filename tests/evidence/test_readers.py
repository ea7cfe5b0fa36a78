"""Every reader that is named is there and takes its shape."""

import pytest

from why503.evidence import readers

LINES = tuple(readers.line_readers())


@pytest.mark.parametrize("reader", LINES, ids=lambda reader: reader.NAME)
def test_a_line_reader_bids_for_nothing_with_nothing(reader: object) -> None:
    assert reader.bid([]) == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("reader", readers.document_readers(), ids=lambda reader: reader.NAME)
def test_a_document_reader_does_not_want_an_empty_text(reader: object) -> None:
    assert reader.bid("") < 0.9  # type: ignore[attr-defined]


@pytest.mark.parametrize("reader", readers.binary_readers(), ids=lambda reader: reader.NAME)
def test_a_binary_reader_does_not_want_an_empty_file(reader: object) -> None:
    assert reader.bid(b"") < 0.9  # type: ignore[attr-defined]


def test_no_two_readers_share_a_name() -> None:
    names = [reader.NAME for reader in (*LINES, *readers.document_readers())]
    assert len(names) == len(set(names))
