import struct

import dpkt
import pytest

from tests.evidence.capture.frames import START, Talk, connections, pcap

TALK = Talk().open().exchange(1.0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_both_byte_orders_and_both_resolutions_are_read(order: str, *, nano: bool) -> None:
    (one,), unread = connections(pcap(TALK.frames, order=order, nano=nano))
    assert (one.packets, one.request_count, unread) == (6, 1, [])
    assert one.first == pytest.approx(START, abs=1e-6)
    assert one.last == pytest.approx(START + 1.011, abs=2e-6)


def test_what_comes_before_the_cut_is_read_and_the_cut_is_told() -> None:
    data = pcap(TALK.frames)
    for size in range(24, len(data)):
        found, unread = connections(data[:size])
        told = [said.reason for said in unread]
        assert len(found) <= 1
        assert len(told) == 1 or found[0].packets < 6
    found, unread = connections(data[:-1])
    assert (found[0].packets, "the 5 packets before it" in unread[0].reason) == (5, True)


def test_a_size_that_no_packet_has_ends_the_reading_with_a_sentence() -> None:
    data = pcap(TALK.frames[:3]) + struct.pack("<LLLL", 1, 1, 1 << 31, 1 << 31) + bytes(100)
    (one,), unread = connections(data)
    assert one.packets == 3
    assert "damaged after packet 3" in unread[0].reason


def test_dpkt_counts_the_same_packets(tmp_path) -> None:
    place = tmp_path / "made.pcap"
    place.write_bytes(pcap(TALK.frames))
    with place.open("rb") as file:
        times = [time for time, _frame in dpkt.pcap.Reader(file)]
    (one,), _unread = connections(place.read_bytes())
    assert one.packets == len(times)
    assert one.last == pytest.approx(max(times), abs=1e-6)
