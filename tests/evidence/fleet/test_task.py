import pickle
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.evidence.access_log.engine.large import plan, text_lines, write
from why503.evidence.access_log.engine.read import Large
from why503.evidence.fleet.task import Result, Task, result_of, run, tasks_of
from why503.evidence.text_file import TextFile


def _task(path: Path, **changed) -> Task:
    known = {"told": path.name, "start": 0, "end": 100_000, "plan": plan(), "packed": False}
    return Task(path=str(path), **known | changed)


def test_ranges_touch_and_cover_the_file(tmp_path):
    path = write(tmp_path, text_lines(100))
    size = path.stat().st_size
    found = Large(plan=plan(), stored=size, packed=False)
    file = TextFile(path="proxy.log", place=path)

    tasks = list(tasks_of(file, path, found, size // 3))

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
