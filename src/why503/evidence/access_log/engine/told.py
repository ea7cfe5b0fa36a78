"""A failed line as plain `Request` fields."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from why503.evidence.access_log.aggregate import TEXTS
from why503.evidence.access_log.fields import MISSING, Fields, flags_of, milliseconds, told, whole
from why503.evidence.access_log.reader import LONGEST_LINE, AccessLogSession
from why503.evidence.access_log.words import UUID
from why503.evidence.reader import Context
from why503.support.secret import mask, raw


def told_of(line: str, fields: Fields, time: Callable[[str], float | None]) -> dict[str, Any]:
    """The `Request` fields of a line that need no other line."""
    flags = fields.get("flags")
    start = fields.get("time", "-")
    kept = raw(line)
    plain = _unmasked if kept == line else often  # what the line may show, its fields may
    texts = {name: plain(fields.get(name)) for name in TEXTS}
    return {
        "time": None if start in MISSING else time(start),
        "code": whole(fields.get("code")),
        "flags": None if flags is None else flags_of(flags),
        "bytes_received": whole(fields.get("bytes_received")),
        "bytes_sent": whole(fields.get("bytes_sent")),
        "duration": milliseconds(fields.get("duration")),
        "upstream_service_time": milliseconds(told(fields, "upstream_service_time")),
        "raw": kept,
        **texts,
    }


def loosely(line: str) -> Fields:
    """The fields of a line as the tolerant parser reads it; none where it cannot."""
    found = AccessLogSession(Context(path="", teller="")).read(line[:LONGEST_LINE])
    return found.fields if found else {}


def _unmasked(value: str | None) -> str | None:
    return "" if value == "-" else value


@lru_cache(maxsize=20_000)
def often(value: str | None) -> str | None:
    """A text as a fact holds it, remembered: many lines have the same."""
    if value is None or UUID.fullmatch(value):
        return value
    return "" if value == "-" else mask(value)
