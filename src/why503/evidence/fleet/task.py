"""One task of a fleet: a range of a file, or a compressed file, read where the task runs."""

import io
import pickle
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from why503.evidence.access_log.engine.kernel import Plan, kernel
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.read import Large, of_file
from why503.evidence.access_log.engine.room import Room
from why503.evidence.fleet.account import slim
from why503.evidence.text_file import TextFile
from why503.facts import Source, Unread
from why503.support.dataclass import dataclass
from why503.support.text import _

RANGE = 128 << 20
"""Bytes of one task, unless the user says otherwise."""
_LEVEL = 1


@dataclass(frozen=True, kw_only=True)
class Task:
    """A part of a file."""

    path: str
    """Where every worker finds the file."""
    told: str
    """The path that sources name."""
    start: int
    """First byte; a line belongs to the range in which it begins."""
    end: int
    plan: Plan
    packed: bool
    """Whether the file is compressed: it is read whole."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a task gave."""

    partial: Partial | None
    """None where the file could not be read."""
    unread: dict[str, Unread]
    """What of a compressed file could not be read (see `TextFile.unread`)."""
    fault: str = ""
    """Why the file could not be read, in a sentence."""


def tasks_of(
    file: TextFile, place: Path, found: Large, room: Room, size: int = RANGE
) -> Iterator[Task]:
    """The tasks of one file at ``place``, of about ``size`` bytes each, in file order."""
    plan = replace(found.plan, room=room)
    count = 1 if found.packed else max(1, round(found.stored / size))
    for part in range(count):
        yield Task(
            path=str(place.absolute()),
            told=file.path,
            start=found.stored * part // count,
            end=found.stored * (part + 1) // count,
            plan=plan,
            packed=found.packed,
        )


def run(task: Task) -> bytes:
    """A task's `Result`, packed; runs on a worker, never raises for what a file holds."""
    try:
        result = _read(task)
    except OSError as fault:
        reason = _(
            "A worker cannot read `{path}`: {fault}. Every worker must find the files at the same "
            "path, on a shared file system or a mounted bucket."
        ).format(path=task.path, fault=fault.strerror or fault)
        result = Result(partial=None, unread={}, fault=reason)
    return zlib.compress(pickle.dumps(result, pickle.HIGHEST_PROTOCOL), _LEVEL)


def _read(task: Task) -> Result:
    if not task.packed:
        partial = kernel(task.path, task.start, task.end, task.plan)
        if partial.size < task.end - task.start:
            return Result(partial=None, unread={}, fault=_too_short(task))
        return Result(partial=slim(partial), unread={})
    with Path(task.path).open("rb"):
        file = TextFile(path=task.told, place=Path(task.path))
    partial = of_file(file, task.plan, lambda _size: True)
    return Result(partial=slim(partial), unread=file.unread)


def _too_short(task: Task) -> str:
    return _(
        "`{path}` ends on a worker before it ends here. Wait until it has the whole file, and see "
        "that nobody truncates it."
    ).format(path=task.path)


KNOWN = frozenset(
    {
        *((Partial.__module__, one) for one in ("Border", "Cells", "Durations", "Failure")),
        *((Partial.__module__, one) for one in ("Idles", "Misreads", "Partial")),
        (Result.__module__, "Result"),
        (Unread.__module__, "Unread"),
        (Source.__module__, "Source"),
        ("array", "_array_reconstructor"),
        ("array", "array"),
        ("collections", "Counter"),
    }
)
"""All that a result names; numbers, texts, lists, sets and byte arrays have no names."""


class _Known(pickle.Unpickler):
    """Loads what a worker of our own sent, and nothing else that a pickle could call."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) in KNOWN:
            return getattr(sys.modules[module], name)
        message = f"{module}.{name}"
        raise pickle.UnpicklingError(message)


def result_of(packed: bytes) -> Result:
    """What `run` packed."""
    found = _Known(io.BytesIO(zlib.decompress(packed))).load()
    if not isinstance(found, Result):
        raise pickle.UnpicklingError(type(found).__name__)
    return found
