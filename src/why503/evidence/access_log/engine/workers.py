"""Several processes read one file, each a range of its bytes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from why503.evidence.access_log.engine.kernel import Passed, Plan, kernel, skip_line
from why503.evidence.access_log.engine.partial import Partial, merged
from why503.evidence.access_log.engine.room import processes, room
from why503.support.dataclass import dataclass

FROM = 20 << 20
"""Bytes from which a second process pays."""
SMALLEST = 8 << 20
"""Bytes of a range for which a process pays."""
_COUNTED = 1 << 20


class WorkerError(Exception):
    """A process ended without a result."""


@dataclass(frozen=True, kw_only=True)
class _Range:
    path: str
    start: int
    end: int
    plan: Plan


def _cut(path: str, size: int, parts: int, plan: Plan) -> list[_Range]:
    """Ranges of the same size."""
    cuts = [size * part // parts for part in range(parts + 1)]
    return [_Range(path=path, start=start, end=end, plan=plan) for start, end in pairwise(cuts)]


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_file(path: str, plan: Plan, passed: Callable[[int], None]) -> Partial:
    """The whole file at ``path``; ``passed`` is told of bytes that were read.

    After an interrupt (Ctrl-C) what was read so far, the rest counted as unread.
    """
    size = Path(path).stat().st_size
    memory = plan.context.options.memory
    parts = min(processes(memory), processors(), max(1, size // SMALLEST)) if size >= FROM else 1
    ranges = _cut(path, size, parts, replace(plan, room=room(memory, parts)))
    partials = [_alone(ranges[0], passed)] if parts == 1 else _together(ranges, passed)
    for one, partial in zip(ranges, partials, strict=True):
        if partial.size < one.end - one.start:
            partial.unread = _lines_in(path, one.start + partial.size, one.end)
            partial.lines += partial.unread
            partial.interrupted = True
    return merged(partials)


def _alone(one: _Range, passed: Callable[[int], None]) -> Partial:
    """A range read by this process."""
    with until_interrupt(passed) as tell:
        return kernel(one.path, one.start, one.end, one.plan, tell)


@contextmanager
def until_interrupt(passed: Callable[[int], None]) -> Iterator[Passed]:
    """``passed``, which says to stop once Ctrl-C was pressed; another thread may ask it with 0."""
    stopped: list[bool] = []

    def tell(size: int) -> bool:
        if size:
            passed(size)
        return not stopped

    before = on_interrupt(lambda *_: stopped.append(True))
    try:
        yield tell
    finally:
        on_interrupt(before)


def _together(ranges: list[_Range], passed: Callable[[int], None]) -> list[Partial]:
    """The ranges, the last one read by this process, each other one by a process of its own."""
    context: Any = multiprocessing.get_context(way())
    stop = context.Event()
    pipes: dict[Connection, int] = {}
    processes = []
    results: list[Partial | None] = [None] * len(ranges)
    before = on_interrupt(lambda *_: stop.set())

    def tell(size: int) -> bool:
        passed(size)
        for pipe in list(pipes):
            if pipe.poll():
                _hear(pipe, pipes, results, passed)
        return not stop.is_set()

    try:
        for place, one in enumerate(ranges[:-1]):
            process, ours = begun(context, _read, (one,), stop)
            pipes[ours] = place
            processes.append(process)
        results[-1] = _taken(_read(ranges[-1], tell))
        while pipes:
            for pipe in wait(list(pipes)):
                _hear(pipe, pipes, results, passed)  # type: ignore[arg-type]
    finally:
        on_interrupt(before)
        for process in processes:
            if any(result is None for result in results):
                process.terminate()
            process.join()
    return [result for result in results if result is not None]


def _hear(
    pipe: Connection,
    pipes: dict[Connection, int],
    results: list[Partial | None],
    passed: Callable[[int], None],
) -> None:
    """One message of a process: bytes that it passed, or its result."""
    try:
        message = pipe.recv()
    except EOFError:
        raise WorkerError from None
    if isinstance(message, int):
        passed(message)
        return
    results[pipes.pop(pipe)] = _taken(message)
    pipe.close()


def _taken(result: Any) -> Partial:
    """A result; raises `WorkerError` with what is no result."""
    if not isinstance(result, Partial):
        raise WorkerError(str(result))
    return result


def begun(
    context: Any, read: Callable[..., object], arguments: tuple[Any, ...], stop: Any
) -> tuple[Any, Connection]:
    """A process at work, and its pipe: sizes that it passed, then what ``read`` gave.

    ``read`` is called with ``arguments`` and a `Passed`, which says to stop once ``stop`` is set.
    """
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(read, arguments, theirs, stop), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _work(
    read: Callable[..., object], arguments: tuple[Any, ...], pipe: Connection, stop: Any
) -> None:
    """The life of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(size: int) -> bool:
        pipe.send(size)
        return not stop.is_set()

    pipe.send(read(*arguments, tell))
    pipe.close()


def _read(one: _Range, tell: Passed) -> Partial | str:
    """The account of a range, or why there is none."""
    try:
        return kernel(one.path, one.start, one.end, one.plan, tell)
    except Exception as fault:  # noqa: BLE001 - it is told by the process that asked
        return f"{type(fault).__name__}: {fault}"


def way() -> str:
    """Fork where that is safe: the process begins at once, with everything imported."""
    forks = "fork" in multiprocessing.get_all_start_methods()
    return "fork" if forks and threading.active_count() == 1 else "spawn"


def on_interrupt(handler: Any) -> Any:
    """Set what Ctrl-C does, where it can be set; what it did before."""
    if threading.current_thread() is not threading.main_thread():
        return signal.SIG_DFL
    return signal.signal(signal.SIGINT, handler)


def _lines_in(path: str, start: int, end: int) -> int:
    """Lines that begin in a range of a file."""
    count = 0
    with Path(path).open("rb") as file:
        begin = start
        if start:
            file.seek(start - 1)
            begin += skip_line(file) - 1
        room = end - begin
        last = b"\n"
        while room > 0 and (chunk := file.read(min(_COUNTED, room))):
            count += chunk.count(b"\n")
            room -= len(chunk)
            last = chunk[-1:]
    return count + (last != b"\n")
