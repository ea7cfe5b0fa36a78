"""Durations and points in time: read and written in one place."""

import re
from datetime import UTC, datetime

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_PART = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)(ns|us|µs|μs|ms|s|m|h|d)")

_ENDLESS = 1e18
"""Seconds from which a number is no duration that anybody means."""

_THOUSAND = 999.5
"""From here three digits would be written with an exponent."""

_WEEKDAY = re.compile(r"[ ]{0,8}[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d")

MINUTE = 60.0
HOUR = 3600.0


def seconds_of(text: object) -> float | None:
    """Seconds of a Go, Kubernetes or Envoy duration (`50s`, `1h30m`, `0.25s`); None for others.

    A bare number is taken as seconds.
    """
    if isinstance(text, bool) or text is None:
        return None
    if isinstance(text, int | float):
        return float(text) if abs(text) < _ENDLESS else None
    word = str(text).strip()
    if re.fullmatch(r"\d{1,18}(?:\.\d{1,9})?", word):
        return float(word)
    parts = _PART.findall(word)
    if not parts or "".join(number + unit for number, unit in parts) != word:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def spell(seconds: float) -> str:
    """A duration in the shortest usual spelling: `0.3 ms`, `50 s`, `5 min`, `1 h`."""
    if seconds < 1:
        return f"{_short(seconds * 1000)} ms"
    if seconds < 2 * MINUTE:
        return f"{_short(seconds)} s"
    if seconds < 2 * HOUR and seconds != HOUR:
        return f"{_short(seconds / MINUTE)} min"
    return f"{_short(seconds / HOUR)} h"


def _short(number: float) -> str:
    """Three digits, and never an exponent for a large number."""
    return f"{number:.3g}" if number < _THOUSAND else f"{number:.0f}"


def moment_of(text: str) -> float | None:
    """Seconds since 1970 of an RFC 3339 / ISO 8601 time; None where the text is none.

    Takes `Z` and offsets, `T` or a blank, fractions up to nanoseconds, and the dates of `kubectl
    describe` (`Mon, 11 Dec 2023 09:15:21 +0000`). A time without a zone is taken as UTC.
    """
    if _WEEKDAY.match(text):
        return _dated(text.strip())
    word = text.strip().replace(" ", "T", 1).replace(",", ".")
    word = re.sub(r"(\.\d{6})\d+", r"\1", word)
    word = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", word)
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found.timestamp()
    except (OverflowError, ValueError, OSError):
        return None


def _dated(text: str) -> float | None:
    """Seconds since 1970 of an RFC 1123 date; None where it is none."""
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, TypeError, ValueError, OSError):
        return None


def clock(moment: float) -> str:
    """A moment as RFC 3339 in UTC with milliseconds; ``""`` for one that no calendar has."""
    try:
        found = datetime.fromtimestamp(moment, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
