"""The rules in CEL that CRDs carry beside their schemas: the only module that meets cel-python.

cel-python comes with the extra `lint`. Without it, and for a rule that it cannot take, nothing is
said of an object: a rule that was not held is no finding.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from why503.facts.manifest import Path

_RULES = "x-kubernetes-validations"
_EVERYTHING = 10_000
"""Values of one object that are looked at."""
_REMEMBERED = 20_000
"""Verdicts that are kept: the same durations and names come again and again."""
_DURATION = "duration(self)"
"""A rule that cannot be evaluated where its value is no duration; the API server refuses that."""
_LONGEST = 2_000
"""Characters of a value as JSON up to which its verdict is kept."""


class Broken(NamedTuple):
    """A rule that does not hold."""

    path: Path
    message: str
    """The CRD's own words, or the rule itself where it has none."""


@cache
def available() -> bool:
    """Whether rules can be held at all."""
    try:
        import celpy
    except ImportError:
        return False
    return celpy is not None


def broken_rules(schema: Mapping[str, Any], value: Any) -> list[Broken]:
    """The rules in ``schema`` that ``value`` does not keep."""
    if not available():
        return []
    found = []
    for path, rule, part in _asked(schema, value):
        if _verdict(rule["rule"], part) is False:
            found.append(Broken(path, str(rule.get("message") or rule["rule"])))
    return found


def _asked(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[Path, Mapping[str, str], Any]]:
    """Every rule with the value that it speaks of."""
    waiting: list[tuple[Path, Mapping[str, Any], Any]] = [((), schema, value)]
    for _turn in range(_EVERYTHING):
        if not waiting:
            return
        path, tree, part = waiting.pop()
        for rule in tree.get(_RULES, ()):
            yield path, rule, part
        if isinstance(part, dict):
            fields = tree.get("properties", {})
            more = tree.get("additionalProperties")
            for key, inner in part.items():
                below = fields.get(key, more)
                if isinstance(below, dict) and _has_rules(below):
                    waiting.append(((*path, key), below, inner))
        elif isinstance(part, list) and isinstance(tree.get("items"), dict):
            below = tree["items"]
            if _has_rules(below):
                waiting += [((*path, index), below, inner) for index, inner in enumerate(part)]


_HAS: dict[int, bool] = {}


def _has_rules(tree: dict[str, Any]) -> bool:
    """Whether there is a rule in this part of a schema; schemas live as long as the program."""
    known = _HAS.get(id(tree))
    if known is None:
        parts = [*tree.get("properties", {}).values()]
        parts += [tree[word] for word in ("items", "additionalProperties") if word in tree]
        known = _RULES in tree or any(_has_rules(part) for part in parts if isinstance(part, dict))
        _HAS[id(tree)] = known
    return known


_WHOLE = re.compile(r"0{0,3}[1-9][0-9]{0,5}(?:ms|s|m|h)")


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and _WHOLE.fullmatch(value) is not None


def _is_port(value: Any) -> bool:
    return type(value) is int and 0 < value <= 65535


def _has_no_star(value: Any) -> bool:
    return isinstance(value, str) and "*" not in value


def _has_plain_keys(value: Any) -> bool:
    return isinstance(value, dict) and all(key and "*" not in key for key in value)


_PLAIN: dict[str, Callable[[Any], bool]] = {
    "duration(self) >= duration('1ms')": _is_long,
    "0 < self && self <= 65535": _is_port,
    '!self.contains("*")': _has_no_star,
    "!self.contains('*')": _has_no_star,
    'self.all(key, !key.contains("*"))': _has_plain_keys,
    "self.all(key, !key.contains('*'))": _has_plain_keys,
    "self.all(key, key.size() != 0)": _has_plain_keys,
}
"""Rules that come often, with what tells that a value surely keeps them."""
_VERDICTS: dict[tuple[str, str], bool | None] = {}


def _verdict(rule: str, value: Any) -> bool | None:
    """Whether ``rule`` holds; None where that cannot be said."""
    if rule in _PLAIN and _PLAIN[rule](value):
        return True  # most values: cel-python is a fifth of a second to load
    text = isinstance(value, str)
    key = (rule, value if text else json.dumps(value, sort_keys=True, default=str))
    if key not in _VERDICTS:
        if len(key[1]) > _LONGEST or len(_VERDICTS) > _REMEMBERED:
            return _evaluated(rule, value)
        _VERDICTS[key] = _evaluated(rule, value)
    return _VERDICTS[key]


def _evaluated(rule: str, value: Any) -> bool | None:
    from celpy.adapter import json_to_cel
    from celpy.evaluation import CELEvalError

    program = _program(rule)
    if program is None:
        return None
    try:
        return bool(program.evaluate({"self": json_to_cel(value)}))
    except (CELEvalError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False if _DURATION in rule else None


@cache
def _program(rule: str) -> Any:
    """The compiled rule; None where cel-python cannot take it."""
    if "oldSelf" in rule:
        return None
    import celpy
    from celpy.celparser import CELParseError

    environment = celpy.Environment()
    try:
        tree = environment.compile(rule.replace("__namespace__", "namespace"))
        return environment.program(tree, functions=_functions())
    except (CELParseError, ValueError, TypeError):
        return None


@cache
def _functions() -> dict[str, Any]:
    """What Kubernetes adds to CEL and the rules use."""
    from celpy import celtypes

    def substring(text: Any, begin: Any, end: Any = None) -> Any:
        last = len(text) if end is None else int(end)
        if not 0 <= int(begin) <= last <= len(text):
            message = "substring out of range"
            raise ValueError(message)
        return celtypes.StringType(str(text)[int(begin) : last])

    def is_url(text: Any) -> Any:
        return celtypes.BoolType(_is_url(str(text)))

    def url(text: Any) -> Any:
        return celtypes.StringType(text)

    def scheme(text: Any) -> Any:
        return celtypes.StringType(urlsplit(str(text)).scheme)

    return {"substring": substring, "isURL": is_url, "url": url, "getScheme": scheme}


def _is_url(text: str) -> bool:
    """As Go's `url.ParseRequestURI` has it: an absolute URL or a path."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) or text.startswith("/")
