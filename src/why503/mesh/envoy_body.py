"""The bodies Envoy writes by itself: their words, and what their exact lengths tell.

A logged BYTES_SENT can betray the body where the format has no details, or where the answer came
from the proxy behind. Texts: Envoy `router.cc` (`reset reason:` since 1.10, `retried and the latest`
since 1.22, transport text in the body 1.16-1.38); lengths measured on 1.40.0.
"""

import re

BODY = re.compile(
    r"upstream connect error or disconnect/reset before headers\.?"
    r"(?:\s{1,8}(?P<retried>retried and the latest\s{1,8})?reset reason:\s{0,8}(?P<reason>[A-Za-z/0-9_ ]{3,60}?)"
    r"(?:,\s{0,8}transport failure reason:\s{0,8}(?P<transport>.{0,600}?))?(?=[\"'%<\r\n]|$))?"
    r"|(?P<short>no healthy upstream|upstream request timeout|stream timeout|RBAC: access denied|"
    r"fault filter abort|local_rate_limited|upstream max stream duration reached|envoy overloaded|"
    r"DNS resolution failure|Jwks remote fetch is failed|Jwt verification fails|Jwt is missing|Jwt is expired)",
    re.IGNORECASE,
)
"""Envoy's own bodies; `reason` is empty for Envoy before 1.10."""

WRITTEN_BY_ENVOY = frozenset({502, 503, 504})
"""Codes with which Envoy answers after a reset or a time-out."""

_PREFIX = "upstream connect error or disconnect/reset before headers. "
_RESET_WORDS: tuple[tuple[str, str], ...] = (
    ("connection termination", "connection termination"),
    ("remote connection failure", "connection failure"),
    ("connection timeout", "connection timeout"),
    ("remote reset", "remote reset"),
    ("remote refused stream reset", "remote refused stream reset"),
    ("protocol error", "protocol error"),
    ("overflow", "overflow"),
)
_REFUSED = ", transport failure reason: delayed connect error: "


def _lengths() -> dict[int, tuple[int, str]]:
    table: dict[int, tuple[int, str]] = {19: (503, "no healthy upstream"), 24: (504, "response timeout")}
    for start in ("reset reason: ", "retried and the latest reset reason: "):
        for words, ending in _RESET_WORDS:
            code = 502 if ending == "protocol error" else 503
            table[len(_PREFIX + start + words)] = (code, ending)
        for reason in ("remote connection failure", "connection failure"):
            for error in ("Connection refused", "111"):
                table[len(_PREFIX + start + reason + _REFUSED + error)] = (503, "connection refused")
    return table


_BY_LENGTH = _lengths()


def ending_words_of_length(length: int, code: int) -> str:
    """Value of the `Ending` whose body has exactly this many bytes under this code; ``""`` if none."""
    found = _BY_LENGTH.get(length)
    return found[1] if found and found[0] == code else ""
