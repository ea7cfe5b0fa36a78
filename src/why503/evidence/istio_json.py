"""Istio's log lines as JSON (`--log_as_json`), spelled as the plain lines they stand for."""

import json
from typing import Any

from why503.evidence.log_line import SCAN_LENGTH, TIME
from why503.support.pattern import lazy_re

_TIME = lazy_re(TIME)
_MEMBER = lazy_re(
    r'"(time|level|scope|msg|ConnectionId|StreamId)":\s{0,2}"((?:[^"\\]|\\.){0,8000})"'
)
_NUMBER = lazy_re(r"[0-9]{1,20}")
_NAME = lazy_re(r"[\w./ -]{1,60}")
_LEVELS = frozenset({"trace", "debug", "info", "warn", "warning", "error", "critical", "fatal"})


def as_plain(line: str) -> str:
    """``line`` as `TIME LEVEL SCOPE TEXT`, with tabs between, where it is Istio's JSON.

    What has no scope and what is no such object comes back as it was; a time that nobody can
    read is left out.
    """
    if line[:1] != "{" or '"msg"' not in line or len(line) > SCAN_LENGTH:
        return line
    try:
        told: Any = json.loads(line)
    except RecursionError:
        return line
    except ValueError:
        told = _whole_members(line)
    if not isinstance(told, dict):
        return line
    text, level = told.get("msg"), told.get("level")
    if not isinstance(text, str) or level not in _LEVELS:
        return line
    time, scope = told.get("time"), told.get("scope", "")
    parts = [
        time if isinstance(time, str) and _TIME.fullmatch(time) else "",
        str(level),
        scope if isinstance(scope, str) and _NAME.fullmatch(scope) else "",
        _ids(told) + " ".join(text.split("\n")).strip(),
    ]
    return "\t".join(part for part in parts if part)


def _ids(told: dict[str, Any]) -> str:
    """Connection and stream as Envoy's plain line begins with them; ``""`` where unknown."""
    numbers = [str(told.get(name, "")) for name in ("ConnectionId", "StreamId")]
    known = [number if _NUMBER.fullmatch(number) else "" for number in numbers]
    if not known[0]:
        return ""
    return f"[C{known[0]}]{f'[S{known[1]}]' if known[1] else ''} "


def _whole_members(line: str) -> dict[str, str]:
    """The members that a line that was cut off still has whole."""
    members: dict[str, str] = {}
    for key, value in _MEMBER.findall(line):
        try:
            members.setdefault(key, json.loads(f'"{value}"'))
        except ValueError:
            continue
    return members
