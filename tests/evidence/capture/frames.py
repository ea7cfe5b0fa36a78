"""Writes packets and captures by hand, and captures real ones on the loopback interface."""

import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from why503.evidence.capture import read
from why503.evidence.reader import Context
from why503.evidence.text_file import ByteChunks
from why503.facts import TcpConnection, Unread

START = 1_750_000_000.0
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CONTEXT = Context(path="made.pcap", teller="server")
Frames = list[tuple[float, bytes]]

REQUEST = b"GET /orders/7 HTTP/1.1\r\nHost: orders\r\nx-request-id: abc-1\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def tcp(ports: tuple[int, int], seq: int, ack: int, flags: int, window: int = 500) -> bytes:
    return struct.pack(
        ">HHLLBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, window, 0, 0
    )


def ipv4(source: str, target: str, inner: bytes, *, protocol: int = 6, ident: int = 0,
         fragment: int = 0, options: bytes = b"") -> bytes:  # fmt: skip
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH", 0x40 | size // 4, 0, size + len(inner), ident, fragment, 64, protocol, 0
    )
    return head + socket.inet_aton(source) + socket.inet_aton(target) + options + inner


def ipv6(source: str, target: str, inner: bytes, *, following: int = 6) -> bytes:
    head = struct.pack(">LHBB", 0x60000000, len(inner), following, 64)
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    return head + ends + inner


def ethernet(packet: bytes) -> bytes:
    return bytes(12) + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


class Talk:
    """One connection between 10.0.0.1:40000 and 10.0.0.7:8080; `at` is seconds after START."""

    def __init__(self, client: str = "10.0.0.1", server: str = "10.0.0.7", port: int = 40000,
                 isn: tuple[int, int] = (100, 900)) -> None:  # fmt: skip
        self.hosts, self.ports = (client, server), (port, 8080)
        self.seqs = list(isn)
        self.frames: Frames = []

    def send(self, who: int, flags: int, at: float, payload: bytes = b"", **told: int) -> None:
        """A segment of client (0) or server (1) with their running numbers, unless told."""
        other = 1 - who
        seq = told.get("seq", self.seqs[who])
        ack = told.get("ack", self.seqs[other]) if flags & ACK else 0
        ports = self.ports[who], self.ports[other]
        inner = tcp(ports, seq, ack, flags, told.get("window", 500)) + payload
        hosts = self.hosts[who], self.hosts[other]
        packet = ipv4(*hosts, inner, ident=told.get("ident", len(self.frames) + 1))
        self.frames.append((START + at, ethernet(packet)))
        if "seq" not in told:
            self.seqs[who] += len(payload) + (flags & (FIN | SYN) > 0)

    def open(self, at: float = 0.0) -> "Talk":
        self.send(0, SYN, at)
        self.send(1, SYN | ACK, at + 0.001)
        self.send(0, ACK, at + 0.002)
        return self

    def exchange(self, at: float, request: bytes = REQUEST, answer: bytes = ANSWER) -> "Talk":
        self.send(0, PSH | ACK, at, request)
        self.send(1, PSH | ACK, at + 0.01, answer)
        self.send(0, ACK, at + 0.011)
        return self


def pcap(frames: Iterable[tuple[float, bytes]], *, order: str = "<", nano: bool = False,
         link: int = 1, snap: int = 1 << 18) -> bytes:  # fmt: skip
    magic, scale = (0xA1B23C4D, 10**9) if nano else (0xA1B2C3D4, 10**6)
    parts = [struct.pack(order + "LHHLLLL", magic, 2, 4, 0, 0, snap, link)]
    for at, frame in frames:
        ticks = round(at * 10**6) * (scale // 10**6)
        kept = frame[:snap]
        parts.append(struct.pack(order + "LLLL", *divmod(ticks, scale), len(kept), len(frame)))
        parts.append(kept)
    return b"".join(parts)


def connections(data: bytes) -> tuple[list[TcpConnection], list[Unread]]:
    """What the reader makes of a capture that comes in pieces."""
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    reading = read(ByteChunks(iter(pieces)), CONTEXT)
    return [fact for fact in reading.facts if isinstance(fact, TcpConnection)], reading.unread


def connection(*talks: Talk, **told: object) -> TcpConnection:
    """The only connection in a capture of these talks, in the order of time."""
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda found: found[0])
    found, unread = connections(pcap(frames, **told))  # type: ignore[arg-type]
    assert (len(found), unread) == (1, [])
    return found[0]


def program(name: str) -> str:
    """Path of a program; the test fails where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed: run .ci/install-packages (a skip is no pass)")
    return found


def tshark(path: Path, only: str, *fields: str) -> list[list[str]]:
    """Fields of every packet that tshark finds with a filter."""
    words = [
        program("tshark"),
        "-n",
        "-r",
        str(path),
        "-Y",
        only,
        "-T",
        "fields",
        "-E",
        "occurrence=f",
    ]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return [row.split("\t") for row in done.stdout.splitlines()]


def captured(path: Path, act: Callable[[], None], port: int, interface: str = "lo") -> bytes:
    """A real capture of what ``act`` does on a port of the loopback interface.

    A refused connection to another port, the mark, says when all of it has been written.
    """
    if os.geteuid() != 0:
        pytest.fail("capturing needs root: run the tests as root (a skip is no pass)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mark = free.getsockname()[1]
    command = [program("tcpdump"), "-i", interface, "-U", "-w", str(path), "--immediate-mode"]
    command += ["-Z", "root", f"tcp port {port} or tcp port {mark}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tcpdump:
        assert tcpdump.stderr is not None
        for line in tcpdump.stderr:
            if "listening on" in line:
                break
        act()
        with socket.socket() as last:
            last.connect_ex(("127.0.0.1", mark))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and tcpdump.poll() is None:
            found, _unread = connections(path.read_bytes())
            ends = [one for one in found if one.server.endswith(f":{mark}")]
            if ends and ends[0].handshake is not None and ends[0].handshake.refused is not None:
                break
        tcpdump.terminate()
        tcpdump.communicate(timeout=20)
    return path.read_bytes()
