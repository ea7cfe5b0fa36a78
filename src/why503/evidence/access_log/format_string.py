"""Finding Envoy access log format strings in any text: YAML values, pasted lines."""

import json
import re

from why503.evidence.access_log.format import unquoted
from why503.evidence.access_log.operators import OPERATOR, is_operator
from why503.support.pattern import lazy_re

_FEWEST = 3
"""Known operators that make a text a format string."""
_MOST_LINES = 200_000
_MOST_LENGTH = 20_000

_YAML_KEY = lazy_re(r"^\s*(?:- )?[\"']?[A-Za-z][\w.-]{0,80}[\"']?\s{0,4}:\s{1,8}(?=\S)")
_ASSIGNMENT = lazy_re(r"^\s*(?:--set\s{1,4}|-\s)?[\w.-]{1,120}=(?=[\"'\[%])")
_LABEL = lazy_re(r"^\s*[\"']?([\w.:@/-]{1,80})[\"']?\s{0,4}:\s{1,8}([\"']?)(.*?)\2,?\s*$")
_SIGN = lazy_re(r"%[A-Z][A-Z_]{2,60}[%(:]")
_CONTINUED = lazy_re(r"^\s*[\"'\[%]")


def _count(text: str) -> int:
    return sum(1 for found in OPERATOR.finditer(text) if is_operator(found.group(1) or ""))


def _value(line: str) -> str:
    """The line without a key before its value."""
    stripped = line.strip()
    if stripped.startswith(("{", "[", "%")):
        return stripped
    for prefix in (_YAML_KEY, _ASSIGNMENT):
        if found := prefix.match(line):
            return line[found.end() :].strip()
    return stripped


def is_format_line(text: str) -> bool:
    """True for a line that is nothing but a format string, maybe in quotes."""
    if text.count("%") < 2 * _FEWEST or len(text) > _MOST_LENGTH:
        return False
    stripped = text.strip()
    return _value(text) == stripped and _count(stripped) >= _FEWEST and _is_bare(stripped)


def _is_bare(text: str) -> bool:
    """True where little but operators and punctuation stands in ``text``."""
    left = re.sub(r"[\w.:@-]{1,60}[\"']?\s?[=:]", "", OPERATOR.sub("", text))
    return len(re.findall(r"[A-Za-z]{2,}", left)) <= _count(text)


class _Finder:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.lines: list[str] = []
        self.labels: dict[str, str] = {}

    def flush(self) -> None:
        """End the format that is being collected."""
        if not self.lines and not self.labels:
            return
        text = unquoted(" ".join(self.lines))
        if self.lines and _count(text) >= _FEWEST:
            self.found.append(text)
        if len(self.labels) >= _FEWEST:
            self.found.append(json.dumps(self.labels))
        self.lines, self.labels = [], {}

    def add(self, line: str) -> None:
        """Look at one line that holds an operator."""
        label = _LABEL.match(line)
        value = _value(line)
        if label and _is_single(label.group(3)):
            if self.lines:
                self.flush()
            self.labels[label.group(1)] = label.group(3)
            return
        if self.labels or not _CONTINUED.match(line) or "%START_TIME" in line:
            self.flush()
        self.lines.append(value)


def _is_single(value: str) -> bool:
    """True for a label's value: one operator, or a few with blanks between them."""
    return value.startswith("%") and value.endswith("%") and _count(value) in {1, 2}


def find_formats(text: str) -> list[str]:
    """Format strings in ``text``, in their order, each once, without quotes and line ends.

    A text that holds at least three of Envoy's operators on a line (or on lines folded by YAML) is
    one; keys with one operator each become one JSON object as text.
    """
    if _SIGN.search(text) is None or text.count("%") < 2 * _FEWEST:
        return []
    stripped = text.strip()
    if stripped.startswith("{") and _is_json(stripped):
        return [stripped] if _count(stripped) >= _FEWEST else []
    finder = _Finder()
    for line in text.splitlines()[:_MOST_LINES]:
        if len(line) <= _MOST_LENGTH and line.count("%") > 1 and _count(line):
            finder.add(line)
        else:
            finder.flush()
    finder.flush()
    return list(dict.fromkeys(finder.found))


def _is_json(text: str) -> bool:
    if len(text) > _MOST_LENGTH:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
