"""ztunnel's log: one line at the end of each connection, and its troubles (plain and JSON)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from why503.evidence.log_line import SCAN_LENGTH, TIME, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts import Fact, ProxyEvent, ProxyEventKind, Source, Tunnel
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re
from why503.support.secret import mask, raw

NAME = "ztunnel log"

_HEAD = lazy_re(
    rf"(?P<time>{TIME})\s{{1,12}}(?P<level>trace|debug|info|warn|error|TRACE|DEBUG|INFO|WARN|"
    rf"ERROR)\s{{1,12}}"
    r"(?:(?P<old>[a-z_][a-z0-9_:]{0,80}(?:\{[^{}]{0,200}\})?): |"
    r"(?P<scope>[a-z_][a-z0-9_:{}=\"./-]{0,120})\s{1,12})(?P<rest>.*)"
)
_HEADLESS = lazy_re(
    r"[\s>*\"'`|-]{0,8}(?P<time>)(?:(?P<level>info|warn|error|INFO|WARN|ERROR)\s{1,12})?"
    r"(?P<old>)(?P<scope>access|proxy::\w{1,20}|tls::\w{1,20})?:?\s{0,12}"
    r"(?P<rest>connection (?:complete|failed)\b(?!,).{0,4000}|"
    r"(?:inbound|outbound)?(?:\{[^{}]{0,200}\}:\s{1,4})?"
    r"(?:tls|TLS) handshake error: (?:Custom \{|[A-Z]\w{2,40}\().{0,4000})"
)
"""What only ztunnel says, quoted without its time."""
_FIELD = lazy_re(r"(?<![a-z_.])([a-z_]{1,40}(?:\.[a-z_]{1,40})?)=(?:\"((?:[^\"\\]|\\.)*)\"|(\S*))")
_FIELDS = lazy_re(
    r"\s{0,40}(?:(?:src|dst)\.[a-z_]{1,40}|bytes_(?:sent|recv)|direction|duration|error)="
)
"""A line of fields alone, as a wrapped log or a document shows them."""
_MESSAGE = lazy_re(r"(connection (?:complete|failed|opened))")
_SCOPES = (
    "access",
    "dns",
    "inpod",
    "ztunnel",
    "proxy",
    "xds",
    "readiness",
    "tls",
    "identity",
    "hyper_util",
    "rustls",
    "drain",
    "hbone",
    "state",
    "inbound",
    "outbound",
)
_TROUBLE = lazy_re(
    r"failed|cannot|unable|error|timed out|refused|denied|rejected|not ready|retrying|expired|"
    r"drain|bypassed waypoint",
    re.IGNORECASE,
)
_LOUD = frozenset({"error", "warn"})


def bid(sample: list[Line]) -> float:
    """Share of lines that have ztunnel's shape, or carry on one that has."""
    return share_taken(sample, start)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's ztunnel lines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []
        self._open: dict[str, str] = {}
        """Fields of the last connection, which lines of fields alone carry on."""
        self._last = 0

    def take(self, line: Line) -> bool:
        """Claim a ztunnel line; connections become `Tunnel`, troubles `ProxyEvent`."""
        found = _parsed(line.text)
        if found is None:
            return self._carried_on(line)
        level, message, stamp, fields = found
        self._open = {}
        moment = time_of(stamp) or line.origin.time
        source = self._context.source(line.number)
        teller = teller_of(self._context, line)
        ending = _MESSAGE.match(message)
        if ending is not None and ending[1] != "connection opened":
            self._facts.append(_tunnel(source, teller, moment, (level, ending[1]), fields))
            self._open, self._last = {"": "", **fields}, line.number
        elif ending is None and (level in _LOUD or _TROUBLE.search(message[:SCAN_LENGTH])):
            text = message + (f" {fields['error']}" if fields.get("error") else "")
            self._facts.append(
                ProxyEvent(
                    source=source,
                    kind=ProxyEventKind.ZTUNNEL_ERROR,
                    teller=teller,
                    time=moment,
                    text=raw(text.strip()),
                    raw=raw(line.text),
                )
            )
        return True

    def _carried_on(self, line: Line) -> bool:
        """Claim a line that holds nothing but fields, right below the connection they are of."""
        tunnel = self._facts[-1] if self._facts else None
        below = self._open and line.number == self._last + 1 and _FIELDS.match(line.text)
        if not below or not isinstance(tunnel, Tunnel):
            self._open = {}
            return False
        self._open |= _fields(line.text[:SCAN_LENGTH])
        self._last = line.number
        self._facts[-1] = _tunnel(
            tunnel.source, tunnel.teller, tunnel.time, (tunnel.level, tunnel.message), self._open
        )
        return True

    def finish(self) -> Reading:
        """All facts, in file order."""
        return Reading(facts=self._facts)


