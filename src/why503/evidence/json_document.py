"""A JSON (or YAML) document as plain values; of a cut one, what stands before the cut."""

import re
from bisect import bisect_right
from typing import Any

import msgspec

from why503.evidence.reader import Context
from why503.evidence.yaml_tree import Node, documents, plain
from why503.facts.reading import Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

LINES_LIMIT = 2_000_000
"""Characters up to which resources get their lines."""

YAML_LIMIT = 4_000_000
"""Characters of YAML that are read; a larger dump is asked for as JSON."""

_DEPTH = 1000
"""Brackets inside brackets that are followed in a cut document."""

_TOKEN = lazy_re(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[{}\[\],]', re.DOTALL)
_AT_BYTE = lazy_re(r"\(byte (\d{1,18})\)")
_CLOSER = {"{": "}", "[": "]"}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document and what is missing of it."""

    value: Any
    cut_at: int | None = None
    """Line from which on nothing was read; None for a whole document."""


def decoded(text: str) -> Document | None:
    """The first document in ``text``; None where there is none. Never raises."""
    body = text.lstrip("\ufeff \t\r\n")
    if body[:1] in ("{", "["):
        return _json(body, text.count("\n", 0, len(text) - len(body)))
    if len(text) > YAML_LIMIT:
        return None
    return _yaml(text)


def cut(document: Document, context: Context) -> list[Unread]:
    """The sentence for a document that is not whole; empty where it is."""
    if document.cut_at is None:
        return []
    reason = _(
        "`{path}` is cut or damaged at line {line}: what stands before was read, the rest was "
        "not. Fetch it again as a whole."
    ).format(path=context.path, line=document.cut_at)
    return [Unread(source=context.source(document.cut_at), reason=reason)]


def _json(text: str, lines_before: int) -> Document | None:
    try:
        return Document(value=msgspec.json.decode(text))
    except (ValueError, RecursionError) as fault:
        told = _AT_BYTE.search(str(fault))
        end = _characters(text, int(told[1])) if told else len(text)
    closed, kept = _closed(text[:end])
    try:
        value = msgspec.json.decode(closed)
    except (ValueError, RecursionError):
        return None
    return Document(value=value, cut_at=lines_before + text.count("\n", 0, kept) + 1)


def _characters(text: str, count: int) -> int:
    """Characters of ``text`` that its first ``count`` bytes of UTF-8 hold."""
    if text.isascii():
        return count
    return len(text.encode("utf-8", errors="replace")[:count].decode("utf-8", errors="ignore"))


def _closed(text: str) -> tuple[str, int]:
    """``text`` up to its last whole value, with the brackets closed, and how much was kept."""
    stack: list[str] = []
    end = depth = 0
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        if sign in _CLOSER:
            if len(stack) == _DEPTH:
                break
            stack.append(_CLOSER[sign])
        elif sign == ",":
            end, depth = token.start(), len(stack)
        elif sign != '"':
            if not stack or stack.pop() != sign:
                break
            end, depth = token.end(), len(stack)
    return text[:end] + "".join(reversed(stack[:depth])), end


def _yaml(text: str) -> Document | None:
    for root in documents(text):
        if isinstance(root, Node) and root.sort in ("map", "list"):
            found = plain(root)
            value = getattr(found, "value", None)
            if isinstance(value, dict | list):
                return Document(value=value)
    return None


class NameLines:
    """Lines of resources by their names, asked in the order of the document."""

    PATTERN = re.compile(
        r'"?(?:\b(?:name|cluster_name|clusterName)|@type)"?\s{0,4}:\s{0,4}"?([^"\n]{1,500})'
    )
    """Finds a name as its first group."""

    def __init__(self, text: str) -> None:
        """Note where names stand; nothing in a text above `LINES_LIMIT`."""
        self._places: dict[str, list[int]] = {}
        self._last = 0
        if len(text) > LINES_LIMIT:
            return
        breaks = [found.start() for found in re.finditer("\n", text)]
        for found in self.PATTERN.finditer(text):
            name = found[1].strip()
            self._places.setdefault(name, []).append(bisect_right(breaks, found.start(1)) + 1)

    def line(self, name: str) -> int:
        """Line of the next place with this name, else of its last one; 0 where it has none."""
        places = self._places.get(name, [])
        after = bisect_right(places, self._last)
        if after < len(places):
            self._last = places[after]
            return places[after]
        return places[-1] if places else 0
