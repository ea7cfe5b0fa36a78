"""A failed line as plain `Request` fields."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from why503.evidence.access_log.aggregate import TEXTS
from why503.evidence.access_log.fields import MISSING, Fields, flags_of, milliseconds, told, whole
from why503.evidence.access_log.words import UUID
from why503.support.secret import mask, raw

_RARE = frozenset({"path", "request_id"})


def told_of(line: str, fields: Fields, time: Callable[[str], float | None]) -> dict[str, Any]:
    """The `Request` fields of a line that need no other line."""
    flags = fields.get("flags")
    start = fields.get("time", "-")
    texts = {name: (_plain if name in _RARE else often)(fields.get(name)) for name in TEXTS}
    return {
        "time": None if start in MISSING else time(start),
        "code": whole(fields.get("code")),
        "flags": None if flags is None else flags_of(flags),
        "bytes_received": whole(fields.get("bytes_received")),
        "bytes_sent": whole(fields.get("bytes_sent")),
        "duration": milliseconds(fields.get("duration")),
        "upstream_service_time": milliseconds(told(fields, "upstream_service_time")),
        "raw": raw(line),
        **texts,
    }


def _plain(value: str | None) -> str | None:
    if value is None or UUID.fullmatch(value):
        return value
    return "" if value == "-" else mask(value)


@lru_cache(maxsize=20_000)
def often(value: str | None) -> str | None:
    """A text as a fact holds it, remembered: many lines have the same."""
    return _plain(value)
