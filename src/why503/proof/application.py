"""The application behind a proxy: answers, or fails to, as its `Server` says."""

import asyncio
import contextlib
import socket
import ssl
import struct
from random import Random

from why503.diagnosis.scenario import Answer, Deed, Listening, Server
from why503.proof.app_log import AppLog
from why503.proof.http_message import LONGEST_HEAD, Message, read_body, read_head, written
from why503.proof.resolve import settled

_ERRORS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)
_PART = 4000
"""Bytes of a body that go out before it is cut."""
_H2_HELLO = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"
_H2_FAREWELL = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
_BAD_REQUEST = written("HTTP/1.1 400 Bad Request", {"connection": "close", "content-length": "0"})


class Application:
    """One pod's application."""

    def __init__(
        self,
        server: Server,
        address: tuple[str, int],
        log: AppLog,
        chance: Random,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Reached at ``address``, which is not yet bound."""
        self._server = server
        self._address = address
        self._log = log
        self._chance = chance
        self._tls = tls
        self._listener: asyncio.Server | None = None
        self._deaf: list[socket.socket] = []
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> None:
        """Begin to listen, as far as it does."""
        (host, port), how = self._address, self._server.listening
        shown = "127.0.0.1" if how is Listening.LOOPBACK else "0.0.0.0"
        if how is Listening.SILENT:
            self._deaf = _full_backlog(host, port)
        elif how is Listening.YES:
            self._listener = await asyncio.start_server(
                self._accept, host, port, ssl=self._tls, limit=LONGEST_HEAD
            )
        elif how is Listening.OTHER_PORT:
            port = self._server.other_port
        if how is not Listening.NO:
            self._log.say(f"INFO listening on {shown}:{port}")
        for line in self._server.log:
            self._log.say(line)

    async def stop(self) -> None:
        """As after SIGTERM: accept nothing more, answer what was accepted within the grace."""
        self._log.say("INFO received SIGTERM, shutting down")
        self._unlisten()
        if self._talks and self._server.grace:
            await asyncio.wait(self._talks, timeout=settled(self._server.grace))
        await self._hang_up(reset=False)
        self._log.say("INFO stopped")

    async def crash(self) -> None:
        """Die: nothing listens, every connection is reset."""
        self._unlisten()
        await self._hang_up(reset=True)

    async def end(self) -> None:
        """Let go of everything."""
        self._unlisten()
        await self._hang_up(reset=False)

    def _unlisten(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for one in self._deaf:
            one.close()
        self._deaf = []

    async def _hang_up(self, *, reset: bool) -> None:
        talks = dict(self._talks)
        for task, writer in talks.items():
            if reset:
                _reset(writer)
            task.cancel()
        if talks:
            await asyncio.wait(talks)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks[task] = writer
        try:
            with contextlib.suppress(*_ERRORS, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            if task is not None:
                self._talks.pop(task, None)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        born, answered = loop.time(), 0
        if self._server.http2_only:
            writer.write(_H2_HELLO)
            await reader.read(LONGEST_HEAD)
            writer.write(_H2_FAREWELL)
            return
        while True:
            request = await self._next(reader, writer, born)
            if request is None:
                return
            if request.first.startswith("PRI "):
                writer.write(_BAD_REQUEST)
                return
            if not await self._answer(request, writer):
                return
            answered += 1
            most = self._server.max_requests
            if most is not None and answered >= settled(most):
                await self._leave(reader, writer)
                return

    async def _next(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, born: float
    ) -> Message | None:
        """The next request; None where the connection is over, by either side's will."""
        patience = self._patience(born)
        try:
            head = await asyncio.wait_for(_head(reader, writer), patience)
        except TimeoutError:
            await self._leave(reader, writer)
            return None
        return None if head is None else await read_body(reader, head)

    async def _leave(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Close a connection; what arrives while the FIN travels is answered with a reset."""
        travel = settled(self._server.close_travel)
        if travel:
            with contextlib.suppress(TimeoutError):
                if await asyncio.wait_for(reader.read(1), travel):
                    _reset(writer)

    def _patience(self, born: float) -> float | None:
        """Seconds that an idle connection may still last; None for ever."""
        server = self._server
        age = asyncio.get_running_loop().time() - born
        limits = [] if server.idle_timeout is None else [settled(server.idle_timeout)]
        if server.max_age is not None:
            limits.append(max(0.0, settled(server.max_age) - age))
        return min(limits) if limits else None

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where the connection ends with it."""
        answer = self._chosen(request.first.split(" ")[1] if " " in request.first else "")
        await asyncio.sleep(settled(answer.delay))
        if answer.log:
            self._log.say(answer.log)
        deed = answer.deed
        if deed is Deed.STALL:
            await asyncio.Event().wait()
        if deed is Deed.RESET:
            _reset(writer)
        if deed in {Deed.CLOSE, Deed.RESET}:
            return False
        body = answer.body.encode() or b"x" * int(settled(answer.size))
        writer.write(_head_of(answer, body))
        await asyncio.sleep(settled(answer.pause))
        if deed in {Deed.GARBAGE, Deed.BAD_FRAMING, Deed.BAD_HEADER, Deed.BIG_HEADERS}:
            await writer.drain()
            return False
        if deed is Deed.ANSWER:
            writer.write(body)
            await writer.drain()
            return True
        writer.write(body[:_PART] if len(body) > _PART else body[: len(body) // 2])
        await writer.drain()
        await asyncio.sleep(0.02)  # so that the part has been read before what comes next
        if deed is Deed.STALL_MIDWAY:
            await asyncio.Event().wait()
        if deed is Deed.RESET_MIDWAY:
            _reset(writer)
        return False

    def _chosen(self, path: str) -> Answer:
        for answer in self._server.answers:
            fits = path.startswith(answer.path)
            if fits and self._chance.random() < settled(answer.share):
                return answer
        return Answer()


async def _head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Message | None:
    """The head of a request; what is no HTTP is answered as servers do, with a 400."""
    first = await reader.read(1)
    if not first:
        return None
    if first == b"\x16":  # a TLS hello
        writer.write(_BAD_REQUEST)
        return None
    return await read_head(reader, begun=first)


def _head_of(answer: Answer, body: bytes) -> bytes:
    headers = {"content-type": "application/json", **answer.headers}
    status = int(settled(answer.status))
    first = f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}"
    if answer.deed is Deed.GARBAGE:
        return b"\x15\x03\x01\x00\x02\x02\x16 not http at all\r\n\r\n"
    if answer.deed is Deed.BAD_FRAMING:
        headers |= {"content-length": str(len(body)), "transfer-encoding": "chunked"}
    elif answer.deed is Deed.BAD_HEADER:
        headers["bad name"] = "x"
    elif answer.deed is Deed.BIG_HEADERS:
        return written(first, {"x-filler": "y" * len(body), "content-length": "0"})
    headers.setdefault("content-length", str(len(body)))
    return written(first, headers)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST instead of a FIN."""
    own = writer.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _full_backlog(host: str, port: int) -> list[socket.socket]:
    """A listening socket whose queue is full, so that further SYNs are dropped."""
    listener = socket.socket()
    listener.bind((host, port))
    listener.listen(0)
    queue = []
    for _ in range(2):
        one = socket.socket()
        one.settimeout(0)
        one.connect_ex((host, port))
        queue.append(one)
    return [listener, *queue]
