"""The lines that no fast way takes: read by the tolerant parser, or left to other readers."""

from dataclasses import dataclass, field
from math import nan

import numpy as np

from why503.evidence.access_log.aggregate import MISREAD_LINES_KEPT
from why503.evidence.access_log.engine.block import NO_MINUTE, hashes_of
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import encoded
from why503.evidence.access_log.engine.partial import LEFT_OVER_KEPT, Failure, Misreads
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.told import told_of
from why503.evidence.access_log.fields import MISSING, milliseconds
from why503.evidence.access_log.istio_text import NAME, with_quoted_agent
from why503.evidence.access_log.reader import LONGEST_LINE, AccessLogSession, Understood
from why503.evidence.access_log.timestamp import guess_time
from why503.evidence.prefix import Peeler
from why503.evidence.reader import Context, Line

LEFT_OVER_LENGTH = 32 << 20
"""Characters of other programs' lines that are kept of one range."""
_LONGEST = 1 << 20


@dataclass(slots=True)
class _Rows:
    """Understood lines, a value of each line in each list (see `Columns`)."""

    line: list[int] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    minute: list[int] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    local: list[bytes] = field(default_factory=list)

    def columns(self) -> Columns:
        connection = hashes_of(self.local)
        connection[np.array([not one for one in self.local], np.bool_)] = 0
        return Columns(
            line=np.array(self.line, np.int64),
            group=np.array(self.group, np.int64),
            minute=np.array(self.minute, np.int64),
            start=np.array(self.start, np.float64),
            took=np.array(self.took, np.float64),
            connection=connection,
        )


class OddLines:
    """Takes one line at a time, in any format, with any prefix."""

    def __init__(self, tally: Tally, context: Context) -> None:
        self._tally = tally
        self._context = context
        self._session = AccessLogSession(context)
        self._own_formats = bool(context.options.access_log_format or context.formats)
        self._peeler = Peeler()
        self._room = LEFT_OVER_LENGTH
        self._rows = _Rows()
        self._failed: list[Failure] = []

    def take(self, line: bytes, index: int) -> None:
        """Count a line as understood, damaged, left over or blank: as exactly one of them.

        ``index``: of the line in the range, from 0.
        """
        text = line[:_LONGEST].decode("utf-8", "replace").rstrip("\r")
        partial = self._tally.partial
        if not text.strip():
            partial.blank += 1
            return
        number = index + 1
        pieces = self._peeler.peel(number, text)
        for piece in pieces:
            if (one := self._read(piece)) is not None:
                self._understood(piece, one, index)
                return
        if not pieces:
            partial.blank += 1
        elif any(self._session.learns(piece.text) for piece in pieces):
            self._leave(number, text)
        elif damaged := [piece for piece in pieces if self._session.is_damaged(piece.text)]:
            self._misread(damaged[0].origin.pod or self._context.teller, number)
        else:
            self._leave(number, text)

    def understood(self) -> tuple[Columns, list[Failure]]:
        """The lines that were understood since this was last asked, and the failures among them."""
        rows, failed = self._rows, self._failed
        self._rows, self._failed = _Rows(), []
        return rows.columns(), failed

    def _read(self, piece: Line) -> Understood | None:
        text = piece.text[:LONGEST_LINE].rstrip()
        if not self._own_formats and (fields := with_quoted_agent(text)):
            return Understood(name=NAME, fields=fields, time=guess_time)
        return self._session.read(text)

    def _misread(self, teller: str, number: int) -> None:
        misreads = self._tally.partial.misreads.setdefault(teller, Misreads())
        misreads.count += 1
        if len(misreads.lines) < MISREAD_LINES_KEPT:
            misreads.lines.append(number)

    def _leave(self, number: int, text: str) -> None:
        partial = self._tally.partial
        partial.left_over_count += 1
        if len(partial.left_over) < LEFT_OVER_KEPT and self._room > 0:
            self._room -= len(text)
            partial.left_over.append((number, text))

    def _understood(self, piece: Line, one: Understood, index: int) -> None:
        tally, fields, rows = self._tally, one.fields, self._rows
        teller = piece.origin.pod or self._context.teller
        group = tally.groups.group(teller, fields)
        written = fields.get("time", "-")
        start = None if written in MISSING else one.time(written)
        took = milliseconds(fields.get("duration"))
        local = fields.get("upstream_local", "-")
        tally.understood(teller, one.name, 1)
        request_id = fields.get("request_id", "-")
        tally.remember(teller, [request_id])
        rows.line.append(index)
        rows.group.append(group)
        rows.minute.append(NO_MINUTE if start is None else int(start // 60))
        rows.start.append(nan if start is None else start)
        rows.took.append(nan if took is None else took)
        rows.local.append(b"" if local in MISSING else encoded(local))
        if tally.groups.failing[group]:
            weighed = piece.text if request_id in MISSING else request_id
            self._failed.append(
                Failure(
                    number=index + 1,
                    group=group,
                    start=start,
                    priority=int(hashes_of([encoded(weighed)])[0]),
                    line=b"",
                    told=told_of(piece.text, fields, one.time),
                )
            )
