"""What is packed comes back."""

import io

import pytest

from why503.evidence import zstd


def test_a_packed_text_comes_back() -> None:
    packer = zstd.ZstdCompressor()
    packed = packer.compress(b"503 UC\n" * 1000) + packer.flush()
    assert zstd.opened(io.BytesIO(packed)).read() == b"503 UC\n" * 1000


@pytest.mark.parametrize("missing", [1, 3, 4, 5, 40])
def test_an_end_that_is_missing_is_a_fault(missing: int) -> None:
    packer = zstd.ZstdCompressor()
    packed = packer.compress(bytes(range(256)) * 99) + packer.flush()
    with pytest.raises(EOFError):
        zstd.opened(io.BytesIO(packed[:-missing])).read()
