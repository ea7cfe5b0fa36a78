import subprocess
from pathlib import Path

import pytest

from tests.evidence.capture.frames import (
    ACK,
    FIN,
    PSH,
    REQUEST,
    RST,
    Talk,
    connections,
    pcap,
    program,
)
from tests.evidence.fuzz import assert_never_raises, lines_of, read_lines
from why503.evidence import capture_text
from why503.facts import Peer, Speech, TcpConnection

TEXT = """\
$ tcpdump -nn -tttt -i any port 8080
tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes
2031-03-04 05:06:07.000000 eth0  In  IP 10.9.0.1.40000 > 10.9.0.7.8080: Flags [S], seq 7000000, win 64240, options [mss 1460], length 0
2031-03-04 05:06:07.001000 eth0  Out IP 10.9.0.7.8080 > 10.9.0.1.40000: Flags [S.], seq 9000000, ack 7000001, win 65160, length 0
2031-03-04 05:06:07.002000 eth0  In  IP 10.9.0.1.40000 > 10.9.0.7.8080: Flags [.], ack 1, win 63, length 0
2031-03-04 05:06:08.000000 eth0  In  IP 10.9.0.1.40000 > 10.9.0.7.8080: Flags [P.], seq 1:101, ack 1, win 63, length 100: HTTP: GET /orders/7 HTTP/1.1
2031-03-04 05:06:08.010000 eth0  Out IP 10.9.0.7.8080 > 10.9.0.1.40000: Flags [P.], seq 1:41, ack 101, win 64, length 40: HTTP: HTTP/1.1 200 OK
2031-03-04 05:06:13.010000 eth0  Out IP 10.9.0.7.8080 > 10.9.0.1.40000: Flags [F.], seq 41, ack 101, win 64, length 0
2031-03-04 05:06:13.011000 eth0  In  IP 10.9.0.1.40000 > 10.9.0.7.8080: Flags [P.], seq 101:201, ack 41, win 63, length 100: HTTP: GET /orders/8 HTTP/1.1
2031-03-04 05:06:13.012000 eth0  Out IP 10.9.0.7.8080 > 10.9.0.1.40000: Flags [R], seq 9000042, win 0, length 0
05:06:14.000000 IP 10.9.0.1.53 > 10.9.0.2.5353: UDP, length 40
2031-03-04 05:06:15.000000 IP6 fd00::1.40001 > fd00::7.8080: Flags [S], seq 1, win 64240, length 0
8 packets captured
"""  # noqa: E501 - lines of tcpdump are kept whole


def facts(text: str) -> list[TcpConnection]:
    reading, claimed = read_lines(capture_text, text)
    assert len(claimed) == len(text.splitlines())
    return [fact for fact in reading.facts if isinstance(fact, TcpConnection)]


def test_a_race_in_the_text_of_tcpdump_is_told_with_its_lines() -> None:
    one, other = facts(TEXT.removesuffix("\n"))
    assert (one.client, one.server, one.source.line) == ("10.9.0.1:40000", "10.9.0.7:8080", 3)
    assert one.closing is not None
    assert (one.closing.by, one.closing.line, one.closing.late_line) == (Peer.SERVER, 8, 9)
    assert (one.closing.late_request, one.closing.idle) == (True, 5.0)
    assert (one.closing.reset_by, one.interfaces) == (Peer.SERVER, ("eth0",))
    assert [(found.path, found.status) for found in one.requests] == [
        ("/orders/7", 200),
        ("/orders/8", None),
    ]
    assert other.client == "[fd00::1]:40001"


def race() -> Talk:
    talk = Talk(isn=(7_000_000, 9_000_000)).open().exchange(1.0)
    talk.send(1, FIN | ACK, 6.0)
    talk.send(0, PSH | ACK, 6.5, REQUEST, ack=talk.seqs[1] - 1)
    talk.send(1, RST, 6.501)
    return talk


