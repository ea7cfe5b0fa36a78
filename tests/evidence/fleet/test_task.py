import io
import pickle
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.evidence.access_log.engine.large import facts, plan, text_lines, write
from why503.evidence.access_log.engine.partial import Misreads, Partial
from why503.evidence.access_log.engine.read import Large
from why503.evidence.access_log.engine.room import Room
from why503.evidence.fleet import account
from why503.evidence.fleet.task import KNOWN, Result, Task, result_of, run, tasks_of
from why503.evidence.text_file import TextFile
from why503.facts import Source, Unread

ROOM = Room(connections=20_000, rows=30_000)


def _task(path: Path, **changed) -> Task:
    end = path.stat().st_size if path.exists() else 100_000
    known = {"told": path.name, "start": 0, "end": end, "plan": plan(), "packed": False}
    return Task(path=str(path), **known | changed)


def test_ranges_touch_and_cover_the_file(tmp_path):
    path = write(tmp_path, text_lines(100))
    size = path.stat().st_size
    found = Large(plan=plan(), stored=size, packed=False)
    file = TextFile(path="proxy.log", place=path)

    tasks = list(tasks_of(file, path, found, ROOM, size // 3))

    assert {one.plan.room for one in tasks} == {ROOM}
    edges = [(one.start, one.end) for one in tasks]
    assert len(edges) == 3
    assert edges[0][0] == 0
    assert edges[-1][1] == size
    assert all(left[1] == right[0] for left, right in pairwise(edges))


def test_a_result_comes_back_whole(tmp_path):
    result = result_of(run(_task(write(tmp_path, text_lines(100)))))

    assert result.fault == ""
    assert result.partial is not None
    assert result.partial.lines == 100
    assert result.partial.failures


def test_a_file_that_is_not_there_is_told_and_not_raised(tmp_path):
    path = write(tmp_path, text_lines(10))
    for packed in (False, True):
        gone = _task(path.with_name("gone"), packed=packed)
        assert "shared file system" in result_of(run(gone)).fault


@pytest.mark.parametrize("beyond", [1, 5000])
def test_a_file_that_is_shorter_where_the_task_runs_is_told_and_not_counted(tmp_path, beyond):
    path = write(tmp_path, text_lines(100))
    size = path.stat().st_size

    result = result_of(run(_task(path, start=9000, end=size + beyond)))

    assert result.partial is None
    assert "ends on a worker before it ends here" in result.fault
    assert result_of(run(_task(path, start=9000, end=size))).fault == ""


class _Names(pickle.Unpickler):
    """Remembers which classes and functions a pickle names, by module."""

    def find_class(self, module, name):
        self.found = {*getattr(self, "found", ()), (module, name)}
        return super().find_class(module, name)


def test_only_what_a_result_is_made_of_may_be_loaded(tmp_path):
    partial = result_of(run(_task(write(tmp_path, text_lines(900))))).partial
    assert partial is not None
    assert partial.border.closed
    assert partial.border.hosts
    assert partial.request_ids
    partial.misreads["proxy"] = Misreads(count=1, lines=[7])
    unread = {"cut": Unread(source=Source(path="a"), reason="cut")}
    packed = pickle.dumps(Result(partial=partial, unread=unread), pickle.HIGHEST_PROTOCOL)

    names = _Names(io.BytesIO(packed))
    names.load()

    assert names.found == KNOWN
    found = result_of(zlib.compress(packed))
    assert found.partial is not None
    assert facts(found.partial, plan()) == facts(partial, plan())
    assert found.unread == unread


@pytest.mark.parametrize("name", ["merge", "Counter", "kept"])
def test_what_else_is_in_the_same_file_may_not_be_loaded(name):
    module = Partial.__module__.encode()
    packed = zlib.compress(b"c" + module + b"\n" + name.encode() + b"\n.")
    with pytest.raises(pickle.UnpicklingError, match=name):
        result_of(packed)


def test_minutes_that_no_report_will_show_do_not_travel(tmp_path, monkeypatch):
    task = _task(write(tmp_path, text_lines(900)))
    whole = result_of(run(task)).partial
    monkeypatch.setattr(account, "GROUPS_BY_MINUTE", 10)
    slim = result_of(run(task)).partial

    assert whole is not None
    assert slim is not None
    assert whole.by_minute
    assert not slim.by_minute
    assert len(slim.cells.group) < len(whole.cells.group)


class Evil:
    def __reduce__(self):
        return (print, ("no",))


@pytest.mark.parametrize("sent", [Evil(), 7])
def test_a_pickle_that_is_no_result_is_refused(sent):
    packed = zlib.compress(pickle.dumps(sent))
    with pytest.raises(pickle.UnpicklingError):
        result_of(packed)


def test_an_empty_result_travels_too():
    empty = Result(partial=None, unread={}, fault="x")
    assert result_of(zlib.compress(pickle.dumps(empty))) == empty
