"""Lines of Istio's text format taken apart at their quotes, of which it has exactly fourteen."""

from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.access_log.timestamp import guess_time
from why503.support.pattern import lazy_re

QUOTES = 14
HEAD_WIDTH = len("[2026-01-01T00:00:00.000Z] ")
NAME = KNOWN_FORMATS[0].name

_PATTERNS = {
    "code": lazy_re(r"\d{3}|0|-"),
    "flags": lazy_re(r"[A-Z][A-Za-z0-9_]{1,40}(?:,[A-Z][A-Za-z0-9_]{1,40}){0,15}|-"),
    "method": lazy_re(r"[^\s\"/]{1,60}"),
    "protocol": lazy_re(r"HTTP/[0-9.]{1,4}|-"),
    "upstream_host": lazy_re(r"[^\s\"]{1,300}:\d{1,5}|[^\s\"]{0,300}/[^\s\"]{0,300}|-|"),
    "upstream_cluster": lazy_re(r"\S+"),
    "duration": lazy_re(r"\d{1,18}|-"),
}
"""What values of the format look like."""
_AGENT = 7
"""The piece between quotes that is the user agent."""
_BLANKS = {0: 1, 1: 2, 2: 5, 4: 5, 6: 1, 8: 1, 10: 1, 12: 1, 14: 6}
"""Blanks of the pieces between quotes."""


def fields_of(text: str) -> Fields:
    """The fields of a line that has exactly the format's quotes and blanks."""
    return _of(text.split('"'))


def _of(parts: list[str]) -> Fields:
    values = (
        parts[0].strip("[] "),
        *parts[1].split(" "),
        *parts[2].split(" ")[1:-1],
        parts[3],
        *parts[4].split(" ")[1:-1],
        *parts[5:15:2],
        *parts[14].split(" ")[1:],
    )
    return dict(zip(_NAMES, values, strict=True))


_NAMES = (
    *("time", "method", "path", "protocol", "code", "flags", "details", "termination_details"),
    *("transport_failure", "bytes_received", "bytes_sent", "duration", "upstream_service_time"),
    *("forwarded_for", "user_agent", "request_id", "authority", "upstream_host"),
    *("upstream_cluster", "upstream_local", "downstream_local", "downstream_remote"),
    *("server_name", "route"),
)
"""What a line of the format tells, in its order."""


def is_sound(fields: Fields) -> bool:
    """Whether the values look like the format's."""
    return all(pattern.fullmatch(fields[name]) for name, pattern in _PATTERNS.items())


def with_quoted_agent(text: str) -> Fields | None:
    """The fields of a line whose only foreign quotes are in the user agent; else None."""
    parts = text.split('"')
    extra = len(parts) - QUOTES - 1
    if extra < 0 or not text.startswith("[") or '] "' in text[HEAD_WIDTH:]:
        return None
    agent = _AGENT + extra
    parts[_AGENT : agent + 1] = ['"'.join(parts[_AGENT : agent + 1])]
    blanks = [one.count(" ") for one in parts]
    if any(blanks[place] != count for place, count in _BLANKS.items()):
        return None
    fields = _of(parts)
    return fields if is_sound(fields) and guess_time(fields["time"]) is not None else None
