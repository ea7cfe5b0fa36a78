"""The bodies Envoy writes by itself: their words, and what their exact lengths tell.

A logged BYTES_SENT can betray the body where the format has no details, or where the answer came
from the proxy behind. Texts: Envoy `router.cc` (`reset reason:` since 1.10, `retried and the
latest` since 1.22, transport text in the body 1.16-1.38); lengths measured on 1.40.0.
"""

import re

from why503.mesh.ending_name import RESETS, SHORT_BODIES
from why503.support.pattern import lazy_re


def _wrapped(text: str) -> str:
    """Pattern for ``text`` with any white space (a terminal wraps lines) between its words."""
    return r"\s{1,8}".join(re.escape(word) for word in text.split())


def _one_of(texts: tuple[str, ...]) -> str:
    return "|".join(_wrapped(text) for text in sorted(texts, key=len, reverse=True))


BODY = lazy_re(
    _wrapped("upstream connect error or disconnect/reset before headers")
    + r"\.?(?:\s{1,8}(?P<retried>"
    + _wrapped("retried and the latest")
    + r"\s{1,8})?"
    + _wrapped("reset reason:")
    + rf"\s{{0,8}}(?P<reason>(?:{_one_of(tuple(RESETS))})\b|[A-Za-z/0-9_ ]{{3,60}})"
    + r"(?:,\s{0,8}"
    + _wrapped("transport failure reason:")
    + r"\s{0,8}(?P<transport>[^\"'%<\\\r\n]{0,600}))?)?"
    + rf"|\b(?P<short>{_one_of(tuple(SHORT_BODIES))})",
    re.IGNORECASE,
)
"""Envoy's own bodies, also inside other text; `reason` is None for Envoy before 1.10."""

WRITTEN_BY_ENVOY = frozenset({403, 429, 502, 503, 504})
"""Codes with which Envoy answers after a denial, a limit, a reset or a time-out."""

DENIALS = frozenset({403, 429})
"""Those of them that a filter gives without asking the upstream."""

AMBIGUOUS_LENGTH = 91
"""Bytes of the body for `connection timeout`, and before Envoy 1.20 for any failed connection."""

RBAC_LENGTH = 19
"""Bytes of `RBAC: access denied`, answered with 403."""

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


def _lengths() -> dict[tuple[int, int], str]:
    table = {
        (RBAC_LENGTH, 403): "RBAC denied",
        (18, 429): "rate limited",
        (19, 503): "no healthy upstream",
        (24, 504): "response timeout",
    }
    for start in ("reset reason: ", "retried and the latest reset reason: "):
        for words, ending in _RESET_WORDS:
            code = 502 if ending == "protocol error" else 503
            table[len(_PREFIX + start + words), code] = ending
        for reason in ("remote connection failure", "connection failure"):
            for error in ("Connection refused", "111"):
                length = len(_PREFIX + start + reason + _REFUSED + error)
                table[length, 503] = "connection refused"
    return table


_BY_LENGTH = _lengths()
_OWN_LENGTHS = {length for length, _ in _BY_LENGTH} | {len(text) for text in SHORT_BODIES}


def ending_words_of_length(length: int, code: int) -> str:
    """Value of the `Ending` whose body has exactly this many bytes under this code; else ``""``."""
    return _BY_LENGTH.get((length, code), "")


def is_length_of_a_body(length: int) -> bool:
    """True where one of Envoy's own bodies, under any code, has exactly this many bytes."""
    return length in _OWN_LENGTHS
