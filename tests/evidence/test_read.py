# ruff: noqa: E501 - log lines are kept whole

import gzip
import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from tests.evidence.capture.frames import Talk, pcap
from why503.evidence import read_paths, text_file
from why503.evidence.read import ReadError
from why503.evidence.reader import Options
from why503.facts import AppEvent, AppEventKind, Bundle, TcpConnection

LISTENING = "2031-03-04T05:06:07.008Z INFO kiosk kiosk listening on 0.0.0.0:9191\n"
ACCESS = (
    '[2031-03-04T05:06:08.000Z] "GET /menu HTTP/1.1" 503 UC '
    "upstream_reset_before_response_started{connection_termination} - "
    '"-" 0 95 1 - "-" "okhttp" "e1a9" "kiosk:9191" "10.9.8.7:9191" '
    "outbound|9191||kiosk.bar.svc.cluster.local 10.9.8.1:50000 10.1.1.1:9191 10.9.8.1:40000 - default\n"
)


def read(*paths: object) -> Bundle:
    return read_paths([str(path) for path in paths], Options())


def listening(bundle: Bundle) -> list[AppEvent]:
    return [
        fact
        for fact in bundle.facts
        if isinstance(fact, AppEvent) and fact.kind is AppEventKind.LISTENING
    ]


def test_a_folder_names_the_teller_and_the_member(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "app.log").write_text(LISTENING)
    (tmp_path / "zoo.log").write_text(LISTENING)
    found = listening(read(tmp_path))
    assert {fact.teller for fact in found} == {"client", "zoo"}
    assert {fact.source.path for fact in found} == {
        f"{tmp_path}/client/app.log",
        f"{tmp_path}/zoo.log",
    }


def test_nested_folders_are_joined_to_one_teller(tmp_path: Path) -> None:
    (tmp_path / "bar" / "kiosk-0").mkdir(parents=True)
    (tmp_path / "bar" / "kiosk-0" / "app.log").write_text(LISTENING)
    assert listening(read(tmp_path))[0].teller == "bar/kiosk-0"


def test_files_with_one_name_are_told_apart(tmp_path: Path) -> None:
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "app.log").write_text(LISTENING)
    found = listening(read(tmp_path / "left" / "app.log", tmp_path / "right" / "app.log"))
    assert len({fact.teller for fact in found}) == 2


