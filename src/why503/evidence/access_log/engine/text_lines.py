"""Blocks of lines in Istio's default text format, taken apart at quotes and blanks all at once.

Envoy escapes nothing, and the format has exactly fourteen quotes: lines with exactly fourteen have
no foreign one. Whatever does not fit to the sign is left to the tolerant parser.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from why503.evidence.access_log.engine.block import LONGEST_TEXT, Block, Flags, Hashes, Ints
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import ODD, Groups, Known
from why503.evidence.access_log.engine.prefixes import prefix_hashes, teller_at
from why503.evidence.access_log.engine.taken import Taken, failed_of
from why503.evidence.access_log.engine.told import told_of
from why503.evidence.access_log.istio_text import HEAD_WIDTH, NAME, QUOTES, fields_of, is_sound
from why503.evidence.access_log.timestamp import guess_time

_NEXT_MARK = 33
"""``!``, the only sign from blank to quote that is no mark."""
_NEAR = (5, 7, 9, 11)
"""Quotes that are followed by a blank and the next one."""
_APART = {0: 3, 1: 6, 3: 6, **dict.fromkeys(_NEAR, 2)}
"""Quotes and the marks from each to the next one."""
_TAIL = 7
"""Marks from the last quote to the end of the line."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """Where the quotes, blanks and line ends of the fit lines of a block stand."""

    block: Block
    marks: Ints
    """Places of all marks."""
    quotes: Ints
    """Indices among the marks: fourteen rows, a column for each line."""
    line: Ints
    """Index of each line in the block."""
    first: Ints
    """Its first byte, which may be that of a prefix."""
    begin: Ints
    """First byte of its own text."""
    end: Ints

    def quote(self, number: int) -> Ints:
        """Place of one quote of each line."""
        found: Ints = self.marks[self.quotes[number]]
        return found

    def after(self, number: int, count: int) -> Ints:
        """Place of the mark that comes ``count`` marks after a quote."""
        found: Ints = self.marks[self.quotes[number] + count]
        return found


class TextLines:
    """Takes blocks of whole lines of one proxy in Istio's text format."""

    name = NAME

    def __init__(self, groups: Groups, teller: str, *, keep_ids: bool = False) -> None:
        self._groups = groups
        self._teller = teller
        self.keep_ids = keep_ids
        self._known = Known()

    def take(self, block: Block) -> Taken:
        """The columns of the lines in ``block``, each with its end, and which ones are odd."""
        found, begins, ends = _marks_of(block)
        taken = Taken(begin=begins, end=ends)
        if not len(found.line):
            return taken
        cluster = found.after(13, 2)
        minute, start, sound = block.times(found.begin + 1)
        took = block.numbers(found.after(3, 3) + 1, found.after(3, 4))
        sound &= (took >= 0) | np.isnan(took)
        sound &= found.quote(3) - found.quote(1) <= LONGEST_TEXT
        sound &= found.after(13, 3) - found.quote(10) <= LONGEST_TEXT
        sound &= found.after(0, 1) - found.first <= LONGEST_TEXT
        group = self._known.groups(
            self._hashes(found, cluster), lambda row: self._group(found, row)
        )
        sound &= group != ODD
        rows = np.flatnonzero(sound)
        if not len(rows):
            return taken
        local, local_end = cluster + 1, found.after(13, 3)
        connection = block.hashes(local, local_end)
        connection[(local_end - local == 1) & (block.each[local] == ord("-"))] = 0
        lines = Columns(
            line=found.line,
            group=group,
            minute=minute,
            start=start,
            took=took,
            connection=connection,
        )
        taken.columns = lines if len(rows) == len(lines) else lines.at(rows)
        ids = found.quote(8)[rows] + 1, found.quote(9)[rows]
        text = found.begin[rows], found.end[rows]
        taken.failed = failed_of(block, self._groups, (taken.columns, *text), ids)
        if self.keep_ids:
            spans = zip(ids[0].tolist(), ids[1].tolist(), strict=True)
            taken.request_ids = [block.text(begin, end) for begin, end in spans]
        return taken

    @staticmethod
    def _hashes(found: _Marks, cluster: Ints) -> Hashes:
        """A hash of all that makes the group of each line."""
        block = found.block
        status = block.hashes(found.quote(1) + 1, found.quote(3))
        upstream = block.hashes(found.quote(10) + 1, cluster)
        method = block.hashes(found.quote(0) + 1, found.after(0, 1))
        protocol = block.hashes(found.after(0, 2) + 1, found.quote(1))
        both: Hashes = (status * np.uint64(3) + upstream) * np.uint64(3)
        both += method
        both *= np.uint64(3)
        both += protocol
        both ^= prefix_hashes(block, found.first, found.begin)
        return both

    def _group(self, found: _Marks, row: int) -> int:
        """The group of a line."""
        place = int(found.first[row]), int(found.begin[row]), int(found.end[row])
        fields = fields_of(found.block.text(*place[1:]).rstrip("\r"))
        teller = teller_at(found.block, place, self._teller)
        if teller is None or not is_sound(fields):
            return ODD
        return self._groups.group(teller, fields)


