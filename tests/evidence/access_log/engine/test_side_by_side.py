import gzip
import os
import signal
from pathlib import Path

import pytest

from tests.evidence.access_log.engine.large import json_lines, text_lines, write
from why503.evidence import read as front_door
from why503.evidence.access_log.engine import read as engine
from why503.evidence.access_log.engine import side_by_side as under_test
from why503.evidence.access_log.engine import workers
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.side_by_side import SideBySide, is_packed_file
from why503.evidence.read import read_paths
from why503.evidence.reader import Context, Options
from why503.evidence.text_file import TextFile

NAMES = ["access.log", "access.log.1.gz", "access.log.2.gz", "access.log.3.gz", "wreck.gz"]


@pytest.fixture(autouse=True)
def two(monkeypatch):
    monkeypatch.setattr(engine, "FROM", 80_000)
    monkeypatch.setattr(engine, "_PACKED_FROM", 1000)
    monkeypatch.setattr(front_door, "LARGE", 1000)
    monkeypatch.setattr(under_test, "processors", lambda: 2)


@pytest.fixture
def rotated(tmp_path) -> Path:
    """One plain log and four compressed ones, of which the last is cut."""
    lines = text_lines(4000)
    write(tmp_path, lines[:1000], NAMES[0])
    for number, name in enumerate(NAMES[1:4], start=1):
        part = json_lines(800) if number == 3 else lines[number * 1000 : number * 1000 + 800]
        (tmp_path / name).write_bytes(gzip.compress("".join(f"{one}\n" for one in part).encode()))
    whole = (tmp_path / NAMES[1]).read_bytes()
    (tmp_path / NAMES[4]).write_bytes(whole[: len(whole) // 2])
    return tmp_path


def _files(folder: Path) -> list[tuple[TextFile, Context]]:
    return [
        (TextFile(path=name, place=folder / name), Context(path=name, teller=name))
        for name in NAMES
    ]


def _counted(beside: SideBySide, files: list[tuple[TextFile, Context]]) -> list[int | None]:
    found = [beside.partial(file) for file, _context in files]
    return [None if one is None else one.lines for one in found]


def test_the_bundle_is_the_same_as_of_one_after_the_other(rotated, monkeypatch):
    together = read_paths([str(rotated)], Options())
    monkeypatch.setattr(under_test, "processors", lambda: 1)
    alone = read_paths([str(rotated)], Options())

    assert together == alone
    assert any("compressed and broken" in one.reason for one in together.unread)


def test_only_compressed_files_of_their_own_are_read_so(rotated):
    packed = [is_packed_file(file) for file, _context in _files(rotated)]
    inside = TextFile(path="a.tar!b.gz", place=None, content=(rotated / NAMES[1]).open)

    assert packed == [False, True, True, True, True]
    assert not is_packed_file(inside)


def test_the_accounts_come_in_the_order_in_which_they_are_asked_for(rotated):
    files = _files(rotated)
    beside = SideBySide(1 << 30)
    beside.begin(files)

    counts = _counted(beside, files)
    beside.end()

    assert counts[:4] == [None, 800, 800, 800]
    assert 0 < (counts[4] or 0) < 800
    assert "broken" in files[4][0].unread


def test_no_more_logs_are_begun_than_there_is_room_for(rotated, monkeypatch):
    monkeypatch.setattr(under_test, "AHEAD", 1)
    files = _files(rotated)
    beside = SideBySide(1 << 30)
    beside.begin(files)
    most = []
    real = SideBySide._hear

    def hear(self, job):
        most.append(len(self._jobs))
        real(self, job)

    monkeypatch.setattr(SideBySide, "_hear", hear)

    assert _counted(beside, files)[1] == 800
    assert max(most) == 2
    beside.end()


def test_little_memory_leaves_all_to_one_process(rotated):
    files = _files(rotated)
    beside = SideBySide(0)
    beside.begin(files)

    assert _counted(beside, files) == [None] * 5


def test_a_process_that_fails_leaves_its_log_to_the_one_that_asks(rotated, monkeypatch):
    def broken(*_arguments):
        raise ValueError

    monkeypatch.setattr(under_test, "of_file", broken)
    files = _files(rotated)
    beside = SideBySide(1 << 30)
    beside.begin(files)

    assert _counted(beside, files) == [None] * 5
    beside.end()


def test_a_process_that_is_killed_leaves_its_log_to_the_one_that_asks(rotated, monkeypatch):
    monkeypatch.setattr(under_test, "of_file", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    files = _files(rotated)
    beside = SideBySide(1 << 30)
    beside.begin(files)

    assert _counted(beside, files) == [None] * 5
    beside.end()


def test_an_interrupt_gives_what_was_read_and_begins_no_other(rotated, monkeypatch):
    def until_stopped(_file, _plan, tell):
        while tell(1):
            continue
        return Partial(lines=7, interrupted=True)

    monkeypatch.setattr(under_test, "of_file", until_stopped)
    monkeypatch.setattr(
        under_test.Progress, "passed", lambda _self, _size: os.kill(os.getpid(), signal.SIGINT)
    )
    files = _files(rotated)[1:]
    beside = SideBySide(1 << 30)
    beside.begin(files)

    found = [beside.partial(file) for file, _context in files]
    beside.end()

    assert found == [Partial(lines=7, interrupted=True)] * 2 + [Partial(interrupted=True)] * 2


def test_who_is_not_asked_is_ended(rotated):
    files = _files(rotated)
    beside = SideBySide(1 << 30)
    beside.begin(files)
    beside._begin_more()

    beside.end()

    assert not workers.multiprocessing.active_children()
