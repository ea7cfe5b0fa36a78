"""Plain values as YAML text that YAML 1.1 and 1.2, PyYAML and Kubernetes read alike."""

import json
from typing import Any

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_SAFE = lazy_re(r"[A-Za-z0-9_./][A-Za-z0-9_./+%@:-]*(?: [A-Za-z0-9_./+%@:-]+)*")
"""Signs that never need quotes, unless the word means something else."""
"""What some version of YAML takes for a number, a time or a date."""
_ADDRESS = lazy_re(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?")
_DURATION = lazy_re(r"(?:\d{1,9}(?:\.\d{1,9})?(?:h|m|s|ms|us|ns)){1,4}")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", ".nan"})
_ARGUMENT = lazy_re(r"--?[A-Za-z][A-Za-z0-9._-]{0,200}(?:=[A-Za-z0-9._/+%@-]{0,500})?")
"""A flag of a command line."""
_LISTED = lazy_re(r"[A-Za-z][A-Za-z0-9_-]*(?:,[A-Za-z0-9_-]+)+")
"""Words between commas."""
_PLACEHOLDER = lazy_re(r"<[A-Za-z][A-Za-z0-9 .'_-]{0,98}>")
"""What the evidence does not tell, for the reader to fill in."""
_HIDDEN = lazy_re("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_ROW = lazy_re("[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]{0,2000}")
"""A line that can stand in a literal block."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How the user indents."""

    step: int = 2
    """Blanks by which a mapping stands deeper than its key."""
    list_step: int = 0
    """Blanks by which a list's dashes stand deeper than its key."""
    literal: bool = True
    """False where a text of several lines must not become a block, because something follows it."""


def inline(value: Any, *, flow: bool = False, like: str = "", json_style: bool = False) -> str:
    """``value`` on one line; collections in flow style.

    ``like`` is the quote (`"` or `'`) that a text had before, and keeps.
    """
    if isinstance(value, dict):
        pairs = [
            f"{key_text(str(key), flow=True, json_style=json_style)}: "
            f"{inline(inner, flow=True, json_style=json_style)}"
            for key, inner in value.items()
        ]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        items = [inline(inner, flow=True, json_style=json_style) for inner in value]
        return "[" + ", ".join(items) + "]"
    if isinstance(value, str):
        if like == "'" and not json_style and _ROW.fullmatch(value):
            return "'" + value.replace("'", "''") + "'"
        plain = not json_style and not like and is_plain(value, flow=flow)
        return value if plain else quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    raise TypeError(f"no YAML for {type(value).__name__}")


def key_text(key: str, *, flow: bool = False, json_style: bool = False) -> str:
    """A key, quoted where it must be."""
    return key if not json_style and is_plain(key, flow=flow) and ":" not in key else quoted(key)


def is_plain(text: str, *, flow: bool = False) -> bool:
    """True where ``text`` means itself without quotes, in every version of YAML."""
    if _PLACEHOLDER.fullmatch(text):
        return True
    if not flow and (_ARGUMENT.fullmatch(text) or _LISTED.fullmatch(text)):
        return True
    if not _SAFE.fullmatch(text) or text.casefold() in _WORDS or ": " in text:
        return False
    if text.endswith(":") or (flow and ":" in text) or text.startswith(("---", "...")):
        return False
    return bool(text[0].isalpha() or _ADDRESS.fullmatch(text) or _DURATION.fullmatch(text))


def quoted(text: str) -> str:
    """``text`` between double quotes, as JSON and YAML both read it."""
    return _HIDDEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(text, ensure_ascii=False))


def is_block(value: Any) -> bool:
    """True where a value takes lines of its own."""
    return isinstance(value, dict | list | tuple) and bool(value)


def field_rows(key: str, value: Any, column: int, form: Form) -> list[str]:
    """Rows of a mapping's field whose key stands at ``column`` (from 0)."""
    head = f"{' ' * column}{key_text(key)}:"
    if isinstance(value, dict) and value:
        return [head, *block_rows(value, column + form.step, form)]
    if isinstance(value, list | tuple) and value:
        return [head, *block_rows(value, column + form.list_step, form)]
    if literal := _literal(value, column + form.step, form):
        return [f"{head} {literal[0]}", *literal[1:]]
    return [f"{head} {inline(value)}"]


def item_rows(value: Any, column: int, form: Form) -> list[str]:
    """Rows of a list's element whose dash stands at ``column`` (from 0)."""
    head = f"{' ' * column}- "
    if is_block(value):
        rows = block_rows(value, column + 2, form)
        return [head + rows[0][column + 2 :], *rows[1:]]
    if literal := _literal(value, column + 2, form):
        return [head + literal[0], *literal[1:]]
    return [head + inline(value)]


def block_rows(value: Any, column: int, form: Form) -> list[str]:
    """Rows of a mapping or list that is not empty and whose first sign stands at ``column``."""
    if isinstance(value, dict):
        fields = [field_rows(str(key), inner, column, form) for key, inner in value.items()]
        return [row for rows in fields for row in rows]
    return [row for inner in value for row in item_rows(inner, column, form)]


def _literal(value: Any, column: int, form: Form) -> list[str]:
    """Head and rows of a text of several lines; empty where it is none or needs quotes."""
    if not form.literal or not isinstance(value, str) or "\n" not in value.strip("\n"):
        return []
    rows = value.split("\n")
    ended = not rows[-1]
    body = rows[:-1] if ended else rows
    if not (body[0].strip() and body[-1].strip()) or body[0][0].isspace():
        return []
    if any(not _ROW.fullmatch(row) or (row and not row.strip()) for row in body):
        return []
    return ["|" if ended else "|-", *(f"{' ' * column}{row}" if row else "" for row in body)]


def _float(value: float) -> str:
    if value != value:  # noqa: PLR0124 - not a number
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    sign = "" if exponent[0] in "+-" else "+"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}{exponent}"
