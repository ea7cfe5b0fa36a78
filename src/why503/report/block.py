"""What an answer is made of before it has a format: blocks of toned words."""

from enum import StrEnum

from why503.support.dataclass import dataclass


class Tone(StrEnum):
    """What a piece of text is, for formats that can show it."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    PLACE = "place"
    """A place in the evidence, `path:line`."""
    CODE = "code"
    """A name or a command, verbatim."""


@dataclass(frozen=True)
class Span:
    """A piece of text without line ends."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Heading:
    """A line that begins a part; level 1 is a verdict, level 2 a part of it."""

    spans: tuple[Span, ...]
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Words that stand for themselves, or below an item."""

    spans: tuple[Span, ...]
    below_item: bool = False


@dataclass(frozen=True)
class Item:
    """An element of a list; ``mark`` is one column wide."""

    spans: tuple[Span, ...]
    mark: str = "•"
    tone: Tone = Tone.FAINT
    """Tone of the mark."""


@dataclass(frozen=True)
class ClueRow:
    """A clue: `+` or `-`, its sentence, and where it can be seen."""

    sign: str
    text: str
    places: tuple[str, ...]
    weight: str
    more: int = 0
    """Places that are not shown."""


@dataclass(frozen=True)
class Clues:
    """Clues for and against one cause."""

    rows: tuple[ClueRow, ...]


@dataclass(frozen=True)
class Code:
    """Text to copy: lines of `sh` or `yaml`."""

    language: str
    text: str


@dataclass(frozen=True)
class Drawing:
    """One line of boxes."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Item | Clues | Code | Drawing | Table
