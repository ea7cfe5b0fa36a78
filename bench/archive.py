"""An archive of 1 GB, whose members are taken out by why503 and listed by tar.

Made here as a tar.gz: access logs in pods' folders. Taking the members out is measured on all of
it, reading them on a tenth, because there the log reader is measured and not the archive. Prints
seconds, the ratio to `tar t` and the most memory that was held. Promises nothing and fails only
when reading fails.
"""

import gzip
import io
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

MEGABYTES = 1000
MEMBERS = 50
WALK, INSPECT = "--walk", "--inspect"

LINE = (
    '[2026-03-09T02:%02d:%02d.%03dZ] "GET /api/%d HTTP/1.1" 200 - via_upstream - "-" 0 95 12 11 '
    '"-" "bench" "%032x" "orders:8080" "10.1.0.7:8080" '
    "outbound|8080||orders.shop.svc.cluster.local 10.1.0.3:50000 10.1.1.1:8080 10.1.0.3:40000 "
    "- default\n"
)


def member(number: int, size: int) -> bytes:
    """One gzip block: a header and the data of one member, whole blocks of 512 bytes."""
    lines = io.BytesIO()
    at = 0
    while lines.tell() < 1_000_000:
        lines.write((LINE % (at // 60 % 60, at % 60, at % 1000, at, at + number)).encode())
        at += 1
    body = lines.getvalue()
    data = body * (size // len(body))
    info = tarfile.TarInfo(f"bundle/pods/orders-{number}/istio-proxy.log")
    info.size = len(data)
    padded = info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)
    return gzip.compress(padded, compresslevel=1)


def make(path: Path, megabytes: int) -> None:
    """Write the archive."""
    with path.open("wb") as file:
        for number in range(MEMBERS):
            file.write(member(number, megabytes * 1_000_000 // MEMBERS))
        file.write(gzip.compress(bytes(1024)))


def walk(path: str) -> None:
    """Take every member out and open it, in a process of its own."""
    from why503.evidence.archive import members
    from why503.evidence.text_file import TextFile

    count = size = 0
    for found in members(TextFile(path=path, place=Path(path)), []):
        with found.kept.open() as opened:
            while piece := opened.read(1 << 18):
                size += len(piece)
        count += 1
    print(f"{count} members, {size / 1e6:.0f} MB, {held():.0f} MB held")


def inspect(path: str) -> None:
    """Read it, in a process of its own."""
    import why503

    found = why503.inspect(path)
    lines = sum(row.lines for row in found.inputs)
    print(f"{len(found.inputs)} members, {lines} lines, {held():.0f} MB held")


def held() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds and standard output of a command."""
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def measure(folder: str, megabytes: int, how: str) -> None:
    """One archive: why503 and tar."""
    path = Path(folder, f"{megabytes}.tar.gz")
    make(path, megabytes)
    seconds, said = timed([sys.executable, __file__, how, str(path)])
    print(f"{megabytes} MB in {path.stat().st_size / 1e6:.0f} MB, {how.strip('-')}: {said}", end="")
    print(f"why503  {seconds:6.2f} s")
    if (program := shutil.which("tar")) is None:
        print("tar     not installed: no ratio")
        return
    other, _listed = timed([program, "tf", str(path)])
    print(f"tar t   {other:6.2f} s")
    print(f"ratio   {seconds / other:6.2f} (why503 / tar t, lower is better)")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        measure(folder, MEGABYTES, WALK)
        measure(folder, MEGABYTES // 10, INSPECT)


if __name__ == "__main__":
    work = {WALK: walk, INSPECT: inspect}.get("".join(sys.argv[1:2]))
    work(sys.argv[2]) if work else main()
