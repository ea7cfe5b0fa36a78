"""Pages of `kubectl describe`: the object as far as the page tells, and its events.

Events are often pasted alone, without the page they belong to; they then name no object.
"""

from dataclasses import field, replace

from why503.evidence.command_line import command_of
from why503.evidence.describe_entry import Entry, entries_of
from why503.evidence.describe_page import objects_of, places_of
from why503.evidence.kubectl_row import kind_named
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "kubectl describe"

LONGEST = 5_000
"""Lines of one page that are kept."""

_FIRST = lazy_re(r"Name:[ ]{2,40}[a-z0-9][a-z0-9.:-]{0,252}$")
_TOP = lazy_re(r"[A-Z][A-Za-z0-9 ()/.-]{0,60}:(?:[ ]{1,60}\S.*|[ ]*)$")


_EVENTS = lazy_re(r"[ ]{0,8}Events:[ ]*$")
_EVENT_HEAD = lazy_re(r"[ ]{0,8}(?:Type[ ]{2,40}Reason[ ]{2,40}Age\b|----[ ]{2,40}------)")
_EVENT_ROW = lazy_re(
    r"[ ]{0,8}(?:Normal|Warning)[ ]{2,40}[A-Z][A-Za-z]{2,40}[ ]{2,40}"
    r"(?:(?:\d{1,9}[smhdy]){1,4}|<unknown>|<invalid>|\.{3}|\u2026)"
    r"(?: \(x\d{1,9} over \S{1,20}\))?[ ]{2,60}\S"
)
_PROBE = lazy_re(r"[ ]{0,8}(?P<text>(?:Startup|Readiness|Liveness) probe (?:failed|errored):.*)")


@dataclass
class _Page:
    """Lines of one page."""

    kind: str
    rows: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class _Session:
    """Gathers pages and reads each when the file has ended."""

    context: Context
    kind: str = ""
    page: _Page | None = None
    pages: list[_Page] = field(default_factory=list)
    loose: _Page | None = None
    """Events that stand under no page."""
    after_address: bool = False
    """True behind a line of nslookup, whose `Name:` is none of ours."""

    def take(self, line: Line) -> bool:
        """Claim pages and the commands that asked for them."""
        text = line.text.rstrip()
        if not text.strip():
            return self.page is not None
        command = command_of(text)
        if command is not None:
            self.page, self.kind = None, ""
            if command.program != "kubectl" or "describe" not in command.words[:4]:
                return False
            arguments = command.arguments
            after = arguments[arguments.index("describe") + 1 :] if "describe" in arguments else ()
            self.kind = kind_named(after[0]) if after else ""
            return True
        if _FIRST.match(text) and not self.after_address:
            self.page = _Page(kind=self.kind)
            self.pages.append(self.page)
        elif self.page is not None and not (text[:1] == " " or _TOP.match(text)):
            self.page = None
        self.after_address = text.startswith(("Address", "Server:"))
        if self.page is None:
            return self._loose_event(line.number, text)
        if len(self.page.rows) < LONGEST:
            self.page.rows.append((line.number, text))
        return True

    def _loose_event(self, number: int, text: str) -> bool:
        """Claim rows of an Events table, or a probe's words, that stand under no page."""
        if _EVENTS.match(text) or _EVENT_HEAD.match(text):
            return True
        row = text if _EVENT_ROW.match(text) else ""
        if not row and (probe := _PROBE.match(text)) is not None:
            row = f"Warning  Unhealthy  -  kubelet  {probe['text']}"
        if not row:
            return False
        if self.loose is None:
            self.loose = _Page(kind="", rows=[(number, "Events:")])
            self.pages.append(self.loose)
        if len(self.loose.rows) < LONGEST:
            self.loose.rows.append((number, f"  {row.strip()}"))
        return True

    def finish(self) -> Reading:
        """The object of each page and its events."""
        reading = Reading()
        for page in self.pages:
            entries: list[Entry] = entries_of(page.rows)
            for data, number in objects_of(entries, page.kind):
                fact = manifest_of(data, self.context, line=number, partial=True)
                if fact.kind == "Pod":
                    fact = replace(fact, lines=places_of(entries))
                reading.facts.append(fact)
        return reading


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in describe pages."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