def _marks_of(block: Block) -> tuple[_Marks, Ints, Ints]:
    """The marks of the lines that have the shape; where all lines begin and end."""
    marks = np.flatnonzero(block.each <= ord('"'))
    signs = block.each[marks]
    if (signs == _NEXT_MARK).any():
        marks = marks[signs != _NEXT_MARK]
        signs = block.each[marks]
    quotes = np.flatnonzero(signs == ord('"'))
    line_ends = np.flatnonzero(signs == ord("\n"))
    ends = marks[line_ends]
    begins = np.zeros_like(ends)
    begins[1:] = ends[:-1] + 1
    passed = np.searchsorted(quotes, line_ends)
    line = np.flatnonzero(np.diff(passed, prepend=0) == QUOTES)
    own = quotes[(passed[line] - QUOTES)[None, :] + np.arange(QUOTES)[:, None]]
    place = marks[own]
    head = place[0] - HEAD_WIDTH
    fit = head >= begins[line]
    tail = line_ends[line] - own[-1]
    fit &= (tail == _TAIL) | ((tail == _TAIL + 1) & (signs[line_ends[line] - 1] == ord("\r")))
    fit &= marks[own[-1] + 1] - place[-1] == 1
    for quote, count in _APART.items():
        fit &= own[quote + 1] - own[quote] == count
    for quote in _NEAR:
        fit &= place[quote + 1] - place[quote] == len('" ')
    if np.count_nonzero(signs < ord(" ")) != len(ends):
        fit &= ~_has_control_signs(signs, marks, line_ends)[line]
    each = block.each
    fit &= (each[np.maximum(head, 0)] == ord("[")) & (each[place[0] - 2] == ord("]"))
    fit &= each[place[0] - 1] == ord(" ")
    if not fit.all():
        line, own, head = line[fit], own[:, fit], head[fit]
    found = _Marks(
        block=block,
        marks=marks,
        quotes=own,
        line=line,
        first=begins[line],
        begin=head,
        end=ends[line],
    )
    return found, begins, ends


def _has_control_signs(signs: NDArray[np.uint8], marks: Ints, line_ends: Ints) -> Flags:
    """Which lines have signs below the blank that are no part of their end."""
    control = np.flatnonzero((signs < ord(" ")) & (signs != ord("\n")))
    at_end = (signs[control] == ord("\r")) & (signs[control + 1] == ord("\n"))
    at_end &= marks[control + 1] == marks[control] + 1
    found = np.zeros(len(line_ends), np.bool_)
    found[np.searchsorted(line_ends, control[~at_end])] = True
    return found


def told(line: bytes) -> dict[str, Any]:
    """The `Request` fields of a line that was taken."""
    text = line.decode("utf-8", "replace").rstrip("\r")
    return told_of(text, fields_of(text), guess_time)
