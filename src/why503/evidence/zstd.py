"""zstd, met in one place: in the standard library from Python 3.14, a package below."""

import sys
from typing import BinaryIO, cast

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, ZstdFile
else:
    from backports.zstd import ZstdCompressor, ZstdFile

__all__ = ["ZstdCompressor", "opened"]


def opened(raw: BinaryIO) -> BinaryIO:
    """The decompressed stream behind ``raw``; reading may raise what the decompressor raises."""
    return cast("BinaryIO", ZstdFile(raw))
