"""Access log lines made of `key=value` or `key: value` pairs."""

from why503.evidence.access_log.aliases import field_of, has_known_flags, is_proxy_line, put
from why503.evidence.access_log.fields import MISSING, Fields
from why503.support.pattern import lazy_re

NAME = "key=value"

_EQUALS = lazy_re(r'([A-Za-z:][\w.:-]{0,60})=("(?:[^"\\]|\\.){0,4000}"|[^\s",]{0,4000})')
_COLON = lazy_re(
    r'(?<![\w.:/-])"?([A-Za-z][\w.-]{0,60})"?:[ ]{0,2}("(?:[^"\\]|\\.){0,4000}"|[^\s",]{1,4000})'
)
_BRACKETS = lazy_re(r"^\[([^\]]{4,80})\]")
_REQUEST = lazy_re(
    r'"(?P<method>[A-Z]{3,10}) (?P<path>\S{1,4000}) (?P<protocol>HTTP/[\d.]{1,4})"'
    r" (?P<code>[1-5]\d\d)(?= |$)"
)
"""The request line and code of a server's usual log, in front of the pairs."""
_APACHE_TIME = lazy_re(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4})\]")
_FEWEST = 3
_NOTHING = MISSING | {"null"}


def read_key_value(text: str) -> Fields | None:
    """Fields of a line of pairs that has a code and Envoy's flags or details; else None."""
    for pattern in (_EQUALS, _COLON):
        pairs = pattern.findall(text)
        if len(pairs) < _FEWEST:
            continue
        fields: Fields = {}
        for key, value in pairs:
            if field_of(key):
                put(fields, key, "-" if value in _NOTHING else value.strip('"'))
        if "code" not in fields and (request := _REQUEST.search(text)) is not None:
            for key, value in request.groupdict().items():
                fields.setdefault(key, value)
        if is_proxy_line(fields) and has_known_flags(fields):
            if "time" not in fields:
                head = _BRACKETS.match(text) or _APACHE_TIME.search(text[:200])
                fields["time"] = head.group(1) if head else text[:40]
            return fields
    return None
