"""Settings of a server pasted as text: when it closes idle connections, after how many requests."""

import re

from why503.evidence.log_line import teller_of
from why503.evidence.reader import Context, Line, Reading, share
from why503.facts import AppEvent, AppEventKind, Fact
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "server setting"

_LONGEST = 2_000
"""Characters of a line that are looked at."""
_MILLISECONDS = 0.001
_IDLE, _REQUESTS = "idle", "requests"
_GO_UNITS = {"Millisecond": 0.001, "Second": 1.0, "Minute": 60.0, "Hour": 3600.0}

_SETTINGS: tuple[tuple[str, str, float, re.Pattern[str]], ...] = (
    (
        "nginx",
        _IDLE,
        1.0,
        re.compile(r"\s{0,40}keepalive_timeout\s{1,20}(\d{1,9}(?:ms|s|m|h)?)(?: [\dsmh]{1,9})?;"),
    ),
    ("nginx", _REQUESTS, 1.0, re.compile(r"\s{0,40}keepalive_requests\s{1,20}(\d{1,9});")),
    (
        "Apache httpd",
        _IDLE,
        1.0,
        re.compile(r"\s{0,40}KeepAliveTimeout\s{1,20}(\d{1,9}(?:ms|s)?)\s{0,9}$"),
    ),
    (
        "Apache httpd",
        _REQUESTS,
        1.0,
        re.compile(r"\s{0,40}MaxKeepAliveRequests\s{1,20}(\d{1,9})\s{0,9}$"),
    ),
    (
        "Tomcat (server.xml)",
        _IDLE,
        _MILLISECONDS,
        re.compile(r"[^#]{0,400}?(?<=\s)keepAliveTimeout=\"(\d{1,9})\""),
    ),
    (
        "Tomcat (server.xml)",
        _REQUESTS,
        1.0,
        re.compile(r"[^#]{0,400}?(?<=\s)maxKeepAliveRequests=\"(\d{1,9})\""),
    ),
    (
        "Node.js",
        _IDLE,
        _MILLISECONDS,
        re.compile(
            r"\s{0,40}(?:this\.)?[\w$]{1,60}\.keepAliveTimeout\s{0,4}=\s{0,4}"
            r"(\d[\d_]{0,9}(?:\s?\*\s?\d[\d_]{0,6}){0,2})\s{0,4};?\s{0,4}(?://.{0,200})?$"
        ),
    ),
    (
        "Node.js",
        _REQUESTS,
        1.0,
        re.compile(
            r"\s{0,40}(?:this\.)?[\w$]{1,60}\.maxRequestsPerSocket\s{0,4}=\s{0,4}(\d{1,9})\b"
        ),
    ),
    (
        "Spring Boot (Tomcat)",
        _IDLE,
        _MILLISECONDS,
        re.compile(
            r"\s{0,40}(?:server\.tomcat\.)?keep-alive-timeout\s?[:=]\s{0,4}"
            r"(\d{1,9}(?:ms|s|m|h)?)\s{0,9}$"
        ),
    ),
    (
        "Spring Boot (Tomcat)",
        _REQUESTS,
        1.0,
        re.compile(
            r"\s{0,40}(?:server\.tomcat\.)?max-keep-alive-requests\s?[:=]\s{0,4}(\d{1,9})\s{0,9}$"
        ),
    ),
    (
        "gunicorn",
        _IDLE,
        1.0,
        re.compile(
            r"(?:keepalive\s{0,4}=\s{0,4}|"
            r"[^#]{0,600}\bgunicorn\b[^#]{0,600}--keep-alive[\", =]{1,6})"
            r"(\d{1,6})\b"
        ),
    ),
    (
        "uvicorn",
        _IDLE,
        1.0,
        re.compile(
            r"[^#]{0,600}(?:--timeout-keep-alive[\", =]{1,6}|\btimeout_keep_alive\s?=\s?)"
            r"(\d{1,6})\b"
        ),
    ),
)
_GO_IDLE = lazy_re(
    r"\s{0,40}IdleTimeout:\s{1,20}(?P<count>\d{1,6}) ?\* ?time\.(?P<unit>\w{1,20}),?\s{0,9}$"
)
_HINT = lazy_re(r"eep[-_]?alive|IdleTimeout|maxRequestsPerSocket", re.IGNORECASE)
"""What every setting has in it: most lines have not, and are left at once."""
_UPSTREAM = lazy_re(r"\s{0,40}upstream\s{1,20}[\w.-]{1,200}\s{0,9}\{")


def bid(sample: list[Line]) -> float:
    """Share of lines that set a server's keep-alive."""
    return share(sample, lambda line: _told(line.text[:_LONGEST]))


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's lines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []
        self._to_upstream = False

    def take(self, line: Line) -> bool:
        """Claim a line that sets a server's keep-alive; nginx's towards its upstreams is none."""
        text = line.text[:_LONGEST]
        if _UPSTREAM.match(text):
            self._to_upstream = "}" not in text
        elif "}" in text:
            self._to_upstream = False
        told = _told(text)
        if told and not self._to_upstream:
            self._facts += [
                AppEvent(
                    source=self._context.source(line.number),
                    kind=AppEventKind.SETTING,
                    teller=teller_of(self._context, line),
                    name=f"{server} {what}",
                    text=f"{value:g}",
                    raw=raw(line.text),
                )
                for server, what, value in told
            ]
        return bool(told)

    def finish(self) -> Reading:
        """All facts, in file order."""
        return Reading(facts=self._facts)


def _told(text: str) -> list[tuple[str, str, float]]:
    """Server, `idle` or `requests`, and the seconds or the count, of each setting in a line."""
    found: list[tuple[str, str, float]] = []
    if _HINT.search(text) is None:
        return found
    for server, what, unit, pattern in _SETTINGS:
        if (match := pattern.match(text)) is not None:
            value = _value(match[1], unit)
            if value is not None:
                found.append((server, what, value))
    if (go := _GO_IDLE.match(text)) is not None and go["unit"] in _GO_UNITS:
        found.append(("Go net/http", _IDLE, int(go["count"]) * _GO_UNITS[go["unit"]]))
    return found


def _value(text: str, unit: float) -> float | None:
    """A bare number or a product of numbers in ``unit``, or a duration that names its own."""
    factors = [factor.strip().replace("_", "") for factor in text.split("*")]
    if all(factor.isdigit() for factor in factors):
        product = unit
        for factor in factors:
            product *= int(factor)
        return product
    return seconds_of(text)
