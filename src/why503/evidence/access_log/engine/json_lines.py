"""Blocks of lines in Istio's JSON format, those of the same keys taken apart all at once.

Whatever has other values than texts, whole numbers and null, or blanks between them, is left to the
tolerant parser.
"""

import contextlib
from typing import Any

import msgspec
import numpy as np

from why503.evidence.access_log.engine.block import LONGEST_TEXT, TIME_WIDTH, Block, Flags, Hashes
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.groups import ODD, Groups, Known
from why503.evidence.access_log.engine.json_layout import (
    GROUPED,
    ISTIO_FIELDS,
    JsonBlock,
    Laid,
    Layout,
    layout_of,
)
from why503.evidence.access_log.engine.prefixes import prefix_hashes, teller_at
from why503.evidence.access_log.engine.taken import Taken, failed_of
from why503.evidence.access_log.engine.told import loosely, told_of
from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.json_line import ISTIO, read_json
from why503.evidence.access_log.timestamp import guess_time

MOST_LAYOUTS = 64
"""Sets of keys that are told apart: where empty values are left out, lines have several."""
_TRIED = 4
"""Lines of a block in which a new layout is looked for."""


class JsonLines:
    """Takes blocks of whole lines of one proxy in Istio's JSON format."""

    name = ISTIO

    def __init__(self, groups: Groups, teller: str, *, keep_ids: bool = False) -> None:
        self._groups = groups
        self._teller = teller
        self.keep_ids = keep_ids
        self._known = Known()
        self._layouts: dict[Layout, np.uint64] = {}

    def take(self, block: Block) -> Taken:
        """The columns of the lines in ``block``, each with its end, and which ones are odd."""
        cut = JsonBlock(block)
        taken = Taken(begin=cut.first, end=cut.end)
        left = np.ones(len(cut.begin), np.bool_)
        found = [self._take(cut, layout, left, taken) for layout in list(self._layouts)]
        for _try in range(_TRIED):
            layout = self._new(cut, left)
            if layout is None:
                break
            found.append(self._take(cut, layout, left, taken))
        parts = [one for one in found if one is not None and len(one)]
        if parts:
            lines = Columns.joined(parts)
            order = np.argsort(lines.line)
            taken.columns = lines if len(parts) == 1 else lines.at(order)
            taken.failed.sort(key=lambda one: one.number)
            if self.keep_ids and len(parts) > 1:
                taken.request_ids = [taken.request_ids[row] for row in order.tolist()]
        return taken

    def _new(self, cut: JsonBlock, left: Flags) -> Layout | None:
        """A layout not seen so far, among the lines that are left."""
        if len(self._layouts) >= MOST_LAYOUTS:
            return None
        for line in np.flatnonzero(left)[:_TRIED].tolist():
            layout = layout_of(cut.block.bytes(cut.begin[line], cut.end[line]))
            if layout is not None and layout not in self._layouts:
                self._layouts[layout] = np.uint64(len(self._layouts))
                return layout
        return None

    def _take(self, cut: JsonBlock, layout: Layout, left: Flags, taken: Taken) -> Columns | None:
        """The lines of a layout among those of ``left``, which then lacks them."""
        block, found = cut.block, cut.laid(layout, left)
        if not len(found.line):
            return None
        begin, end = found.value("start_time")
        minute, start, sound = block.times(begin + 1)
        sound &= end - begin == TIME_WIDTH + len('""')
        took = block.numbers(*found.value("duration"))
        sound &= took >= 0
        local, local_end, told = found.text("upstream_local_address")
        sound &= told
        connection = block.hashes(local, local_end)
        untold = (local_end - local == 1) & (block.each[local] == ord("-"))
        connection[untold | (local == local_end)] = 0
        id_begin, id_end, told = found.text("request_id")
        sound &= told
        for key in layout.grouped:
            begin, end = found.value(key)
            sound &= end - begin <= LONGEST_TEXT
        hashes = _hashes(found) + self._layouts[layout]
        group = self._known.groups(hashes, lambda row: self._group(found, row))
        sound &= group != ODD
        rows = np.flatnonzero(sound)
        lines = Columns(
            line=found.line[rows],
            group=group[rows],
            minute=minute[rows],
            start=start[rows],
            took=took[rows],
            connection=connection[rows],
        )
        left[lines.line] = False
        ids = id_begin[rows], id_end[rows]
        text = found.begin[rows], found.end[rows]
        taken.failed += failed_of(block, self._groups, (lines, *text), ids)
        if self.keep_ids:
            spans = zip(ids[0].tolist(), ids[1].tolist(), strict=True)
            taken.request_ids += [_unescaped(block.bytes(first, last)) for first, last in spans]
        return lines

    def _group(self, found: Laid, row: int) -> int:
        pieces = [f'"{key}":'.encode() + found.value_at(key, row) for key in found.layout.grouped]
        try:
            told = msgspec.json.decode(b"{" + b",".join(pieces) + b"}")
        except (msgspec.MsgspecError, UnicodeError):
            return ODD
        if not all(value is None or type(value) in {str, int} for value in told.values()):
            return ODD
        fields: Fields = {
            GROUPED[key]: "-" if value is None else str(value) for key, value in told.items()
        }
        flags = fields["flags"]
        if type(told["response_code"]) is not int or (flags != "-" and not flags[:1].isupper()):
            return ODD
        if "|" in fields.get("upstream_host", ""):
            return ODD
        place = int(found.first[row]), int(found.begin[row]), int(found.end[row])
        teller = teller_at(found.block, place, self._teller)
        return ODD if teller is None else self._groups.group(teller, fields)


def _hashes(found: Laid) -> Hashes:
    """A hash of all that makes the group of each line."""
    both: Hashes = np.zeros(len(found.line), np.uint64)
    for key in found.layout.grouped:
        both *= np.uint64(3)
        both += found.block.hashes(*found.value(key))
    both ^= prefix_hashes(found.block, found.first, found.begin)
    return both


def _unescaped(text: bytes) -> str:
    if b"\\" in text:
        with contextlib.suppress(msgspec.MsgspecError, UnicodeError):
            return str(msgspec.json.decode(b'"' + text + b'"'))
    return text.decode("utf-8", "replace")


def told(line: bytes) -> dict[str, Any]:
    """The `Request` fields of a line that was taken."""
    text = line.decode("utf-8", "replace").rstrip()
    fields = _own_fields(line)
    if fields is None:
        found = read_json(text)
        fields = found[1] if found else loosely(text)
    return told_of(text, fields, guess_time)


def _own_fields(line: bytes) -> Fields | None:
    """The fields of a line that has Istio's own keys with plain values only."""
    try:
        data = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    if not isinstance(data, dict) or not data.keys() <= ISTIO_FIELDS.keys():
        return None
    if not all(value is None or type(value) in {str, int} for value in data.values()):
        return None
    return {ISTIO_FIELDS[key]: "-" if value is None else str(value) for key, value in data.items()}
