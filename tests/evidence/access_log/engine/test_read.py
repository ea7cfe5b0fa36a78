import gzip
import io
import os
import signal
from pathlib import Path

import pytest

from tests.evidence.access_log.engine.large import ENVOY, text_lines, write
from tests.evidence.access_log.made import line
from why503.evidence.access_log.engine import kernel, sniff, workers
from why503.evidence.access_log.engine import read as under_test
from why503.evidence.read import read_paths
from why503.evidence.reader import Context, Options
from why503.evidence.text_file import TextFile
from why503.evidence.zstd import ZstdCompressor
from why503.facts import AccessLog, ProxyEvent

LINES = text_lines(3000)


@pytest.fixture(autouse=True)
def from_small(monkeypatch):
    monkeypatch.setattr(under_test, "FROM", 80_000)


def _read(path: Path):
    file = TextFile(path=path.name, place=path)
    return under_test.read(file, Context(path=path.name, teller="proxy")), file


def _packed(path: Path, ending: str) -> Path:
    packed = path.with_name(path.name + ending)
    if ending == ".gz":
        packed.write_bytes(gzip.compress(path.read_bytes()))
    else:
        zstd = ZstdCompressor()
        packed.write_bytes(zstd.compress(path.read_bytes()) + zstd.flush())
    return packed


@pytest.fixture
def piped(monkeypatch):
    """Gives bytes to standard input, of which few are held in memory and none may go to a file."""
    monkeypatch.setattr("why503.evidence.pipe.KEPT", 400_000)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)

    def give(content: bytes) -> TextFile:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        return TextFile(path="-", place=None)

    return give


def _of(file: TextFile):
    assert file.head()
    return under_test.read(file, Context(path="proxy.log", teller="proxy"))


def _logs(facts) -> list[AccessLog]:
    return [fact for fact in facts if isinstance(fact, AccessLog)]


def test_other_programs_lines_reach_their_readers(tmp_path):
    outcome, _file = _read(write(tmp_path, LINES))

    assert outcome is not None
    assert outcome.lines == 3000
    assert any(isinstance(fact, ProxyEvent) for fact in outcome.facts)
    assert {fact.teller for fact in _logs(outcome.facts)} == {"proxy", "cart-1"}


