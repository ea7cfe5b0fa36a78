"""A folder of logs of every kind that a fleet reads, odd lines in all of them."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.evidence.access_log.engine.large import json_lines, text_lines
from why503.evidence.fleet.task import Task, run
from why503.evidence.zstd import ZstdCompressor

BAD_BYTES = b"\xff\xfe no text at all \x80\n"


def made(folder: Path, count: int = 3600) -> Path:
    """Text with bytes that are not UTF-8, JSON, .gz, .zst, a cut .gz and a small file."""
    text = "".join(line + "\n" for line in text_lines(count)).encode()
    cut = text.index(b"\n", len(text) // 2) + 1
    text = text[:cut] + BAD_BYTES + text[cut:]
    inner = folder / "date=2026-03-04" / "node=n1"
    inner.mkdir(parents=True)
    (inner / "desk.log").write_bytes(text)
    (folder / "quay.json").write_text("".join(f"{line}\n" for line in json_lines(count * 3 // 4)))
    (folder / "ferry.log.gz").write_bytes(gzip.compress(text[:-5]))
    zstd = ZstdCompressor()
    (folder / "tug.log.zst").write_bytes(zstd.compress(text) + zstd.flush())
    (folder / "wreck.log.gz").write_bytes(gzip.compress(text)[:-3000])
    (folder / "buoy.log").write_bytes(text[:5000])
    return folder


class Here:
    """An engine whose workers are this process."""

    def results(self, tasks: Iterable[Task]) -> Iterator[bytes]:
        return map(run, tasks)
