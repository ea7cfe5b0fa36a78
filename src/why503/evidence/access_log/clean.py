"""Marks that blogs, tickets and markdown tables leave in a pasted log line."""

import re
from functools import lru_cache

from why503.support.pattern import lazy_re

_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "\u00a0": " ", "\t": " ", "\u200b": None}
)
_DASH = lazy_re(r"(?<![^\s\"])[—–](?![^\s\"])")
_BOLD = lazy_re(r"\*\*([^*\n]{1,400})\*\*")
_ESCAPED = lazy_re(r"\\([|_*{}\[\]<>~`#-])")
_LEAD = lazy_re(r"^(?:[\s|>`│┃║]|[-*•] ){1,40}")
_TAIL = lazy_re(r"(?:[\s`]|(?<=\s)[|│┃║]){1,40}$")
_TIMELESS_HEAD = lazy_re(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}Z?\] ")
_BARE_TIME = lazy_re(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}Z?) (?=\")")
_HEAD = lazy_re(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}Z?\] \"")
_LOST_QUOTE = lazy_re(r"[A-Z]{3,10} [^\s\"]{1,4000} HTTP/[0-9.]{1,4}\" ")
"""A request line whose first quote stayed behind where the line was copied."""
_QUOTE_NAMES = (("&quot;", '"'), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))

_MOST_PREFIX = 200
"""Characters before the time that may be somebody else's prefix."""


def plain_dashes(text: str) -> str:
    """``text`` with ``-`` for a dash that stands where a value is missing."""
    return text if text.isascii() else _DASH.sub("-", text)


@lru_cache(maxsize=8)
def clean(text: str) -> str:
    """``text`` without marks of typography, markdown and HTML; the same text where it has none."""
    text = plain_dashes(text.translate(_TYPOGRAPHY))
    for name, sign in _QUOTE_NAMES:
        text = text.replace(name, sign)
    text = _BOLD.sub(r"\1", text)
    if r"\"" in text and not re.search(r'(?<!\\)"', text.strip().strip('"')):
        text = text.strip().strip('"').replace(r"\"", '"')
    if '"" ' in text and ' "" ' not in text:
        text = text.replace('""', '"')
    text = _ESCAPED.sub(r"\1", text)
    text = _LEAD.sub("", text)
    return _TAIL.sub("", text)


def with_head(text: str) -> str:
    """``text`` from its `[time]` on; a lost bracket is set again, ``[-]`` stands for no time."""
    if text.startswith('"'):
        return "[-] " + text
    if _TIMELESS_HEAD.match(text):
        return "[" + text
    if _LOST_QUOTE.match(text):
        return '[-] "' + text
    if found := _BARE_TIME.match(text):
        return f"[{found.group(1)}] {text[found.end() :]}"
    found = _HEAD.search(text, 0, _MOST_PREFIX + 40)
    return text[found.start() :] if found and found.start() <= _MOST_PREFIX else text