def test_a_small_file_and_another_kind_of_file_are_left_alone(tmp_path):
    assert _read(write(tmp_path, LINES[:50]))[0] is None
    assert _read(write(tmp_path, [ENVOY] * 4000))[0] is None


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_packed_log_gives_what_the_plain_one_gives(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(under_test, "_PACKED_FROM", 1000)
    path = write(tmp_path, LINES)
    plain = _read(path)[0]
    packed = _packed(path, ending)

    outcome, file = _read(packed)

    assert outcome is not None
    assert plain is not None
    assert [log.groups[0].count for log in _logs(outcome.facts)] == [
        log.groups[0].count for log in _logs(plain.facts)
    ]
    assert outcome.lines == 3000
    assert file.unread == {}


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_packed_log_with_a_broken_end_is_read_and_said_to_be_broken(
    tmp_path, monkeypatch, ending
):
    monkeypatch.setattr(under_test, "_PACKED_FROM", 1000)
    many = [line(path=f"/{n * n}") for n in range(9000)]
    packed = _packed(write(tmp_path, many), ending)
    packed.write_bytes(packed.read_bytes()[:-2000])

    outcome, file = _read(packed)

    assert outcome is not None
    assert 0 < outcome.lines < 9000
    assert "broken" in file.unread


def test_a_mixture_that_is_mostly_others_is_asked_line_by_line(tmp_path, monkeypatch):
    monkeypatch.setattr(under_test, "LEFT_OVER_KEPT", 3)

    assert _read(write(tmp_path, LINES))[0] is None


def test_lines_of_others_beyond_the_bound_are_counted_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(under_test, "DOCUMENT_LIMIT", 0)
    monkeypatch.setattr("why503.evidence.access_log.engine.odd_lines.LEFT_OVER_KEPT", 3)
    monkeypatch.setattr(under_test, "LEFT_OVER_KEPT", 3)

    outcome, _file = _read(write(tmp_path, LINES))

    assert outcome is not None
    assert any("more are only counted" in one.reason for one in outcome.unread)


def test_an_interrupted_reading_is_said_first(tmp_path, monkeypatch):
    real = workers.kernel

    def half(path, start, end, plan, _passed):
        found = real(path, start, end // 2, plan)
        found.size = end // 2
        return found

    monkeypatch.setattr(workers, "kernel", half)

    outcome, _file = _read(write(tmp_path, LINES))

    assert outcome is not None
    assert "was interrupted" in outcome.unread[0].reason
    assert not _logs(outcome.facts)[0].request_ids_complete


def test_an_interrupted_packed_log_is_said_too(tmp_path, monkeypatch):
    monkeypatch.setattr(under_test, "_PACKED_FROM", 1000)
    monkeypatch.setattr(kernel, "_TELL_EVERY", 1000)
    monkeypatch.setattr(kernel, "BLOCK", 1000)
    packed = _packed(write(tmp_path, LINES), ".gz")
    monkeypatch.setattr(
        under_test.Progress, "passed", lambda _self, _size: os.kill(os.getpid(), signal.SIGINT)
    )

    outcome, _file = _read(packed)

    assert outcome is not None
    assert 0 < outcome.lines < 3000
    assert f"interrupted after {outcome.lines} lines" in outcome.unread[0].reason


def test_a_worker_that_fails_leaves_the_file_to_the_line_reader(tmp_path, monkeypatch):
    def broken(*_arguments):
        raise workers.WorkerError

    monkeypatch.setattr(under_test, "read_file", broken)

    assert _read(write(tmp_path, LINES))[0] is None


def test_a_large_log_is_read_in_blocks_from_the_front_door(tmp_path):
    path = write(tmp_path, LINES)

    bundle = read_paths([str(path)], Options())

    assert sum(log.understood for log in _logs(bundle.facts)) > 2900
    assert bundle.inputs[0].lines == 3000


@pytest.mark.parametrize("kept", [256 << 20, 0])
def test_a_long_pipe_gives_what_the_file_gives_and_is_not_kept(tmp_path, monkeypatch, piped, kept):
    monkeypatch.setattr(sniff, "_SAMPLED_FROM", 0)
    monkeypatch.setattr(sniff, "_IDS_UP_TO", kept)
    path = write(tmp_path, LINES)
    plain = _read(path)[0]

    file = piped(path.read_bytes())
    assert file.head()
    assert file.comes_once()
    outcome = _of(file)

    assert outcome == plain
    assert _logs(outcome.facts)[0].request_ids_complete is bool(kept)
    assert file.packed_size() == path.stat().st_size


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_long_compressed_pipe_is_unpacked_as_it_passes(tmp_path, piped, ending):
    path = write(tmp_path, [line(path=os.urandom(300).hex()) for _number in range(1500)])
    packed = _packed(path, ending)

    file = piped(packed.read_bytes())
    outcome = _of(file)

    assert outcome.lines == 1500
    assert file.packed_size() == packed.stat().st_size
    assert file.unread == {}


def test_a_long_compressed_pipe_with_a_broken_end_is_said_to_be_broken(tmp_path, piped):
    path = write(tmp_path, [line(path=os.urandom(300).hex()) for _number in range(1500)])

    file = piped(_packed(path, ".zst").read_bytes()[:-2000])

    assert 0 < _of(file).lines < 1500
    assert "broken" in file.unread


def test_a_mixture_in_a_pipe_is_not_asked_again_and_what_is_unread_is_said(
    tmp_path, monkeypatch, piped
):
    monkeypatch.setattr("why503.evidence.access_log.engine.odd_lines.LEFT_OVER_KEPT", 3)
    monkeypatch.setattr(under_test, "LEFT_OVER_KEPT", 3)

    outcome = _of(piped(write(tmp_path, LINES).read_bytes()))

    assert any("more are only counted" in one.reason for one in outcome.unread)


def test_an_interrupted_pipe_is_said_and_its_missing_end_is_not(tmp_path, monkeypatch, piped):
    monkeypatch.setattr(
        under_test.Progress, "passed", lambda _self, _size: os.kill(os.getpid(), signal.SIGINT)
    )
    path = write(tmp_path, [line(path=os.urandom(300).hex()) for _number in range(1500)])

    file = piped(_packed(path, ".gz").read_bytes()[:-2000])
    outcome = _of(file)

    assert "was interrupted" in outcome.unread[0].reason
    assert file.unread == {}


def test_the_front_door_lets_a_long_pipe_pass_that_begins_with_other_lines(tmp_path, piped):
    path = write(tmp_path, [ENVOY] * 100 + LINES)
    piped(path.read_bytes())

    bundle = read_paths(["-"], Options())

    assert bundle.inputs[0].lines == 3100
    assert sum(log.understood for log in _logs(bundle.facts)) > 2900
