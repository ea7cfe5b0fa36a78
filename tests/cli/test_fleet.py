import json
import sys

import pytest
from click.testing import CliRunner

from tests.evidence.access_log.engine.large import text_lines, write
from tests.evidence.fleet.logs import Here
from why503.cli.diagnose import Unreadable, diagnose
from why503.cli.fleet import fleet
from why503.evidence.access_log.engine import read as engine_read
from why503.evidence.access_log.engine.room import room
from why503.evidence.fleet import engine as engines
from why503.evidence.fleet.task import run as ran


class _Connected(Here):
    def __init__(self, *where):
        self.where = where

    def __enter__(self):
        return self

    def __exit__(self, *_fault):
        return None


@pytest.fixture
def here(monkeypatch):
    """Engines that are this process; the list says which were asked for."""
    asked = []

    def connected(name, address):
        asked.append((name, address))
        return _Connected()

    monkeypatch.setattr(engines, "connected", connected)
    monkeypatch.setattr(engine_read, "FROM", 10_000)
    return asked


def run(command, *words):
    return CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_the_answer_is_that_of_diagnose(tmp_path, here, output):
    log = write(tmp_path, text_lines(900))

    done = run(fleet, log, "--engine", "ray", "--address", "auto", "-o", output)

    assert done.stdout == run(diagnose, log, "-o", output).stdout
    assert done.return_value == 0
    assert here == [("ray", "auto")]


def test_the_memory_of_a_task_reaches_it(tmp_path, here, monkeypatch):
    tasks = []
    monkeypatch.setattr(
        _Connected, "results", lambda _self, given: (tasks.append(one) or ran(one) for one in given)
    )

    run(fleet, write(tmp_path, text_lines(900)), "--engine", "ray", "--memory", "400MB")

    assert [one.plan.room for one in tasks] == [room(400 << 20, 1)]


def test_spark_is_told_its_master_by_its_own_word(tmp_path, here):
    run(fleet, write(tmp_path, text_lines(30)), "--engine", "spark", "--master", "yarn")
    assert here == [("spark", "yarn")]


def test_sql_needs_neither_files_nor_an_engine(here):
    done = run(fleet, "--engine", "sql", "--dialect", "clickhouse")
    assert "GROUP BY" in done.stdout
    assert here == []


def test_what_the_fleet_read_is_kept(tmp_path, here):
    log = write(tmp_path, text_lines(900))
    kept = tmp_path / "kept.parquet"

    first = run(fleet, log, "--engine", "ray", "-o", "json", "--save", kept)
    again = run(diagnose, kept, "-o", "json", "--baseline", log)

    told = json.loads(again.stdout)
    assert told.pop("comparison")["baseline"] == str(log)
    assert told == {k: v for k, v in json.loads(first.stdout).items() if k != "comparison"}


def test_an_engine_that_is_missing_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = run(fleet, write(tmp_path, text_lines(30)), "--engine", "ray")
    assert isinstance(done.exception, Unreadable)
    assert "pip install" in str(done.exception)
