import io
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from why503.evidence import pipe as under_test
from why503.evidence.pipe import Pipe, redirected, standard_input

TEXT = b"one\ntwo\nthree\n" * 9


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "KEPT", 10)


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)


def piped(content: bytes, limit: int = 1 << 20) -> Pipe:
    return Pipe(cast("io.RawIOBase", io.BytesIO(content)), limit)


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe of the system's; the second may be closed by the test."""
    end, begin = os.pipe()
    yield end, begin
    for number in (end, begin):
        try:
            os.close(number)
        except OSError:
            continue


@pytest.mark.usefixtures("no_files")
def test_a_small_pipe_is_read_again_and_again_from_memory() -> None:
    pipe = piped(b"one\ntwo\n")
    assert not pipe.comes_once
    for read in (pipe.opened, pipe.opened, pipe.kept):
        with read() as stream:
            assert stream.read() == b"one\ntwo\n"


@pytest.mark.usefixtures("no_files")
def test_the_begin_of_a_large_pipe_can_be_read_and_nothing_is_kept() -> None:
    pipe = piped(TEXT)
    for _time in range(2):
        with pipe.opened() as stream:
            assert stream.read(8) == TEXT[:8]
    assert pipe.comes_once
    assert pipe.size < len(TEXT) + 1


def test_who_reads_on_has_all_kept_and_can_read_it_again() -> None:
    pipe = piped(TEXT)
    for _time in range(2):
        with pipe.opened() as stream:
            assert stream.read() == TEXT
    assert not pipe.comes_once
    assert pipe.size == len(TEXT)


def test_what_is_kept_can_be_read_in_any_order() -> None:
    with piped(TEXT).kept() as stream:
        stream.seek(20)
        assert stream.read(4) == TEXT[20:24]
        stream.seek(0)
        assert stream.read() == TEXT


def test_no_more_is_kept_than_the_limit_and_a_chunk() -> None:
    many = b"x" * (4 * under_test._CHUNK)
    with piped(many, 1000).opened() as stream:
        assert 1000 < len(stream.read()) <= 1000 + under_test._CHUNK + 10


@pytest.mark.usefixtures("no_files")
def test_a_pipe_that_passes_is_read_to_its_end_whatever_the_limit() -> None:
    pipe = piped(TEXT, 20)
    with pipe.passing(lambda: True) as stream:
        assert stream.read() == TEXT
    assert pipe.size == len(TEXT)
    assert not pipe.comes_once


def test_a_pipe_that_gives_nothing_ends_once_it_is_not_wanted(ends: tuple[int, int]) -> None:
    os.write(ends[1], TEXT[:10])
    pipe = Pipe(io.FileIO(ends[0], closefd=False), 0)
    asked = iter([True, True, False])
    with pipe.passing(lambda: next(asked)) as stream:
        assert stream.read() == TEXT[:10]


def test_a_pipe_that_another_program_made_non_blocking_is_waited_for(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.set_blocking(ends[0], False)
    real = select.select

    def wait(*_sides: object) -> object:
        os.write(ends[1], b"late\n")
        os.close(ends[1])
        monkeypatch.setattr(select, "select", real)
        return None

    monkeypatch.setattr(select, "select", wait)
    with Pipe(io.FileIO(ends[0], closefd=False), 0).opened() as stream:
        assert stream.read() == b"late\n"


def test_standard_input_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").write_bytes(b"one")
    with (tmp_path / "in").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        with standard_input() as raw:
            assert raw.read(1) == b"o"
        assert os.fstat(file.fileno())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell")
def test_a_file_that_is_standard_input_is_known_as_long_as_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "in"
    place.write_bytes(b"one")
    with place.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert redirected() == place
        os.lseek(file.fileno(), 1, os.SEEK_SET)
        assert redirected() is None
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        place.unlink()
        assert redirected() is None


def test_a_pipe_and_no_standard_input_at_all_are_no_files(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(ends[0], closefd=False) as file:
        for stdin in (file, io.TextIOWrapper(io.BytesIO(b"one")), None):
            monkeypatch.setattr(sys, "stdin", stdin)
            assert redirected() is None
