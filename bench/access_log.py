"""Access logs of growing size: exact against the generator's truth, then timed next to peers.

    python bench/access_log.py [--sizes 100kB,20MB,200MB] [--folder /dev/shm] [--write]

Prints a table; with `--write` it also becomes docs/benchmarks.md. Fails where one figure of ours is
not the truth's. Peers that are not installed are left out; each runs in turn with ours.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from access_log_lines import Truth, generate, size_of

from why503.evidence.access_log.aggregate import KEY
from why503.evidence.access_log.engine.partial import Key as EngineKey
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.access_log.engine.sniff import HEAD, plan_for
from why503.evidence.access_log.engine.sums import sums_of
from why503.evidence.access_log.engine.workers import processors, read_file
from why503.evidence.reader import Context

ROUNDS = 3
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
OURS = "why503 diagnose"
PEERS = Path(__file__).parent / "peers"
LNAV = (
    ";SELECT code, flags, details, count(*), max(duration) FROM envoy_access "
    "GROUP BY code, flags, details"
)
GOACCESS = (
    "--no-global-config",
    "--log-format",
    '[%dT%t.%^] "%m %U %H" %s %^ %^ %^ "%^" %^ %b %^ %^ "%^" "%u" "%^" "%^" "%^" %^ %^ %^ %h:%^ %^',
    *("--date-format", "%Y-%m-%d", "--time-format", "%H:%M:%S", "-o", "json"),
)
MILLER = (
    *("--icsv", "--ifs", " ", "--implicit-csv-header", "--lazy-quotes"),
    *("--allow-ragged-csv-input", "count-distinct", "-f", "3,4,5"),
)
MILLER_JSON = ("count-distinct", "-f", "response_code,response_flags,response_code_details")
AWK = (
    '{split($3,a," "); split($15,b," "); k=substr($1,2,16) " " a[1] " " a[2] " " a[3] " " b[1];'
    " n[k]++} END {for (k in n) print n[k], k}"
)
_FIELD = {name: 3 + place for place, name in enumerate(KEY)}


@dataclass(frozen=True)
class Row:
    """One command on one file."""

    name: str
    seconds: float
    """Median wall time."""
    memory: int
    """Most resident megabytes of its processes together, sampled; 0 where it was too quick."""


def check(path: Path, truth: Truth) -> list[str]:
    """What the engine finds otherwise than the truth; empty where all is right."""
    head = path.open("rb").read(HEAD)
    plan = plan_for(head, path.stat().st_size, Context(path=path.name, teller="bench"))
    if plan is None:
        return ["not read as a large access log"]
    found = read_file(str(path), plan, lambda _size: None)
    others = found.left_over_count + found.misread + found.blank
    pairs = {
        "lines": (found.lines, truth.lines),
        "understood": (found.understood, truth.understood),
        "not understood": (others, truth.others),
        "failures": (found.failed.total(), truth.failures),
    }
    wrong = [
        f"{name}: {ours} for {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs
    ]
    return wrong + _wrong_groups(found, truth)


def _wrong_groups(found: Partial, truth: Truth) -> list[str]:
    """Groups whose count, median or 99th percentile is not the truth's."""
    named: dict[tuple[object, ...], int] = {}
    of_group = [named.setdefault(_as_truth_names(key), len(named)) for key in found.keys]
    cells = replace(found.cells, group=array("I", map(of_group.__getitem__, found.cells.group)))
    names = list(named)
    ours = {
        (*names[one.group], one.minute or 0): (one.count, one.middle, one.high)
        for one in sums_of(replace(found, cells=cells), by_minute=found.by_minute)
    }
    told: defaultdict[tuple[object, ...], Counter[int]] = defaultdict(Counter)
    for key, took in truth.durations.items():
        told[key if found.by_minute else (*key[:-1], 0)].update(took)
    theirs = {key: _figures(took) for key, took in told.items()}
    wrong = [
        f"group {key}: {ours.get(key)} for {theirs.get(key)}"
        for key in ours.keys() | theirs.keys()
        if ours.get(key) != theirs.get(key)
    ]
    return sorted(wrong)[:10]


def _as_truth_names(key: EngineKey) -> tuple[object, ...]:
    """A group of ours as the truth names it, without its minute."""
    flags = ",".join(sorted(key[2])) or "-"
    return key[_FIELD["upstream_cluster"]], key[_FIELD["upstream_host"]], str(key[1]), flags


