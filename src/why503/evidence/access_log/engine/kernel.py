"""One pass over one range of an access log: bytes in, a `Partial` out.

Imports little and keeps nothing: it runs in this process, in others of this machine, or as a task
of a distributed engine, and the partial results add up the same.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from why503.evidence.access_log.engine import json_lines, text_lines
from why503.evidence.access_log.engine.block import WORD, Block
from why503.evidence.access_log.engine.columns import Columns
from why503.evidence.access_log.engine.odd_lines import OddLines
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.room import Room
from why503.evidence.access_log.engine.taken import Taken
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.text_lines import TextLines
from why503.evidence.reader import Context
from why503.support.collector import uncollected
from why503.support.dataclass import dataclass

BLOCK = 2 << 20
"""Bytes that are taken at once: what is made of them stays in the processor's own memory."""
LONGEST = 1 << 20
"""Bytes of a line that are read."""
_TELL_EVERY = 4 << 20
_END = ord("\n")

Passed = Callable[[int], bool]
"""Told of bytes that were passed; False stops the reading."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file is read."""

    context: Context
    json: bool
    """True for Istio's JSON format, False for its text."""
    keep_ids: bool
    """Whether every request id is kept, not only those of failures."""
    sample_all: bool
    """Whether the idle time before every request is measured, not only that of a sample."""
    ids_up_to: int | None = None
    """Bytes of a stream behind which no request id is kept; None where there is no such bound."""
    room: Room | None = None
    """What one process may keep; None for `room.DEFAULT`."""


class _Lines(Protocol):
    name: str
    keep_ids: bool

    def take(self, block: Block) -> Taken: ...


class _Range:
    """A range at work."""

    def __init__(self, plan: Plan) -> None:
        self.tally = Tally(keep_ids=plan.keep_ids, sample_all=plan.sample_all, room=plan.room)
        kind = json_lines.JsonLines if plan.json else TextLines
        self.told = json_lines.told if plan.json else text_lines.told
        teller = plan.context.teller
        self._lines: _Lines = kind(self.tally.groups, teller, keep_ids=plan.keep_ids)
        self._odd = OddLines(self.tally, plan.context)

    def forget_ids(self) -> None:
        """Keep no request ids from now on, nor those that were kept."""
        self._lines.keep_ids = False
        self.tally.partial.request_ids = None

    def take(self, block: Block) -> None:
        """Take whole lines."""
        tally = self.tally
        taken = self._lines.take(block)
        odd = taken.odd()
        first = tally.lines
        failed = taken.failed
        lines = taken.columns
        if lines is not None:
            lines.line += first
            for failure in failed:
                failure.number += first
            tally.tell(lines, self._lines.name, taken.request_ids)
        for place in odd:
            self._odd.take(block.bytes(taken.begin[place], taken.end[place]), first + place)
        tally.lines += len(taken.begin)
        if odd:
            others, failed_too = self._odd.understood()
            if len(others):
                lines = _in_order(others if lines is None else Columns.joined([lines, others]))
                failed = sorted(failed + failed_too, key=lambda one: one.number)
        if lines is not None:
            tally.take(lines, failed)


def _in_order(lines: Columns) -> Columns:
    return lines.at(np.argsort(lines.line, kind="stable"))


def kernel(
    path: str,
    start: int,
    end: int,
    plan: Plan,
    passed: Passed = lambda _size: True,
) -> Partial:
    """The lines of the file at ``path`` that begin from byte ``start`` to before ``end``."""
    with Path(path).open("rb") as file:
        begin = start
        if start:
            file.seek(start - 1)
            begin += skip_line(file) - 1
        partial = of_stream(file, plan, passed, room=end - begin)
    partial.size += begin - start
    return partial


def of_stream(
    stream: io.BufferedReader,
    plan: Plan,
    passed: Passed = lambda _size: True,
    room: int | None = None,
) -> Partial:
    """The lines of a stream that begin in its next ``room`` bytes (None: all of them)."""
    with uncollected():
        return _pass(stream, plan, passed, room)


def _pass(stream: io.BufferedReader, plan: Plan, passed: Passed, room: int | None) -> Partial:
    work = _Range(plan)
    told = size = 0
    wanted = True
    blocks = _Blocks(stream)
    while wanted and (room is None or size + told < room):
        block, passed_by = blocks.next(BLOCK if room is None else min(BLOCK, room - size - told))
        if block is None:
            break
        told += passed_by
        work.take(block)
        if plan.ids_up_to is not None and size + told > plan.ids_up_to:
            work.forget_ids()
        if told >= _TELL_EVERY:
            size += told
            wanted = passed(told)
            told = 0
    passed(told)
    partial = work.tally.finish()
    partial.size = size + told
    partial.interrupted = not wanted
    for failure in partial.failures:
        if failure.told is None:
            failure.told = work.told(failure.line)
            failure.line = b""
    return partial


class _Blocks:
    """Whole lines of a stream, in one place of memory: a block is gone with the next one."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._room = memoryview(bytearray(BLOCK + LONGEST + WORD))

    def next(self, size: int) -> tuple[Block | None, int]:
        """The lines that begin in the next ``size`` bytes, and the bytes that were passed."""
        end = self._stream.readinto(self._room[:size])
        if not end:
            return None, 0
        passed = end
        if self._room[end - 1] != _END:
            rest = self._stream.readline(LONGEST - 1)
            passed += len(rest)
            if not rest.endswith(b"\n"):
                passed += skip_line(self._stream) if rest else 0
                rest += b"\n"
            self._room[end : end + len(rest)] = rest
            end += len(rest)
        return Block(self._room[: end + WORD]), passed


def skip_line(stream: io.BufferedReader) -> int:
    """Go to the begin of the next line; the bytes that were passed."""
    size = 0
    while part := stream.readline(LONGEST):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size