def told(one: TcpConnection) -> tuple[object, ...]:
    """What text and capture have to agree on."""
    closing = one.closing
    assert closing is not None
    return (
        (one.client, one.server, one.packets, one.from_client.payload, one.from_server.payload),
        (one.from_client.retransmissions, one.from_server.retransmissions),
        (closing.by, closing.how, closing.late_bytes, closing.late_request, closing.reset_by),
        (round(closing.idle or 0, 3), round(closing.late_after or 0, 3), closing.request_open),
    )


@pytest.mark.parametrize(
    "words",
    [
        ["tcpdump", "-nn", "-tttt"],
        ["tcpdump", "-nn"],
        ["tcpdump", "-nn", "-S", "-tt"],
        ["tcpdump", "-nn", "-v"],
        ["tcpdump", "-nn", "-e"],
        ["tshark", "-n"],
    ],
    ids=" ".join,
)
def test_the_text_of_the_real_programs_tells_what_the_capture_tells(
    words: list[str], tmp_path: Path
) -> None:
    data = pcap(race().frames)
    (tmp_path / "made.pcap").write_bytes(data)
    (expected,), _unread = connections(data)
    command = [program(words[0]), *words[1:], "-r", str(tmp_path / "made.pcap")]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (one,) = facts(text.removesuffix("\n"))
    assert told(one) == told(expected)


def test_tshark_without_ports_is_joined_by_the_numbers(tmp_path: Path) -> None:
    talks = [Talk(port=40000 + port).open().exchange(1.0 + port) for port in range(3)]
    frames = sorted(frame for talk in talks for frame in talk.frames)
    (tmp_path / "made.pcap").write_bytes(pcap(frames))
    command = [program("tshark"), "-n", "-r", str(tmp_path / "made.pcap")]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert [found.from_client.payload for found in facts(text.removesuffix("\n"))] == [
        len(REQUEST)
    ] * 3


def test_times_without_a_day_are_no_dates() -> None:
    bare = "\n".join(line.removeprefix("2031-03-04 ") for line in TEXT.splitlines()[2:5])
    (one,) = facts(bare)
    assert (one.dated, one.first) == (False, 5 * 3600 + 6 * 60 + 7)
    assert all(found.dated for found in facts("\n".join(TEXT.splitlines()[2:5])))


def test_a_prohibition_by_icmp_stands_with_the_open_handshake() -> None:
    text = (
        "10:00:00.000000 IP 10.9.0.1.40000 > 10.9.0.7.8080: Flags [S], seq 1, win 9, length 0\n"
        "10:00:00.000100 IP 10.9.0.9 > 10.9.0.1: ICMP host 10.9.0.7 unreachable - "
        "admin prohibited filter, length 68"
    )
    (one,) = facts(text)
    assert one.handshake is not None
    assert (one.handshake.unreachable, one.handshake.unreachable_line) == ("admin prohibited", 2)


def test_without_payload_nothing_is_guessed_of_the_speech() -> None:
    text = "\n".join(line.split(": HTTP")[0] for line in TEXT.splitlines()[2:10])
    (one,) = facts(text)
    assert (one.from_client.speech, one.request_count) == (Speech.NOTHING, 0)
    assert one.closing is not None
    assert one.closing.late_request


def test_other_lines_are_left_to_other_readers() -> None:
    text = "2031-03-04T05:06:07Z info listening\nkubectl get pods\n10.0.0.1 > 10.0.0.2: no\n"
    assert read_lines(capture_text, text)[1] == []
    assert capture_text.bid(lines_of(text)) == 0.0
    assert capture_text.bid(lines_of(TEXT)[:9]) == 1.0


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(capture_text, TEXT)
    assert_never_raises(
        capture_text,
        "  1 0.000000000 10.9.0.1 → 10.9.0.7 TCP 74 40000 → 8080 [SYN] Seq=0 Win=64240 Len=0\n"
        "  2 0.000100000 10.9.0.1 → 10.9.0.7 HTTP 174 GET /orders HTTP/1.1 \n",
    )
