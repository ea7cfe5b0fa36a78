"""Envoy access log format strings, compiled to readers of their lines."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.operators import OPERATOR, Operator, operator
from why503.evidence.access_log.timestamp import TimeParser, guess_time
from why503.evidence.access_log.tolerant import Token, match
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_MOST_TOKENS = 200
_UNQUOTED_OPERATOR = lazy_re(
    r'(?<!["\w])(%[A-Z][A-Z0-9_]{1,60}(?:\(.{0,200}?\))?(?::\d{1,6})?%)(?!")'
)


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format string ready to read lines."""

    name: str
    """What reports call it: `Istio 1.9+`, ...; the format string itself where it has no name."""
    template: str
    """The format string, without quotes around it and without its line end."""
    tokens: tuple[Token, ...]
    pattern: re.Pattern[str] | None
    """Matches lines whose values hold no delimiters; None where the format names no field."""
    names: tuple[str, ...]
    """Field of each group of `pattern`."""
    time: TimeParser = guess_time
    """Reads the text of the field `time`."""
    template_signs: Mapping[str, int] = field(default_factory=dict)
    """Quotes and blanks between the operators: every line has at least as many."""
    labels: tuple[tuple[str, "Format"], ...] = ()
    """For a JSON format: each key and the format of its value."""

    def parse(self, text: str) -> Fields | None:
        """Fields of a line whose values hold no delimiters; else None."""
        if self.labels:
            return self._parse_json(text)
        if self.pattern is None or (found := self.pattern.fullmatch(text)) is None:
            return None
        return _gather(self.names, found.groups())

    def parse_tolerantly(self, text: str) -> Fields | None:
        """Fields of a line whose quoted values may hold quotes and blanks; None if none fits."""
        if self.labels or self.pattern is None:
            return None
        if any(text.count(sign) < self.template_signs[sign] for sign in self.template_signs):
            return None
        values = match(self.tokens, text)
        return None if values is None else _gather(self.names, values)

    def _parse_json(self, text: str) -> Fields | None:
        data = _flat_json(text)
        if data is None or 2 * sum(key in data for key, _ in self.labels) < len(self.labels):
            return None
        fields: Fields = {}
        for key, label in self.labels:
            if key in data:
                value = data[key]
                for name, part in (
                    label.parse(value) or label.parse_tolerantly(value) or {}
                ).items():
                    if fields.get(name, "-") == "-":
                        fields[name] = part
        return fields or None


def _gather(names: tuple[str, ...], values: tuple[str | None, ...] | list[str]) -> Fields:
    if len(set(names)) == len(names):
        return {name: value or "" for name, value in zip(names, values, strict=True)}
    fields: Fields = {}
    for name, value in zip(names, values, strict=True):
        if fields.get(name, "-") == "-":
            fields[name] = value or ""
    return fields


def _flat_json(text: str) -> dict[str, str] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    flat: dict[str, str] = {}
    _flatten(data, flat, 0)
    return flat


def _flatten(data: Any, flat: dict[str, str], depth: int) -> None:
    if not isinstance(data, dict) or depth > 4:
        return
    for key, value in data.items():
        if isinstance(value, dict):
            _flatten(value, flat, depth + 1)
        elif key not in flat:
            flat[key] = "-" if value is None else str(value)


def unquoted(text: str) -> str:
    """A format string without the quotes, escapes and line end that YAML or JSON put around it."""
    text = text.strip()
    escaped = False
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].replace("''", "'")
    elif len(text) > 1 and text[0] == text[-1] == '"' and _is_wrapped(text):
        text, escaped = text[1:-1], True
    if escaped or r"\"" in text:
        text = text.replace(r"\"", '"')
    return re.sub(r"(?:\\r|\\n|\s)+$", "", text)


def _is_wrapped(text: str) -> bool:
    inner = text[1:-1]
    bare = re.search(r'(?<!\\)"', inner)
    return bare is None or inner[bare.start() - 1 : bare.start()] in {"", " ", "\t"}


def _tokens(template: str) -> tuple[list[Token], TimeParser]:
    tokens: list[Token] = []
    time: TimeParser = guess_time
    literal, end = "", 0
    for found in OPERATOR.finditer(template):
        literal += template[end : found.start()]
        end = found.end()
        if found.group(0) == "%%":
            literal += "%"
            continue
        if literal:
            tokens.append(Token(literal=literal))
        literal = ""
        one = operator(found.group(1), found.group(2))
        if one.field == "time" and one.parse_time is not None:
            time = one.parse_time
        tokens.append(Token(operator=one))
    literal += template[end:]
    if literal:
        tokens.append(Token(literal=literal))
    return tokens, time


def _value_pattern(one: Operator, before: str, after: str, last: bool) -> str:
    """Pattern of one value between its delimiters; it never eats the delimiter after it."""
    quoted = before.endswith('"') and after.startswith('"')
    if quoted and one.quoted:
        return one.quoted
    if one.typed:
        return one.typed
    if quoted:
        return '[^"]*'
    if last:
        return r'(?!")\S*'
    if not after:
        return r'[^"\s]*?'
    if after[0].isspace():
        return r'(?!")\S*'
    return f"[^{re.escape(after[0])}]*"


def _pattern(
    tokens: list[Token], compiled: Callable[[str], re.Pattern[str]]
) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    parts: list[str] = []
    names: list[str] = []
    for index, token in enumerate(tokens):
        if token.operator is None:
            parts.append(re.escape(token.literal))
            continue
        before = tokens[index - 1].literal if index else ""
        last = index + 1 == len(tokens)
        after = "" if last else tokens[index + 1].literal
        value = _value_pattern(token.operator, before, after, last)
        if token.operator.field:
            names.append(token.operator.field)
            value = f"({value})"
        parts.append(value)
    if not names:
        return None, ()
    return compiled("".join(parts)), tuple(names)


def _json_labels(template: str) -> tuple[tuple[str, Format], ...]:
    if not template.startswith("{"):
        return ()
    for text in (template, _UNQUOTED_OPERATOR.sub(r'"\1"', template)):
        if (data := _flat_json(text)) is not None:
            labels = [(key, compile_format(value)) for key, value in data.items() if "%" in value]
            return tuple((key, label) for key, label in labels if label.names)
    return ()


@lru_cache(maxsize=256)
def compile_format(format_string: str, name: str = "") -> Format:
    """A reader of the lines that Envoy writes with ``format_string`` (text, or JSON of operators).

    Never raises: a text without a known operator gives a format that reads no line.
    """
    template = unquoted(format_string[:20_000])
    tokens, time = _tokens(template)
    tokens = tokens[:_MOST_TOKENS]
    try:
        # A format with a name is one of ours: it compiles, and most are never asked.
        pattern, names = _pattern(tokens, lazy_re if name else re.compile)
    except (re.error, OverflowError, RecursionError):
        pattern, names = None, ()
    labels = _json_labels(template)
    for _, label in labels:
        if "time" in label.names:
            time = label.time
    return Format(
        name=name or template,
        template=template,
        tokens=tuple(tokens),
        pattern=pattern,
        names=names,
        time=time,
        template_signs={
            sign: sum(token.literal.count(sign) for token in tokens) for sign in ('"', " ")
        },
        labels=labels,
    )
