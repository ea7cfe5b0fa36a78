"""Statuses as people note them down: who called whom and got what, a browser's error page.

`shop to cart.depot: 503`, `GET http://cart.depot/items -> 502`, `HTTP ERROR 404`.
"""

import re
from dataclasses import field

from why503.evidence.log_line import SCAN_LENGTH, teller_of, without_user
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import Request, Witness
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "noted statuses"

_BEGIN = r"[\s>*|-]{0,8}"
_HOST = r"(?:https?://)?(?P<host>[A-Za-z0-9](?:[\w.-]{0,252}\w)?(?::\d{1,5})?)(?P<path>/\S{0,500})?"
_GOT = (
    r"\s{0,4}(?::|=>?|->|\u2192|\s(?:gets|got|gives|gave|returns|returned|fails with))\s{0,4}"
    r"(?:(?:HTTP|status|code)(?:/[\d.]{1,3})?\s{1,2})?(?P<code>[1-5]\d\d)"
    r"(?:\s{1,2}[A-Z][A-Za-z -]{0,40})?\s{0,8}$"
)
_PAIR = lazy_re(
    rf"{_BEGIN}(?:from\s)?[\w./-]{{1,100}}\s{{1,4}}(?:to|->|=>|\u2192)\s{{1,4}}{_HOST}{_GOT}"
)
_URL = lazy_re(
    rf"{_BEGIN}(?:(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD)\s{{1,4}}(?:https?://)?|https?://)"
    r"(?:[^/\s@]{1,256}@)?(?P<host>[A-Za-z0-9][\w.-]{0,253}(?::\d{1,5})?)?(?P<path>/[^\s]{0,500})?"
    rf"{_GOT}"
)
_PAGE = lazy_re(r"(?:^|[\s:\"'`])(?P<page>HTTP ERROR (?P<code>[45]\d\d))[\"'`.\s]{0,8}$")
"""What Chrome shows in place of an error that has no body of its own."""

_LONGEST = 1_000
"""Characters of a line that can be a note."""


def bid(sample: list[Line]) -> float:
    """Share of lines that note a status."""
    return share(sample, lambda line: _noted(line.text) is not None)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


@dataclass
class Session:
    """Reads one file's notes."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim a note; it becomes a request that a client saw answered."""
        found = _noted(line.text)
        if found is None:
            return False
        told = found.groupdict()
        path = told.get("path")
        self.reading.facts.append(
            Request(
                source=self.context.source(line.number),
                witness=Witness.CLIENT,
                teller=teller_of(self.context, line),
                time=line.origin.time,
                code=int(found["code"]),
                method=told.get("method"),
                authority=told.get("host"),
                path=mask(path) if path else None,
                body=told.get("page"),
                raw=raw(without_user(line.text)),
            )
        )
        return True

    def finish(self) -> Reading:
        """All requests, in file order."""
        return self.reading


def _noted(line: str) -> re.Match[str] | None:
    text = line[:SCAN_LENGTH].rstrip()
    if len(text) > _LONGEST:
        return None
    return _PAIR.match(text) or _URL.match(text) or _PAGE.search(text)
