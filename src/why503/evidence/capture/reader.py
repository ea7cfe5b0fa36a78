"""Reads a packet capture: container, link layer, TCP, and what is spoken on it."""

from collections.abc import Iterator

from why503.evidence.capture import pcap, pcapng
from why503.evidence.capture.complaint import Complaint
from why503.evidence.capture.link import (
    LINUX_SLL2,
    interface_index,
    names,
    network,
    reverse,
    segment,
    unreachable,
)
from why503.evidence.capture.summary import connection_fact
from why503.evidence.capture.tcp import CONNECTIONS_LIMIT, Follower
from why503.evidence.reader import ByteStream, Context, Reading

NAME = "packet capture"

_SURE = 1.0
_NAMES_LIMIT = 1000


def bid(head: bytes) -> float:
    """1 where the file begins as a capture does."""
    return _SURE if head.startswith((*pcap.MAGICS, pcapng.MAGIC)) else 0.0


def read(stream: ByteStream, context: Context) -> Reading:
    """One fact for each TCP connection."""
    complaint = Complaint(context)
    follower: Follower[bytes] = Follower(reverse, _ports)
    count = _follow(stream, follower, complaint)
    facts = [
        connection_fact(
            connection,
            names(connection.client.key),  # type: ignore[arg-type]
            context,
            follower.until,
        )
        for connection in follower.connections()
    ]
    if follower.refused:
        complaint.too_many(CONNECTIONS_LIMIT, follower.refused)
    if not facts and not complaint.unread:
        complaint.nothing(count)
    return Reading(facts=list(facts), unread=complaint.unread)


def _follow(stream: ByteStream, follower: Follower[bytes], complaint: Complaint) -> int:
    """Hand every TCP segment to ``follower``; the number of packets read."""
    number = 0
    interfaces: dict[str, str] = {}
    take = follower.segment
    for number, time, link, interface, buffer, start, end in _packets(stream, complaint):
        at = network(link, buffer, start, end)
        if at < 0:
            if at == -2:
                complaint.unknown_link(link, number)
            continue
        found = segment(buffer, at, end)
        if found is None:
            icmp = unreachable(buffer, at, end)
            if icmp is not None:
                follower.undelivered(icmp[0], icmp[1], icmp[2], number)
            continue
        key, ident, seq, ack, flags, window, payload, length = found
        if link == LINUX_SLL2 and not interface:
            interface = interface_index(buffer, start, end)  # noqa: PLW2901 - it stands in the frame
            if len(interfaces) < _NAMES_LIMIT:
                interface = interfaces.setdefault(interface, interface)  # noqa: PLW2901
        data = buffer[payload : min(payload + length, end)] if length else b""
        take(key, number, time, interface, ident, seq, ack, flags, window, data, length)
    return number


def _packets(stream: ByteStream, complaint: Complaint) -> Iterator[pcap.Packet]:
    head = b""
    while len(head) < 4:
        more = stream.read(pcap.CHUNK)
        if not more:
            break
        head += more
    if head.startswith(pcapng.MAGIC):
        return pcapng.packets(head, stream, complaint)
    if head.startswith(pcap.MAGICS):
        return pcap.packets(head, stream, complaint)
    complaint.damaged(0)
    return iter(())


def _ports(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
