"""Adds what a busy proxy logs besides: healthy requests to other services, a few other errors.

The lines are made from one of the case's own, field by field, so that they have its format; they
lie in the time of the case's lines and stand between them, in the order of time. The same case
gives the same background.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LEAST = 200
TIMES = 20
"""Lines of background for each line of the case, and the least of them."""
HOSTS = tuple(f"{name}.elsewhere" for name in ("adverts", "flags", "hints", "media", "prefs"))
"""The services of the background."""
_MOMENT = 5.0
"""Seconds before and after a single line in which its background lies."""
_LINE = re.compile(r'^\[(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)\] ".*$')
_TOKEN = re.compile(r'\[[^\]]*\]|"(?:[^"\\]|\\.)*"|\S+')
_LONG, _OLD, _SHORT = 22, 21, 13
"""Fields of Istio's text format since 1.9, of that before, and of Envoy's own."""


@dataclass(frozen=True)
class Answer:
    """How a request of the background ended."""

    code: int
    flags: str
    details: str
    upstream: bool


_WELL = Answer(200, "-", "via_upstream", upstream=True)
_ODD = (
    Answer(404, "-", "via_upstream", upstream=True),
    Answer(500, "-", "via_upstream", upstream=True),
    Answer(0, "DC", "downstream_remote_disconnect", upstream=False),
)
_EVERY = 20
"""One request of so many ends in an odd way."""


@dataclass(frozen=True)
class Made:
    """One request of the background."""

    number: int
    time: datetime
    answer: Answer

    @property
    def host(self) -> str:
        """The service that it goes to; odd ends go round, so that none of them piles up."""
        return HOSTS[(self.number + self.number // _EVERY) % len(HOSTS)]

    @property
    def took(self) -> int:
        """Milliseconds."""
        return 3 + self.number * 7 % 40

    @property
    def id(self) -> str:
        """Its request id."""
        return f"bbbbbbbb-0000-4000-8000-{self.number:012d}"

    @property
    def address(self) -> str:
        """The endpoint that it goes to."""
        return f"10.250.{HOSTS.index(self.host)}.{2 + self.number % 2}:8080"

    @property
    def written(self) -> str:
        """Its start as access logs write it."""
        return f"{self.time:%Y-%m-%dT%H:%M:%S}.{self.time.microsecond // 1000:03d}Z"


def has_log(text: str) -> bool:
    """True for a file with lines of an access log that a background can be made for."""
    return any(_template(line) is not None for line in text.split("\n"))


def mixed(text: str) -> str:
    """The file with a background between its own lines, in the order of time."""
    lines = text.rstrip("\n").split("\n")
    times = [_time(line) for line in lines]
    made = list(_made(text))
    found: list[str] = []
    for line, time in zip(lines, times, strict=True):
        while made and time is not None and made[0][0] < time:
            found.append(made.pop(0)[1])
        found.append(line)
    return "\n".join([*found, *(line for _time, line in made)]) + "\n"


def apart(text: str) -> str:
    """The background alone, as another proxy of the same mesh would log it."""
    return "\n".join(line for _time, line in _made(text)) + "\n"


def _made(text: str) -> Iterator[tuple[datetime, str]]:
    lines = [line for line in text.split("\n") if _template(line) is not None]
    template = next((line for line in lines if _went_well(line)), lines[0])
    times = [time for line in lines if (time := _time(line)) is not None]
    first, last = min(times), max(times)
    if first == last:
        first, last = first - timedelta(seconds=_MOMENT), last + timedelta(seconds=_MOMENT)
    count = max(LEAST, TIMES * len(lines))
    for number in range(count):
        time = first + (last - first) * (number + 1) / (count + 1)
        odd = number % _EVERY == _EVERY // 2
        answer = _ODD[number // _EVERY % len(_ODD)] if odd else _WELL
        yield time, _written(template, Made(number, time, answer))


def _template(line: str) -> str | None:
    """The line where it is one of an access log with a time, else None."""
    return line if _time(line) is not None else None


def _time(line: str) -> datetime | None:
    found = _LINE.match(line)
    if found is not None:
        return datetime.fromisoformat(found["time"]).astimezone(UTC)
    fields = _fields(line)
    if fields is None or "start_time" not in fields:
        return None
    return datetime.fromisoformat(str(fields["start_time"])).astimezone(UTC)


def _fields(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _went_well(line: str) -> bool:
    fields = _fields(line)
    if fields is not None:
        return str(fields.get("response_code")) == "200"
    return _TOKEN.findall(line)[2] == "200"


def _written(template: str, made: Made) -> str:
    fields = _fields(template)
    return _as_text(template, made) if fields is None else _as_json(fields, made)


def _as_text(template: str, made: Made) -> str:
    old = _TOKEN.findall(template)
    answer = made.answer
    sent = 0 if answer.code == 0 else 120 + made.number % 50
    served = str(made.took - 1) if answer.upstream else "-"
    fields = [f"[{made.written}]", f'"GET /list/{made.number % 30} HTTP/1.1"']
    fields += [str(answer.code), answer.flags]
    if len(old) >= _LONG:
        fields += [answer.details, "-", '"-"']
    elif len(old) == _OLD:
        fields += ['"-"', '"-"']
    fields += ["0", str(sent), str(made.took), served, '"-"', '"okhttp/4.9"', f'"{made.id}"']
    fields += [f'"{made.host}:8080"', f'"{made.address}"']
    if len(old) >= _OLD:
        own = old[-3].rpartition(":")[0] or "10.249.0.1"
        cluster = f"outbound|8080||{made.host}.svc.cluster.local"
        local = f"{own}:{40000 + made.number % 20000}"
        caller = f"{own}:{30000 + made.number % 9000}"
        fields += [cluster, local, "10.251.0.1:8080", caller, "-", "default"]
    return " ".join(fields)


def _as_json(fields: Mapping[str, Any], made: Made) -> str:
    """The template's own keys with the background's values; a key of no known meaning stays."""
    answer = made.answer
    values = {
        "start_time": made.written,
        "method": "GET",
        "path": f"/list/{made.number % 30}",
        "x-envoy-origin-path": f"/list/{made.number % 30}",
        "protocol": "HTTP/1.1",
        "response_code": answer.code,
        "response_flags": answer.flags,
        "response_code_details": answer.details,
        "connection_termination_details": None,
        "upstream_transport_failure_reason": None,
        "bytes_received": 0,
        "bytes_sent": 0 if answer.code == 0 else 120 + made.number % 50,
        "duration": made.took,
        "upstream_service_time": made.took - 1 if answer.upstream else None,
        "x_forwarded_for": None,
        "x-forwarded-for": None,
        "user_agent": "okhttp/4.9",
        "user-agent": "okhttp/4.9",
        "request_id": made.id,
        "x-request-id": made.id,
        "authority": f"{made.host}:8080",
        "upstream_host": made.address,
        "upstream_cluster": f"outbound|8080||{made.host}.svc.cluster.local",
        "upstream_local_address": f"10.249.0.1:{40000 + made.number % 20000}",
        "downstream_local_address": "10.251.0.1:8080",
        "downstream_remote_address": f"10.249.0.1:{30000 + made.number % 9000}",
        "requested_server_name": None,
        "route_name": "default",
    }
    return json.dumps({key: values.get(key, old) for key, old in fields.items()})
