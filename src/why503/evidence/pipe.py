"""A pipe: bytes that come once. The first are held in memory, the rest kept in a file or let go."""

import io
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

KEPT = 32 << 20
"""Bytes of a pipe that are held in memory."""

_CHUNK = 1 << 18
_PATIENCE = 0.2
"""Seconds after which a pipe that gives nothing is asked again whether it is still wanted."""


def standard_input() -> io.RawIOBase:
    """Standard input without a buffer; closing it closes nothing."""
    try:
        number = sys.stdin.buffer.fileno()
    except (OSError, ValueError):  # no file of the system's
        return cast("io.RawIOBase", io.BytesIO(sys.stdin.buffer.read()))
    return io.FileIO(number, "rb", closefd=False)


def redirected() -> Path | None:
    """The file that is standard input, as in `why503 diagnose - < FILE`; None for a pipe.

    Such a file can be read by several processes. None too where its begin was read already, or
    where the system does not tell.
    """
    try:
        number = sys.stdin.buffer.fileno()
        place = Path(f"/proc/self/fd/{number}").readlink()
        is_whole = os.lseek(number, 0, os.SEEK_CUR) == 0
        is_it = place.is_file() and os.path.samestat(place.stat(), os.fstat(number))
    except (OSError, ValueError, AttributeError):
        return None
    return place if is_whole and is_it else None


class Pipe:
    """What comes out of a pipe; can be read again and again until it is let go."""

    def __init__(self, raw: io.RawIOBase, limit: int) -> None:
        """``limit``: bytes of it that are kept in a file. Raises `OSError`."""
        self._raw = _Patient(raw)
        self._reader = io.BufferedReader(self._raw, _CHUNK)
        self._limit = limit
        self._head = self._reader.read(KEPT)
        self._begin = len(self._head)
        """Where the rest begins."""
        self._spool: IO[bytes] | None = None
        self.comes_once = len(self._head) == KEPT
        """Whether what is behind the bytes in memory has not been read yet."""
        if not self.comes_once:
            self._reader.close()

    @property
    def size(self) -> int:
        """Bytes that came so far."""
        return self._raw.came

    def opened(self) -> BinaryIO:
        """The bytes from the first one on; who reads on behind those in memory has all kept."""
        if self._spool is not None:
            return Path(self._spool.name).open("rb")
        return io.BufferedReader(_Joined(self._head, self._rest))

    def kept(self) -> BinaryIO:
        """All bytes, as far as the limit, to be read in any order."""
        if self.comes_once:
            self._keep()
        return self.opened() if self._spool is not None else io.BytesIO(self._head)

    def passing(self, wanted: Callable[[], bool]) -> BinaryIO:
        """All bytes, without a limit, for the last time: what is behind those in memory is let go.

        Ends too when ``wanted`` says no, which is asked even while nothing comes.
        """
        self.comes_once = False
        self._raw.wanted = wanted
        return io.BufferedReader(_Joined(self._head, lambda: self._reader))

    def _rest(self) -> BinaryIO:
        """What is behind the bytes in memory."""
        if self.comes_once:
            self._keep()
        if self._spool is None:
            return io.BytesIO()
        rest = Path(self._spool.name).open("rb")  # noqa: SIM115 - its reader closes it
        rest.seek(self._begin)
        return rest

    def _keep(self) -> None:
        """Read the pipe to its end, into a file."""
        import tempfile

        self.comes_once = False
        self._spool = tempfile.NamedTemporaryFile(prefix="why503-")  # noqa: SIM115 - goes with us
        self._spool.write(self._head)
        size = len(self._head)
        while size <= self._limit and (chunk := self._reader.read(_CHUNK)):
            self._spool.write(chunk)
            size += len(chunk)
        self._spool.flush()
        self._reader.close()
        self._head = b""


class _Joined(io.RawIOBase):
    """Bytes in memory, and what follows them."""

    def __init__(self, head: bytes, rest: Callable[[], BinaryIO]) -> None:
        self._head = memoryview(head)
        self._open_rest = rest
        self._rest: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        if self._head:
            piece = self._head[: len(buffer)]
            self._head = self._head[len(piece) :]
        else:
            if self._rest is None:
                self._rest = self._open_rest()
            piece = memoryview(self._rest.read(len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if self._rest is not None:
            self._rest.close()
        super().close()


class _Patient(io.RawIOBase):
    """The end of a pipe; while it waits for bytes it asks whether they are still wanted."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.wanted: Callable[[], bool] | None = None
        self.came = 0
        """Bytes that came so far."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        if self.wanted is not None and not self._is_ready(self.wanted):
            return 0
        while (piece := self._raw.read(len(buffer))) is None:  # another program made it so
            select.select([self._raw], [], [], _PATIENCE)
        buffer[: len(piece)] = piece
        self.came += len(piece)
        return len(piece)

    def _is_ready(self, wanted: Callable[[], bool]) -> bool:
        while wanted():
            try:
                if select.select([self._raw], [], [], _PATIENCE)[0]:
                    return True
            except (OSError, ValueError):  # what it is cannot be waited for
                return True
        return False

    def close(self) -> None:
        self._raw.close()
        super().close()
