"""`kubectl rollout status` and `kubectl rollout history`, as partial workloads.

A status becomes `spec.replicas` and the counts of `status`; a rollout that went past its deadline
the condition `Progressing` with the reason `ProgressDeadlineExceeded`. A history becomes the
annotations `deployment.kubernetes.io/revision` and `kubernetes.io/change-cause` of the newest
revision.
"""

import re
from dataclasses import field
from typing import Any

from why503.evidence.command_line import command_of
from why503.evidence.kubectl_row import NONE, kind_named
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "kubectl rollout"

_KIND = r"(?P<kind>deployment|statefulset|daemon ?set)"
_NAME = r"\"?(?P<name>[a-z0-9][a-z0-9.-]{0,252})\"?"
_WAITING = lazy_re(
    rf"Waiting for {_KIND} {_NAME} rollout to finish: (?P<done>\d{{1,6}}) (?:out )?of "
    r"(?P<wanted>\d{1,6}) (?P<what>new replicas have been updated|updated replicas are available|"
    r"new pods have been updated|updated pods are available|updated number scheduled)",
    re.IGNORECASE,
)
_LEFT = lazy_re(
    rf"Waiting for {_KIND} {_NAME} rollout to finish: (?P<left>\d{{1,6}}) old replicas are "
    r"pending termination",
    re.IGNORECASE,
)
_DONE = lazy_re(
    rf"{_KIND} {_NAME} successfully rolled out|"
    r"(?P<many>statefulset|partitioned) rolling update complete",
    re.IGNORECASE,
)
_LATE = lazy_re(rf"(?:error: )?{_KIND} {_NAME} exceeded its progress deadline", re.IGNORECASE)
_OTHER = lazy_re(
    r"Waiting for (?:\d{1,6} pods to be ready|rollout to finish|deployment spec update)|"
    r"error: timed out waiting for",
    re.IGNORECASE,
)
_OBJECT = lazy_re(
    r"(?P<kind>deployment|statefulset|daemonset)(?:\.apps)?/(?P<name>[a-z0-9][a-z0-9.-]{0,252})"
    r"(?: with revision #\d{1,9})?\s{0,8}$"
)
_HEAD = lazy_re(r"REVISION\s{1,40}CHANGE-CAUSE\s{0,40}$")
_REVISION = lazy_re(r"(?P<number>\d{1,9})\s{1,40}(?P<cause>\S.{0,1000})$")


@dataclass
class _Session:
    """Remembers whose history is being listed."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    namespace: str = ""
    owner: tuple[str, str] | None = None
    """Kind and name that the line before the head tells."""
    newest: tuple[str, str, int] | None = None
    """Number, change cause and line of the last revision of the open table."""
    table: bool = False

    def take(self, line: Line) -> bool:
        """Claim the commands, what they say, and the rows of a history."""
        text = line.text[:2000].strip()
        if self.table and (row := _REVISION.match(text)) is not None:
            self.newest = (row["number"], row["cause"].strip(), line.number)
            return True
        if _HEAD.match(text):
            self.table = True
            return True
        if not text and self.table and self.newest is None:
            return True
        self._close()
        if (found := _OBJECT.match(text)) is not None:
            self.owner = (kind_named(found["kind"]), found["name"])
            return True
        if (command := command_of(text) if text else None) is not None:
            rolls = command.program == "kubectl" and "rollout" in command.words[:4]
            self.namespace = command.option("-n", "--namespace") if rolls else ""
            return rolls
        return self._status(text, line.number)

    def finish(self) -> Reading:
        """Partial workloads, in file order."""
        self._close()
        return self.reading

    def _status(self, text: str, number: int) -> bool:
        if (found := _WAITING.match(text)) is not None:
            place = "availableReplicas" if "available" in found["what"] else "updatedReplicas"
            self._emit(found, number, int(found["wanted"]), {place: int(found["done"])})
            return True
        if (found := _LATE.match(text)) is not None:
            late = {
                "type": "Progressing",
                "status": "False",
                "reason": "ProgressDeadlineExceeded",
            }
            self._emit(found, number, None, {"conditions": [late]})
            return True
        if (found := _DONE.match(text)) is not None and found["name"]:
            done = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
            self._emit(found, number, None, {"conditions": [done]})
            return True
        return any(pattern.match(text) for pattern in (_LEFT, _DONE, _OTHER))

    def _emit(
        self, found: re.Match[str], number: int, wanted: int | None, status: dict[str, Any]
    ) -> None:
        kind = kind_named(found["kind"].replace(" ", ""))
        data: dict[str, Any] = {
            "kind": kind,
            "metadata": self._metadata(found["name"]),
            "status": status,
        }
        if wanted is not None and kind != "DaemonSet":
            data["spec"] = {"replicas": wanted}
        self.reading.facts.append(manifest_of(data, self.context, line=number, partial=True))

    def _metadata(self, name: str) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        return metadata

    def _close(self) -> None:
        """End an open history."""
        if self.table and self.newest is not None and self.owner is not None:
            number, cause, line = self.newest
            kind, name = self.owner
            metadata = self._metadata(name)
            metadata["annotations"] = {"deployment.kubernetes.io/revision": number}
            if cause not in NONE:
                metadata["annotations"]["kubernetes.io/change-cause"] = cause
            data = {"kind": kind, "metadata": metadata}
            self.reading.facts.append(manifest_of(data, self.context, line=line, partial=True))
        if self.table:
            self.owner = None
        self.table, self.newest = False, None


def bid(sample: list[Line]) -> float:
    """Share of the sample that such output makes up."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
