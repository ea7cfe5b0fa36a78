"""Offers a text line by line to the line readers, until one of them claims the line."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from why503.evidence import readers
from why503.evidence.reader import SAMPLE_LINES, Context, Line, LineReader, LineSession
from why503.facts import Fact, Unread
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import mask
from why503.support.text import _, ngettext

WHOLE = 0.99
"""The bid of the first line reader from which the others are not asked for theirs."""

_HEAD = 8192
"""Characters of a text that tell whether it begins as an access log."""

ASKED = 500
"""Equal lines that are offered in vain before they are taken as nobody's."""

_HEAD_LINES = 10_000
"""Lines, blank ones too, among which the sample is looked for."""
_SHAPES = 10_000
_SHAPE_LENGTH = 2000
_DIGITS = {ord(digit): "0" for digit in "123456789"}
_EXCERPT = 60
_ELISION = lazy_re(r"[\s.…\[\]<>=*#`~_-]{0,200}")
"""A blank line, and what people write for lines that they left out, or between two parts."""


@dataclass
class Outcome:
    """What one file gave."""

    facts: list[Fact] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    kinds: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0
    unclaimed: int = 0
    first: Line | None = None


@dataclass
class _Desk:
    """A line reader at work on one file."""

    reader: LineReader
    session: LineSession
    claimed: int = 0
    broken: bool = False


def begins_as_access_log(text: str) -> bool:
    """True where every one of the first lines is an access log's: no document is to be expected."""
    head = [line for line in text[:_HEAD].splitlines()[:-1] if line.strip()]
    sample = [Line(number=number, text=line) for number, line in enumerate(head, start=1)]
    return bool(sample) and readers.first_line_reader().bid(sample) >= WHOLE


def by_line(lines: Iterator[Line], context: Context) -> Outcome:
    """Offers each line to the line readers, the keenest first, until one claims it."""
    outcome = Outcome()
    head: list[Line] = []
    sample: list[Line] = []
    for line in lines:
        head.append(line)
        if line.text.strip():
            sample.append(line)
        if len(sample) == SAMPLE_LINES or len(head) == _HEAD_LINES:
            break
    desks = _Desks(sample, context, outcome)
    refused = _Refused()
    for part in (head, lines):
        for line in part:
            outcome.lines = max(outcome.lines, line.number)
            if not refused.again(line.text):
                if _claimed(desks, line, context, outcome):
                    refused.clear()
                    continue
                refused.add(line.text)
            if not _ELISION.fullmatch(line.text):
                outcome.unclaimed += 1
                outcome.first = outcome.first or line
    _finish(desks, context, outcome)
    _tell_unclaimed(context, outcome)
    return outcome


class _Refused:
    """Lines that no reader claimed since the last claim: after `ASKED` equal ones nobody is asked.

    A file of a million lines that are nobody's would cost a minute else.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def again(self, text: str) -> bool:
        """True where equal lines (other digits apart) were refused often enough."""
        return bool(self._counts) and self._counts.get(_shape(text), 0) >= ASKED

    def add(self, text: str) -> None:
        """Nobody claimed it."""
        if len(self._counts) < _SHAPES:
            shape = _shape(text)
            self._counts[shape] = self._counts.get(shape, 0) + 1

    def clear(self) -> None:
        """A line was claimed: what follows may belong to it."""
        if self._counts:
            self._counts = {}


def _shape(text: str) -> str:
    return text[:_SHAPE_LENGTH].translate(_DIGITS)


class _Desks:
    """The line readers at work on one file, the keenest first.

    Where a reader wants the whole sample those behind it in the list, which could be no keener, are
    called in only for a line that it leaves over, in the order of their list.
    """

    def __init__(self, sample: list[Line], context: Context, outcome: Outcome) -> None:
        self._sample, self._context, self._outcome = sample, context, outcome
        self._bids: list[tuple[float, _Desk]] = []
        self._waiting = readers.line_readers()
        enough = WHOLE
        for reader in self._waiting:
            if self._call_in(reader) >= enough:
                self._sample = []  # What others would bid for this reader's lines says nothing.
                break
            enough = 1.0
        self._bids.sort(key=lambda found: -found[0])

    def __iter__(self) -> Iterator[_Desk]:
        """The desks in the order in which a line is offered."""
        called = self.called()
        yield from called
        for reader in self._waiting:
            self._call_in(reader)
        yield from self.called()[len(called) :]

    def called(self) -> list[_Desk]:
        """The desks that were called in."""
        return [desk for _bid, desk in self._bids]

    def _call_in(self, reader: LineReader) -> float:
        """Its bid; 0 where it failed."""
        try:
            desk = _Desk(reader=reader, session=reader.start(self._context))
            bid = reader.bid(self._sample) if self._sample else 0.0
        except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
            self._outcome.unread.append(fault_of(reader.NAME, self._context, fault))
            return 0.0
        self._bids.append((bid, desk))
        return bid


def _claimed(desks: _Desks, line: Line, context: Context, outcome: Outcome) -> bool:
    asked: Iterable[_Desk] = desks if line.text.strip() else desks.called()
    for desk in asked:
        if desk.broken:
            continue
        try:
            if desk.session.take(line):
                desk.claimed += 1
                return True
        except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
            desk.broken = True
            outcome.unread.append(fault_of(desk.reader.NAME, context, fault, line.number))
    return False


def _finish(desks: _Desks, context: Context, outcome: Outcome) -> None:
    for desk in desks.called():
        try:
            reading = desk.session.finish()
        except Exception as fault:  # noqa: BLE001 - whatever is inside a file never ends the run
            outcome.unread.append(fault_of(desk.reader.NAME, context, fault))
            continue
        outcome.unread.extend(reading.unread)
        if reading.facts:
            outcome.facts.extend(reading.facts)
            outcome.kinds.append((len(reading.facts), desk.reader.NAME))
    outcome.facts.sort(key=lambda fact: fact.source.line)


def _tell_unclaimed(context: Context, outcome: Outcome) -> None:
    first = outcome.first
    if first is None:
        return
    excerpt = mask(first.text.strip())[:_EXCERPT]
    if outcome.facts:
        reason = ngettext(
            "{count} line of `{path}` was not understood, line {line}: {excerpt}",
            "{count} lines of `{path}` were not understood, first at line {line}: {excerpt}",
            outcome.unclaimed,
        )
    elif context.options.access_log_format:
        reason = _(
            "Nothing in `{path}` was understood (lines: {count}, first at line {line}: {excerpt})"
            ". The format given with --access-log-format fits no line: compare the two sign by "
            "sign."
        )
    else:
        reason = _(
            "Nothing in `{path}` was understood (lines: {count}, first at line {line}: {excerpt})"
            ". Give the output of "
            "`kubectl logs POD -c istio-proxy`, or name an own access log format with "
            "--access-log-format. A single flag or message is for `why503 explain`."
        )
    reason = reason.format(
        count=outcome.unclaimed, path=context.path, line=first.number, excerpt=excerpt
    )
    outcome.unread.append(
        Unread(source=context.source(first.number), reason=reason, count=outcome.unclaimed)
    )


def fault_of(name: str, context: Context, fault: Exception, line: int = 0) -> Unread:
    """The sentence for a reader that failed by its own fault."""
    reason = _("Internal error: the reader {name} failed on `{path}` ({fault}). Please report it.")
    told = f"{type(fault).__name__}: {mask(str(fault))[:_EXCERPT]}"
    reason = reason.format(name=name, path=context.path, fault=told)
    return Unread(source=context.source(line), reason=reason)
