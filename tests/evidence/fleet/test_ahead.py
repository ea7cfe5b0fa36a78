from dataclasses import replace

import pytest

from tests.evidence.fleet.logs import Here, made
from tests.evidence.fleet.same import TASK, reports
from why503.evidence.fleet import task
from why503.evidence.fleet.ahead import Fleet
from why503.evidence.fleet.engine import FleetError
from why503.evidence.read import read_paths
from why503.evidence.reader import Options


class Counting(Here):
    def __init__(self):
        self.tasks = []

    def results(self, tasks):
        self.tasks = list(tasks)
        return super().results(self.tasks)


def test_the_report_is_the_same_to_the_byte(logs):
    engine = Counting()

    assert reports(logs, Fleet(engine, TASK)) == reports(logs)
    assert len(engine.tasks) > 6


@pytest.mark.parametrize("size", [70_000, 123_457, 10_000_000])
def test_the_facts_are_the_same_wherever_the_files_are_cut(logs, size):
    assert read_paths([str(logs)], Options(), Fleet(Here(), size)) == read_paths(
        [str(logs)], Options()
    )


def test_a_compressed_file_is_one_task_and_a_small_file_none(logs):
    engine = Counting()

    read_paths([str(logs)], Options(), Fleet(engine, TASK))

    names = [one.told.rpartition("/")[2] for one in engine.tasks]
    assert names.count("ferry.log.gz") == names.count("tug.log.zst") == 1
    assert names.count("desk.log") > 2
    assert "buoy.log" not in names


def test_small_files_alone_ask_nothing_of_the_engine(tmp_path):
    (tmp_path / "a.log").write_text("nothing\n")
    engine = Counting()

    bundle = read_paths([str(tmp_path)], Options(), Fleet(engine))

    assert engine.tasks == []
    assert bundle.inputs[0].lines == 1


def test_a_file_that_a_worker_does_not_find_is_an_error_that_says_so(logs):
    class Elsewhere(Here):
        def results(self, tasks):
            return super().results(replace(one, path=f"{one.path}-gone") for one in tasks)

    with pytest.raises(FleetError, match=r"-gone`: No such file.* same path"):
        read_paths([str(logs)], Options(), Fleet(Elsewhere(), TASK))


def test_an_engine_that_stops_early_is_an_error(logs):
    class Short(Here):
        def results(self, tasks):
            return iter([])

    with pytest.raises((FleetError, ValueError)):
        read_paths([str(logs)], Options(), Fleet(Short(), TASK))


def test_made_logs_hold_bytes_that_are_no_text(tmp_path):
    found = next(made(tmp_path / "x", 60).rglob("desk.log")).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        found.decode()
    assert len(found) < task.RANGE
