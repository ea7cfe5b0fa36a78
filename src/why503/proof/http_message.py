"""Just enough HTTP/1.1 for both ends of the stage, where it has to be broken on purpose."""

import asyncio

from why503.support.dataclass import dataclass

LONGEST_HEAD = 1 << 20


@dataclass(frozen=True)
class Message:
    """A request or an answer that was read whole."""

    first: str
    """Its first line."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes = b""


async def read_head(reader: asyncio.StreamReader, begun: bytes = b"") -> Message | None:
    """The first line and the headers, where ``begun`` has been read already.

    None where the other side has ended before the first byte.
    """
    try:
        raw = begun + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        if cut.partial or begun:
            raise
        return None
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return Message(first, {name.strip().lower(): value.strip() for name, _, value in pairs})


async def read_body(
    reader: asyncio.StreamReader, head: Message, *, until_end: bool = False
) -> Message:
    """The message with its body; ``until_end`` for answers that end with the connection."""
    length = head.headers.get("content-length")
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    elif length is not None:
        body = await reader.readexactly(int(length))
    else:
        body = await reader.read() if until_end else b""
    return Message(head.first, head.headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        whole += (await reader.readexactly(size + 2))[:-2]
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass
    return whole


def written(first: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A message as bytes."""
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body
