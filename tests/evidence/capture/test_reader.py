"""The whole reader: bids, fuzz, and real captures held against dpkt and tshark."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.capture.frames import (
    ACK,
    ANSWER,
    PSH,
    REQUEST,
    Talk,
    captured,
    connections,
    pcap,
    tshark,
)
from tests.evidence.capture.test_pcapng import interface, packet, section
from tests.evidence.capture.test_tls_record import HELLO
from why503.evidence import capture
from why503.facts import CloseKind, Peer, Speech, TcpConnection


def test_it_wants_captures_and_nothing_else() -> None:
    assert capture.bid(pcap([])) == 1.0
    assert capture.bid(section()) == 1.0
    assert capture.bid(b"\x1f\x8b\x08") == capture.bid(b"") == capture.bid(b"log line") == 0.0


TALK = Talk().open().exchange(1.0).exchange(2.0, HELLO, ANSWER)
MADE = pcap(TALK.frames)
MADE_NG = section() + interface() + b"".join(packet(time, frame) for time, frame in TALK.frames)


@given(
    st.sampled_from([MADE, MADE_NG, pcap(TALK.frames, link=276), pcap(TALK.frames, link=101)]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), max_size=12),
    st.binary(max_size=50),
)
@settings(max_examples=400, deadline=None, database=None)
def test_no_bytes_make_it_raise(made: bytes, marks: list[tuple[int, bytes]], tail: bytes) -> None:
    data = bytearray(made)
    for at, mark in marks:
        data[24 + at % len(data) : 24 + at % len(data) + len(mark)] = mark
    connections(bytes(data) + tail)


@given(st.sampled_from([MADE[:24], section(), b""]), st.binary(max_size=300))
@settings(max_examples=100, deadline=None, database=None)
def test_noise_behind_a_head_is_told_and_does_no_harm(head: bytes, noise: bytes) -> None:
    found, unread = connections(head + noise)
    assert found or unread


def served(
    serve: Callable[[socket.socket], None], call: Callable[[int], None], path: Path
) -> bytes:
    """A real capture of a server and a caller on the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            with listening.accept()[0] as peer:
                serve(peer)

        def act() -> None:
            thread = threading.Thread(target=answer)
            thread.start()
            call(port)
            thread.join(timeout=20)

        return captured(path, act, port)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def to(found: list[TcpConnection]) -> TcpConnection:
    """The connection that was not the mark."""
    return next(one for one in found if one.from_client.payload)


def test_a_real_race_is_proved_and_tshark_and_dpkt_see_the_same(tmp_path: Path) -> None:
    closed, sent = threading.Event(), threading.Event()

    def serve(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(ANSWER)
        peer.shutdown(socket.SHUT_WR)
        closed.set()
        sent.wait(20)
        peer.close()

    def call(port: int) -> None:
        with connected(port) as caller:
            caller.sendall(REQUEST)
            caller.recv(65536)
            closed.wait(20)
            caller.sendall(REQUEST)
            sent.set()

    path = tmp_path / "race.pcap"
    found, unread = connections(served(serve, call, path))
    one = to(found)
    assert unread == []
    assert one.closing is not None
    assert (one.closing.by, one.closing.how) == (Peer.SERVER, CloseKind.FIN)
    assert (one.closing.late_bytes, one.closing.late_request) == (len(REQUEST), True)
    assert [request.status for request in one.requests] == [200, None]
    port = one.server.rpartition(":")[2]
    fins = tshark(path, f"tcp.flags.fin==1 and tcp.srcport=={port}", "frame.number")
    asked = tshark(path, "http.request", "frame.number", "http.request.uri")
    assert one.closing.line == int(fins[0][0])
    assert [[str(request.line), request.path] for request in one.requests] == asked
    assert one.closing.late_line == int(asked[1][0])
    assert one.packets == dpkt_packets(path, int(port))


def dpkt_packets(path: Path, port: int) -> int:
    with path.open("rb") as file:
        segments = [dpkt.ethernet.Ethernet(frame).data.data for _, frame in dpkt.pcap.Reader(file)]
    return sum(port in (segment.sport, segment.dport) for segment in segments)


def test_a_real_refusal_and_a_real_tls_alert_are_told(tmp_path: Path) -> None:
    def serve(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        with suppress(OSError):
            peer.recv(65536)

    def call(port: int) -> None:
        context = ssl.create_default_context()
        with connected(port) as caller, pytest.raises(ssl.SSLError):
            context.wrap_socket(caller, server_hostname="orders.example")

    path = tmp_path / "tls.pcap"
    found, _unread = connections(served(serve, call, path))
    one = to(found)
    assert (one.client_hello, one.server_name) == (True, "orders.example")
    assert one.from_server.speech is Speech.HTTP1
    alerts = tshark(path, "tls.alert_message", "frame.number")
    assert [[str(alert.line)] for alert in one.alerts] == alerts
    mark = next(other for other in found if other is not one)
    assert mark.handshake is not None
    assert mark.handshake.refused is not None


def test_tshark_counts_the_same_retransmissions_and_zero_windows(tmp_path: Path) -> None:
    talk = Talk().open().exchange(1.0)
    start = talk.seqs[0]
    talk.send(0, PSH | ACK, 3.0, REQUEST)
    for at in (3.3, 3.9, 5.1):
        talk.send(0, PSH | ACK, at, REQUEST, seq=start)
    talk.send(1, ACK, 5.2, window=0)
    path = tmp_path / "made.pcap"
    path.write_bytes(pcap(talk.frames))
    (one,), _unread = connections(path.read_bytes())
    again = tshark(path, "tcp.analysis.retransmission", "frame.number")
    zero = tshark(path, "tcp.analysis.zero_window", "frame.number")
    assert one.from_client.retransmissions == len(again) == 3
    assert [[str(one.from_server.zero_window_line)]] == zero
