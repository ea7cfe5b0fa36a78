"""The caller's application: asks as its `Load` says, and writes down what came back."""

import asyncio
import contextlib
from collections import Counter
from random import Random

from why503.diagnosis.scenario import Call, Load
from why503.proof.app_log import AppLog
from why503.proof.http_message import LONGEST_HEAD, Message, read_body, read_head, written
from why503.proof.resolve import settled
from why503.support.dataclass import dataclass

_BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a call came to."""

    call: Call
    at: float
    """Seconds since the first request could go."""
    seconds: float
    """How long it took."""
    status: int | None = None
    """None where no whole answer came."""
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether the caller got no sound answer."""
        return self.status is None or self.status >= 400


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where the caller's application dials, and as whom."""

    address: str
    port: int
    source: str
    """Its own address."""
    host: str
    """Authority, where a call names no other."""
    agent: str


class Caller:
    """The caller's application."""

    def __init__(self, load: Load, way: Way, log: AppLog, seed: int) -> None:
        """What it draws, it draws from ``seed``."""
        self.replies: list[Reply] = []
        self._load = load
        self._way = way
        self._log = log
        self._seed = seed

    async def run(self) -> None:
        """Make all calls."""
        workers = max(1, int(settled(self._load.workers)))
        total = int(settled(self._load.requests))
        await asyncio.sleep(settled(self._load.start))
        born = asyncio.get_running_loop().time()
        counts = Counter(number % workers for number in range(total))
        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                group.create_task(self._work(number, counts[number], born))

    async def _work(self, number: int, calls: int, born: float) -> None:
        chance = Random(f"load/{self._seed}/{number}")  # noqa: S311 - timing, not a secret
        gap, jitter = settled(self._load.gap), settled(self._load.jitter)
        talk = _Talk(self._way)
        await asyncio.sleep(chance.uniform(0, min(gap, 0.05)))
        try:
            for index in range(calls):
                if index:
                    await asyncio.sleep(max(0.0, gap + chance.uniform(-jitter, jitter)))
                await self._ask(self._call(chance), talk, born)
        finally:
            talk.hang_up()

    def _call(self, chance: Random) -> Call:
        calls = self._load.calls
        shares = [settled(call.share) for call in calls]
        return chance.choices(calls, shares)[0]

    async def _ask(self, call: Call, talk: "_Talk", born: float) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        status, error = None, ""
        try:
            answer = await asyncio.wait_for(talk.ask(call), settled(self._load.timeout))
            status = int(answer.first.split(" ")[1])
            if status >= 400:
                error = f"unexpected status code {status}: {_quoted(answer.body)}"
        except TimeoutError:
            talk.hang_up()
            error = f"context deadline exceeded after {loop.time() - start:.3g}s"
        except _BROKEN as fault:
            talk.hang_up()
            error = _worded(fault)
        if error:
            url = f"http://{call.host or self._way.host}{call.path}"
            self._log.say(f'ERROR {call.method} "{url}": {error}')
        self.replies.append(
            Reply(
                call=call,
                at=start - born,
                seconds=loop.time() - start,
                status=status,
                error=error,
            )
        )


class _Talk:
    """One connection of the caller, kept and used again while it lasts."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, call: Call) -> Message:
        reader, writer = await self._open()
        body = b"x" * int(settled(call.body))
        headers = {"host": call.host or self._way.host, "user-agent": self._way.agent}
        if body or call.method in {"POST", "PUT", "PATCH"}:
            headers["content-length"] = str(len(body))
        first = f"{call.method} {call.path} {call.protocol}"
        raw = str(call.raw).encode("latin-1")
        writer.write(raw or written(first, {**headers, **call.headers}, body))
        head = await read_head(reader)
        if head is None:
            raise ConnectionResetError("EOF")
        if call.method == "HEAD" or head.first.split(" ")[1] in {"204", "304"}:
            return head
        answer = await read_body(reader, head, until_end=True)
        if head.headers.get("connection", "").lower() == "close":
            self.hang_up()
        return answer

    def hang_up(self) -> None:
        if self._streams is not None:
            with contextlib.suppress(OSError):
                self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.hang_up()
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._way.address,
                self._way.port,
                local_addr=(self._way.source, 0),
                limit=LONGEST_HEAD,
            )
        return self._streams


def _quoted(body: bytes) -> str:
    return repr(body[:300].decode("utf-8", "replace"))


def _worded(fault: Exception) -> str:
    if isinstance(fault, asyncio.IncompleteReadError):
        return f"unexpected EOF: {len(fault.partial)} bytes read"
    if isinstance(fault, ConnectionRefusedError):
        return "connect: connection refused"
    if isinstance(fault, ConnectionResetError):
        return "EOF" if "EOF" in str(fault) else "read: connection reset by peer"
    return str(fault) or type(fault).__name__
