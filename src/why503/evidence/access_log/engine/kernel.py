"""One pass over one range of an access log: bytes in, a `Partial` out.

Imports little and keeps nothing: it runs in this process, in others of this machine, or as a task
of a distributed engine, and the partial results add up the same.
"""

import gc
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from why503.evidence.access_log.engine import json_lines, text_lines
from why503.evidence.access_log.engine.odd_lines import OddLines
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.tally import Tally
from why503.evidence.access_log.engine.text_lines import Moments, TextLines
from why503.evidence.reader import Context

BLOCK = 40 << 10
"""Bytes that are taken at once: what is made of them stays in the processor's own memory."""
LONGEST = 1 << 20
"""Bytes of a line that are read."""
_TELL_EVERY = 4 << 20

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
    failing: float = 0.0
    """Share, 0 to 1, of the first lines that failed."""
    width: int = 400
    """Bytes of a line, on average."""


class _Lines(Protocol):
    def odd_among(self, lines: list[bytes]) -> list[int]: ...

    def take(self, block: bytes) -> bool: ...


class _Range:
    """A range at work."""

    def __init__(self, plan: Plan, *, track: bool) -> None:
        moment = json_lines.moment if plan.json else Moments().moment
        self.tally = Tally(moment, keep_ids=plan.keep_ids, sample_all=plan.sample_all, track=track)
        kind = json_lines.JsonLines if plan.json else TextLines
        self.lines: _Lines = kind(self.tally, plan.context.teller)
        self.told = json_lines.told if plan.json else text_lines.told
        self.odd = OddLines(self.tally, plan.context, json=plan.json)

    def take(self, block: bytes) -> None:
        """Take whole lines."""
        if not self.lines.take(block):
            self._apart(block)
        self.tally.settle_if_due()

    def _apart(self, block: bytes) -> None:
        """Lines of a block in which some are odd."""
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        begin = 0
        for place in self.lines.odd_among(lines):
            self._run(lines[begin:place])
            self.odd.take(lines[place])
            begin = place + 1
        self._run(lines[begin:])

    def _run(self, run: list[bytes]) -> None:
        """Lines that may all be fit, cut in halves until it is seen which one is not."""
        if not run:
            return
        if self.lines.take(b"\n".join(run) + b"\n"):
            return
        if len(run) == 1:
            self.odd.take(run[0])
            return
        middle = len(run) // 2
        self._run(run[:middle])
        self._run(run[middle:])


def kernel(
    path: str,
    start: int,
    end: int,
    plan: Plan,
    passed: Passed = lambda _size: True,
    *,
    track: bool = True,
) -> Partial:
    """The lines of the file at ``path`` that begin from byte ``start`` to before ``end``.

    Without ``track`` failures are only counted: enough of them are kept of what lies before.
    """
    with Path(path).open("rb", buffering=1 << 20) as file:
        begin = start
        if start:
            file.seek(start - 1)
            begin += skip_line(file) - 1
        partial = of_stream(file, plan, passed, room=end - begin, track=track)
    partial.size += begin - start
    return partial


def of_stream(
    stream: BinaryIO | io.BufferedReader,
    plan: Plan,
    passed: Passed = lambda _size: True,
    room: int | None = None,
    *,
    track: bool = True,
) -> Partial:
    """The lines of a stream that begin in its next ``room`` bytes (None: all of them)."""
    collects = gc.isenabled()
    gc.disable()  # millions of small things are made, and none of them in a circle
    try:
        return _pass(stream, _Range(plan, track=track), passed, room)
    finally:
        if collects:
            gc.enable()


def _pass(
    stream: BinaryIO | io.BufferedReader, work: _Range, passed: Passed, room: int | None
) -> Partial:
    told = size = 0
    wanted = True
    while wanted and (room is None or size + told < room):
        block = stream.read(BLOCK if room is None else min(BLOCK, room - size - told))
        if not block:
            break
        told += len(block)
        if not block.endswith(b"\n"):
            rest = stream.readline(LONGEST)
            block += rest
            told += len(rest)
            if rest and not rest.endswith(b"\n"):
                told += skip_line(stream)
        work.take(block if block.endswith(b"\n") else block + b"\n")
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


def skip_line(stream: BinaryIO | io.BufferedReader) -> int:
    """Go to the begin of the next line; the bytes that were passed."""
    size = 0
    while part := stream.readline(LONGEST):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size
