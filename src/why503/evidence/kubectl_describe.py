"""Pages of `kubectl describe`: the object as far as the page tells, and its events."""

import re
from dataclasses import dataclass, field

from why503.evidence.command_line import command_of
from why503.evidence.describe_page import Entry, entries_of, objects_of
from why503.evidence.kubectl_row import kind_named
from why503.evidence.manifest_object import manifest_of
from why503.evidence.reader import Context, Line, Reading

NAME = "kubectl describe"

LONGEST = 5_000
"""Lines of one page that are kept."""

_FIRST = re.compile(r"Name:[ ]{2,40}[a-z0-9][a-z0-9.:-]{0,252}$")
_TOP = re.compile(r"[A-Z][A-Za-z0-9 ()/.-]{0,60}:(?:[ ]{1,60}\S.*|[ ]*)$")


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
            return False
        if len(self.page.rows) < LONGEST:
            self.page.rows.append((line.number, text))
        return True

    def finish(self) -> Reading:
        """The object of each page and its events."""
        reading = Reading()
        for page in self.pages:
            entries: list[Entry] = entries_of(page.rows)
            for data, number in objects_of(entries, page.kind):
                reading.facts.append(manifest_of(data, self.context, line=number, partial=True))
        return reading


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in describe pages."""
    session = _Session(Context(path="", teller=""))
    return sum(session.take(line) for line in sample) / len(sample) if sample else 0.0


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
