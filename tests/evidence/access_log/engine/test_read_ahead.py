import threading
from collections.abc import Iterator

import pytest

from why503.evidence.access_log.engine import read_ahead as under_test
from why503.evidence.access_log.engine.read_ahead import read_ahead
from why503.evidence.text_file import ByteChunks

MANY = [bytes([number % 250 + 1]) * 1000 for number in range(100)]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(under_test, "_AHEAD", 2)


def _rest(stream) -> bytes:
    return b"".join(iter(lambda: stream.read(300), b""))


def _is_alive() -> bool:
    return any(one.name == "why503-read-ahead" for one in threading.enumerate())


def test_the_bytes_are_those_of_the_stream():
    with read_ahead(ByteChunks(iter(MANY))) as stream:
        assert _rest(stream) == b"".join(MANY)
        assert stream.read(1) == b""


def test_who_stops_early_leaves_no_thread():
    with read_ahead(ByteChunks(iter(MANY))) as stream:
        assert stream.read(10) == MANY[0][:10]
        assert _is_alive()
    assert not _is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_stream_that_fails_ends():
    def failing() -> Iterator[bytes]:
        yield MANY[0]
        raise ValueError

    with read_ahead(ByteChunks(failing())) as stream:
        assert _rest(stream) == MANY[0]
