"""Logs of some hundred lines, odd ones among them, and ways to read them in blocks."""

import json
from itertools import pairwise
from pathlib import Path

from tests.evidence.access_log.made import line
from why503.evidence import access_log
from why503.evidence.access_log.engine.block import WORD, Block
from why503.evidence.access_log.engine.finish import facts_of
from why503.evidence.access_log.engine.kernel import Plan, kernel
from why503.evidence.access_log.engine.partial import Partial
from why503.evidence.prefix import Peeler
from why503.evidence.reader import Context, Reading

ENVOY = "2026-03-04T05:06:08.000001Z\twarning\tenvoy config\tsomething of its own"
JSON_KEYS = {
    "time": "start_time",
    "code": "response_code",
    "flags": "response_flags",
    "details": "response_code_details",
    "termination_details": "connection_termination_details",
    "transport_failure": "upstream_transport_failure_reason",
    "forwarded_for": "x_forwarded_for",
    "upstream_local": "upstream_local_address",
    "downstream_local": "downstream_local_address",
    "downstream_remote": "downstream_remote_address",
    "server_name": "requested_server_name",
    "route": "route_name",
}
NUMBERS = ("response_code", "duration", "bytes_sent", "bytes_received")


def values(number: int) -> dict[str, str]:
    """The values of one line: every seventh fails, in a few kinds."""
    good = number % 7 != 0
    code, flags, details = [("503", "UC", "reset"), ("404", "-", "via_upstream"), ("0", "DC", "-")][
        number % 3
    ]
    return {
        "time": f"2026-03-04T05:{number // 40:02d}:{number % 40:02d}.{number % 1000:03d}Z",
        "code": "200" if good else code,
        "flags": "-" if good else flags,
        "details": "via_upstream" if good else details,
        "duration": str(number * 37 % 90),
        "request_id": f"0b1c2d3e-4f50-4a6b-8c7d-{number:012d}",
        "upstream_host": f"10.9.8.{number % 3}:8080",
        "upstream_local": "-" if number % 21 == 0 else f"10.9.8.1:4010{number % 5}",
        "path": f"/cart/{number}",
    }


def text_lines(count: int = 300) -> list[str]:
    """Text lines; every thirtieth is odd, each time in another way."""
    odd = (
        lambda one: line(**one, user_agent='say "hello" twice'),
        lambda one: "[pod/cart-1/istio-proxy] " + line(**one),
        lambda _one: ENVOY,
        lambda _one: "",
        lambda one: line(**one)[:60],
        lambda one: line(**one, user_agent='a" "b'),
        lambda one: line(**(one | {"time": one["time"][:19] + "Z"})),
        lambda one: line(**one) + "\r",
    )
    lines = []
    for number in range(count):
        make = odd[number // 30 % len(odd)] if number % 30 == 29 else lambda one: line(**one)
        lines.append(make(values(number)))
    return lines


def json_line(**changed: str) -> str:
    """A line in Istio's JSON format."""
    known = {"authority": "cart.example.org", "method": "GET", "protocol": "HTTP/1.1"}
    known |= {"upstream_cluster": "outbound|8080||cart.shop.svc.cluster.local"} | changed
    entry = {JSON_KEYS.get(name, name): None if v == "-" else v for name, v in known.items()}
    entry["response_flags"] = entry.get("response_flags") or "-"
    plain = {k: int(v) if k in NUMBERS and v else v for k, v in entry.items()}
    return json.dumps(plain, separators=(",", ":"))


def json_lines(count: int = 300) -> list[str]:
    """JSON lines; some are odd."""
    lines = [json_line(**values(number)) for number in range(count)]
    for number in range(29, count, 30):
        lines[number] = (lines[number][:70], ENVOY, "[pod/cart-1/istio-proxy] " + lines[number])[
            number // 30 % 3
        ]
    return lines


def block(*lines: str | bytes) -> Block:
    """Whole lines as a block."""
    texts = [one.encode() if isinstance(one, str) else one for one in lines]
    return Block(b"".join(one + b"\n" for one in texts) + bytes(WORD))


def plan(*, is_json: bool = False, keep_ids: bool = True) -> Plan:
    context = Context(path="proxy.log", teller="proxy")
    return Plan(context=context, json=is_json, keep_ids=keep_ids, sample_all=True)


def partials(path: Path, cuts: list[int], how: Plan) -> list[Partial]:
    """The account of each range between the cuts."""
    size = path.stat().st_size
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < size), size]
    return [kernel(str(path), start, end, how) for start, end in pairwise(edges)]


def facts(partial: Partial, how: Plan) -> Reading:
    return facts_of(partial, how)


def by_line(lines: list[str]) -> Reading:
    """What the line-by-line reader makes of the same lines."""
    session = access_log.start(Context(path="proxy.log", teller="proxy"))
    peeler = Peeler()
    for number, text in enumerate(lines, 1):
        for one in peeler.peel(number, text):
            session.take(one)
    return session.finish()


def write(folder: Path, lines: list[str], name: str = "proxy.log") -> Path:
    path = folder / name
    path.write_bytes("".join(one + "\n" for one in lines).encode())
    return path
