"""Bytes that a thread unpacks while those before them are counted."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread

from why503.evidence.reader import ByteStream
from why503.evidence.text_file import ByteChunks

_CHUNK = 1 << 18
_AHEAD = 16
"""Chunks that wait to be counted."""


@contextmanager
def read_ahead(stream: ByteStream) -> Iterator[ByteChunks]:
    """``stream``, of which nobody else may read until the end of the context."""
    waiting: Queue[bytes] = Queue(_AHEAD)
    stopped = Event()

    def unpack() -> None:
        try:
            while not stopped.is_set() and (chunk := stream.read(_CHUNK)):
                waiting.put(chunk)
        finally:
            waiting.put(b"")

    thread = Thread(target=unpack, name="why503-read-ahead", daemon=True)
    thread.start()
    chunks = iter(waiting.get, b"")
    try:
        yield ByteChunks(chunks)
    finally:
        stopped.set()
        deque(chunks, maxlen=0)  # what waits is let go, so that the thread can end
        thread.join()
