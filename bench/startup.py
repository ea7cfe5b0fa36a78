"""Start-up and a small diagnosis, in milliseconds of wall time, next to the bare interpreter.

Each command runs seven times, in turn with the others, so that a busy moment of the machine
touches all of them alike; compiled modules are kept, as an installation has them. Prints minimum,
median, what is added to the bare interpreter, and the ratio. Promises nothing and fails only when a
command fails.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

RUNS = 7
LINES = 100
FAILS_EVERY = 10
BARE = "python -c pass"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

OK_LINE = (
    '[{time}] "GET /api/items/{number} HTTP/1.1" 200 - via_upstream - "-" 0 412 {took} {took} '
    '"-" "bench/1.0" "{id}" "items.shop.svc.cluster.local:8080" "10.20.0.7:8080" '
    "inbound|8080|| 127.0.0.6:40001 10.20.0.7:8080 10.20.0.9:51000 "
    "outbound_.8080_._.items.shop.svc.cluster.local default"
)
FAILED_LINE = (
    '[{time}] "POST /api/items HTTP/1.1" 503 UC '
    'upstream_reset_before_response_started{{connection_termination}} - "-" 128 95 {took} - '
    '"-" "bench/1.0" "{id}" "items.shop.svc.cluster.local:8080" "10.20.0.7:8080" '
    "inbound|8080|| 127.0.0.6:40002 10.20.0.7:8080 10.20.0.9:51002 "
    "outbound_.8080_._.items.shop.svc.cluster.local default"
)


def access_log() -> str:
    """`LINES` lines of an Istio access log, one in `FAILS_EVERY` a 503."""
    start = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
    lines = []
    for number in range(LINES):
        shape = OK_LINE if number % FAILS_EVERY else FAILED_LINE
        moment = start + timedelta(seconds=7 * number)
        lines.append(
            shape.format(
                time=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                number=number,
                took=1 + number % 9,
                id=f"00000000-0000-4000-8000-{number:012d}",
            )
        )
    return "\n".join(lines) + "\n"


def wall_time(command: list[str]) -> float:
    """Milliseconds that one run of ``command`` took."""
    start = time.perf_counter()
    nowhere = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=nowhere, stdin=nowhere, env=ENVIRONMENT)
    return (time.perf_counter() - start) * 1000


def measure(commands: dict[str, list[str]]) -> dict[str, list[float]]:
    """Milliseconds of each command, `RUNS` times, in turn; one unmeasured round warms the cache."""
    for command in commands.values():
        wall_time(command)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _round in range(RUNS):
        for name, command in commands.items():
            taken[name].append(wall_time(command))
    return taken


def table(taken: dict[str, list[float]]) -> str:
    """The measurements as lines of text, compared with `BARE`."""
    bare = statistics.median(taken[BARE])
    lines = [f"{'milliseconds':<36}{'min':>8}{'median':>8}{'added':>8}{'ratio':>8}"]
    for name, times in taken.items():
        median = statistics.median(times)
        lines.append(
            f"{name:<36}{min(times):8.0f}{median:8.0f}{median - bare:8.0f}{median / bare:8.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    why503 = str(Path(sys.executable).with_name("why503"))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        log.write_text(access_log(), encoding="utf-8")
        commands = {
            BARE: [sys.executable, "-c", "pass"],
            "why503 --help": [why503, "--help"],
            f"why503 diagnose ({LINES} lines)": [why503, "diagnose", str(log)],
        }
        print(table(measure(commands)))


if __name__ == "__main__":
    main()
