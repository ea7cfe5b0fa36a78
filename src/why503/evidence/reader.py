"""What a reader is: the three shapes that every file of this room takes.

A *line reader* claims single lines of a text; several share one file, so a paste that mixes a log
line, a table and a sentence is read whole. A *document reader* takes a file as one document.
A *binary reader* takes a file that is no text, as a stream of bytes.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from why503.facts import Fact, Source, Unread
from why503.support.dataclass import dataclass

SAMPLE_LINES = 200
"""Lines of a file that a reader may look at before it bids."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a log transport's prefix told of a line; every field may be empty."""

    pod: str = ""
    container: str = ""
    namespace: str = ""
    time: float | None = None
    """Seconds since 1970 UTC at which the transport took the line."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of text with its prefix peeled off and without its line end."""

    number: int
    text: str
    origin: Origin = Origin()


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user said about how to read, and what earlier files told (`Context.manifests`)."""

    access_log_format: str = ""
    """An Envoy format string (`--access-log-format`), or ``""``."""
    memory: int = 700 << 20
    """Bytes that all processes that read a large access log may take together."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The file being read and what is known around it."""

    path: str
    """The path that sources name."""
    teller: str
    """Name for whoever wrote this file (see `Request.teller`)."""
    options: Options = Options()
    formats: tuple[str, ...] = ()
    """Access-log format strings that the bundle's own configuration names."""

    def source(self, line: int = 0, column: int = 0) -> Source:
        """A place in this file."""
        return Source(path=self.path, line=line, column=column)


@dataclass
class Reading:
    """What one reader made of one file."""

    facts: list[Fact] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


class LineSession(Protocol):
    """A line reader at work on one file; keeps what it needs between lines."""

    def take(self, line: Line) -> bool:
        """Claim a line: True where it belongs to this reader (also when it is damaged)."""
        ...

    def finish(self) -> Reading:
        """All facts of the claimed lines, in file order. Called once, at the end of the file."""
        ...


class LineReader(Protocol):
    """A kind of evidence that comes line by line. Never raises, whatever the bytes."""

    NAME: str

    def bid(self, sample: list[Line]) -> float:
        """Share of the sample's lines, 0 to 1, that it would claim; the highest is asked first."""
        ...

    def start(self, context: Context) -> LineSession:
        """Begin a file."""
        ...


def share(sample: list[Line], claims: Callable[[Line], object]) -> float:
    """Share of the sample's lines, 0 to 1, for which ``claims`` gives something true."""
    return sum(1 for line in sample if claims(line)) / len(sample) if sample else 0.0


def share_taken(sample: list[Line], start: Callable[[Context], LineSession]) -> float:
    """Share of the sample's lines, 0 to 1, that a session of the reader takes."""
    return share(sample, start(Context(path="", teller="")).take)


class DocumentReader(Protocol):
    """A kind of evidence that is one document (YAML, JSON). Never raises, whatever the bytes."""

    NAME: str

    def bid(self, text: str) -> float:
        """0 (not mine) to 1 (surely mine) for the whole text."""
        ...

    def read(self, text: str, context: Context) -> Reading:
        """Facts of the document; damaged parts are named in `unread` with line and remedy."""
        ...


class ByteStream(Protocol):
    """The bytes of a file, decompressed. Never raises: what is broken simply ends."""

    def read(self, size: int) -> bytes:
        """At least one byte and at most ``size``; ``b""`` at the end."""
        ...


class BinaryReader(Protocol):
    """A kind of evidence that is no text. Never raises, whatever the bytes."""

    NAME: str

    def bid(self, head: bytes) -> float:
        """0 (not mine) to 1 (surely mine) for the first bytes of the file, decompressed."""
        ...

    def read(self, stream: ByteStream, context: Context) -> Reading:
        """Facts of the file, read once from front to back in bounded memory."""
        ...