def _tunnel(
    source: Source,
    teller: str,
    moment: float | None,
    words: tuple[str, str],
    fields: Mapping[str, str],
) -> Tunnel:
    """A connection: who told it when, level and message, and what its fields say."""
    return Tunnel(
        source=source,
        teller=teller,
        time=moment,
        level=words[0],
        message=words[1],
        direction=fields.get("direction", ""),
        source_address=fields.get("src.addr", ""),
        source_workload=fields.get("src.workload", ""),
        destination_address=fields.get("dst.addr", ""),
        target_address=fields.get("dst.hbone_addr", ""),
        destination_service=fields.get("dst.service", ""),
        destination_workload=fields.get("dst.workload", ""),
        bytes_sent=_number(fields.get("bytes_sent")),
        bytes_received=_number(fields.get("bytes_recv")),
        duration=_milliseconds(fields.get("duration")),
        error=mask(fields.get("error", "")),
    )


def _fields(text: str) -> dict[str, str]:
    """The `name=value` pairs of a text."""
    return {name: quoted or bare for name, quoted, bare in _FIELD.findall(text)}


def _parsed(text: str) -> tuple[str, str, str, dict[str, str]] | None:
    """Level, message, time and fields of a ztunnel line; None where it is none."""
    if text[:1] == "{":
        return _parsed_json(text)
    if not text[:1].isdigit():
        head = _HEADLESS.match(text[:SCAN_LENGTH])
        return None if head is None else _parts(head)
    if (head := _HEAD.match(text[:SCAN_LENGTH])) is None:
        return None
    scope = head["old"] or head["scope"]
    if scope.split(":")[0].split("{")[0] not in _SCOPES or not _is_ztunnel(scope, head["rest"]):
        return None
    return _parts(head)


def _parts(head: re.Match[str]) -> tuple[str, str, str, dict[str, str]]:
    rest = head["rest"]
    first = _FIELD.search(rest)
    message = rest[: first.start()] if first else rest
    return (head["level"] or "").lower(), message.strip(), head["time"], _fields(rest)


def _is_ztunnel(scope: str, rest: str) -> bool:
    """Whether a scope that Istio's Go programs share (`xds`, `proxy`) is ztunnel's here."""
    if scope in {"access", "ztunnel"} or "::" in scope or rest.startswith("ztunnel::"):
        return True
    return bool(_FIELD.search(rest)) or scope in {
        "inpod",
        "hyper_util",
        "rustls",
        "hbone",
        "readiness",
        "state",
    }


def _parsed_json(text: str) -> tuple[str, str, str, dict[str, str]] | None:
    if '"scope"' not in text:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping):
        return None
    told: dict[str, Any] = {str(key): value for key, value in data.items()}
    scope, message = told.get("scope"), told.get("message")
    if not isinstance(scope, str) or not isinstance(message, str):
        return None
    if scope.split(":")[0] not in _SCOPES or "msg" in told:
        return None
    fields = {
        key: str(value) for key, value in told.items() if isinstance(value, str | int | float)
    }
    return str(told.get("level", "")).lower(), message, str(told.get("time", "")), fields


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _milliseconds(text: str | None) -> float | None:
    seconds = seconds_of(text) if text else None
    return None if seconds is None else seconds * 1000
