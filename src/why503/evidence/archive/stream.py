"""Bytes that are read once: a look ahead, a part of them, and a copy to read again."""

import io
from typing import TYPE_CHECKING, BinaryIO

from why503.evidence.reader import ByteStream

if TYPE_CHECKING:
    from why503.evidence.zstd import ZstdCompressor

RAW = 4 << 20
"""Bytes of a member up to which its copy is held as it is; a longer one is packed in memory."""

_CHUNK = 1 << 18
_SMALL = 1 << 16


class Stream:
    """A stream with a look ahead; fit for decompressors, which call `read` with a size."""

    def __init__(self, source: ByteStream) -> None:
        self._source = source
        self._buffer = b""
        self._at = 0
        self._ended = False

    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; fewer than ``size`` only at the end."""
        have = len(self._buffer) - self._at
        if have < size and not self._ended:
            pieces = [self._buffer[self._at :]]
            while have < size and not self._ended:
                piece = self._source.read(max(size - have, _SMALL))
                self._ended = not piece
                pieces.append(piece)
                have += len(piece)
            self._buffer, self._at = b"".join(pieces), 0
        return self._buffer[self._at : self._at + size]

    def read(self, size: int = _CHUNK) -> bytes:
        """At least one byte and at most ``size``; ``b""`` at the end."""
        if self._at >= len(self._buffer) and size < _SMALL:
            self.peek(1)
        if self._at < len(self._buffer):
            found = self._buffer[self._at : self._at + size]
            self._at += len(found)
            return found
        return b"" if self._ended else self._source.read(size)

    def skip(self, size: int) -> int:
        """Pass over ``size`` bytes; how many of them were there."""
        left = size
        while left and (piece := self.read(min(left, _CHUNK))):
            left -= len(piece)
        return size - left


class Part:
    """The next bytes of a stream, ``size`` of them."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size
        """Bytes not yet read; above zero at the end where the stream ended before."""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; ``b""`` at the end of the part or of the stream."""
        found = self._stream.read(min(size, self.left)) if self.left and size else b""
        self.left -= len(found)
        return found


class Kept:
    """A copy of a member that can be read again and again, in little memory."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._packed = bytearray()
        self._packer: ZstdCompressor | None = None
        self.size = 0

    def fill(self, stream: ByteStream, limit: int) -> bool:
        """Take at most ``limit`` bytes of ``stream``; False where it has more.

        What was taken stays where the stream raises; `close` has to be called in any case.
        """
        while self.size < limit:
            piece = stream.read(min(_CHUNK, limit - self.size))
            if not piece:
                return True
            self._take(piece)
        return not stream.read(1)

    def _take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._packer is None and self.size <= RAW:
            self._raw += piece
            return
        if self._packer is None:
            from why503.evidence import zstd

            self._packer = zstd.ZstdCompressor(level=1)
            self._packed += self._packer.compress(bytes(self._raw))
            self._raw = bytearray()
        self._packed += self._packer.compress(piece)

    def close(self) -> None:
        """No more bytes will come."""
        if self._packer is not None:
            self._packed += self._packer.flush()

    def open(self) -> BinaryIO:
        """The bytes from the beginning."""
        if self._packer is None:
            return io.BytesIO(self._raw)
        from why503.evidence import zstd

        return zstd.opened(io.BytesIO(self._packed))
