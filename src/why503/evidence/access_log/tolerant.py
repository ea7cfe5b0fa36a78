"""Matching of a line to a format whose values may hold the delimiters themselves."""

import re
from functools import lru_cache

from why503.evidence.access_log.operators import Operator
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_MOST_ENDS = 80
"""Places where one value may end that are tried."""
_MOST_STEPS = 20_000
_MOST_CHARACTERS = 16_000
_WITHOUT_QUOTES = frozenset({"request_id", "authority", "upstream_host"})
"""Fields that no caller fills with quotes, as it may the path and the user agent."""
_DELIMITER = lazy_re(r"[\s\"]")


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of a format string: an operator, or the literal text between two of them."""

    literal: str = ""
    operator: Operator | None = None


@lru_cache(maxsize=1024)
def _typed(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=256)
def _in_quotes(tokens: tuple[Token, ...]) -> tuple[bool, ...]:
    """Per token, whether it stands between double quotes."""
    inside, answer = False, []
    for token in tokens:
        answer.append(inside)
        inside ^= token.literal.count('"') % 2 == 1
    return tuple(answer)


class _Matcher:
    """Depth first over (token, position), each pair at most once, shortest values first."""

    def __init__(self, tokens: tuple[Token, ...], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.failed: set[tuple[int, int]] = set()
        self.steps = 0
        self.values: list[str] = []
        self.in_quotes = _in_quotes(tokens)

    def run(self, index: int, position: int) -> bool:
        """True where tokens from ``index`` match the text from ``position`` to its end."""
        if index == len(self.tokens):
            return position == len(self.text)
        self.steps += 1
        if (index, position) in self.failed or self.steps > _MOST_STEPS:
            return False
        token = self.tokens[index]
        if token.operator is None:
            fits = self.text.startswith(token.literal, position) and self.run(
                index + 1, position + len(token.literal)
            )
        else:
            fits = self._value(token.operator, index, position)
        if not fits:
            self.failed.add((index, position))
        return fits

    def _value(self, one: Operator, index: int, position: int) -> bool:
        for end in self._ends(one, index, position):
            value = self.text[position:end]
            if one.field:
                self.values.append(value)
            if self.run(index + 1, end):
                return True
            if one.field:
                self.values.pop()
        return False

    def _ends(self, one: Operator, index: int, position: int) -> list[int]:
        if one.typed:
            found = _typed(one.typed).match(self.text, position)
            return [found.end()] if found else []
        if index + 1 == len(self.tokens):
            return [] if _DELIMITER.search(self.text, position) else [len(self.text)]
        literal = self.tokens[index + 1].literal
        if not literal:
            return list(range(position, min(len(self.text), position + _MOST_CHARACTERS) + 1))
        ends: list[int] = []
        end = self.text.find(literal, position)
        quote = -1 if self.in_quotes[index] else self.text.find('"', position)
        while end >= 0 and len(ends) < _MOST_ENDS and not 0 <= quote < end:
            ends.append(end)
            end = self.text.find(literal, end + 1)
        if self.in_quotes[index] and one.field in _WITHOUT_QUOTES:
            ends = [end for end in ends if '"' not in self.text[position:end]]
        return sorted(ends, key=lambda place: self._odd(position, place))

    def _odd(self, position: int, end: int) -> bool:
        """Whether a value that ends at ``end`` would end behind a backslash or inside `{...}`."""
        value = self.text[position:end]
        return value.endswith("\\") or value.count("{") > value.count("}")


def match(tokens: tuple[Token, ...], text: str) -> list[str] | None:
    """Values of the operators that fill a field, in order; None where no reading fits."""
    if len(text) > _MOST_CHARACTERS:
        return None
    matcher = _Matcher(tokens, text)
    return matcher.values if matcher.run(0, 0) else None
