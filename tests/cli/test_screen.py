import errno
import io
import sys
from pathlib import Path

import pytest

from why503.cli import screen


class Stream(io.TextIOWrapper):
    def __init__(self, encoding: str, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def written(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_decides_about_colour(monkeypatch, choice, environment, terminal, expected) -> None:
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=terminal))
    assert screen.coloured(choice, environment) is expected


def test_a_pipe_has_the_normal_width_whatever_the_environment_says(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "55")
    monkeypatch.setattr(sys, "stdout", Stream("utf-8"))
    assert screen.width(100, 40, 120) == 100


@pytest.mark.parametrize(("columns", "expected"), [("55", 55), ("10", 40), ("900", 120)])
def test_a_terminal_has_its_own_width_within_reason(monkeypatch, columns, expected) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=True))
    assert screen.width(100, 40, 120) == expected


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", False), ("latin-1", True)])
def test_signs_are_for_streams_that_have_them(monkeypatch, encoding, expected) -> None:
    monkeypatch.setattr(sys, "stdout", Stream(encoding))
    assert screen.ascii_only() is expected


def test_what_an_encoding_lacks_is_written_out(monkeypatch) -> None:
    stream = Stream("latin-1")
    monkeypatch.setattr(sys, "stdout", stream)
    screen.write("é 中\n")
    assert stream.written() == b"\xe9 \\u4e2d\n"


def test_machine_formats_are_utf_8_whatever_the_stream(monkeypatch) -> None:
    stream = Stream("latin-1")
    monkeypatch.setattr(sys, "stdout", stream)
    screen.write("中", encoding="utf-8")
    assert stream.written() == "中".encode()


def test_a_reader_that_has_gone_is_no_error(monkeypatch, tmp_path: Path) -> None:
    class Gone(Stream):
        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return target.fileno()

    with (tmp_path / "out").open("w") as target:
        stream = Gone("utf-8")
        monkeypatch.setattr(sys, "stdout", stream)
        screen.write("text")
        monkeypatch.undo()
        target.write("goes nowhere")
    assert (tmp_path / "out").read_text() == ""
    monkeypatch.setattr(Gone, "flush", io.TextIOWrapper.flush)


def test_a_closed_standard_output_is_told_and_no_crash(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert not screen.coloured("auto", {})
    assert screen.ascii_only()
    with pytest.raises(screen.Unwritable, match="standard output is closed") as refused:
        screen.write("text")
    assert refused.value.exit_code == 2


def test_a_full_disk_is_told_and_no_crash(monkeypatch, tmp_path: Path) -> None:
    class Full(Stream):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def fileno(self) -> int:
            return target.fileno()

    with (tmp_path / "out").open("w") as target:
        monkeypatch.setattr(sys, "stdout", Full("utf-8"))
        with pytest.raises(screen.Unwritable, match="the answer: No space left on device"):
            screen.write("text")
        monkeypatch.undo()
    monkeypatch.setattr(Full, "flush", io.TextIOWrapper.flush)
