"""Access logs of any size with the truth about them, the same bytes for the same seed.

    python bench/access_log_lines.py --size 200MB [--json] LOG

One line in `ODD_EVERY` is odd: quotes in user agents and paths, bytes that are not UTF-8, paths of
20 kB, transports' prefixes, cut lines, blank lines, and other programs' lines.
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ODD_EVERY = 600
PER_SECOND = 800
BEGIN = int(datetime(2026, 1, 5, 3, 0, tzinfo=UTC).timestamp())
UNITS = {"kB": 1000, "MB": 1000**2, "GB": 1000**3}
SERVICES = 30
HOSTS = 4
FAILURES = (
    ("503", "UC", "upstream_reset_before_response_started{connection_termination}"),
    ("503", "UF", "upstream_reset_before_response_started{remote_connection_failure}"),
    ("503", "UH", "no_healthy_upstream"),
    ("504", "UT", "response_timeout"),
    ("500", "-", "via_upstream"),
    ("404", "-", "via_upstream"),
    ("0", "DC", "downstream_remote_disconnect"),
)
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "Go-http-client/2.0", "curl/8.14.1", "-")
FOREIGN = "2026-01-05T03:00:00.000001Z\twarning\tenvoy config\tgRPC config stream closed: 14, {}"

Key = tuple[str, str, str, str, int]
"""cluster, upstream host, code, flags, minute since 1970."""


@dataclass
class Truth:
    """What a right reader finds."""

    lines: int = 0
    understood: int = 0
    others: int = 0
    """Blank lines, cut lines and other programs' lines."""
    failures: int = 0
    durations: dict[Key, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


@dataclass(frozen=True)
class _Request:
    """The values that one line tells."""

    second: int
    millisecond: int
    method: str
    path: str
    code: str
    flags: str
    details: str
    duration: int
    agent: str
    ident: str
    service: int
    host: int
    port: int

    @property
    def cluster(self) -> str:
        return f"outbound|8080||service-{self.service}.shop.svc.cluster.local"

    @property
    def upstream(self) -> str:
        return "-" if self.flags == "UH" else f"10.20.{self.service}.{self.host}:8080"

    @property
    def local(self) -> str:
        return "-" if self.flags in {"UH", "UF"} else f"10.30.0.1:{self.port}"

    def time(self) -> str:
        moment = datetime.fromtimestamp(BEGIN + self.second, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{self.millisecond:03d}Z"


def _request(rng: random.Random, number: int) -> _Request:
    failed = rng.random() < 0.02  # noqa: PLR2004
    code, flags, details = rng.choice(FAILURES) if failed else ("200", "-", "via_upstream")
    service = min(SERVICES - 1, int(rng.expovariate(0.15)))
    return _Request(
        second=number // PER_SECOND,
        millisecond=number * 1000 // PER_SECOND % 1000,
        method=rng.choice(("GET", "GET", "POST")),
        path=f"/api/v1/items/{rng.randrange(10**6)}",
        code=code,
        flags=flags,
        details=details,
        duration=int(rng.lognormvariate(2.5, 1)),
        agent=rng.choice(AGENTS),
        ident=f"{rng.getrandbits(32):08x}-0000-4000-8000-{number:012d}",
        service=service,
        host=rng.randrange(HOSTS),
        port=30_000 + service * 100 + rng.randrange(60),
    )


def _text(one: _Request, *, agent: str, path: str) -> str:
    return (
        f'[{one.time()}] "{one.method} {path} HTTP/1.1" {one.code} {one.flags} {one.details} - "-"'
        f' 64 512 {one.duration} {one.duration} "-" "{agent}" "{one.ident}" '
        f'"service-{one.service}.shop:8080" "{one.upstream}" {one.cluster} {one.local} '
        f"10.96.{one.service}.1:8080 10.40.0.9:5100{one.host} - default"
    )


def _json(one: _Request, *, agent: str, path: str) -> str:
    entry = {
        "authority": f"service-{one.service}.shop:8080",
        "bytes_received": 64,
        "bytes_sent": 512,
        "connection_termination_details": None,
        "downstream_local_address": f"10.96.{one.service}.1:8080",
        "downstream_remote_address": f"10.40.0.9:5100{one.host}",
        "duration": one.duration,
        "method": one.method,
        "path": path,
        "protocol": "HTTP/1.1",
        "request_id": one.ident,
        "requested_server_name": None,
        "response_code": int(one.code),
        "response_code_details": one.details,
        "response_flags": one.flags,
        "route_name": "default",
        "start_time": one.time(),
        "upstream_cluster": one.cluster,
        "upstream_host": None if one.upstream == "-" else one.upstream,
        "upstream_local_address": None if one.local == "-" else one.local,
        "upstream_service_time": str(one.duration),
        "upstream_transport_failure_reason": None,
        "user_agent": agent,
        "x_forwarded_for": None,
    }
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


ODD_AGENTS = (
    'say "beta" twice',
    'x ""y"" z',
    'ends in a quote"',
    'a" "b',
    "ends in \\",
    "caf\udce9",
)
PREFIXES = ("[pod/gateway-1/istio-proxy] ", "2026-01-05T03:00:00.123456789Z stdout F ")


def _odd(rng: random.Random, one: _Request, *, is_json: bool) -> tuple[str, bool]:
    """An odd line, and whether it tells a request."""
    write = _json if is_json else _text
    plain = write(one, agent=one.agent, path=one.path)
    kind = rng.randrange(14)
    if kind < len(ODD_AGENTS):
        return write(one, agent=ODD_AGENTS[kind], path=one.path), True
    if kind == 6:
        return write(one, agent=one.agent, path='/search?q="x"'), True
    if kind == 7:
        return write(one, agent=one.agent, path="/" + "a" * 20_000), True
    if kind < 10:
        return PREFIXES[kind - 8] + plain, True
    return (plain[:40], "", FOREIGN.format("late"), FOREIGN.format('"'))[kind - 10], False


def generate(path: Path, size: int, *, is_json: bool, seed: int = 1) -> Truth:
    """Write about ``size`` bytes to ``path``."""
    rng = random.Random(seed)  # noqa: S311 - the same bytes every time
    truth = Truth()
    write = _json if is_json else _text
    written = 0
    with path.open("wb") as file:
        while written < size:
            one = _request(rng, truth.lines)
            told = True
            if truth.lines % ODD_EVERY == ODD_EVERY - 1:
                line, told = _odd(rng, one, is_json=is_json)
            else:
                line = write(one, agent=one.agent, path=one.path)
            data = line.encode("utf-8", "surrogateescape") + b"\n"
            written += file.write(data)
            _note(truth, one, told=told)
    return truth


def _note(truth: Truth, one: _Request, *, told: bool) -> None:
    truth.lines += 1
    if not told:
        truth.others += 1
        return
    truth.understood += 1
    truth.failures += one.code != "200" or one.flags != "-"
    minute = (BEGIN + one.second) // 60
    truth.durations[one.cluster, one.upstream, one.code, one.flags, minute][one.duration] += 1


def size_of(text: str) -> int:
    """Bytes of `200MB`."""
    return int(float(text[:-2]) * UNITS[text[-2:]])


def main() -> None:
    """Write a log and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--size", type=size_of, default="200MB")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    truth = generate(given.log, given.size, is_json=given.json)
    print(f"{truth.lines} lines, {truth.understood} requests, {truth.failures} failures")


if __name__ == "__main__":
    main()
