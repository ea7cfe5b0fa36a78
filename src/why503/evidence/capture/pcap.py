"""The container pcap: microseconds and nanoseconds, both byte orders."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from why503.evidence.capture.complaint import Complaint
from why503.evidence.reader import ByteStream

CHUNK = 1 << 20
PACKET_LIMIT = 1 << 20
"""Bytes of one packet; a larger number is damage (no tool captures more than 262,144)."""

_HEADER = 24
_RECORD = 16
_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
MAGICS = tuple(_MAGIC)


class Packet(NamedTuple):
    """One captured packet: a slice of a buffer, so that nothing is copied."""

    number: int
    """Counted from 1."""
    time: float
    """Seconds since 1970 UTC."""
    link: int
    """Link type (LINKTYPE_...)."""
    interface: str
    """Name or number of the interface; ``""`` where the container has none."""
    buffer: bytes
    start: int
    end: int
    """Where the captured bytes stand in `buffer`."""


def packets(head: bytes, stream: ByteStream, complaint: Complaint) -> Iterator[Packet]:
    """Packets of a pcap file whose first bytes are ``head``."""
    buffer = head
    while len(buffer) < _HEADER:
        more = stream.read(CHUNK)
        if not more:
            complaint.cut_off(0)
            return
        buffer += more
    order, scale = _MAGIC[buffer[:4]]
    link = struct.unpack_from(order + "L", buffer, 20)[0] & 0xFFFF
    unpack = struct.Struct(order + "LLL").unpack_from
    number, at = 0, _HEADER
    while True:
        limit = len(buffer) - _RECORD
        while at <= limit:
            seconds, fraction, size = unpack(buffer, at)
            if size > PACKET_LIMIT:
                complaint.damaged(number)
                return
            start = at + _RECORD
            end = start + size
            if end > len(buffer):
                break
            number += 1
            at = end
            yield Packet(number, seconds + fraction * scale, link, "", buffer, start, end)
        more = stream.read(CHUNK)
        if not more:
            if at < len(buffer):
                complaint.cut_off(number)
            return
        buffer = buffer[at:] + more
        at = 0
