"""Splices of a text, and what its lines look like around them."""

import re
from collections.abc import Iterable

from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Splice:
    """Characters ``begin`` to ``end`` give way to ``text``; all others stay."""

    begin: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """``text`` with all ``splices`` made; they must not overlap. At one place, in their order."""
    parts = []
    done = 0
    for splice in sorted(splices, key=lambda one: (one.begin, one.end)):
        if splice.begin < done:
            raise ValueError("splices overlap")
        parts += [text[done : splice.begin], splice.text]
        done = splice.end
    return "".join([*parts, text[done:]])


class Lines:
    """Lines of a text, by offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        first = text.find("\n")
        self.newline = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"

    def begin(self, at: int) -> int:
        """Where the line begins that ``at`` stands in."""
        return self.text.rfind("\n", 0, at) + 1

    def end(self, at: int) -> int:
        """Where its line break stands, or the text ends."""
        end = self.text.find("\n", at)
        if end < 0:
            return len(self.text)
        return end - 1 if end > at and self.text[end - 1] == "\r" else end

    def after(self, at: int) -> int:
        """Where the next line begins, or the text ends."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def column(self, at: int) -> int:
        """Characters before ``at`` in its line."""
        return at - self.begin(at)

    def leads(self, at: int) -> bool:
        """True where nothing but blanks stands before ``at`` in its line."""
        return not self.text[self.begin(at) : at].strip(" ")

    def is_free(self, at: int) -> bool:
        """True where nothing but blanks or a comment stands from ``at`` to the line's end."""
        rest = self.text[at : self.end(at)]
        return not rest.strip() or re.match(r"[ \t]+#", rest) is not None

    def comment_column(self, at: int) -> int | None:
        """Where the comment begins that is alone in the line at ``at``; None for other lines."""
        row = self.text[at : self.end(at)]
        inner = row.lstrip(" \t")
        return len(row) - len(inner) if inner.startswith("#") else None

    def next_content(self, at: int) -> int | None:
        """Column of the next line from ``at`` that is neither blank nor a comment."""
        while at < len(self.text):
            row = self.text[at : self.end(at)]
            if row.strip() and self.comment_column(at) is None:
                return len(row) - len(row.lstrip(" "))
            at = self.after(at)
        return None

    def past_comments(self, at: int, column: int, *, own: bool) -> int:
        """Behind the comments from line ``at`` on that belong to what stands at ``column``.

        Comments that stand deeper do. With ``own``, those at ``column`` do as well, unless what
        follows them stands there too.
        """
        while at < len(self.text) and (place := self.comment_column(at)) is not None:
            if place < column or (place == column and not (own and self._closes(at, column))):
                break
            at = self.after(at)
        return at

    def _closes(self, at: int, column: int) -> bool:
        following = self.next_content(at)
        return column > 0 and (following is None or following < column)
