"""Text that fits into a box of a picture: how wide it is, and where it breaks.

SVG breaks no lines by itself and cannot be measured here, so the font is one whose letters are all
equally wide, and a line that nearly fills its box is held to its length by `textLength`.
"""

import re
from unicodedata import combining, east_asian_width
from xml.sax.saxutils import escape

FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"
SIZE = 12
"""Of the letters, in pixels."""
LINE = 17
"""From one line to the next, in pixels."""
_NARROW = 7.3
_WIDE = 12.5
"""Pixels of a letter, of a Chinese character."""
_HELD = 0.8
"""Lines that fill more of their room than this are held to their length."""
_LONG = 0.6
"""A word that takes more of its room than this may be broken behind a sign like `/`."""
_WORDS = re.compile(r"\S+\s?")
_PIECES = re.compile(r"[^/|,;=]*[/|,;=]?")


def width(text: str) -> float:
    """Pixels of a line."""
    wide = sum(1 for sign in text if east_asian_width(sign) in "WF")
    none = sum(1 for sign in text if combining(sign))
    return _WIDE * wide + _NARROW * (len(text) - wide - none)


def wrapped(text: str, room: float, most: int = 99) -> list[str]:
    """Lines of at most ``room`` pixels, broken between words, else anywhere; ``most`` of them.

    What is left out stands as `…` at the end.
    """
    lines: list[str] = []
    line = ""
    for part in _parts(" ".join(text.split()), room):
        if line and width((line + part).rstrip()) > room:
            lines.append(line.rstrip())
            line = part.lstrip()
        else:
            line += part
    lines.append(line.rstrip())
    if len(lines) > most:
        return [*lines[: most - 1], _with_dots(lines[most - 1], room)]
    return [one for one in lines if one]


def _parts(text: str, room: float) -> list[str]:
    """Words, and pieces of words that are too long for a line."""
    found: list[str] = []
    words = _WORDS.findall(text)
    long = room * _LONG
    for part in (
        one for word in words for one in (_PIECES.findall(word) if width(word) > long else [word])
    ):
        piece = ""
        for sign in part:
            wide = east_asian_width(sign) in "WF"
            if piece and (wide or width(piece + sign) > room):
                found.append(piece)
                piece = ""
            piece += sign
        if piece:
            found.append(piece)
    return found


def cut(text: str, room: float) -> str:
    """The beginning of ``text``, with `…` where it does not fit."""
    return text if width(text) <= room else _with_dots(text, room)


def _with_dots(text: str, room: float) -> str:
    while text and width(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"


def cut_left(text: str, room: float) -> str:
    """The end of ``text``, as of a path whose line number must be seen."""
    if width(text) <= room:
        return text
    while text and width(f"…{text}") > room:
        text = text[1:]
    return f"…{text}"


def element(text: str, at: tuple[float, float], room: float, style: str = "") -> str:
    """One `<text>`; ``at``: its left and its base line; ``style``: more attributes."""
    long = width(text)
    held = ""
    if long > room * _HELD:
        held = f' textLength="{min(long, room):.0f}" lengthAdjust="spacingAndGlyphs"'
    more = f" {style}" if style else ""
    return (
        f'<text x="{at[0]:g}" y="{at[1]:g}"{more}{held} xml:space="preserve">{escape(text)}</text>'
    )