def _figures(took: Counter[int]) -> tuple[int, float, float]:
    """Count, median and 99th percentile by nearest rank."""
    values = sorted(took.elements())
    return (
        len(values),
        float(statistics.median(values)),
        float(values[max(1, -(-len(values) * 99 // 100)) - 1]),
    )


def commands(path: Path, *, is_json: bool) -> dict[str, list[str]]:
    """What is timed on a file: ours and the peers that are installed."""
    log = str(path)
    peers = {
        "cat": ["cat", log],
        "wc -l": ["wc", "-l", log],
        "rg -c ' 503 '": ["rg", "-c", " 503 ", log],
        "mawk, counts": ["mawk", "-F", '"', AWK, log],
        "mawk and sort, whole job but odd lines": [str(PEERS / "whole_job.sh"), log],
        "lnav, counts and longest duration": [
            "lnav",
            "-n",
            "-I",
            str(PEERS / "lnav"),
            "-c",
            LNAV,
            log,
        ],
        "goaccess, its report": ["goaccess", log, *GOACCESS],
        "miller, counts": ["mlr", *MILLER, log],
    }
    if is_json:
        peers = {name: peers[name] for name in ("cat", "wc -l")} | {
            "rg -c": ["rg", "-c", '"response_code":503', log],
            "miller, counts": ["mlr", "--ijson", "--ojson", *MILLER_JSON, log],
        }
    why503 = str(Path(sys.executable).with_name("why503"))
    found = {name: one for name, one in peers.items() if shutil.which(one[0])}
    return found | {OURS: [why503, "diagnose", log]}


def timed(command: list[str]) -> tuple[float, int]:
    """Seconds of one run, and the most megabytes that it and its children held."""
    begin = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        most = 0
        while process.poll() is None:
            most = max(most, _resident(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - begin
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, most >> 20


def _resident(pid: int) -> int:
    """Bytes that a process and its children hold (shared pages count in each); 0 if unknown."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_resident(int(child)) for child in children)


def measure(path: Path, rounds: int, *, is_json: bool) -> list[Row]:
    """Each command in turn, ``rounds`` times; commands that fail are left out."""
    taken: dict[str, list[tuple[float, int]]] = defaultdict(list)
    chosen = commands(path, is_json=is_json)
    for _round in range(rounds):
        for name, command in list(chosen.items()):
            try:
                taken[name].append(timed(command))
            except subprocess.CalledProcessError:
                if name == OURS:
                    raise
                del chosen[name]
    return [
        Row(name, statistics.median(s for s, _ in runs), max(m for _, m in runs))
        for name, runs in taken.items()
        if name in chosen
    ]


def table(title: str, rows: list[Row]) -> str:
    """A table in Markdown."""
    base = next((row.seconds for row in rows if row.name == "wc -l"), None)
    lines = [f"## {title}", "", "| command | seconds | times `wc -l` | MB |", "|---|---|---|---|"]
    for row in sorted(rows, key=lambda one: one.seconds):
        ratio = f"{row.seconds / base:.1f}" if base else ""
        lines.append(f"| {row.name} | {row.seconds:.2f} | {ratio} | {row.memory or ''} |")
    return "\n".join(lines)


HEADER = """# Benchmarks

Written by `python bench/access_log.py --write`. The logs come from `bench/access_log_lines.py`, the
same bytes each time, odd lines included. Before a file is timed, the engine's lines, groups,
counts, medians, 99th percentiles, failures and lines that are not understood are compared with the
generator's truth, all of them; a single difference ends the run. Times are medians of whole
processes, each run in turn with the others; megabytes are those of all processes of a command.

`why503 diagnose` does the whole job: it reads, groups, weighs the causes and writes the answer.
Peers do a part of it, which is named: counts by code, flags and details; or groups with exact
percentiles, but without failures, idle times, line numbers and odd lines. goaccess makes its own
report, of HTTP only; lnav is given a format for the log (`bench/peers/`). Peers that fail on a log
(Miller on a cut JSON line) or are not installed are left out.
"""


def main() -> None:
    """Generate, check, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="2MB,20MB,100MB")
    parser.add_argument("--folder", type=Path, default=None, help="where the logs are put")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--check-only", action="store_true")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    given = parser.parse_args()
    parts = [
        HEADER,
        f"{platform.machine()}, {processors()} processors, Python {platform.python_version()}.\n",
    ]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for size in given.sizes.split(","):
            for is_json in (False, True):
                log = Path(folder) / "access.log"
                truth = generate(log, size_of(size), is_json=is_json)
                if wrong := check(log, truth):
                    sys.exit(f"{size}: " + "; ".join(wrong))
                title = f"{size} {'JSON' if is_json else 'text'}, {truth.lines} lines"
                print(f"{title}: exact in all {len(truth.durations)} groups", flush=True)
                if not given.check_only:
                    parts.append(table(title, measure(log, given.rounds, is_json=is_json)) + "\n")
                    print(parts[-1], flush=True)
    if given.write and not given.check_only:
        PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
