"""One line of a VictoriaMetrics log in its parts; a line that a paste has broken is joined."""

import json
import re

from why503.evidence.log_line import SCAN_LENGTH, TIME
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_LEVEL = r"(?P<level>info|warn|error|fatal|panic|INFO|WARN|ERROR|FATAL|PANIC)"
_DEFAULT = lazy_re(
    rf"\s{{0,8}}(?P<time>{TIME})\s{{1,12}}{_LEVEL}\s{{1,12}}"
    r"(?P<caller>(?:VictoriaMetrics/|VictoriaLogs/|app/|lib/)[\w./ @-]{1,200}?\.go:\d{1,6})"
    r"\s{1,12}(?P<message>.*)"
)
_BARE = lazy_re(
    r"\s{0,8}(?P<message>attempt \d{1,4} to send request failed: .*|"
    r"(?:all \d{1,4} )?attempts to send (?:remote-write )?request failed - dropping .*)"
)
_INSIDE_URL = lazy_re(r"https?://\S{1,4000}$")
_MORE = ("attempt",)
_BODY_CLOSED = lazy_re(r"Response body \"(?:[^\"\\]|\\.){0,4000}\"|Response body [^\"\s]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The parts of a line."""

    time: str
    level: str
    caller: str
    message: str
    raw: str


def entry_of(text: str) -> Entry | None:
    """Parts of a line of a VictoriaMetrics program; None where it is none."""
    line = text[:SCAN_LENGTH]
    if line.lstrip()[:1] == "{":
        return _entry_of_json(text)
    found = _DEFAULT.match(line)
    if found is not None:
        return Entry(
            time=found["time"],
            level=found["level"].lower(),
            caller=found["caller"].replace(" ", ""),
            message=found["message"].strip(),
            raw=line.strip(),
        )
    if (bare := _BARE.match(line)) is not None:
        return Entry(
            time="", level="warn", caller="", message=bare["message"].strip(), raw=line.strip()
        )
    return None


def _entry_of_json(text: str) -> Entry | None:
    if ".go:" not in text or '"msg"' not in text:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    caller, message = data.get("caller"), data.get("msg")
    if not isinstance(caller, str) or not isinstance(message, str):
        return None
    if not re.match(r"(?:VictoriaMetrics/|VictoriaLogs/|app/vm|lib/)", caller):
        return None
    return Entry(
        time=str(data.get("ts", "")),
        level=str(data.get("level", "info")).lower(),
        caller=caller,
        message=message[:SCAN_LENGTH],
        raw=text[:SCAN_LENGTH],
    )


def needs_more(message: str, *, complete: bool = False) -> bool:
    """Whether a message about a failed attempt stops before its end.

    ``complete=True`` asks whether the body is still missing; else also a missing `(retriable: ...)`
    counts, as it may stand on the next line.
    """
    if not message.startswith(_MORE):
        return False
    closed = _BODY_CLOSED.search(message) is not None or "; Data len " in message
    if complete:
        return not closed
    return not (closed and "(retriable:" in message)


def joined(pieces: list[str]) -> str:
    """Pieces of one line put together: without a blank inside a URL, with one elsewhere."""
    whole = ""
    for piece in pieces:
        part = piece.strip()
        if not whole:
            whole = part
        elif _INSIDE_URL.search(whole[-4000:]) and not part.startswith(("(", "Response")):
            whole += part
        else:
            whole += f" {part}"
    return whole[:SCAN_LENGTH]
