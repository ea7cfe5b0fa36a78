"""Kubernetes Events as a console or a log store shows them: one line each, no table around it.

The line names the field that the event is about (`spec.containers{web}`) and the message; the
reason is often left out, and follows from the message.
"""

import re
from dataclasses import field
from typing import Any

from why503.evidence.log_line import SCAN_LENGTH, TIME, time_of
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share
from why503.support.dataclass import dataclass
from why503.support.duration import clock
from why503.support.pattern import lazy_re

NAME = "event lines"

_FIELD = r"spec\.(?:initC|c)ontainers\{(?P<container>[A-Za-z0-9][\w.-]{0,62})\}"
_LINE = lazy_re(
    rf"(?:[IWENiwen][ \t]{{1,4}})?(?:(?P<time>{TIME})[ \t]{{1,8}})?"
    r"(?:[\w./-]{1,253}[ \t]{1,8})?"
    rf"{_FIELD}[ \t]{{1,8}}(?:(?P<type>Normal|Warning)[ \t]{{1,8}})?(?P<message>\S.{{0,1000}})$"
)
_AGAIN = lazy_re(rf"\s{{1,8}}{_FIELD}\s{{0,4}}$")
"""Some consoles write the field behind the message as well."""
_REASONS: tuple[tuple[re.Pattern[str], str, bool], ...] = (
    (
        re.compile(r"(?:Liveness|Readiness|Startup) probe (?:failed|errored|warning)"),
        "Unhealthy",
        True,
    ),
    (re.compile(r"Created container"), "Created", False),
    (re.compile(r"Started container"), "Started", False),
    (
        re.compile(r"(?:Stopping|Killing) container|failed liveness probe|needs to be killed"),
        "Killing",
        False,
    ),
    (re.compile(r"Back-off (?:restarting|pulling)"), "BackOff", True),
    (re.compile(r"Container image .{1,300} already present|Successfully pulled"), "Pulled", False),
    (re.compile(r"Pulling image"), "Pulling", False),
    (re.compile(r"Failed to pull image|Error: Err?ImagePull"), "Failed", True),
)


def bid(sample: list[Line]) -> float:
    """Share of lines that are events."""
    return share(sample, lambda line: _LINE.match(line.text[:SCAN_LENGTH].strip()))


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


@dataclass
class Session:
    """Reads one file's events."""

    context: Context
    reading: Reading = field(default_factory=Reading)

    def take(self, line: Line) -> bool:
        """Claim an event; each becomes a partial `Event` object."""
        found = _LINE.match(line.text[:SCAN_LENGTH].strip())
        if found is None:
            return False
        message = _AGAIN.sub("", found["message"])
        reason, warns = _reason_of(message)
        moment = time_of(found["time"]) if found["time"] else line.origin.time
        about: dict[str, Any] = {"fieldPath": f"spec.containers{{{found['container']}}}"}
        if line.origin.pod:
            about |= {"kind": "Pod", "name": line.origin.pod}
        data: dict[str, Any] = {
            "kind": "Event",
            "metadata": {},
            "type": found["type"] or ("Warning" if warns else "Normal"),
            "reason": reason,
            "message": message,
            "involvedObject": about,
        }
        if moment is not None:
            data["lastTimestamp"] = clock(moment)
        self.reading.facts.append(manifest_of(data, self.context, line=line.number, partial=True))
        return True

    def finish(self) -> Reading:
        """All events, in file order."""
        return self.reading


def _reason_of(message: str) -> tuple[str, bool]:
    """Reason that Kubernetes gives with this message, and whether it is a warning."""
    for pattern, reason, warns in _REASONS:
        if pattern.search(message):
            return reason, warns
    return "", False
