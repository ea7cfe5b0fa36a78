"""Istio's log lines as JSON (`--log_as_json`), spelled as the plain lines they stand for."""

import json
import re
from typing import Any

from why503.evidence.log_line import SCAN_LENGTH, TIME

_TIME = re.compile(TIME)
_NAME = re.compile(r"[\w./ -]{1,60}")
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
    except (ValueError, RecursionError):
        return line
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
        " ".join(text.split("\n")).strip(),
    ]
    return "\t".join(part for part in parts if part)
