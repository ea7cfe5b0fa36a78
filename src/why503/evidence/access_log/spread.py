"""Access log entries that stand over several lines: printed by `jq`, or one field to a line."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from why503.evidence.access_log.aliases import field_of
from why503.evidence.reader import Line
from why503.support.pattern import lazy_re

MOST_LINES = 120
"""Lines of one entry that are waited for."""
MOST_CHARACTERS = 32_000
"""Characters of one entry."""

_OPENS = lazy_re(r"\s{0,16}(?:[\"']?[\w.-]{1,60}[\"']?\s{0,2}[:=]\s{0,2})?\{\s{0,8}$")
_STRING = lazy_re(r"\"(?:[^\"\\]|\\.){0,8000}\"|\{[^{}]{0,2000}\}")
_FIELD = lazy_re(
    r"\s{0,24}(?:[-*•] )?[\"'`]?(?P<key>[A-Za-z:%][\w.:%() -]{1,60}?)[\"'`]?\s{0,4}[:=]"
    r"(?![/\\])[ \t]{0,8}(?P<value>.{0,8000}?),?\s{0,8}$"
)
_STATUS = lazy_re(
    r"\s{0,8}(?:HTTP/[0-9.]{1,4} )?(?P<code>[45]\d\d) [A-Z][A-Za-z]{1,20}(?: [A-Z][a-z]{1,20}){0,3}"
    r"\s{0,8}$"
)
_DECIDING = frozenset({"flags", "details", "transport_failure"})
_NAMED_FULLY = lazy_re(r"response|upstream", re.IGNORECASE)
_NOT_TOLD = lazy_re(r"[.…\s]{0,20}$")
_NOTHING = frozenset({"", "null", "None", "nil", "~", '""'})
_FEWEST = 2


def joined(lines: Iterable[Line]) -> Iterator[Line]:
    """``lines`` with every entry that stands over several lines put into one.

    The one line bears the number of the entry's first; all else passes as it came.
    """
    gathering: _Braced | _Listed | None = None
    for line in lines:
        if gathering is not None:
            if gathering.add(line):
                if gathering.whole:
                    yield from gathering.lines()
                    gathering = None
                continue
            yield from gathering.lines()
            gathering = None
        gathering = _begun(line)
        if gathering is None:
            yield line
    if gathering is not None:
        yield from gathering.lines()


def _begun(line: Line) -> "_Braced | _Listed | None":
    """The entry that ``line`` may begin; None where it begins none."""
    text = line.text
    if len(text) > MOST_CHARACTERS:
        return None
    if text.rstrip().endswith("{"):
        return _Braced(line) if _OPENS.match(text) else None
    if (status := _STATUS.match(text)) is not None:
        return _Listed(line, code=status["code"])
    found = _field(text)
    return _Listed(line) if found is not None and field_of(found[0]) else None


def _field(text: str) -> tuple[str, str] | None:
    """Name and value of a line that holds one field; None for any other line."""
    if "{" in text[:2]:
        return None
    found = _FIELD.match(text)
    return None if found is None else (found["key"], found["value"])


def _decides(text: str) -> bool:
    """Whether a line names how a request ended, in a field that only a proxy has."""
    found = _field(text)
    if found is None or field_of(found[0]) not in _DECIDING or "%" in found[1]:
        return False
    return _NAMED_FULLY.search(found[0]) is not None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Braced:
    """An object from its opening brace to the closing one, or to where it is cut."""

    def __init__(self, line: Line) -> None:
        self._held = [line]
        self._depth = 1
        self._size = len(line.text)
        self.whole = False

    def add(self, line: Line) -> bool:
        """Take a further line; False where the object can hold no more."""
        self._size += len(line.text)
        if len(self._held) >= MOST_LINES or self._size > MOST_CHARACTERS:
            return False
        self._held.append(line)
        bare = _STRING.sub("", line.text)
        self._depth += bare.count("{") - bare.count("}")
        self.whole = self._depth <= 0
        return True

    def lines(self) -> list[Line]:
        """One line where this is an access log entry, else the lines as they came."""
        if not any(_decides(line.text) for line in self._held):
            return self._held
        text = " ".join(line.text.strip() for line in self._held)
        text = text[text.index("{") :].rstrip(", ")
        if self.whole and not _is_json(text):
            text = text.strip("{} ")
        return [replace(self._held[0], text=text)]


class _Listed:
    """Neighbouring lines of one field each, perhaps below a status line."""

    def __init__(self, line: Line, *, code: str = "") -> None:
        self._held = [line]
        self._code = code
        self.whole = False

    def add(self, line: Line) -> bool:
        """Take a further line; False where it holds no field."""
        if len(self._held) >= MOST_LINES:
            return False
        if _NOT_TOLD.match(line.text) or _field(line.text) is None:
            return False
        self._held.append(line)
        return True

    def lines(self) -> list[Line]:
        """One line where this is an access log entry, else the lines as they came."""
        fields = [found for line in self._held if (found := _field(line.text)) is not None]
        known = [name for name, _value in fields if field_of(name)]
        if len(known) < _FEWEST or not any(_decides(line.text) for line in self._held):
            return self._held
        told = [f"{name}: {'-' if value in _NOTHING else value}" for name, value in fields]
        if self._code:
            told.insert(0, f"response_code: {self._code}")
        return [replace(self._held[0], text=" ".join(told))]
