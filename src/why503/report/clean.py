"""Makes text from the evidence harmless: no control character reaches a terminal or a page."""

import dataclasses
import re
from enum import Enum
from typing import Any, TypeVar

from why503.support.pattern import lazy_re

T = TypeVar("T")

_UNSAFE = lazy_re(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""C0 and C1 controls but tab and line end, direction and invisible marks, lone surrogates."""


def printable(text: str) -> str:
    r"""``text`` with unsafe characters written out (`\x1b`, `\u202e`); tabs and line ends stay."""
    return _UNSAFE.sub(_written_out, text.replace("\r\n", "\n"))


def _written_out(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def escaped(document: str) -> str:
    r"""A JSON document with its unsafe characters as `\uXXXX`; it means the same."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def encodable(text: str) -> str:
    r"""``text`` with lone surrogates (bytes of a path that are no UTF-8) written out: `\udcff`."""
    return text.encode("utf-8", "backslashreplace").decode()


def cleaned(value: T) -> T:
    """``value``, a dataclass of the answer, with every text in it made printable."""
    done: T = _cleaned(value)
    return done


def _cleaned(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(element) for element in value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(element) for key, element in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return type(value)(**{f.name: _cleaned(getattr(value, f.name)) for f in fields})
    return value
