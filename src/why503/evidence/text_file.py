"""A file: opened, decompressed, decoded and cut into lines, all of it bounded."""

import codecs
import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import IO, BinaryIO, cast

from why503.evidence.pipe import Pipe, standard_input
from why503.facts import Source, Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

EXPANDED_LIMIT = 1 << 30
"""Bytes of one file, after decompression, that are read."""

RATIO = 250
"""Times its packed size that a file may unpack to; real logs stay below 100."""

RATIO_FROM = 4 << 20
"""Bytes from which the ratio counts: small files of blanks harm nobody."""

LINE_LIMIT = 1 << 20
"""Characters of one line that are read."""

DOCUMENT_LIMIT = 64 << 20
"""Bytes up to which a file is also offered as one document."""

_CHUNK = 1 << 18
_HEAD = 8192
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_CAPTURES = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
)
_ARCHIVES = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")
_ODD = 0.02
"""Share of characters that a damaged log may have and a program or picture exceeds."""
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

STDIN = "-"
"""The path that means standard input."""


@dataclass
class TextFile:
    """One file of the evidence; can be read more than once, what stayed unread is told once."""

    path: str
    """The path that sources name."""
    place: Path | None
    """Where it is; None for standard input."""
    unread: dict[str, Unread] = field(default_factory=dict)
    """What could not be read, by kind."""
    content: Callable[[], BinaryIO] | None = None
    """Opens the bytes, decompressed already, of a member of an archive; None for other files."""
    _pipe: Pipe | None = None
    _spool: IO[bytes] | None = None
    """A file of our own that goes with us."""

    def lines(self) -> Iterator[str]:
        """Lines without their ends; empty where the file is no text."""
        rest = ""
        cut = 0
        number = 0
        for chunk in self._texts():
            pieces = (rest + chunk).split("\n")
            rest = pieces.pop()
            for piece in pieces:
                number += 1
                if len(piece) > LINE_LIMIT or cut:
                    self._tell_cut(number)
                    cut = 0
                yield piece[:LINE_LIMIT].rstrip("\r")
            if len(rest) > LINE_LIMIT:
                cut = 1
                rest = rest[:LINE_LIMIT]
        if rest:
            if cut:
                self._tell_cut(number + 1)
            yield rest[:LINE_LIMIT].rstrip("\r")

    def text(self) -> str | None:
        """The whole text; None where it is no text or larger than `DOCUMENT_LIMIT`."""
        if self.content is None and self._is_plain() and (self.packed_size() or 0) > DOCUMENT_LIMIT:
            return None
        pieces: list[str] = []
        size = 0
        for chunk in self._texts():
            size += len(chunk)
            if size > DOCUMENT_LIMIT:
                return None
            pieces.append(chunk)
        return "".join(pieces) if pieces else None

    def _is_plain(self) -> bool:
        """Whether the bytes are those of a regular file that is not compressed."""
        return self.place is not None and self.place.is_file() and not self.is_packed()

    def is_packed(self) -> bool:
        """Whether the bytes are compressed; False too where they cannot be read."""
        with contextlib.suppress(OSError), self._open() as raw:
            return raw.read(4).startswith((_GZIP, _ZSTD))
        return False

    def comes_once(self) -> bool:
        """Whether it is a pipe of which more is to come than is held in memory."""
        return self._pipe is not None and self._pipe.comes_once

    def head(self) -> bytes:
        """The first bytes, decompressed, at most `_HEAD`; empty where nothing can be read."""
        for chunk in self._chunks(self._open):
            return chunk[:_HEAD]
        return b""

    def stream(self) -> "ByteChunks":
        """The bytes, decompressed, as far as `EXPANDED_LIMIT`."""
        return ByteChunks(self._bounded())

    def unbounded(self) -> "ByteChunks":
        """The bytes, decompressed, without a limit: for a caller who has limits of its own."""
        return ByteChunks(self._chunks(self._open))

    def passing(self, wanted: Callable[[], bool]) -> "ByteChunks":
        """The bytes of a pipe, decompressed, to its end and for the last time: none are kept.

        Ends too when ``wanted`` says no.
        """
        pipe = self._taken_pipe()
        return ByteChunks(self._chunks(lambda: pipe.passing(wanted)))

    def seekable(self) -> BinaryIO:
        """The bytes as they are. Raises `OSError` where the file cannot be opened."""
        return self._taken_pipe().kept() if self._is_pipe() else self._open()

    def packed_size(self) -> int | None:
        """Bytes as they are, before decompression; None where they are not known.

        Of a pipe those that came so far.
        """
        if self._pipe is not None:
            return self._pipe.size
        return None if self.place is None else self.place.stat().st_size

    def _bounded(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._chunks(self._open):
            size += len(chunk)
            if size > EXPANDED_LIMIT:
                self._tell("size", _too_large(self.path))
                yield chunk[: max(0, len(chunk) - (size - EXPANDED_LIMIT))]
                return
            yield chunk

    def _texts(self) -> Iterator[str]:
        """The file's text, chunk by chunk."""
        decoder: codecs.IncrementalDecoder | None = None
        size = 0
        for chunk in self._chunks(self._open):
            piece = chunk
            if decoder is None:
                if chunk.startswith(_CAPTURES):
                    return
                if (reason := _not_text(chunk)) is not None:
                    self._tell("binary", reason.format(path=self.path))
                    return
                encoding = _UTF16.get(chunk[:2], "utf-8")
                decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
                piece = _without_bom(chunk)
            size += len(chunk)
            if size > EXPANDED_LIMIT:
                self._tell("size", _too_large(self.path))
                piece = piece[: max(0, len(piece) - (size - EXPANDED_LIMIT))]
                yield decoder.decode(piece).replace("\0", "")
                return
            yield decoder.decode(piece).replace("\0", "")
        if decoder is not None and (last := decoder.decode(b"", final=True)):
            yield last

    def _chunks(self, opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
        """The file's bytes, decompressed; stops where a compressed stream is broken."""
        try:
            with opened() as raw:
                head = raw.peek(4)[:4] if isinstance(raw, io.BufferedReader) else b""
                stream = expanded(raw, head)
                size = 0
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if stream is not raw and size > RATIO_FROM and self._is_bomb(size):
                        self._tell("size", _too_dense(self.path))
                        return
                    yield chunk
        except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
            self._tell("broken", _broken(self.path, str(fault)))
        except OSError as fault:
            self._tell("broken", _unreadable(self.path, fault.strerror or str(fault)))
        except Exception as fault:  # noqa: BLE001 - a decompressor's own faults must not end the run
            self._tell("broken", _broken(self.path, str(fault)))

    def _is_bomb(self, size: int) -> bool:
        """Whether ``size`` bytes are more than honest text unpacks to."""
        packed = self.packed_size()
        return packed is not None and size > RATIO * packed

    def _open(self) -> BinaryIO:
        if self.content is not None:
            return self.content()
        if self._is_pipe():
            return self._taken_pipe().opened()
        return cast("Path", self.place).open("rb")

    def _is_pipe(self) -> bool:
        return self.content is None and (self.place is None or self.place.is_fifo())

    def _taken_pipe(self) -> Pipe:
        """The pipe, its first bytes read. Raises `OSError`."""
        if self._pipe is None:
            place = self.place
            raw = standard_input() if place is None else io.FileIO(place, "rb")
            self._pipe = Pipe(raw, EXPANDED_LIMIT)
        return self._pipe

    def _tell_cut(self, number: int) -> None:
        self._tell(
            f"cut {number}",
            _(
                "Line {line} of `{path}` is longer than {limit} characters; the rest of it was "
                "not read."
            ).format(line=number, path=self.path, limit=LINE_LIMIT),
            number,
        )

    def _tell(self, kind: str, reason: str, line: int = 0) -> None:
        if len(self.unread) < _TOLD:
            self.unread.setdefault(
                kind, Unread(source=Source(path=self.path, line=line), reason=reason)
            )


_TOLD = 20


class ByteChunks:
    """Chunks of bytes, to be read like a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At least one byte and at most ``size``; ``b""`` at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def expanded(raw: BinaryIO, head: bytes) -> BinaryIO:
    """``raw``, or the decompressed stream behind it where its first bytes say that it is packed.

    Reading may raise whatever a decompressor raises.
    """
    if head.startswith(_GZIP):
        return cast("BinaryIO", _PartialGzip(raw))
    if head.startswith(_ZSTD):
        from why503.evidence import zstd

        return zstd.opened(raw)
    return raw


class _PartialGzip:
    """gzip members, decompressed as far as the bytes go; `EOFError` where the end is missing."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._inflate = zlib.decompressobj(wbits=31)
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; ``b""`` at the end."""
        while True:
            if self._inflate.eof:
                self._rest = (self._inflate.unused_data or self._raw.read(_CHUNK)).lstrip(b"\0")
                if not self._rest:
                    return b""
                self._inflate = zlib.decompressobj(wbits=31)
            packed = self._inflate.unconsumed_tail or self._rest or self._raw.read(_CHUNK)
            self._rest = b""
            if not packed:
                raise EOFError(_("its end is missing"))
            if found := self._inflate.decompress(packed, size):
                return found


def _not_text(head: bytes) -> str | None:
    """Why the file is not read as text; None where it is text."""
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return _(
            "`{path}` is not text: it is an archive of a kind that is not read. Unpack it and give "
            "the folder."
        )
    if head[:2] in _UTF16:
        return None
    if b"\0" in head[:_HEAD] and not _is_text_with_holes(head):
        return _("`{path}` is not text: it has NUL bytes, and is no binary file that is read.")
    return None


def _is_text_with_holes(head: bytes) -> bool:
    """True where nearly all that is left without NUL bytes is text.

    A log that was cut while it was written has a hole of NUL bytes; a crash leaves some, too.
    """
    rest = head.replace(b"\0", b"")[:_HEAD].decode("utf-8", "replace")
    odd = sum(sign in "\ufffd\x7f" or (sign < " " and sign not in "\t\n\r\x1b") for sign in rest)
    return bool(rest) and odd <= _ODD * len(rest)


def _without_bom(chunk: bytes) -> bytes:
    if chunk[:2] in _UTF16:
        return chunk[2:]
    return chunk.removeprefix(codecs.BOM_UTF8)


def _too_dense(path: str) -> str:
    return _(
        "`{path}` unpacks to more than {ratio} times its size, as no log does; the rest of it was "
        "not read. Unpack it and give the part of the time of the failure."
    ).format(path=path, ratio=RATIO)


def _too_large(path: str) -> str:
    return _(
        "`{path}` has more than {limit} bytes; the rest of it was not read. Cut it to the time "
        "of the failure."
    ).format(path=path, limit=EXPANDED_LIMIT)


def _broken(path: str, fault: str) -> str:
    return _(
        "`{path}` is compressed and broken ({fault}); what came before the break was read. Fetch "
        "it again."
    ).format(path=path, fault=fault)


def _unreadable(path: str, fault: str) -> str:
    return _("Cannot read `{path}`: {fault}. Check that it can be opened by you.").format(
        path=path, fault=fault
    )
