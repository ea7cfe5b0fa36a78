import io
import os

from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.archive import stream
from why503.evidence.archive.stream import Kept, Part, Stream


class Drips:
    """Gives a byte or two at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 2))


@given(st.binary(max_size=300), st.lists(st.integers(1, 80), max_size=20))
def test_peeking_takes_nothing(data: bytes, sizes: list[int]) -> None:
    source = Stream(Drips(data))
    taken = b""
    for size in sizes:
        assert source.peek(size) == data[len(taken) : len(taken) + size]
        taken += source.read(size)
    taken += b"".join(iter(lambda: source.read(7), b""))
    assert taken == data


def test_skipping_says_how_much_was_there() -> None:
    source = Stream(Drips(b"0123456789"))
    assert source.skip(4) == 4
    assert source.peek(1) == b"4"
    assert source.skip(100) == 6


def test_a_part_ends_where_it_was_told_to_and_says_what_is_missing() -> None:
    source = Stream(Drips(b"0123456789"))
    part = Part(source, 4)
    assert b"".join(iter(lambda: part.read(3), b"")) == b"0123"
    assert source.peek(1) == b"4"
    cut = Part(source, 50)
    assert b"".join(iter(lambda: cut.read(3), b"")) == b"456789"
    assert cut.left == 44


def kept(data: bytes, limit: int) -> tuple[Kept, bool]:
    made = Kept()
    whole = made.fill(Stream(io.BytesIO(data)), limit)
    made.close()
    return made, whole


def test_a_copy_can_be_read_again_and_again() -> None:
    noise = os.urandom(stream.RAW + 100_000)
    for data in (b"", b"short", noise):
        made, whole = kept(data, 1 << 30)
        assert whole
        assert made.size == len(data)
        for _time in range(2):
            with made.open() as opened:
                assert opened.read() == data


def test_a_copy_is_cut_at_its_limit() -> None:
    made, whole = kept(b"0123456789", 4)
    assert (made.open().read(), whole) == (b"0123", False)
    assert kept(b"0123", 4)[1]


def test_a_long_copy_is_packed() -> None:
    made, _whole = kept(b"the same line again and again\n" * 1_000_000, 1 << 30)
    assert len(made._raw) + len(made._packed) < 100_000
