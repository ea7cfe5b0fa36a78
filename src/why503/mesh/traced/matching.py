"""Whether a route's conditions hold for a request."""

import re
from functools import lru_cache

from why503.mesh.open_answer import every
from why503.mesh.traced.call import Call, Tls
from why503.mesh.traced.config import RouteMatch, StringMatch
from why503.support.pattern import lazy_re

_LONGEST = 2000
"""Characters of a pattern and of a text up to which a regular expression is tried."""
_STEPS = 10_000_000
"""Steps that trying one may take at worst."""
_NOT_RE2 = lazy_re(r"\\\d|\(\?[<=!]")
_PIECE = lazy_re(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.", re.DOTALL)
"""An escape, a class, a count, or one character."""


def takes(match: RouteMatch, call: Call) -> bool | None:
    """Whether a route takes a request; None where a regular expression cannot be tried."""
    answers = [fits(match.path, call.path) if match.path is not None else True]
    for name, wanted in match.headers:
        answers.append(fits(wanted, _header(call, name.lower())))
    for name, wanted in match.query:
        answers.append(fits(wanted, call.query.get(name)))
    return every(answers)


def _header(call: Call, name: str) -> str | None:
    pseudo = {
        ":method": call.method,
        ":authority": call.host,
        ":path": call.path,
        ":scheme": "http" if call.tls is Tls.NONE else "https",
    }
    return pseudo.get(name, call.headers.get(name))


def fits(wanted: StringMatch, text: str | None) -> bool | None:
    """Whether a text (None: it is absent) meets a condition."""
    found = False if text is None else _holds(wanted, text)
    return found if found is None else found != wanted.negated


def _holds(wanted: StringMatch, text: str) -> bool | None:
    if wanted.kind == "present":
        return True
    value, told = wanted.value, text
    if wanted.ignore_case:
        value, told = value.lower(), told.lower()
    if wanted.kind == "regex":
        return _matches(wanted.value, text, ignore_case=wanted.ignore_case)
    if wanted.kind == "segments":
        base = value.rstrip("/")
        return told == base or told.startswith(f"{base}/")
    if wanted.kind == "suffix":
        return told.endswith(value)
    return told.startswith(value) if wanted.kind == "prefix" else told == value


def _matches(pattern: str, text: str, *, ignore_case: bool) -> bool | None:
    """Whether the whole text fits; None where the pattern is not RE2's or could take for ever."""
    compiled = _compiled(pattern, ignore_case=ignore_case)
    repeats = _repeats(pattern)
    if compiled is None or repeats is None or len(text) > _LONGEST:
        return None
    if (len(text) + 1) ** repeats > _STEPS:
        return None
    return compiled.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str] | None:
    if len(pattern) > _LONGEST or _NOT_RE2.search(pattern):
        return None
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def _repeats(pattern: str) -> int | None:
    """How many parts repeat; None where a part that repeats or chooses is itself repeated."""
    count = 0
    open_groups = [False]
    before, closed = "", False
    for piece in _PIECE.findall(pattern):
        repeated = piece in ("*", "+") or (len(piece) > 1 and piece[0] == "{")
        if repeated and closed:
            return None
        closed = False
        count += repeated
        if repeated or piece == "|" or (piece == "?" and before != "("):
            open_groups[-1] = True
        elif piece == "(":
            open_groups.append(False)
        elif piece == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] = open_groups[-1] or closed
        before = piece
    return count
