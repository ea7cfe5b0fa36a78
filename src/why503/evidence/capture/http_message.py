"""Plain HTTP/1 in one direction of a connection: its heads are read, its bodies stepped over.

Heads of the ordinary form are read by two patterns, for a capture has hundreds of thousands; what
is not ordinary is put before h11, whose verdict counts.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Protocol

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask

HEAD_LIMIT = 64 << 10
"""Bytes of a head that are kept until it is whole."""
PATH_LENGTH = 2000
_WORD_LENGTH = 200

METHODS = (
    b"GET ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"HEAD ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
    b"TRACE ",
    b"PROPFIND ",
    b"REPORT ",
)
ANSWER = b"HTTP/1."

_ORDINARY = lazy_re(
    rb"(?:[A-Z]{1,20} [^\s]++ HTTP/1\.[01]|HTTP/1\.[01] [1-5]\d\d(?: [^\r\n\0]*+)?)\r\n"
    rb"(?:[!#-'*+.^-z|~0-9A-Z-]++:[^\r\n\0]*+\r\n)*+\r\n"
)
_FIELD = lazy_re(
    rb"\n(host|x-request-id|content-length|transfer-encoding):[ \t]*+([^\r\n]*)", re.IGNORECASE
)
_QUOTED = lazy_re(r"(?:bytearray\()?b?['\"]([^:'\"]{0,100}).*", re.DOTALL)
"""A line that h11 quotes, of which the header's name is kept: the value may be a secret."""
_END = lazy_re(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """What matters of a head."""

    first: bytes
    """Method, or ``b""`` for an answer."""
    target: bytes
    status: int
    """0 for a request."""
    host: str
    request_id: str
    length: int | None
    """Content length; None where none is told."""
    chunked: bool


class Listener(Protocol):
    """Who is told what is heard."""

    def head(self, head: Head, time: float, line: int) -> bool:
        """A head, with time and packet of its first byte; True where no body follows it."""
        ...

    def body(self, time: float) -> None:
        """Bytes of an answer's body."""
        ...

    def malformed(self, text: str, line: int) -> None:
        """A head that is none."""
        ...


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK = auto()
    TRAILER = auto()
    UNTIL_CLOSE = auto()
    LOST = auto()


class HttpSide:
    """Follows the messages that one end sends, over segments of any cut."""

    __slots__ = ("_answers", "_kept", "_left", "_line", "_listener", "_state", "_time")

    def __init__(self, listener: Listener, *, answers: bool) -> None:
        self._listener = listener
        self._answers = answers
        self._state = _State.HEAD
        self._kept = b""
        self._left = 0
        self._line = 0
        self._time = 0.0

    def feed(self, data: bytes, missing: int, time: float, line: int) -> None:
        """The next bytes in order; ``missing`` more were sent behind them and not captured."""
        if self._state is _State.BODY and len(data) + missing < self._left:
            self._left -= len(data) + missing
            if self._answers:
                self._listener.body(time)
            return
        at = 0
        while at < len(data):
            at = self._step(data, at, time, line, missing)
        if missing:
            self._skip(missing)

    def lost(self) -> None:
        """Bytes are missing: wait for a segment that begins with a head."""
        self._state, self._kept = _State.LOST, b""

    def _step(self, data: bytes, at: int, time: float, line: int, missing: int) -> int:
        """Take bytes from ``at`` as the state wants them; where to go on."""
        state = self._state
        if state is _State.HEAD:
            return self._take_head(data, at, time, line, missing)
        if state is _State.LOST:
            starts = at == 0 and data.startswith((ANSWER,) if self._answers else METHODS)
            self._state = _State.HEAD if starts else state
            return 0 if starts else len(data)
        if self._answers:
            self._listener.body(time)
        if state is _State.BODY:
            taken = min(self._left, len(data) - at)
            self._left -= taken
            if not self._left:
                self._state = _State.CHUNK if self._kept else _State.HEAD
                self._kept = b""
            return at + taken
        if state is _State.UNTIL_CLOSE:
            return len(data)
        return self._take_chunk_line(data, at)

    def _take_head(self, data: bytes, at: int, time: float, line: int, missing: int) -> int:
        before = len(self._kept)
        if not before:
            while data[at : at + 1] in (b"\r", b"\n"):
                at += 1
            self._time, self._line = time, line
            if at == len(data):
                return at
        kept = self._kept + data[at:]
        found = kept.find(b"\r\n\r\n", max(0, before - 3)) + 4
        if found < 4:
            blank = _END.search(kept, max(0, before - 3))
            found = blank.end() if blank else 0
        if found:
            self._kept = b""
            self._heard(kept[:found], whole=True)
            return at + found - before
        if not plausible(kept, answers=self._answers):
            self._refuse(kept)
        elif missing:
            self._heard(kept[:HEAD_LIMIT], whole=False)
            self.lost()
        elif len(kept) > HEAD_LIMIT:
            self._listener.malformed("head longer than 64 KiB", self._line)
            self.lost()
        else:
            self._kept = kept
        return len(data)

    def _heard(self, text: bytes, *, whole: bool) -> None:
        head = parse(text, answers=self._answers, whole=whole)
        if isinstance(head, str):
            self._listener.malformed(head, self._line)
            self.lost()
            return
        empty = self._listener.head(head, self._time, self._line)
        if empty:
            self._state = _State.HEAD
        elif head.chunked:
            self._state = _State.CHUNK
        elif head.length is not None:
            self._left = head.length
            self._state = _State.BODY if head.length else _State.HEAD
        else:
            self._state = _State.UNTIL_CLOSE if self._answers else _State.HEAD
        if head.status == 101:
            self._state = _State.UNTIL_CLOSE

    def _refuse(self, kept: bytes) -> None:
        head = parse(kept, answers=self._answers, whole=True)
        self._listener.malformed(head if isinstance(head, str) else "no HTTP/1 head", self._line)
        self.lost()

    def _take_chunk_line(self, data: bytes, at: int) -> int:
        """A chunk's size, or a line of the trailer."""
        stop = data.find(b"\n", at)
        if stop < 0:
            self._kept += data[at:]
            if len(self._kept) > HEAD_LIMIT:
                self.lost()
            return len(data)
        text, self._kept = (self._kept + data[at:stop]).strip(), b""
        if self._state is _State.TRAILER:
            self._state = _State.TRAILER if text else _State.HEAD
            return stop + 1
        try:
            size = int(text.partition(b";")[0][:16], 16)
        except ValueError:
            self._listener.malformed("illegal chunk header", self._line)
            self.lost()
            return len(data)
        if size > 0:
            self._left, self._state, self._kept = size + 2, _State.BODY, b"+"
        else:
            self._state = _State.TRAILER if size == 0 else _State.LOST
        return stop + 1

    def _skip(self, missing: int) -> None:
        """Bytes that were sent and not captured."""
        if self._state is _State.BODY and missing <= self._left:
            self._left -= missing
            if not self._left:
                self._state = _State.CHUNK if self._kept else _State.HEAD
                self._kept = b""
        elif self._state is not _State.UNTIL_CLOSE:
            self.lost()


def plausible(kept: bytes, *, answers: bool) -> bool:
    """True where the bytes may be the beginning of a head."""
    if answers:
        return kept.startswith(ANSWER) or ANSWER.startswith(kept)
    return kept[:1].isalpha() and b"\0" not in kept


def parse(text: bytes, *, answers: bool, whole: bool) -> Head | str:
    """What matters of a head, or what is wrong with it in h11's words.

    A head of which only the beginning was captured (``whole`` is false) is never wrong.
    """
    fields = [(name.lower(), value.strip()) for name, value in _FIELD.findall(text)]
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    ordinary = (
        _ORDINARY.fullmatch(text) is not None
        and len(lengths) + len(codings) < 2
        and all(value.isdigit() and len(value) < 20 for value in lengths)
        and all(value.lower() == b"chunked" for value in codings)
    )
    if whole and not ordinary and (wrong := _verdict(text[:HEAD_LIMIT], answers)):
        return wrong
    words = text.partition(b"\n")[0].split(maxsplit=2)
    told = dict(fields)
    length = lengths[0] if lengths and lengths[0].isdigit() and len(lengths[0]) < 20 else None
    status = words[1] if answers and len(words) > 1 and words[1].isdigit() else b"0"
    return Head(
        first=b"" if answers else words[0],
        target=b"" if answers or len(words) < 2 else words[1][: 2 * PATH_LENGTH],
        status=int(status[:3]),
        host=_word(told.get(b"host", b"")),
        request_id=_word(told.get(b"x-request-id", b"")),
        length=None if length is None or codings else int(length),
        chunked=bool(codings),
    )


def path_of(target: bytes) -> str:
    """A request's target as it may be kept."""
    return _masked(target)[:PATH_LENGTH]


@lru_cache(maxsize=4096)
def _masked(target: bytes) -> str:
    return mask(target.decode("utf-8", "replace"))


def _word(value: bytes) -> str:
    text = value[:_WORD_LENGTH].decode("utf-8", "replace")
    return text if text.isascii() and "@" not in text else mask(text)


@lru_cache(maxsize=256)
def _verdict(text: bytes, answers: bool) -> str:
    """What h11 finds wrong with a head; ``""`` where it takes it."""
    import h11

    connection = h11.Connection(h11.CLIENT if answers else h11.SERVER, HEAD_LIMIT + 1)
    try:
        if answers:
            connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
            connection.send(h11.EndOfMessage())
        connection.receive_data(text)
        event = connection.next_event()
        if event is h11.NEED_DATA or event is h11.PAUSED:
            return "no HTTP/1 head"
        connection.next_event()
    except h11.ProtocolError as fault:
        return mask(_QUOTED.sub(r"\1", str(fault)))[:_WORD_LENGTH] or "no HTTP/1 head"
    return ""
