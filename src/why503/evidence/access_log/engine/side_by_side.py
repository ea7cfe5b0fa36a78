"""The compressed large logs of one run, each read by a process of its own, several at once."""

import multiprocessing
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from why503.evidence.access_log.engine.kernel import Plan
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.progress import Progress
from why503.evidence.access_log.engine.read import large, of_file
from why503.evidence.access_log.engine.room import processes, room
from why503.evidence.access_log.engine.workers import begun, on_interrupt, processors, way
from why503.evidence.reader import Context
from why503.evidence.text_file import TextFile
from why503.support.text import _

AHEAD = 2
"""Logs per process that may have been begun before they are asked for."""


@dataclass(slots=True)
class _Job:
    """One log and the process that reads it."""

    process: Any
    pipe: Connection
    running: bool = True
    result: bytes | None = None
    """Its account and what was unread, pickled; None where the process failed."""


class SideBySide:
    """Reads ahead as `fleet.ahead.Fleet` does, with processes of this machine."""

    def __init__(self, memory: int) -> None:
        """``memory``: bytes for all processes."""
        self._width = min(processes(memory), processors())
        self._room = room(memory, self._width)
        self._context: Any = multiprocessing.get_context(way())
        self._stop: Any = self._context.Event()
        self._coming: Iterator[tuple[TextFile, Plan]] = iter(())
        self._jobs: dict[str, _Job] = {}
        self._progress = Progress(_("compressed logs"), None)
        self._is_interrupted = False

    def begin(self, files: Iterable[tuple[TextFile, Context]]) -> None:
        """``files``: all of the run, in the order in which they will be asked for."""
        if self._width > 1:
            self._coming = self._planned(files)

    def _planned(
        self, files: Iterable[tuple[TextFile, Context]]
    ) -> Iterator[tuple[TextFile, Plan]]:
        for file, context in files:
            if is_packed_file(file) and (found := large(file, context)) is not None:
                yield file, replace(found.plan, room=self._room)

    def partial(self, file: TextFile) -> Partial | None:
        """The account of one file; None where it is to be read by the process that asks.

        After an interrupt (Ctrl-C) what was read so far.
        """
        if self._width < 2:
            return None
        before = on_interrupt(lambda *_: self._interrupt())
        try:
            if is_packed_file(file):
                return self._asked(file)
            self._listen(self._is_busy)  # this one is cut over all processors
            return None
        finally:
            on_interrupt(before)

    def _asked(self, file: TextFile) -> Partial | None:
        self._begin_more()
        job = self._jobs.get(file.path)
        if job is None:
            return Partial(interrupted=True) if self._is_interrupted else None
        self._listen(lambda: job.running, self._begin_more)
        del self._jobs[file.path]
        if job.result is None:
            return None
        found: tuple[Partial, dict[str, Any]] = pickle.loads(job.result)  # noqa: S301 - our own process sent it
        for kind, unread in found[1].items():
            file.unread.setdefault(kind, unread)
        return found[0]

    def _interrupt(self) -> None:
        self._is_interrupted = True
        self._stop.set()

    def _is_busy(self) -> bool:
        return any(job.running for job in self._jobs.values())

    def _begin_more(self) -> None:
        """As many processes as there is room for."""
        while not self._is_interrupted and len(self._jobs) < AHEAD * self._width:
            if sum(job.running for job in self._jobs.values()) >= self._width:
                return
            if (found := next(self._coming, None)) is None:
                return
            file, plan = found
            arguments = (file.path, file.place, plan)
            process, pipe = begun(self._context, _read, arguments, self._stop)
            self._jobs[file.path] = _Job(process=process, pipe=pipe)

    def _listen(self, more: Callable[[], bool], then: Callable[[], None] | None = None) -> None:
        """Hear what the processes say, as long as there is ``more``."""
        while more():
            running = {job.pipe: job for job in self._jobs.values() if job.running}
            for pipe in wait(list(running)):
                self._hear(running[pipe])  # type: ignore[index]
            if then is not None:
                then()

    def _hear(self, job: _Job) -> None:
        """One message: bytes that a process passed, or its result."""
        try:
            message = job.pipe.recv()
        except EOFError:
            message = None
        if isinstance(message, int):
            self._progress.passed(message)
            return
        job.result = message
        job.running = False
        job.pipe.close()
        job.process.join()

    def end(self) -> None:
        """The bundle is read, or will not be."""
        for job in self._jobs.values():
            if job.running:
                job.process.terminate()
                job.process.join()
                job.pipe.close()
        self._progress.end()


def is_packed_file(file: TextFile) -> bool:
    """Whether it is a compressed file of its own, which can be read by another process too."""
    return file.place is not None and file.place.is_file() and file.is_packed()


def _read(path: str, place: Path, plan: Plan, tell: Callable[[int], bool]) -> bytes | None:
    """The account of a file, pickled, with what is unread; None where there is none."""
    file = TextFile(path=path, place=place)
    try:
        partial = of_file(file, plan, tell)
    except Exception:  # noqa: BLE001 - the process that asked reads it again
        return None
    return pickle.dumps((partial, file.unread), pickle.HIGHEST_PROTOCOL)
