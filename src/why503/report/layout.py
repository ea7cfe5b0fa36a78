"""Blocks become lines of a given width, still toned; text and terminal print them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from unicodedata import combining, east_asian_width

from why503.report.block import (
    Block,
    Clues,
    Code,
    Drawing,
    Heading,
    Item,
    Paragraph,
    Span,
    Table,
    Tone,
)
from why503.support.pattern import lazy_re

Line = tuple[Span, ...]

WIDTH = 100
"""Columns where no terminal says otherwise."""
NARROWEST = 40
WIDEST = 120
"""Columns that a terminal's width is brought into: longer lines are hard to read."""

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
)
_WORD = lazy_re(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")
"""A blank, a character of a script without blanks, or a word."""
_ASCII_WORD = lazy_re(r"\s+|\S+")
"""The same where no sign is wide, and much quicker to compile."""
_CODE_INDENT = " " * 6
_SIGNS = {"+": Tone.GOOD, "-": Tone.BAD}


def lines(blocks: Iterable[Block], width: int = WIDTH) -> Iterator[Line]:
    """All lines; code, drawings and tables keep their width, all else is wrapped at ``width``."""
    first = True
    for block in blocks:
        if isinstance(block, Heading) and not first:
            yield ()
        first = False
        yield from _laid_out(block, width)


def _laid_out(block: Block, width: int) -> Iterator[Line]:
    if isinstance(block, Heading):
        spans = block.spans
        if block.level > 1:
            spans = tuple(Span(span.text, Tone.STRONG) for span in spans)
        yield from wrapped(spans, width, begin=(), hang=2 if block.level == 1 else 0)
    elif isinstance(block, Paragraph):
        indent = 4 if block.below_item else 2
        yield from wrapped(block.spans, width, begin=(Span(" " * indent),), hang=indent)
    elif isinstance(block, Item):
        begin = (Span("  "), Span(block.mark, block.tone), Span(" "))
        yield from wrapped(block.spans, width, begin=begin, hang=4)
    elif isinstance(block, Clues):
        for row in block.rows:
            begin = (Span("  "), Span(row.sign, _SIGNS[row.sign]), Span(" "))
            spans = (Span(row.text), *_places(row.places, row.more))
            yield from wrapped(spans, width, begin=begin, hang=4)
    elif isinstance(block, Drawing):
        yield (Span("  "), *(Span(one_line(span.text), span.tone) for span in block.spans))
    elif isinstance(block, Code):
        for text in block.text.split("\n"):
            yield (Span(_CODE_INDENT), Span(text.replace("\t", "    "), Tone.CODE))
    else:
        yield from _table(block)


def _places(places: Sequence[str], more: int) -> Iterator[Span]:
    if not places:
        return
    yield Span("  ")
    yield Span(", ".join(places) + (f" +{more}" if more else ""), Tone.PLACE)


def _table(table: Table) -> Iterator[Line]:
    rows = [[one_line(cell) for cell in row] for row in (table.head, *table.rows)]
    widths = [max(columns(row[number]) for row in rows) for number in range(len(table.head))]
    for number, row in enumerate(rows):
        cells = [
            cell + " " * (wide - columns(cell)) for cell, wide in zip(row, widths, strict=True)
        ]
        tone = Tone.PLAIN if number else Tone.FAINT
        yield (Span("  "), Span("  ".join(cells).rstrip(), tone))


def wrapped(spans: Iterable[Span], width: int, *, begin: Line, hang: int) -> Iterator[Line]:
    """``spans`` broken at blanks; ``begin`` opens the first line, ``hang`` blanks the others.

    A word longer than a line stays whole, so that it can be copied.
    """
    line = list(begin)
    used = sum(columns(span.text) for span in begin)
    empty = True
    for blank, word in _words(spans):
        size = sum(columns(span.text) for span in word)
        gap = columns(blank.text) if blank and not empty else 0
        if not empty and used + gap + size > width:
            yield _merged(line)
            line, used, gap = [Span(" " * hang)], hang, 0
        if gap and blank:
            line.append(blank)
        line.extend(word)
        used += gap + size
        empty = False
    yield _merged(line)


def _merged(line: list[Span]) -> Line:
    """Neighbours of one tone as one span."""
    return tuple(
        Span("".join(span.text for span in group), tone)
        for tone, group in groupby(line, key=lambda span: span.tone)
    )


def _words(spans: Iterable[Span]) -> Iterator[tuple[Span | None, list[Span]]]:
    """Words, each with the blank before it; a word may change its tone within."""
    blank: Span | None = None
    word: list[Span] = []
    for span in spans:
        pattern = _ASCII_WORD if span.text.isascii() else _WORD
        for piece in pattern.findall(span.text):
            if piece.isspace():
                if word:
                    yield blank, word
                    blank, word = None, []
                size = max(len(piece.replace("\n", " ")), len(blank.text) if blank else 0)
                blank = Span(" " * min(size, 2), span.tone)
            else:
                if word and columns(piece) == 2 * len(piece) == 2:
                    yield blank, word
                    blank, word = None, []
                word.append(Span(piece, span.tone))
    if word:
        yield blank, word


def one_line(text: str) -> str:
    """``text`` with every blank, tab and line end as one blank."""
    return re.sub(r"\s", " ", text)


def columns(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )
