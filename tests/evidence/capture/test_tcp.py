import pytest

from tests.evidence.capture.frames import (
    ACK,
    ANSWER,
    FIN,
    PSH,
    REQUEST,
    RST,
    START,
    SYN,
    Talk,
    connection,
    connections,
    pcap,
)
from why503.evidence.capture import reader, tcp
from why503.facts import CloseKind, Peer


def test_a_request_sent_after_the_servers_fin_is_the_proof_of_the_race() -> None:
    talk = Talk().open().exchange(1.0)
    talk.send(1, FIN | ACK, 6.0)
    talk.send(0, PSH | ACK, 6.002, REQUEST, ack=talk.seqs[1] - 1)
    talk.send(1, RST, 6.003)
    closing = connection(talk).closing
    assert closing is not None
    assert (closing.by, closing.how, closing.line) == (Peer.SERVER, CloseKind.FIN, 7)
    assert (closing.late_bytes, closing.late_line) == (len(REQUEST), 8)
    assert (closing.late_request, closing.request_open) == (True, False)
    assert closing.late_after == pytest.approx(0.002, abs=1e-5)
    assert closing.idle == pytest.approx(4.99, abs=1e-5)
    assert closing.late_idle == pytest.approx(4.992, abs=1e-5)
    assert (closing.reset_by, closing.reset_line) == (Peer.SERVER, 9)


def test_a_request_under_way_that_the_fin_does_not_acknowledge_is_the_race_seen_by_the_client() -> (
    None
):
    talk = Talk().open().exchange(1.0)
    seen = talk.seqs[0]
    talk.send(0, PSH | ACK, 6.0, REQUEST)
    talk.send(1, FIN | ACK, 6.001, ack=seen)
    closing = connection(talk).closing
    assert closing is not None
    assert (closing.late_bytes, closing.late_line, closing.late_request) == (len(REQUEST), 7, True)
    assert closing.late_after == pytest.approx(-0.001, abs=1e-5)
    assert closing.idle == pytest.approx(4.991, abs=1e-5)
    assert not closing.request_open


def test_a_request_that_the_fin_acknowledges_was_open_and_no_race() -> None:
    talk = Talk().open().exchange(1.0)
    talk.send(0, PSH | ACK, 6.0, REQUEST)
    talk.send(1, FIN | ACK, 6.3)
    closing = connection(talk).closing
    assert closing is not None
    assert (closing.request_open, closing.late_request, closing.late_bytes) == (True, False, 0)


