import struct

import pytest

from tests.evidence.capture.frames import (
    START,
    SYN,
    Talk,
    connections,
    ethernet,
    ipv4,
    ipv6,
    pcap,
    tcp,
)

SEGMENT = tcp((40000, 8080), 100, 0, SYN)
V4 = ipv4("10.0.0.1", "10.0.0.7", SEGMENT)
V6 = ipv6("fd00::1", "fd00::7", SEGMENT)
SLL = bytes(14) + b"\x08\x00"
SLL2 = b"\x08\x00\x00\x00" + struct.pack(">LHBB", 3, 1, 0, 6) + bytes(8)


def ends(frame: bytes, link: int = 1) -> list[tuple[str, str]]:
    found, _unread = connections(pcap([(START, frame)], link=link))
    return [(one.client, one.server) for one in found]


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, ethernet(V4)),
        (1, bytes(12) + b"\x81\x00\x00\x05\x08\x00" + V4),
        (1, bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00" + V4),
        (113, SLL + V4),
        (276, SLL2 + V4),
        (101, V4),
        (12, V4),
        (228, V4),
        (0, b"\x02\x00\x00\x00" + V4),
        (108, b"\x00\x00\x00\x02" + V4),
        (1, ethernet(ipv4("10.0.0.1", "10.0.0.7", SEGMENT, options=bytes(8)))),
        (1, ethernet(ipv4("192.0.2.1", "192.0.2.2", V4, protocol=4))),
    ],
)
def test_the_segment_is_found_behind_every_link_layer(link: int, frame: bytes) -> None:
    assert ends(frame, link) == [("10.0.0.1:40000", "10.0.0.7:8080")]


@pytest.mark.parametrize(
    "packet",
    [
        V6,
        ipv6("fd00::1", "fd00::7", b"\x06\x00" + bytes(6) + SEGMENT, following=0),
        ipv6("fd00::1", "fd00::7", b"\x3c\x00" + bytes(6) + b"\x06\x01" + bytes(14) + SEGMENT,
             following=43),
        ipv6("fd00::1", "fd00::7", b"\x06\x00\x00\x00" + bytes(4) + SEGMENT, following=44),
    ],
)  # fmt: skip
def test_ipv6_and_its_extension_headers_are_stepped_over(packet: bytes) -> None:
    assert ends(ethernet(packet)) == [("[fd00::1]:40000", "[fd00::7]:8080")]


@pytest.mark.parametrize(
    "packet",
    [
        ipv4("10.0.0.1", "10.0.0.7", SEGMENT, fragment=0x2000),
        ipv4("10.0.0.1", "10.0.0.7", SEGMENT, fragment=0x0010),
        ipv6("fd00::1", "fd00::7", b"\x06\x00\x00\x01" + bytes(4) + SEGMENT, following=44),
        ipv4("10.0.0.1", "10.0.0.7", SEGMENT, protocol=17),
        V4[:30],
    ],
)
def test_fragments_other_protocols_and_stumps_are_no_segments(packet: bytes) -> None:
    assert ends(ethernet(packet)) == []


def test_a_packet_of_tunnels_only_ends() -> None:
    packet = b""
    for _ in range(2000):
        packet = ipv4("10.0.0.1", "10.0.0.7", packet, protocol=4)
        if len(packet) > 60_000:
            break
    assert ends(ethernet(packet)) == []


def test_padding_of_a_short_frame_is_no_payload() -> None:
    talk = Talk().open()
    padded = [(time, frame + bytes(6)) for time, frame in talk.frames]
    (one,), _unread = connections(pcap(padded))
    assert (one.from_client.payload, one.from_server.payload) == (0, 0)


def test_an_unknown_link_type_is_told_once() -> None:
    found, unread = connections(pcap([(START, bytes(60))] * 3, link=147))
    assert (found, [said.source.line for said in unread]) == ([], [1])
    assert "link type 147" in unread[0].reason


def unreachable(code: int) -> bytes:
    return ipv4("10.0.0.254", "10.0.0.1", bytes([3, code]) + bytes(6) + V4[:28], protocol=1)


def unreachable_6(code: int) -> bytes:
    return ipv6("fd00::fe", "fd00::1", bytes([1, code]) + bytes(6) + V6[:48], following=58)


@pytest.mark.parametrize(
    ("syn", "icmp", "reason", "by"),
    [
        (V4, unreachable(3), "port unreachable", "10.0.0.254"),
        (V4, unreachable(13), "admin prohibited", "10.0.0.254"),
        (V4, unreachable(1), "host unreachable", "10.0.0.254"),
        (V6, unreachable_6(1), "admin prohibited", "fd00::fe"),
        (V6, unreachable_6(4), "port unreachable", "fd00::fe"),
    ],
)
def test_what_icmp_says_stands_with_the_handshake(
    syn: bytes, icmp: bytes, reason: str, by: str
) -> None:
    (one,), _unread = connections(pcap([(START, ethernet(syn)), (START + 1, ethernet(icmp))]))
    assert one.handshake is not None
    assert (one.handshake.unreachable, one.handshake.unreachable_by) == (reason, by)
    assert one.handshake.unreachable_line == 2


def test_the_same_packet_on_two_interfaces_is_counted_once() -> None:
    talk = Talk().open().exchange(1.0)
    frames = []
    for time, frame in talk.frames:
        for number in (3, 7):
            sll2 = b"\x08\x00\x00\x00" + struct.pack(">LHBB", number, 1, 0, 6) + bytes(8)
            frames.append((time + number / 1e5, sll2 + frame[14:]))
    (one,), _unread = connections(pcap(frames, link=276))
    assert (one.packets, one.interfaces, one.request_count) == (6, ("3", "7"), 1)
    assert (one.from_client.retransmissions, one.from_server.retransmissions) == (0, 0)
