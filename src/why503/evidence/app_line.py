"""One line of an application's log in its parts, whatever library wrote it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from why503.evidence.log_line import SCAN_LENGTH, TIME
from why503.support.dataclass import dataclass
from why503.support.duration import clock
from why503.support.pattern import lazy_re

_WORD = (
    r"(?:TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|"
    r"FATAL|CRITICAL|CRIT|PANIC|SEVERE|ALERT|EMERG)"
)
_TIMED = lazy_re(rf"\[?(?P<time>{TIME})\]?[ \t|:-]{{0,12}}(?P<rest>.*)")
_LEVEL_NEXT = lazy_re(
    rf"(?:\[[^\]]{{0,80}}\][ \t]{{0,8}}){{0,2}}(?:\d{{1,8}}[ "
    rf"\t]{{1,4}})?[\[<(]?(?P<level>{_WORD})\b[\]>)]?:?[ \t]{{0,12}}(?P<rest>.*)",
    re.IGNORECASE,
)
_LEVEL_LATER = lazy_re(rf"[ \t\[](?P<level>{_WORD})[ \t\]:]")
_LEVEL_FIRST = lazy_re(
    rf"\[?(?P<level>{_WORD})\]?(?::[ \t]{{1,12}}|[ \t]{{1,12}}(?=\d{{4}}-|\[)|\][ \t]{{1,4}})"
    rf"(?P<rest>.*)"
)
_KLOG = lazy_re(
    r"(?P<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s{1,10}\d{1,9} [\w./-]{1,100}:\d{1,6}\] "
    r"(?P<rest>.*)"
)
_LOGFMT_LEVEL = lazy_re(r"(?:^|\s)(?:level|lvl|severity)=\"?(\w{1,12})")
_LOGFMT_TIME = lazy_re(r"(?:^|\s)(?:time|ts|timestamp|t)=\"?([^\s\"]{10,40})")
_LOGFMT_MESSAGE = lazy_re(r"(?:^|\s)(?:msg|message)=")
_KLOG_LEVELS = {"I": "info", "W": "warn", "E": "error", "F": "fatal"}
_NUMBERED = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_LEVEL_KEYS = ("level", "severity", "lvl", "log.level", "loglevel", "levelname", "@l")
_MESSAGE_KEYS = ("msg", "message", "event", "log", "@m", "@mt", "text")
_TIME_KEYS = ("time", "ts", "timestamp", "@timestamp", "datetime", "@t", "asctime")
_ERROR_KEYS = (
    "error",
    "err",
    "exception",
    "cause",
    "stack",
    "stack_trace",
    "url",
    "status",
    "status_code",
    "body",
)
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True, kw_only=True)
class AppLine:
    """The parts of a line."""

    time: str
    """The time as written, or ``""``."""
    level: str
    """In lower case; ``""`` where the line names none."""
    message: str
    """What was said; in JSON and logfmt lines together with the fields that tell of an error."""


def app_line_of(text: str) -> AppLine | None:
    """Parts of a line; None where it has no known shape."""
    line = text[:SCAN_LENGTH].strip()
    if line[:1] == "{":
        return _of_json(text)
    if (timed := _TIMED.match(line)) is not None:
        rest = timed["rest"]
        if (level := _LEVEL_NEXT.match(rest)) is not None:
            return AppLine(time=timed["time"], level=level["level"].lower(), message=level["rest"])
        if (later := _LEVEL_LATER.search(rest[:160])) is not None:
            return AppLine(time=timed["time"], level=later["level"].lower(), message=rest)
        return AppLine(time=timed["time"], level="", message=rest)
    if (klog := _KLOG.match(line)) is not None:
        return AppLine(time="", level=_KLOG_LEVELS[klog["level"]], message=klog["rest"])
    if (level := _LOGFMT_LEVEL.search(line)) is not None and _LOGFMT_MESSAGE.search(line):
        stamp = _LOGFMT_TIME.search(line)
        return AppLine(
            time=stamp[1] if stamp else "", level=level[1].lower(), message=line.replace('\\"', '"')
        )
    if (first := _LEVEL_FIRST.match(line)) is not None:
        inner = _TIMED.match(first["rest"])
        message, stamped = (inner["rest"], inner["time"]) if inner else (first["rest"], "")
        return AppLine(time=stamped, level=first["level"].lower(), message=message)
    return None


def _of_json(text: str) -> AppLine | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping):
        return None
    message = next((data[key] for key in _MESSAGE_KEYS if isinstance(data.get(key), str)), None)
    level = next((data[key] for key in _LEVEL_KEYS if isinstance(data.get(key), str | int)), None)
    if message is None or (level is None and not any(key in data for key in _TIME_KEYS)):
        return None
    told = "".join(f" {key}={_spelt(data[key])}" for key in _ERROR_KEYS if data.get(key))
    named = _NUMBERED.get(level, "") if isinstance(level, int) else str(level or "").lower()
    return AppLine(time=_json_time(data), level=named, message=(message + told)[:SCAN_LENGTH])


def _spelt(value: Any) -> str:
    """A field's value as text."""
    if isinstance(value, str | int | float):
        return str(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""


def _json_time(data: Mapping[str, Any]) -> str:
    """The time of a JSON line in ISO 8601; ``""`` where it has none."""
    for key in _TIME_KEYS:
        value = data.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > _MILLISECONDS_FROM else float(value)
            try:
                return clock(seconds)
            except (OverflowError, ValueError, OSError):
                return ""
    return ""
