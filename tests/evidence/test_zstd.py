"""What is packed comes back."""

import io

from why503.evidence import zstd


def test_a_packed_text_comes_back() -> None:
    packer = zstd.ZstdCompressor()
    packed = packer.compress(b"503 UC\n" * 1000) + packer.flush()
    assert zstd.opened(io.BytesIO(packed)).read() == b"503 UC\n" * 1000
