"""Logs of vmalert, vmagent, the cluster's parts and the single node: default and JSON format."""

import re
from dataclasses import replace

from why503.evidence.log_line import TIME, parts_of, teller_of, time_of
from why503.evidence.reader import Context, Line, Reading
from why503.evidence.victoriametrics_line import Entry, entry_of, joined, needs_more
from why503.evidence.victoriametrics_message import event_of
from why503.facts import AppEvent, AppEventKind, Fact, Request, Witness
from why503.support.pattern import lazy_re
from why503.support.secret import raw

NAME = "VictoriaMetrics log"

_LINES_OF_ONE = 24
_ALONE = lazy_re(rf"\s{{0,8}}{TIME}\s*(?:(?:info|warn|error|fatal|panic)\s*)?$")
_LEVEL_ALONE = lazy_re(r"\s{0,8}(?:info|warn|error|fatal|panic)\b")
_PROGRAM = lazy_re(r"app/\s?(vm[a-z]{3,12}|victoria-metrics|victoria-logs|single-node)\b")
_SINGLE_NODE = "victoria-metrics"
_FAILED = frozenset({AppEventKind.WRITE_FAILED, AppEventKind.QUERY_FAILED})


def bid(sample: list[Line]) -> float:
    """Share of lines that have the shape of a VictoriaMetrics log."""
    if not sample:
        return 0.0
    mine = sum(1 for line in sample if entry_of(line.text) is not None)
    pasted = sum(1 for line in sample if ".go:" in line.text and "VictoriaMetrics/" in line.text)
    return max(mine, pasted) / len(sample)


def start(context: Context) -> "Session":
    """Begin a file."""
    return Session(context)


class Session:
    """Reads one file's lines; a line that a paste broke into several is joined again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._facts: list[Fact] = []
        self._programs: dict[str, str] = {}
        self._pieces: list[Line] = []

    def take(self, line: Line) -> bool:
        """Claim a line, or a piece of one that is not complete yet."""
        text = line.text
        if not text.strip():
            return bool(self._pieces)
        if self._pieces and self._continues(line):
            self._pieces.append(line)
            return True
        self._close()
        entry = entry_of(text)
        if entry is not None:
            if needs_more(entry.message):
                self._pieces = [line]
            else:
                self._note(entry, line)
            return True
        if _ALONE.match(text):
            self._pieces = [line]
            return True
        return False

    def finish(self) -> Reading:
        """All facts, in file order; the program that one line names holds for all of its teller."""
        self._close()
        for position, fact in enumerate(self._facts):
            if isinstance(fact, AppEvent):
                self._facts[position] = replace(fact, program=self._programs.get(fact.teller, ""))
        return Reading(facts=self._facts)

    def _name(self, teller: str, program: str) -> None:
        """Remember who writes; the single node also runs the code of the cluster's parts."""
        if program == _SINGLE_NODE:
            self._programs[teller] = program
        else:
            self._programs.setdefault(teller, program)

    def _continues(self, line: Line) -> bool:
        """Whether ``line`` goes on where the open pieces stopped."""
        text = line.text.strip()
        begun = joined([piece.text for piece in self._pieces])
        if len(self._pieces) >= _LINES_OF_ONE or re.match(TIME, text):
            return False
        entry = entry_of(begun)
        if entry is None:
            alone = _ALONE.match(begun) is not None and _LEVEL_ALONE.search(begun) is None
            if (
                alone
                and len(self._pieces) == 1
                and not re.search(r"\b(?:info|warn|error|fatal|panic)\b", begun)
            ):
                return _LEVEL_ALONE.match(text) is not None
            return ".go:" in text or ".go:" in begun
        return text.startswith("(retriable:") or needs_more(entry.message, complete=True)

    def _close(self) -> None:
        """Note the line that the open pieces make together."""
        pieces, self._pieces = self._pieces, []
        if not pieces:
            return
        entry = entry_of(joined([piece.text for piece in pieces]))
        if entry is not None:
            self._note(entry, pieces[0])

    def _note(self, entry: Entry, line: Line) -> None:
        """Keep the event of an entry, and the request that failed where it names one."""
        teller = teller_of(self._context, line)
        if (program := _PROGRAM.search(entry.caller)) is not None:
            self._name(teller, program[1])
        event = event_of(entry.message, entry.level)
        if event is None:
            return
        moment = time_of(entry.time) if entry.time else None
        moment = line.origin.time if moment is None else moment
        source = self._context.source(line.number)
        kept = raw(entry.raw)
        self._facts.append(
            AppEvent(
                source=source,
                kind=event.kind,
                teller=teller,
                time=moment,
                text=raw(event.text),
                name=event.name,
                code=event.code,
                url=event.url,
                attempt=event.attempt,
                retriable=event.retriable,
                amount=event.amount,
                raw=kept,
            )
        )
        if event.kind in _FAILED and event.code is not None:
            url = parts_of(event.url)
            self._facts.append(
                Request(
                    source=source,
                    witness=Witness.CLIENT,
                    teller=teller,
                    time=moment,
                    code=event.code,
                    method="POST",
                    authority=url.authority if url else None,
                    path=url.path if url else None,
                    body=raw(event.text),
                    raw=kept,
                )
            )
