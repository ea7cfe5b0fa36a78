"""Access log lines made of `key=value` or `key: value` pairs."""

import re

from why503.evidence.access_log.aliases import field_of, has_known_flags, is_proxy_line, put
from why503.evidence.access_log.fields import MISSING, Fields

NAME = "key=value"

_EQUALS = re.compile(r'([A-Za-z:][\w.:-]{0,60})=("(?:[^"\\]|\\.){0,4000}"|[^\s",]{0,4000})')
_COLON = re.compile(
    r'(?<![\w.:/-])"?([A-Za-z][\w.-]{0,60})"?:[ ]{0,2}("(?:[^"\\]|\\.){0,4000}"|[^\s",]{1,4000})'
)
_BRACKETS = re.compile(r"^\[([^\]]{4,80})\]")
_FEWEST = 3


def read_key_value(text: str) -> Fields | None:
    """Fields of a line of pairs that has a code and Envoy's flags or details; else None."""
    for pattern in (_EQUALS, _COLON):
        pairs = pattern.findall(text)
        if len(pairs) < _FEWEST:
            continue
        fields: Fields = {}
        for key, value in pairs:
            if field_of(key):
                put(fields, key, value.strip('"') if value not in MISSING else "-")
        if is_proxy_line(fields) and has_known_flags(fields):
            if "time" not in fields:
                head = _BRACKETS.match(text)
                fields["time"] = head.group(1) if head else text[:40]
            return fields
    return None
