"""The container pcapng: sections, several interfaces, time resolutions, three packet blocks."""

import struct
from collections.abc import Iterator
from dataclasses import field

from why503.evidence.capture.complaint import Complaint
from why503.evidence.capture.pcap import CHUNK, PACKET_LIMIT, Packet
from why503.evidence.reader import ByteStream
from why503.support.dataclass import dataclass

MAGIC = b"\x0a\x0d\x0d\x0a"

_BYTE_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_BLOCK_LIMIT = 16 * PACKET_LIMIT
_NAME, _RESOLUTION, _OFFSET = 2, 9, 14
_INTERFACES = 10_000
_NAME_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class _Interface:
    link: int
    name: str
    resolution: float
    """Seconds of one tick."""
    offset: int
    """Seconds to add."""


@dataclass
class _Section:
    """What holds until the next section header."""

    order: str
    interfaces: list[_Interface] = field(default_factory=list)
    time: float = 0.0
    """Time of the packet before, which a simple packet block, having none, is given."""

    def __post_init__(self) -> None:
        self.head = struct.Struct(self.order + "LL").unpack_from
        self.enhanced = struct.Struct(self.order + "LLLL").unpack_from
        self.old = struct.Struct(self.order + "HHLLL").unpack_from
        self.word = struct.Struct(self.order + "L").unpack_from


def packets(  # noqa: C901 - one loop over the blocks
    head: bytes, stream: ByteStream, complaint: Complaint
) -> Iterator[Packet]:
    """Packets of a pcapng file whose first bytes are ``head``."""
    buffer, at, number = head, 0, 0
    section = _Section("<")
    while True:
        while len(buffer) - at >= 12:
            if buffer[at : at + 4] == MAGIC:
                section = _Section(_BYTE_ORDER.get(buffer[at + 8 : at + 12], "<"))
            kind, size = section.head(buffer, at)
            if not 12 <= size <= _BLOCK_LIMIT or size % 4:
                complaint.damaged(number)
                return
            end = at + size
            if end > len(buffer):
                break
            if kind in (_ENHANCED, _SIMPLE, _OLD_PACKET):
                number += 1
                packet = _packet(section, kind, number, buffer, at + 8, end - 4)
                if packet is None:
                    complaint.damaged(number - 1)
                    return
                yield packet
            elif kind == _INTERFACE and len(section.interfaces) < _INTERFACES:
                section.interfaces.append(_interface(section, buffer, at + 8, end - 4))
            at = end
        more = stream.read(CHUNK)
        if not more:
            if at < len(buffer):
                complaint.cut_off(number)
            return
        buffer = buffer[at:] + more
        at = 0


def _packet(
    section: _Section, kind: int, number: int, buffer: bytes, at: int, end: int
) -> Packet | None:
    """The packet in the block body ``buffer[at:end]``; None where it is damaged."""
    if end - at < (4 if kind == _SIMPLE else 20):
        return None
    high, low = 0, 0
    if kind == _ENHANCED:
        which, high, low, size = section.enhanced(buffer, at)
        start = at + 20
    elif kind == _OLD_PACKET:
        which, _drops, high, low, size = section.old(buffer, at)
        start = at + 20
    else:
        which, start = 0, at + 4
        size = min(section.word(buffer, at)[0], end - start)
    if start + size > end or which >= len(section.interfaces):
        return None
    interface = section.interfaces[which]
    time = section.time
    if kind != _SIMPLE:
        time = interface.offset + ((high << 32) | low) * interface.resolution
        section.time = time
    return Packet(number, time, interface.link, interface.name, buffer, start, start + size)


def _interface(section: _Section, buffer: bytes, at: int, end: int) -> _Interface:
    """An interface description; one that is cut has link type 0."""
    link, name, resolution, offset = 0, str(len(section.interfaces)), 1e-6, 0
    if end - at >= 8:
        link = struct.unpack_from(section.order + "H", buffer, at)[0]
    at += 8
    while at + 4 <= end:
        code, size = struct.unpack_from(section.order + "HH", buffer, at)
        value = buffer[at + 4 : min(at + 4 + size, end)]
        if code == 0:
            break
        if code == _NAME:
            name = value.rstrip(b"\0").decode("utf-8", "replace")[:_NAME_LENGTH] or name
        elif code == _RESOLUTION and value:
            power = value[0] & 0x7F
            resolution = 2.0**-power if value[0] & 0x80 else 10.0**-power
        elif code == _OFFSET and len(value) == 8:
            offset = struct.unpack(section.order + "q", value)[0]
        at += 4 + size + (-size % 4)
    return _Interface(link=link, name=name, resolution=resolution, offset=offset)