def test_the_rest_of_a_request_after_the_fin_is_no_new_request() -> None:
    talk = Talk().open()
    talk.send(0, PSH | ACK, 1.0, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
    talk.send(1, FIN | ACK, 1.1)
    talk.send(0, PSH | ACK, 1.2, b"defghi")
    closing = connection(talk).closing
    assert closing is not None
    assert (closing.late_bytes, closing.late_request, closing.request_open) == (6, False, True)


def test_a_repeated_syn_is_counted_and_another_one_is_another_connection() -> None:
    talk = Talk()
    talk.send(0, SYN, 0.0)
    talk.send(0, SYN, 1.0, seq=100)
    later = Talk(isn=(5000, 900)).open(30.0)
    found, _unread = connections(pcap(talk.frames + later.frames))
    assert [one.handshake.syns for one in found if one.handshake] == [2, 1]
    assert [one.handshake.answered is None for one in found if one.handshake] == [True, False]


def test_a_late_syn_ack_and_a_refusal_are_told() -> None:
    talk = Talk()
    talk.send(0, SYN, 0.0)
    talk.send(1, SYN | ACK, 3.0)
    other = Talk(port=40001)
    other.send(0, SYN, 0.0)
    other.send(1, RST | ACK, 0.001)
    slow, refused = connections(pcap(talk.frames + other.frames))[0]
    assert slow.handshake is not None
    assert slow.handshake.took == pytest.approx(3.0)
    assert refused.handshake is not None
    assert (refused.handshake.refused_line, refused.closing) == (4, None)


def test_bytes_sent_again_are_counted_once_and_silence_is_measured() -> None:
    talk = Talk().open()
    start = talk.seqs[0]
    talk.send(0, PSH | ACK, 1.0, REQUEST)
    for at in (1.2, 1.6, 2.4):
        talk.send(0, PSH | ACK, at, REQUEST, seq=start)
    other = Talk(port=40001).open(9.0)
    one = connections(pcap(talk.frames + other.frames))[0][0]
    assert (one.from_client.payload, one.from_client.retransmissions) == (len(REQUEST), 3)
    assert one.from_client.unacknowledged == len(REQUEST)
    assert one.from_client.silence == pytest.approx(8.002, abs=1e-5)
    assert (one.from_client.silence_line, one.request_count) == (4, 1)


def test_a_mirrored_packet_and_a_keep_alive_probe_are_no_retransmissions() -> None:
    talk = Talk().open()
    start = talk.seqs[0]
    talk.send(0, PSH | ACK, 1.0, REQUEST, ident=77)
    talk.send(0, PSH | ACK, 1.0, REQUEST, seq=start, ident=77)
    talk.send(1, ACK, 1.1)
    talk.send(0, ACK, 9.0, b"\0", seq=talk.seqs[0] - 1, ident=78)
    one = connection(talk)
    assert (one.from_client.retransmissions, one.from_client.unacknowledged) == (0, 0)


def test_segments_that_overtook_another_are_put_in_order() -> None:
    talk = Talk().open()
    start = talk.seqs[0]
    talk.send(0, ACK, 1.0, REQUEST[20:40], seq=start + 20)
    talk.send(0, ACK, 1.0005, REQUEST[40:], seq=start + 40)
    talk.send(0, ACK, 1.001, REQUEST[:20], seq=start)
    one = connection(talk)
    assert [found.path for found in one.requests] == ["/orders/7"]
    assert (one.from_client.payload, one.from_client.retransmissions) == (len(REQUEST), 0)


def test_numbers_may_run_over() -> None:
    talk = Talk(isn=(0xFFFFFFF0, 0xFFFFFFFA)).open().exchange(1.0).exchange(2.0)
    talk.send(1, FIN | ACK, 5.0)
    one = connection(talk)
    assert (one.request_count, one.from_client.retransmissions) == (2, 0)
    assert (one.from_client.unacknowledged, one.from_server.payload) == (0, 2 * len(ANSWER))


def test_a_connection_that_was_open_before_is_followed_by_what_it_speaks() -> None:
    talk = Talk(port=80)
    talk.exchange(1.0)
    one = connection(talk)
    assert (one.client, one.client_known, one.handshake) == ("10.0.0.1:80", True, None)
    assert [found.status for found in one.requests] == [200]


def test_zero_windows_are_counted_with_their_first_packet() -> None:
    talk = Talk().open()
    talk.send(1, ACK, 1.0, window=0)
    talk.send(1, ACK, 2.0, window=0)
    told = connection(talk).from_server
    assert (told.zero_windows, told.zero_window_line) == (2, 4)


def test_connections_beyond_the_limit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "CONNECTIONS_LIMIT", 2)
    monkeypatch.setattr(reader, "CONNECTIONS_LIMIT", 2)
    frames = [frame for port in range(3) for frame in Talk(port=40000 + port).open().frames]
    found, unread = connections(pcap(frames))
    assert (len(found), unread[0].source.line) == (2, 7)
    assert "more than 2 connections" in unread[0].reason


def test_holes_do_not_pile_up() -> None:
    talk = Talk().open()
    for number in range(300):
        talk.send(0, ACK, 1.0 + number, b"x" * 10, seq=talk.seqs[0] + 5 + 20 * number)
    one = connection(talk)
    assert one.from_client.payload == 3000
    assert one.last > START
