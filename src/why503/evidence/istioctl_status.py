"""`istioctl proxy-status`: whether each proxy has acknowledged what it was sent.

The table of every version: with a column for each type, or (from Istio 1.27) a list of the types
that a proxy subscribes to; and the answer for one proxy, which compares.
"""

import re
from dataclasses import field

from why503.evidence.command_line import command_of
from why503.evidence.log_line import SCAN_LENGTH
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.facts.proxy_sync import ProxySync
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "istioctl proxy-status"

_HEAD = lazy_re(
    r"NAME\s{1,200}(?:CLUSTER\s{1,200})?(?:CDS\s{1,200}LDS\s{1,200}EDS\b.{0,300}|"
    r"ISTIOD\s{1,200}VERSION\s{1,200}SUBSCRIBED TYPES)$"
)
_TITLE = lazy_re(r"SUBSCRIBED TYPES|\S+")
_GAP = lazy_re(r"\s{2,200}")
_STATE = lazy_re(r"(?P<state>SYNCED|STALE|NOT SENT|NOT FOUND|IGNORED|ERROR)\b.{0,300}$")
_SUBSCRIBED = lazy_re(r"\d{1,3} \((?P<types>[A-Z]{3,6}(?:, ?[A-Z]{3,6}){0,20})\)$")
_COMPARED = lazy_re(
    r"(?P<what>Clusters|Listeners|Routes) (?P<how>Match|Don't Match)\b(?: \(.{0,200}\))?$"
)
_FIELDS = {"Clusters": "cds", "Listeners": "lds", "Routes": "rds"}
_DIFF = lazy_re(r"(?:--- (?:Istiod|Pilot) |\+\+\+ Envoy |@@ -\d)")


@dataclass
class _Session:
    """Reads rows below the head of the table, and comparisons below their command."""

    context: Context
    reading: Reading = field(default_factory=Reading)
    titles: tuple[str, ...] = ()
    proxy: str = ""
    """The one proxy that the command named."""
    compared: dict[str, str] = field(default_factory=dict)
    since: int = 0
    """Line of the first comparison."""
    diff: bool = False
    """Inside the text that shows how the two sides differ."""

    def take(self, line: Line) -> bool:
        """Claim the command, the head, the rows, and comparisons with their differences."""
        text = line.text[:SCAN_LENGTH].strip()
        if _HEAD.match(text):
            self.titles = tuple(_TITLE.findall(text))
            return True
        if self.titles and (row := self._cells(text)) is not None:
            self._tell(line, row)
            return True
        self.titles = ()
        if (found := _COMPARED.match(text)) is not None:
            self.since = self.since or line.number
            same = found["how"] == "Match"
            self.compared[_FIELDS[found["what"]]] = "SYNCED" if same else "DIFFERS"
            self.diff = not same
            return True
        if (command := command_of(text) if text else None) is not None:
            self._close()
            ours = command.program == "istioctl"
            words = command.arguments if ours else ()
            ours = words[:1] in (("proxy-status",), ("ps",))
            self.proxy = words[1].rpartition("/")[2] if ours and len(words) > 1 else ""
            return ours
        if self.since and _DIFF.match(text):
            self.diff = True
        elif not text:
            self.diff = False
        return self.diff

    def finish(self) -> Reading:
        """One fact for each proxy, in file order."""
        self._close()
        return self.reading

    def _cells(self, text: str) -> dict[str, str] | None:
        cells = [cell.strip() for cell in _GAP.split(text)]
        told = [cell for cell in cells[1:] if _STATE.match(cell) or _SUBSCRIBED.match(cell)]
        if len(cells) < min(4, len(self.titles)) or not told:
            return None
        return dict(zip(self.titles, cells, strict=False))

    def _tell(self, line: Line, row: dict[str, str]) -> None:
        subscribed = _SUBSCRIBED.match(row.get("SUBSCRIBED TYPES", ""))
        self.reading.facts.append(
            ProxySync(
                source=self.context.source(line.number),
                proxy=row.get("NAME", "")[:320],
                cds=_state(row.get("CDS", "")),
                lds=_state(row.get("LDS", "")),
                eds=_state(row.get("EDS", "")),
                rds=_state(row.get("RDS", "")),
                ecds=_state(row.get("ECDS", "")),
                subscribed=_types(subscribed),
                istiod=(row.get("ISTIOD") or row.get("PILOT") or "")[:253],
                version=row.get("VERSION", "")[:80],
                cluster=row.get("CLUSTER", "")[:253],
            )
        )

    def _close(self) -> None:
        """End the comparison of one proxy."""
        if self.compared:
            fact = ProxySync(
                source=self.context.source(self.since),
                proxy=self.proxy[:320],
                cds=self.compared.get("cds", ""),
                lds=self.compared.get("lds", ""),
                rds=self.compared.get("rds", ""),
            )
            self.reading.facts.append(fact)
        self.compared, self.since, self.diff, self.proxy = {}, 0, False, ""


def _state(cell: str) -> str:
    """The state without how long ago or why; ``""`` where the column is not there."""
    found = _STATE.match(cell)
    return found["state"] if found else ""


def _types(found: re.Match[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in found["types"].split(",")) if found else ()


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in such a table."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
