"""The large logs of a bundle, read by a fleet while the other files are read here."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from why503.evidence import archive
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.progress import Progress
from why503.evidence.access_log.engine.read import large
from why503.evidence.access_log.engine.room import DEFAULT, room
from why503.evidence.fleet.account import added_up
from why503.evidence.fleet.engine import Engine, FleetError
from why503.evidence.fleet.task import RANGE, Result, Task, result_of, tasks_of
from why503.evidence.reader import Context
from why503.evidence.text_file import TextFile
from why503.support.text import _


class Fleet:
    """An engine at work on one bundle."""

    def __init__(self, engine: Engine, size: int = RANGE, memory: int = DEFAULT) -> None:
        """``size``: bytes of a task; ``memory``: what it may take, and here a file's account."""
        self._engine = engine
        self._size = size
        self._room = room(memory, 1)
        self._planned: dict[str, int] = {}
        self._results: Iterator[tuple[Task, bytes]] = iter(())
        self._progress: Progress | None = None

    def begin(self, files: Iterable[tuple[TextFile, Context]]) -> None:
        """Plan the large logs among ``files``; others are left to this machine."""
        tasks = [task for file, context in files for task in self._tasks(file, context)]
        self._planned = {
            path: sum(1 for _task in own) for path, own in groupby(tasks, attrgetter("told"))
        }
        if not tasks:
            return
        what = _("{count} files on the fleet").format(count=len(self._planned))
        self._progress = Progress(what, sum(task.end - task.start for task in tasks))
        self._results = zip(tasks, self._engine.results(tasks), strict=True)

    def _tasks(self, file: TextFile, context: Context) -> Iterator[Task]:
        place = file.place
        if place is None or not place.is_file() or archive.is_archive(file.head()):
            return
        found = large(file, context)
        if found is not None:
            yield from tasks_of(file, place, found, self._room, self._size)

    def partial(self, file: TextFile) -> Partial | None:
        """The whole account of one file; None where it was not planned.

        Files are asked for in the order in which they were given to `begin`. Raises `FleetError`.
        """
        count = self._planned.get(file.path, 0)
        if not count:
            return None
        return added_up(self._partials(file, count), self._room)

    def _partials(self, file: TextFile, count: int) -> Iterator[Partial]:
        """The accounts of the next ``count`` tasks, which are those of ``file``."""
        for _part in range(count):
            result = self._next(file)
            for kind, unread in result.unread.items():
                file.unread.setdefault(kind, unread)
            if result.partial is not None:
                yield result.partial

    def _next(self, file: TextFile) -> Result:
        """The result of the next task of ``file``."""
        for task, packed in self._results:
            if self._progress is not None:
                self._progress.passed(task.end - task.start)
            if task.told != file.path:
                continue
            result = result_of(packed)
            if result.fault:
                raise FleetError(result.fault)
            return result
        raise FleetError(
            _("The fleet gave no result for `{path}`. Run it again.").format(path=file.path)
        )

    def end(self) -> None:
        """The bundle is read."""
        if self._progress is not None:
            self._progress.end()
