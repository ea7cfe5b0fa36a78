import gzip
import io
from pathlib import Path

import pytest

from why503.evidence import text_file
from why503.evidence.text_file import TextFile


def file_of(tmp_path: Path, content: bytes) -> TextFile:
    place = tmp_path / "x"
    place.write_bytes(content)
    return TextFile(path="x", place=place)


def test_lines_lose_their_ends_of_either_kind(tmp_path: Path) -> None:
    assert list(file_of(tmp_path, b"one\r\ntwo\nthree").lines()) == ["one", "two", "three"]


def test_a_file_can_be_read_twice(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"one\n")
    assert file.text() == "one\n"
    assert list(file.lines()) == ["one"]


def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    assert list(file_of(tmp_path, b"caf\xe9").lines()) == ["caf\ufffd"]


def test_gzip_members_follow_one_another(tmp_path: Path) -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert list(file_of(tmp_path, packed).lines()) == ["one", "two"]


def test_a_large_file_is_no_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "DOCUMENT_LIMIT", 4)
    file = file_of(tmp_path, b"one\ntwo\n")
    assert file.text() is None
    assert len(list(file.lines())) == 2


def test_an_archive_is_named(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"PK\x03\x04rest")
    assert list(file.lines()) == []
    assert "archive" in file.unread["binary"].reason


def test_a_large_pipe_is_kept_in_a_file_and_read_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("why503.evidence.pipe.KEPT", 10)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\nthree\n" * 9)))
    file = TextFile(path="-", place=None)
    assert file.text() == file.text() == "one\ntwo\nthree\n" * 9
    assert file.packed_size() == 14 * 9


def test_a_file_that_unpacks_to_far_more_than_a_log_does_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("why503.evidence.text_file.RATIO_FROM", 1 << 20)
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(b"x\n" * (2 << 20)))
    file = TextFile(path="a.log.gz", place=path)
    assert len(file.text() or "") < 4 << 20
    assert "250 times its size" in file.unread["size"].reason


def test_a_log_with_holes_of_nul_bytes_is_read_without_them(tmp_path: Path) -> None:
    place = tmp_path / "holes.log"
    lines = [b"2026-02-03 the oven is cold, line %d" % number for number in range(40)]
    place.write_bytes(b"\0" * 9000 + b"\n".join(lines[:20]) + b"\n\0\0\xff\xfe" + lines[20])
    file = TextFile(path="holes.log", place=place)
    read = list(file.lines())
    assert (read[0], len(read)) == (lines[0].decode(), 21)
    assert read[-1].endswith("line 20")
    assert not file.unread


def test_words_among_nul_bytes_make_no_text_of_a_program(tmp_path: Path) -> None:
    place = tmp_path / "program"
    place.write_bytes(b"\x7fELF\x02\x01\x01\0\0some words\0\x05\x06\xfe\xd0\0/lib/ld.so\0\x01\x02")
    file = TextFile(path="program", place=place)
    assert not list(file.lines())
    assert "binary" in file.unread