def test_hidden_files_and_links_outside_are_named_not_read(tmp_path: Path) -> None:
    home = tmp_path / "bundle"
    home.mkdir()
    (tmp_path / "outside.log").write_text(LISTENING)
    (home / ".hidden.log").write_text(LISTENING)
    (home / "link.log").symlink_to(tmp_path / "outside.log")
    bundle = read(home)
    assert bundle.inputs == ()
    assert {Path(unread.source.path).name for unread in bundle.unread} == {
        ".hidden.log",
        "link.log",
    }


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_packed_files_are_known_by_their_bytes(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    (tmp_path / "app.log").write_bytes(pack(LISTENING.encode()))
    assert listening(read(tmp_path))[0].text == "0.0.0.0:9191"


def test_a_broken_gzip_gives_what_came_before_the_break(tmp_path: Path) -> None:
    packed = gzip.compress((LISTENING * 5000).encode(), compresslevel=0)
    (tmp_path / "app.log").write_bytes(packed[: len(packed) // 2])
    bundle = read(tmp_path)
    assert len(listening(bundle)) > 2000
    assert any("compressed and broken" in unread.reason for unread in bundle.unread)


def test_a_corrupt_gzip_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"\x1f\x8b" + zlib.compress(b"x")[2:])
    assert any("broken" in unread.reason for unread in read(tmp_path).unread)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        buffer = io.BytesIO(LISTENING.encode())

    monkeypatch.setattr(sys, "stdin", Pipe())
    bundle = read("-")
    assert bundle.inputs[0].path == "-"
    assert listening(bundle)[0].source.line == 1


def test_a_missing_path_is_a_sentence() -> None:
    with pytest.raises(ReadError, match="there is no such file"):
        read("no/such/file.log")


def test_binary_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\x00\x00" + b"\x00" * 100)
    assert "not text" in read(tmp_path).unread[0].reason


@pytest.mark.parametrize("head", [b"\xd4\xc3\xb2\xa1\x02\x00", b"\x0a\x0d\x0d\x0a"])
def test_a_packet_capture_is_read_as_one_and_named_where_it_is_damaged(
    tmp_path: Path, head: bytes
) -> None:
    (tmp_path / "capture").write_bytes(head + b"\x00" * 100)
    assert "packet" in read(tmp_path).unread[0].reason


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_packet_capture_is_read_also_where_it_is_compressed(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "server.pcap").write_bytes(pack(pcap(Talk().open().exchange(1.0).frames)))
    bundle = read(tmp_path / "server.pcap")
    found = [fact for fact in bundle.facts if isinstance(fact, TcpConnection)]
    assert [(one.teller, one.request_count) for one in found] == [("server", 1)]
    assert bundle.inputs[0].kinds == ("packet capture",)
    assert bundle.unread == ()


def test_utf16_with_a_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(LISTENING.encode("utf-16"))
    assert listening(read(tmp_path))


def test_a_huge_line_is_cut_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_file, "LINE_LIMIT", 1000)
    (tmp_path / "app.log").write_text("x" * 700_000 + "\n" + LISTENING)
    bundle = read(tmp_path)
    assert listening(bundle)[0].source.line == 2
    assert any("longer than" in unread.reason for unread in bundle.unread)


def test_expanded_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "EXPANDED_LIMIT", 10_000)
    (tmp_path / "app.log").write_bytes(gzip.compress((LISTENING * 1000).encode()))
    bundle = read(tmp_path)
    assert 0 < len(listening(bundle)) < 1000
    assert any("has more than" in unread.reason for unread in bundle.unread)


def test_lines_nobody_understands_are_counted_and_masked(tmp_path: Path) -> None:
    secret = "hello https://me:hunter22@door.example/x"
    (tmp_path / "app.log").write_text(f"{LISTENING}\n...\n{secret}\nand more prose here\n")
    bundle = read(tmp_path)
    assert bundle.inputs[0].unread_lines == 2
    unread = bundle.unread[-1]
    assert (unread.count, unread.source.line) == (2, 4)
    assert "hunter22" not in unread.reason


def test_kinds_of_one_paste_share_the_file(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(f"please help\n{ACCESS}{LISTENING}")
    kinds = read(tmp_path).inputs[0].kinds
    assert set(kinds) == {"access log", "application log"}


def test_same_input_gives_the_same_bundle(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(ACCESS + LISTENING)
    (tmp_path / "b.log").write_text(LISTENING)
    assert read(tmp_path) == read(tmp_path)


def test_a_failing_reader_is_an_internal_error_not_an_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from why503.evidence import app_log

    def fail(*_arguments: object) -> bool:
        raise RuntimeError("boom")

    monkeypatch.setattr(app_log.Session, "take", fail)
    (tmp_path / "app.log").write_text(LISTENING)
    assert any(unread.reason.startswith("Internal error:") for unread in read(tmp_path).unread)


def test_a_pattern_that_no_shell_has_expanded_gives_its_matches(tmp_path):
    for day in (4, 5, 6):
        node = tmp_path / f"date=2026-03-0{day}" / "node=n1"
        node.mkdir(parents=True)
        (node / "proxy.log").write_text("nothing\n")

    bundle = read_paths([str(tmp_path / "date=2026-03-0[45]" / "**" / "*.log")], Options())

    days = [Path(one.path).parts[-3] for one in bundle.inputs]
    assert days == ["date=2026-03-04", "date=2026-03-05"]
