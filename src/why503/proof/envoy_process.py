"""A running Envoy: started, waited for, asked, and ended whatever happens."""

import asyncio
import ctypes
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from why503.proof.bootstrap import ADMIN_PORT
from why503.proof.proxy import Proxy

PATIENCE = 30.0
"""Seconds after which an Envoy that is not ready is taken for broken."""
_FAREWELL = 3.0
"""Seconds that an Envoy has to write its last lines."""
_LOG_FORMAT = "%Y-%m-%dT%T.%fZ\t%l\tenvoy %n %g:%#\t%v\tthread=%t"
_DIE_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of `prctl`."""


class EnvoyError(Exception):
    """An Envoy did not start; the message holds what it said last."""


class EnvoyProcess:
    """One pod's Envoy."""

    def __init__(self, binary: Path, proxy: Proxy, *, drain_seconds: int = 1) -> None:
        """Of ``binary``, with the files of ``proxy``; nothing runs yet."""
        self.proxy = proxy
        self._binary = binary
        self._drain = drain_seconds
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        folder = self.proxy.folder
        command = [str(self._binary), "-c", str(self.proxy.write()), "--concurrency", "1"]
        command += ["--disable-hot-restart", "--log-level", "info", "--log-format", _LOG_FORMAT]
        command += ["--log-path", str(folder / "envoy.log"), "--file-flush-interval-msec", "100"]
        command += ["--drain-time-s", str(self._drain), "--drain-strategy", "immediate"]
        with (folder / "stderr.txt").open("wb") as said:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=said, stderr=said, preexec_fn=_dies_with_us()
            )
        await self._ready()

    async def page(self, path: str, *, post: bool = False) -> str:
        """What its admin port answers; ``""`` where it does not."""
        url = f"http://{self.proxy.pod.ip}:{ADMIN_PORT}{path}"
        request = urllib.request.Request(url, method="POST" if post else "GET")
        try:
            return await asyncio.to_thread(_fetched, request)
        except (OSError, urllib.error.URLError):
            return ""

    async def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()

    async def end(self) -> None:
        """End it; it may write its last lines."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _FAREWELL)
        finally:
            await self.kill()

    async def _ready(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time() + PATIENCE
        while (await self.page("/ready")).strip() != "LIVE":
            if not self.running or loop.time() > last:
                raise EnvoyError(self._complaint())
            await asyncio.sleep(0.02)

    def _complaint(self) -> str:
        folder = self.proxy.folder
        lines: list[str] = []
        for name in ("stderr.txt", "envoy.log"):
            path = folder / name
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
            lines += [line for line in text.splitlines() if line.strip()]
        bad = [line for line in lines if "\terror\t" in line or "\tcritical\t" in line] or lines
        return f"The Envoy of {self.proxy.pod.name} did not start: " + " | ".join(bad[-3:])[:1500]


def _fetched(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - http
        return str(answer.read().decode("utf-8", "replace"))


def _dies_with_us() -> Callable[[], None] | None:
    """What makes the kernel end an Envoy whose why503 was killed; None where it cannot."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def tie() -> None:
        library.prctl(_DIE_WITH_PARENT, signal.SIGKILL)

    return tie
