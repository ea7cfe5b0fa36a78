"""A packet capture of about 100 MB, read by why503 and, where it is installed, by tshark.

The capture is made here: connections with keep-alive, a plain HTTP/1 request of 400 bytes and an
answer of two to four segments each, acknowledged one by one. Prints seconds, MB/s and the ratio to
tshark. Promises nothing and fails only when a reader fails.
"""

import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from why503.evidence.capture import read
from why503.evidence.reader import Context
from why503.evidence.text_file import TextFile

MEGABYTES = 100
CONNECTIONS = 200
RUNS = 3
START = 1_750_000_000.0

REQUEST = (
    b"POST /insert/0/prometheus/api/v1/write HTTP/1.1\r\nhost: vminsert:8480\r\n"
    b"user-agent: bench\r\ncontent-type: application/x-protobuf\r\n"
    b"x-request-id: 00000000-0000-4000-8000-%012d\r\ncontent-length: 200\r\n\r\n" + b"x" * 200
)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n"
SEGMENT = 1448


class Talk:
    """One connection whose segments are written as Ethernet frames."""

    def __init__(self, number: int) -> None:
        self.addresses = (struct.pack(">L", 0x0A010000 + number), b"\x0a\x02\x00\x07")
        self.ports = (20000 + number, 8480)
        self.seqs = [1000, 5000]

    def frame(self, sender: int, flags: int, payload: bytes = b"") -> bytes:
        """A segment of one side; its sequence number moves on."""
        other = 1 - sender
        tcp = struct.pack(
            ">HHLLBBHHH",
            self.ports[sender],
            self.ports[other],
            self.seqs[sender],
            self.seqs[other] if flags & 16 else 0,
            0x50,
            flags,
            500,
            0,
            0,
        )
        self.seqs[sender] += len(payload) + (flags & 3 > 0)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0)
        ends = self.addresses[sender] + self.addresses[other]
        return bytes(12) + b"\x08\x00" + ip + ends + tcp + payload


def make(path: Path) -> int:
    """Write the capture; the number of packets."""
    talks = [Talk(number) for number in range(CONNECTIONS)]
    size = count = turn = 0
    with path.open("wb") as file:
        file.write(struct.pack("<LHHLLLL", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))

        def write(frame: bytes) -> None:
            nonlocal size, count
            at = START + count * 1e-4
            head = (int(at), int(at % 1 * 1e6), len(frame), len(frame))
            file.write(struct.pack("<LLLL", *head) + frame)
            size += 16 + len(frame)
            count += 1

        for talk in talks:
            for sender, flags in ((0, 2), (1, 18), (0, 16)):
                write(talk.frame(sender, flags))
        while size < MEGABYTES * 1_000_000:
            talk = talks[turn % CONNECTIONS]
            write(talk.frame(0, 24, REQUEST % turn))
            length = SEGMENT * (1 + turn % 3)
            answer = ANSWER % length + b"y" * length
            for at in range(0, len(answer), SEGMENT):
                write(talk.frame(1, 24, answer[at : at + SEGMENT]))
                write(talk.frame(0, 16))
            turn += 1
        for talk in talks:
            write(talk.frame(1, 17))
    return count


def ours(path: Path) -> tuple[float, int]:
    """Seconds and connections."""
    start = time.perf_counter()
    reading = read(TextFile(path=path.name, place=path).stream(), Context(path="", teller=""))
    return time.perf_counter() - start, len(reading.facts)


def theirs(path: Path, program: str) -> float:
    """Seconds of a pass of tshark that tells what ours tells."""
    start = time.perf_counter()
    subprocess.run(
        [program, "-n", "-r", str(path), "-q", "-z", "conv,tcp"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.pcap")
        count = make(path)
        runs = [ours(path) for _ in range(RUNS)]
        seconds = min(found for found, _ in runs)
        size = path.stat().st_size / 1e6
        print(f"{size:.0f} MB, {count} packets, {runs[0][1]} connections")
        print(f"why503  {seconds:6.2f} s  {size / seconds:6.0f} MB/s")
        if (program := shutil.which("tshark")) is None:
            print("tshark  not installed: no ratio")
            return
        other = min(theirs(path, program) for _ in range(RUNS))
        print(f"tshark  {other:6.2f} s  {size / other:6.0f} MB/s")
        print(f"ratio   {seconds / other:6.2f} (why503 / tshark, lower is better)")


if __name__ == "__main__":
    main()
