import struct

import pytest

from tests.evidence.capture.frames import START, Frames, Talk, connections, tshark


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "L", 12 + len(body))
    return struct.pack(order + "L", kind) + size + body + size


def section(order: str = "<") -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "LHHq", 0x1A2B3C4D, 1, 0, -1))


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(
    order: str = "<", *, name: bytes = b"", resolution: int = 6, offset: int = 0
) -> bytes:
    options = option(order, 9, bytes([resolution])) + option(
        order, 14, struct.pack(order + "q", offset)
    )
    if name:
        options += option(order, 2, name)
    return block(order, 1, struct.pack(order + "HHL", 1, 0, 0) + options + option(order, 0, b""))


def packet(time: float, frame: bytes, order: str = "<", *, which: int = 0, ticks: float = 1e6,
           old: bool = False) -> bytes:  # fmt: skip
    high, low = divmod(round(time * ticks), 1 << 32)
    size = len(frame)
    if old:
        head = struct.pack(order + "HHLLLL", which, 0, high, low, size, size)
        return block(order, 2, head + frame)
    return block(order, 6, struct.pack(order + "LLLLL", which, high, low, size, size) + frame)


TALK = Talk().open().exchange(1.0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("old", [False, True])
def test_packets_of_both_block_kinds_and_byte_orders_are_read(order: str, *, old: bool) -> None:
    data = section(order) + interface(order)
    data += b"".join(packet(time, frame, order, old=old) for time, frame in TALK.frames)
    (one,), unread = connections(data)
    assert (one.packets, one.request_count, unread) == (6, 1, [])
    assert one.last == pytest.approx(START + 1.011, abs=2e-6)


def test_each_interface_has_its_own_resolution_offset_and_name() -> None:
    second = Talk(port=40001).open()
    data = section() + interface(name=b"eth0") + interface(name=b"lo", resolution=0x8A, offset=50)
    data += b"".join(packet(time, frame) for time, frame in TALK.frames)
    data += b"".join(
        packet(time - 50, frame, which=1, ticks=2.0**10) for time, frame in second.frames
    )
    first, other = connections(data)[0]
    assert (first.interfaces, other.interfaces) == (("eth0",), ("lo",))
    assert other.first == pytest.approx(START, abs=0.002)


def test_simple_packets_take_the_time_of_the_packet_before() -> None:
    (time, frame), *rest = TALK.frames
    data = section() + interface() + packet(time, frame)
    data += b"".join(block("<", 3, struct.pack("<L", len(one)) + one) for _time, one in rest)
    (one,), unread = connections(data)
    assert (one.packets, one.last, unread) == (6, pytest.approx(START), [])


def test_a_new_section_forgets_the_interfaces_and_may_turn_the_byte_order() -> None:
    data = section() + interface() + packet(*TALK.frames[0])
    data += section(">") + interface(">")
    data += b"".join(packet(time, frame, ">") for time, frame in TALK.frames[1:])
    (one,), unread = connections(data)
    assert (one.packets, unread) == (6, [])


def test_a_packet_of_an_unknown_interface_and_a_wrong_size_are_damage() -> None:
    good = section() + interface() + packet(*TALK.frames[0])
    for bad in (packet(*TALK.frames[1], which=7), struct.pack("<LL", 6, 13) + bytes(40)):
        found, unread = connections(good + bad)
        assert (found[0].packets, "damaged after packet 1" in unread[0].reason) == (1, True)


def test_tshark_agrees_on_the_times_of_two_interfaces(tmp_path) -> None:
    other: Frames = Talk(port=40001).open().frames
    data = section() + interface() + interface(resolution=9, offset=10)
    data += b"".join(packet(time, frame) for time, frame in TALK.frames)
    data += b"".join(packet(time - 10, frame, which=1, ticks=1e9) for time, frame in other)
    (tmp_path / "made.pcapng").write_bytes(data)
    rows = tshark(tmp_path / "made.pcapng", "tcp.flags.syn==1", "tcp.srcport", "frame.time_epoch")
    told = {row[0]: float(row[1]) for row in rows if row[0] != "8080"}
    found = {one.client.rpartition(":")[2]: one.first for one in connections(data)[0]}
    assert found == pytest.approx(told, abs=1e-5)
