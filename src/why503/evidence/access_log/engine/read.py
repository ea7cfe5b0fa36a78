"""A large access log, read in blocks by all processors; its other lines go to the other readers."""

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace

from why503.evidence.access_log.engine.finish import facts_of
from why503.evidence.access_log.engine.kernel import Passed, Plan, of_stream
from why503.evidence.access_log.engine.partial import LEFT_OVER_KEPT, Partial
from why503.evidence.access_log.engine.progress import Progress
from why503.evidence.access_log.engine.read_ahead import read_ahead
from why503.evidence.access_log.engine.room import room
from why503.evidence.access_log.engine.sniff import HEAD, plan_for
from why503.evidence.access_log.engine.workers import WorkerError, read_file, until_interrupt
from why503.evidence.access_log.reader import NAME
from why503.evidence.line_by_line import Outcome, by_line
from why503.evidence.prefix import Peeler
from why503.evidence.reader import ByteStream, Context, Line
from why503.evidence.text_file import DOCUMENT_LIMIT, STDIN, TextFile
from why503.facts import Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

FROM = 1 << 20
"""Bytes (as they are stored) from which a file is read in blocks."""
_PACKED_FROM = FROM // 8
_DENSEST = 16
"""Times its packed size that a log is taken to unpack to."""


@dataclass(frozen=True, kw_only=True)
class Large:
    """A file that is a large access log of a kind that is taken in blocks."""

    plan: Plan
    stored: int
    """Bytes as it is stored."""
    packed: bool
    """Whether it is compressed, so that it can only be read from its begin."""
    comes_once: bool = False
    """Whether it is a pipe of which ``stored`` is only the begin."""


Elsewhere = Callable[[TextFile], Partial | None]
"""The account of a file that other machines have read; None where they were not asked."""


def large(file: TextFile, context: Context) -> Large | None:
    """How to read a file in blocks; None for a file that is read in another way."""
    stored = _stored_size(file)
    if stored is None or stored < _PACKED_FROM:
        return None
    packed, comes_once = file.is_packed(), file.comes_once()
    if stored < FROM and not packed:
        return None
    size = stored * _DENSEST if packed else stored
    plan = plan_for(_head(file), size, context, is_begin=comes_once)
    if plan is None:
        return None
    return Large(plan=plan, stored=stored, packed=packed, comes_once=comes_once)


def read(file: TextFile, context: Context, elsewhere: Elsewhere | None = None) -> Outcome | None:
    """What a large access log gives; None for every other file."""
    found = large(file, context)
    if found is None:
        return None
    partial = elsewhere(file) if elsewhere is not None else None
    if partial is None:
        partial = _here(file, found, context)
    if partial is None:
        return None
    many = partial.left_over_count > LEFT_OVER_KEPT
    if many and found.stored <= DOCUMENT_LIMIT and not found.comes_once:
        return None  # a mixture: every line is worth to be asked about
    return _outcome(partial, found.plan)


def _here(file: TextFile, found: Large, context: Context) -> Partial | None:
    """The account of a file that this machine reads; None where a process failed."""
    path = _("standard input") if context.path == STDIN else context.path
    progress = Progress(path, None if found.packed or found.comes_once else found.stored)
    try:
        return _partial(file, found, progress)
    except WorkerError:
        return None
    finally:
        progress.end()


def _stored_size(file: TextFile) -> int | None:
    with contextlib.suppress(OSError):
        return file.packed_size()
    return None


def _head(file: TextFile) -> bytes:
    """The first bytes, decompressed."""
    stream = file.unbounded()
    parts: list[bytes] = []
    size = 0
    while size < HEAD and (part := stream.read(HEAD)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


class _Raw(io.RawIOBase):
    """Chunks as a file."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _partial(file: TextFile, found: Large, progress: Progress) -> Partial:
    plan = found.plan
    if file.place is not None and file.place.is_file() and not found.packed:
        return read_file(str(file.place), plan, progress.passed)

    plan = replace(plan, room=room(plan.context.options.memory, 1))
    with until_interrupt(progress.passed) as passed:
        return (_of_pipe if found.comes_once else of_file)(file, plan, passed)


def _of_pipe(file: TextFile, plan: Plan, passed: Passed) -> Partial:
    """The account of a pipe, of which nothing is kept."""

    def is_wanted() -> bool:
        return passed(0)

    partial = _of_chunks(file.passing(is_wanted), plan, passed)
    if not is_wanted():  # the program that writes may have been ended as well, in the midst
        partial.interrupted = True
        file.unread.pop("broken", None)
    return partial


def of_file(file: TextFile, plan: Plan, passed: Passed) -> Partial:
    """The account of a file that can only be read from front to back."""
    return _of_chunks(file.unbounded(), plan, passed)


def _of_chunks(chunks: ByteStream, plan: Plan, passed: Passed) -> Partial:
    with read_ahead(chunks) as ready:
        return of_stream(io.BufferedReader(_Raw(ready), 1 << 20), plan, passed)


def _outcome(partial: Partial, plan: Plan) -> Outcome:
    context = plan.context
    reading = facts_of(partial, plan)
    outcome = by_line(_peeled(partial.left_over), context) if partial.left_over else Outcome()
    if reading.facts:
        outcome.facts[:0] = reading.facts
        outcome.kinds.append((len(reading.facts), NAME))
    outcome.unread[:0] = reading.unread
    outcome.lines = partial.lines
    unasked = partial.left_over_count - len(partial.left_over)
    if unasked > 0:
        outcome.unclaimed += unasked
        outcome.unread.append(_unasked(context, len(partial.left_over), unasked))
    if partial.interrupted:
        outcome.unread.insert(0, _interrupted(context, partial))
    return outcome


def _peeled(numbered: list[tuple[int, str]]) -> Iterator[Line]:
    peeler = Peeler()
    for number, text in numbered:
        yield from peeler.peel(number, text)
    yield from peeler.flush()


def _unasked(context: Context, kept: int, count: int) -> Unread:
    reason = _(
        "`{path}` holds many lines that are no access log's: the first {kept} were read, {count} "
        "more are only counted. Give them as a file of their own."
    ).format(path=context.path, kept=kept, count=count)
    return Unread(source=context.source(), reason=reason, count=count)


def _interrupted(context: Context, partial: Partial) -> Unread:
    read = partial.lines - partial.unread
    if partial.unread:
        reason = _(
            "The reading of `{path}` was interrupted: {read} of its {lines} lines were read, so "
            "this answer is of a part of it."
        ).format(path=context.path, read=read, lines=partial.lines)
    else:
        reason = _(
            "The reading of `{path}` was interrupted after {read} lines, so this answer is of a "
            "part of it."
        ).format(path=context.path, read=read)
    return Unread(source=context.source(), reason=reason, count=partial.unread)
