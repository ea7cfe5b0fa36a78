"""From a frame to its TCP segment: link layers, IPv4 and IPv6, and what ICMP says of TCP.

Functions work on offsets in a buffer and hand out plain tuples: there is no object per packet.
"""

import socket
import struct

LINUX_SLL2 = 276

_ETHERTYPES = {b"\x08\x00", b"\x86\xdd"}
_VLANS = {b"\x81\x00", b"\x88\xa8", b"\x91\x00", b"\x92\x00"}
_RAW = {12, 14, 101, 228, 229}
_LOOPBACK = {0, 108}
_SLL, _ETHERNET = 113, 1
_TCP, _ICMP, _ICMP6 = 6, 1, 58
_TUNNELS = {4, 41}
_EXTENSIONS = {0, 43, 60, 135, 139, 140}
_FRAGMENT, _AUTHENTICATION = 44, 51
_DEPTH = 8

_IPV4 = struct.Struct(">HHHxB").unpack_from
_SEGMENT = struct.Struct(">LLBBH").unpack_from

Segment = tuple[bytes, int, int, int, int, int, int, int]
"""Key (both addresses and ports), IP identification (0 for IPv6), sequence number, acknowledgement,
flags, window, where the payload starts, its length on the wire."""

UNREACHABLE = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    9: "admin prohibited",
    10: "admin prohibited",
    13: "admin prohibited",
}
UNREACHABLE_6 = {
    0: "no route",
    1: "admin prohibited",
    3: "address unreachable",
    4: "port unreachable",
    5: "admin prohibited",
    6: "no route",
}


def network(link: int, buffer: bytes, start: int, end: int) -> int:
    """Where the IP header starts; -1 where the packet carries none, -2 for an unknown link type."""
    if link == _ETHERNET:
        at = start + 12
        while at < end and buffer[at : at + 2] in _VLANS:
            at += 4
        return at + 2 if buffer[at : at + 2] in _ETHERTYPES and at + 2 < end else -1
    if link == _SLL:
        at = start + 14
        while at < end and buffer[at : at + 2] in _VLANS:
            at += 4
        return at + 2 if buffer[at : at + 2] in _ETHERTYPES and at + 2 < end else -1
    if link == LINUX_SLL2:
        if buffer[start : start + 2] in _VLANS:
            inner = start + 22
            known = buffer[inner : inner + 2] in _ETHERTYPES and inner + 2 < end
            return inner + 2 if known else -1
        return start + 20 if buffer[start : start + 2] in _ETHERTYPES and start + 20 < end else -1
    if link in _RAW:
        return start if start < end else -1
    if link in _LOOPBACK:
        return start + 4 if start + 4 < end else -1
    return -2


def interface_index(buffer: bytes, start: int, end: int) -> str:
    """Number of the interface in a LINUX_SLL2 header."""
    return str(int.from_bytes(buffer[start + 4 : start + 8], "big")) if end - start >= 8 else ""


def segment(buffer: bytes, at: int, end: int, depth: int = 0) -> Segment | None:
    """The TCP segment behind the IP header at ``at``; None where there is none."""
    if buffer[at] >> 4 == 4:
        if at + 20 > end:
            return None
        total, ident, fragment, protocol = _IPV4(buffer, at + 2)[0:4]
        if fragment & 0x3FFF:
            return None
        tcp = at + (buffer[at] & 15) * 4
        if protocol != _TCP:
            inside = protocol in _TUNNELS and at + 20 <= tcp < end and depth < _DEPTH
            return segment(buffer, tcp, end, depth + 1) if inside else None
        addresses = buffer[at + 12 : at + 20]
        stop = at + total if total else end
    else:
        found = _ipv6(buffer, at, end)
        if found is None:
            return None
        protocol, tcp, stop = found
        if protocol != _TCP:
            inside = protocol in _TUNNELS and at + 20 <= tcp < end and depth < _DEPTH
            return segment(buffer, tcp, end, depth + 1) if inside else None
        ident, addresses = 0, buffer[at + 8 : at + 40]
    if tcp + 16 > end or tcp <= at:
        return None
    seq, ack, offset, flags, window = _SEGMENT(buffer, tcp + 4)
    payload = tcp + (offset >> 4) * 4
    length = stop - payload
    key = addresses + buffer[tcp : tcp + 4]
    return key, ident, seq, ack, flags, window, payload, max(0, length)


def _ipv6(buffer: bytes, at: int, end: int) -> tuple[int, int, int] | None:
    """Upper protocol, where it starts, where the packet stops; None for fragments and damage."""
    if at + 40 > end or buffer[at] >> 4 != 6:
        return None
    total = int.from_bytes(buffer[at + 4 : at + 6], "big")
    stop = at + 40 + total if total else end
    kind, place = buffer[at + 6], at + 40
    for _ in range(_DEPTH):
        if kind in _EXTENSIONS and place + 8 <= end:
            kind, place = buffer[place], place + 8 + buffer[place + 1] * 8
        elif kind == _AUTHENTICATION and place + 8 <= end:
            kind, place = buffer[place], place + 8 + buffer[place + 1] * 4
        elif kind == _FRAGMENT and place + 8 <= end:
            if int.from_bytes(buffer[place + 2 : place + 4], "big") & 0xFFF9:
                return None
            kind, place = buffer[place], place + 8
        else:
            return kind, place, stop
    return None


def unreachable(buffer: bytes, at: int, end: int) -> tuple[bytes, str, str] | None:
    """Key of the segment that could not be delivered, why, and who says so; else None."""
    if buffer[at] >> 4 == 4:
        icmp = at + (buffer[at] & 15) * 4
        if at + 20 > end or buffer[at + 9] != _ICMP or icmp + 28 > end or buffer[icmp] != 3:
            return None
        reason, address = UNREACHABLE.get(buffer[icmp + 1]), buffer[at + 12 : at + 16]
    else:
        found = _ipv6(buffer, at, end)
        if found is None or found[0] != _ICMP6 or found[1] + 48 > end or buffer[found[1]] != 1:
            return None
        icmp = found[1]
        reason, address = UNREACHABLE_6.get(buffer[icmp + 1]), buffer[at + 8 : at + 24]
    key = _quoted(buffer, icmp + 8, end)
    return None if key is None or reason is None else (key, reason, address_text(address))


def _quoted(buffer: bytes, at: int, end: int) -> bytes | None:
    """Key of the TCP header that an ICMP message quotes, which has eight bytes of it only."""
    if buffer[at] >> 4 == 4:
        tcp, addresses = at + (buffer[at] & 15) * 4, buffer[at + 12 : at + 20]
        known = at + 20 <= end and buffer[at + 9] == _TCP
    else:
        found = _ipv6(buffer, at, end)
        tcp, addresses = (found[1], buffer[at + 8 : at + 40]) if found else (at, b"")
        known = found is not None and found[0] == _TCP
    return addresses + buffer[tcp : tcp + 4] if known and tcp + 4 <= end else None


def reverse(key: bytes) -> bytes:
    """Key of the other direction."""
    half = (len(key) - 4) // 2
    return key[half:-4] + key[:half] + key[-2:] + key[-4:-2]


def names(key: bytes) -> tuple[str, str]:
    """`address:port` of sender and receiver."""
    half = (len(key) - 4) // 2
    return _host(key[:half], key[-4:-2]), _host(key[half:-4], key[-2:])


def address_text(address: bytes) -> str:
    """An address as it is written."""
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, address)


def _host(address: bytes, port: bytes) -> str:
    text = address_text(address)
    number = int.from_bytes(port, "big")
    return f"{text}:{number}" if len(address) == 4 else f"[{text}]:{number}"
