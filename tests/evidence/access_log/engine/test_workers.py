import os
import signal

import pytest

from tests.evidence.access_log.engine.large import facts, partials, plan, text_lines, write
from why503.evidence.access_log.engine import kernel, workers
from why503.evidence.access_log.engine.partial import merged


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setattr(workers, "FROM", 1000)
    monkeypatch.setattr(workers, "SMALLEST", 1000)
    monkeypatch.setattr(workers, "processors", lambda: 3)


def test_several_processes_give_what_one_gives(tmp_path, in_parts):
    path = write(tmp_path, text_lines())
    how = plan()
    seen: list[int] = []

    found = workers.read_file(str(path), how, seen.append)

    assert facts(found, how) == facts(merged(partials(path, [], how)), how)
    assert sum(seen) == pytest.approx(path.stat().st_size, abs=2000)


def test_a_worker_that_fails_is_told(tmp_path, in_parts, monkeypatch):
    path = write(tmp_path, text_lines())

    def broken(*_arguments):
        raise ValueError

    monkeypatch.setattr(workers, "kernel", broken)

    with pytest.raises(workers.WorkerError):
        workers.read_file(str(path), plan(), lambda _size: None)


def test_an_interrupt_gives_what_was_read_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "_TELL_EVERY", 1000)
    monkeypatch.setattr(kernel, "BLOCK", 1000)
    path = write(tmp_path, text_lines())

    found = workers.read_file(str(path), plan(), lambda _size: os.kill(os.getpid(), signal.SIGINT))

    assert 0 < found.understood < 300
    assert found.lines == 300
    parts = found.understood + found.misread + found.left_over_count + found.blank
    assert parts + found.unread == 300


def test_there_is_at_least_one_processor():
    assert workers.processors() >= 1
