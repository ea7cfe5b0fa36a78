"""The table of `istioctl proxy-status`: whether each proxy has acknowledged what it was sent."""

import re
from dataclasses import dataclass, field

from why503.evidence.command_line import command_of
from why503.evidence.log_line import SCAN_LENGTH
from why503.evidence.reader import Context, Line, Reading
from why503.facts.analysis import Analysis

NAME = "istioctl proxy-status"

_HEAD = re.compile(r"\s{0,8}NAME\s{1,200}(?:CLUSTER\s{1,200})?CDS\s{1,200}LDS\s{1,200}EDS\b.*")
_GAP = re.compile(r"\s{2,200}")
_WORD = re.compile(r"SYNCED|STALE|NOT SENT|NOT FOUND|IGNORED|ERROR")
_TYPE = re.compile(r"[CLERNW]DS|ECDS")


@dataclass
class _Session:
    """Reads rows below the head of the table."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    titles: tuple[str, ...] = ()

    def take(self, line: Line) -> bool:
        """Claim the command, the head and the rows."""
        text = line.text[:SCAN_LENGTH].strip()
        if _HEAD.match(text):
            self.titles = tuple(text.split())
            return True
        if self.titles and (row := self._cells(text)) is not None:
            self._tell(line, row)
            return True
        self.titles = ()
        command = command_of(text) if text else None
        if command is None or command.program != "istioctl":
            return False
        return command.arguments[:1] in {("proxy-status",), ("ps",)}

    def finish(self) -> Reading:
        """One fact for each proxy, in file order."""
        return self.reading

    def _cells(self, text: str) -> dict[str, str] | None:
        cells = [cell.strip() for cell in _GAP.split(text)]
        if len(cells) < 4 or not any(_WORD.match(cell) for cell in cells[1:]):
            return None
        return dict(zip(self.titles, cells, strict=False))

    def _tell(self, line: Line, row: dict[str, str]) -> None:
        types = {title: cell for title, cell in row.items() if _TYPE.fullmatch(title)}
        stale = [f"{title} {cell}" for title, cell in types.items() if cell.startswith("STALE")]
        self.reading.facts.append(
            Analysis(
                source=self.context.source(line.number),
                code="STALE" if stale else "SYNCED",
                object=row.get("NAME", ""),
                text=", ".join(stale) or "SYNCED",
            )
        )


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in such a table."""
    session = _Session(Context(path="", teller=""))
    return sum(session.take(line) for line in sample) / len(sample) if sample else 0.0


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
