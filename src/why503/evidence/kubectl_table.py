"""Tables of `kubectl get`, single values of its jsonpath output."""

import json
import re
from dataclasses import field
from typing import Any

from why503.evidence.command_line import Command, command_of
from why503.evidence.kubectl_row import kind_by_titles, kind_named, object_of
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "kubectl table"

_HEADER = lazy_re(r"[ ]{0,8}(?:NAMESPACE|NAME|LAST SEEN)\s[ A-Z0-9()%/-]{2,300}$")
_OTHER_TOOL = frozenset({"CDS", "LDS", "DOMAINS", "VHOST", "MATCH", "CLUSTER"})
_TITLE = lazy_re(
    r"LAST SEEN|FIRST SEEN|NOMINATED NODE|READINESS GATES|MIN AVAILABLE|MAX UNAVAILABLE|"
    r"ALLOWED DISRUPTIONS|"
    r"NODE SELECTOR|[A-Z0-9()%/-]+"
)
_CELL = lazy_re(r"\S+(?: \S+){0,200}")
_OBJECT = lazy_re(r"(?:[a-z][a-z0-9.]{0,80}/)?[a-z0-9](?:[a-z0-9.:-]{0,252}[a-z0-9])?")
_AGE = lazy_re(r"(?:\d{1,9}[smhdy]){1,4}|<unknown>|<invalid>|\.{3}|\u2026")
_SEEN = lazy_re(r"(?:\d{1,9}[smhdy]){1,4}(?: \(x\d+ over \S+\))?|<unknown>|<invalid>")
_RESTARTED = lazy_re(r"\(\S{1,20} ago\)")
_JSONPATH = lazy_re(r"\{?\.?(?P<path>[\w./\\'\"\[\]-]{1,300})\}?")
_STEP = lazy_re(r"\['?\"?([^\]'\"]{1,200})'?\"?\]|((?:\\\.|[^.\[\]])+)")
_POD_ROW = lazy_re(
    r"(?P<name>[a-z0-9][a-z0-9.-]{1,252})[ ]{2,60}\d{1,3}/\d{1,3}[ ]{2,20}"
    r"(?:Running|Terminating|Pending|CrashLoopBackOff|OOMKilled|Error|Completed|Evicted|"
    r"ContainerCreating|PodInitializing|ImagePullBackOff|ErrImagePull|Init:\S{1,40})[ ]{2,20}"
    r"\d{1,9}(?: \(\S{1,20} ago\))?[ ]{2,20}(?:\d{1,9}[smhdy]){1,4}"
    r"(?P<wide>[ ]{2,40}\S{2,45}[ ]{2,40}\S{1,253}.{0,200})?$"
)
"""A row of pods that was pasted without its header."""
_EVENT_ROW = lazy_re(
    r"(?:\d{1,9}[smhdy]){1,4}[ ]{2,40}(?:Normal|Warning)[ ]{2,40}[A-Z][A-Za-z]{2,40}[ ]{2,60}"
    r"[a-z]{2,40}/\S{1,253}[ ]{2,60}\S"
)
"""A row of events that was pasted without its header."""
_EVENT_TITLES = tuple(
    (title, place)
    for place, title in enumerate(("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"))
)
_POD_TITLES = tuple(
    (title, place) for place, title in enumerate(["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
)
_LONE_CELL = lazy_re(
    r"[ ]{0,4}(?:[#>][ ]{0,4})?(?P<title>MODE|STATUS|TYPE|HOST|"
    r"ACTION):[ ]{1,4}(?P<value>\S{1,200})$"
)
_PATIENCE = 3
"""Lines after a command in which its table or value must begin."""
_PADDING = 20
"""List places in a jsonpath that are filled up."""


@dataclass
class _Session:
    """Remembers the last command and the header of the open table."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    command: Command | None = None
    since: int = 0
    titles: tuple[tuple[str, int], ...] = ()
    """Column titles with the place where each begins."""
    kind: str = ""

    def take(self, line: Line) -> bool:
        """Claim `kubectl get` commands, headers, rows and jsonpath values."""
        text = line.text.rstrip()
        if not text.strip():
            self.titles = ()
            return False
        if (command := command_of(text)) is not None:
            return self._begin(command)
        if self.command is not None:
            self.since += 1
            if self.since > _PATIENCE and not self.titles:
                self.command = None
        if self._header(text) or (self.titles and self._row(text, line.number)):
            return True
        self.titles = ()
        if (pod := _POD_ROW.match(text)) is not None:
            wide = (("IP", 5), ("NODE", 6)) if pod["wide"] else ()
            self.titles, self.kind = (*_POD_TITLES, *wide), "Pod"
            return self._row(text, line.number)
        if _EVENT_ROW.match(text):
            self.titles, self.kind = _EVENT_TITLES, "Event"
            return self._row(text, line.number)
        return self._value(text, line.number) or self._lone_cell(text, line.number)

    def finish(self) -> Reading:
        """Partial objects, one for each row or value."""
        return self.reading

    def _begin(self, command: Command) -> bool:
        self.titles = ()
        is_get = command.program == "kubectl" and "get" in command.words[:4]
        self.command, self.since = (command if is_get else None), 0
        return is_get

    def _namespace(self) -> str:
        return self.command.option("-n", "--namespace") if self.command is not None else ""

    def _asked_kind(self) -> str:
        arguments = self.command.arguments if self.command is not None else ()
        after = arguments[arguments.index("get") + 1 :] if "get" in arguments else ()
        return kind_named(after[0]) if after else ""

    def _header(self, text: str) -> bool:
        if not _HEADER.match(text):
            return False
        titles = tuple((found[0], found.start()) for found in _TITLE.finditer(text))
        names = frozenset(title for title, _place in titles)
        kind = kind_by_titles(names) or self._asked_kind()
        if len(titles) < 2 or names & _OTHER_TOOL or not (kind or {"NAME", "AGE"} <= names):
            return False
        self.titles, self.kind = titles, kind
        return True

    def _row(self, text: str, number: int) -> bool:
        row = self._cells(text)
        if row is None or not self._is_row(row):
            return False
        data = object_of(self.kind, row, self._namespace())
        if data["kind"]:
            self._emit(data, number)
        return True

    def _emit(self, data: dict[str, Any], number: int) -> None:
        self.reading.facts.append(manifest_of(data, self.context, line=number, partial=True))

    def _cells(self, text: str) -> dict[str, str] | None:
        """Cells by title: split at wide gaps, else at every blank, else by the header's columns."""
        titles = [title for title, _place in self.titles]
        body = text.strip()
        cells = re.split(r"[ ]{2,}|\t+", body, maxsplit=len(titles) - 1)
        if len(cells) != len(titles):
            joined = _RESTARTED.sub("", body)
            cells = joined.split(None, len(titles) - 1)
        if len(cells) == len(titles):
            return dict(zip(titles, cells, strict=True))
        row: dict[str, str] = {}
        for found in _CELL.finditer(text):
            start = found.start()
            row.setdefault(min(self.titles, key=lambda one: abs(one[1] - start))[0], found[0])
        return row or None

    def _is_row(self, row: dict[str, str]) -> bool:
        titles = {title for title, _place in self.titles}
        if "LAST SEEN" in titles:
            return bool(_SEEN.fullmatch(row.get("LAST SEEN", ""))) and bool(row.get("OBJECT"))
        if not _OBJECT.fullmatch(row.get("NAME", "")):
            return False
        if "AGE" in titles and row.get("AGE"):
            return _AGE.fullmatch(row["AGE"]) is not None
        return len(row) >= min(2, len(titles))

    def _value(self, text: str, number: int) -> bool:
        """The value that a jsonpath asked for, on the line after the command."""
        command, self_kind = self.command, self._asked_kind()
        if command is None or command.piped or self.since != 1 or not self_kind:
            return False
        output = command.option("-o", "--output")
        found = (
            _JSONPATH.fullmatch(output.partition("jsonpath=")[2].strip())
            if "jsonpath=" in output
            else None
        )
        names = command.arguments[command.arguments.index("get") + 1 :]
        name = names[0].partition("/")[2] or (names[1] if len(names) > 1 else "")
        if found is None or not name:
            return False
        metadata: dict[str, Any] = {"name": name}
        if namespace := self._namespace():
            metadata["namespace"] = namespace
        data: dict[str, Any] = {"kind": self_kind, "metadata": metadata}
        _set(data, found["path"], _typed(text.strip().removesuffix("%")))
        self._emit(data, number)
        self.command = None
        return True

    def _lone_cell(self, text: str, number: int) -> bool:
        """`MODE: STRICT` noted by hand below the command instead of the table."""
        found = _LONE_CELL.match(text)
        kind = self._asked_kind()
        if found is None or not kind or self.since > _PATIENCE:
            return False
        command = self.command
        names = (
            command.arguments[command.arguments.index("get") + 1 :] if command is not None else ()
        )
        row = {"NAME": names[1] if len(names) > 1 else "", found["title"]: found["value"]}
        self._emit(object_of(kind, row, self._namespace()), number)
        return True


def _typed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _set(data: dict[str, Any], path: str, value: Any) -> None:
    """Put ``value`` at a jsonpath of plain steps (`.spec.ports[0].name`)."""
    steps: list[str | int] = []
    for bracket, name in _STEP.findall(path):
        steps.append(
            int(bracket)
            if bracket.isdigit() and len(bracket) < 3
            else bracket or name.replace("\\.", ".")
        )
    here: Any = data
    for place, step in enumerate(steps):
        following: Any = value
        if place + 1 < len(steps):
            following = [] if isinstance(steps[place + 1], int) else {}
        if isinstance(step, int):
            if not isinstance(here, list) or step >= _PADDING:
                return
            here.extend({} for _missing in range(step + 1 - len(here)))
            here[step] = following
        elif isinstance(here, dict):
            known = here.get(step)
            following = known if isinstance(known, dict) and place + 1 < len(steps) else following
            here[step] = following
        here = following


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in tables."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
