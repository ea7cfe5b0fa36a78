"""Blocks of lines in Istio's JSON format, decoded all at once, only the fields that groups need."""

from operator import attrgetter
from typing import Any, cast

import msgspec

from why503.evidence.access_log.engine.partial import NO_MINUTE
from why503.evidence.access_log.engine.tally import MISSING_RAW, SAMPLED, Tally
from why503.evidence.access_log.engine.text_lines import OddError
from why503.evidence.access_log.engine.told import told_of
from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.json_line import ISTIO, read_json
from why503.evidence.access_log.timestamp import guess_time

_Text = str | None | msgspec.UnsetType
_Number = int | str | None | msgspec.UnsetType


class _Line(msgspec.Struct, gc=False):
    """One line; what it may lack is unset."""

    start_time: str
    response_code: int
    duration: int
    response_flags: _Text = msgspec.UNSET
    response_code_details: _Text = msgspec.UNSET
    upstream_transport_failure_reason: _Text = msgspec.UNSET
    method: _Text = msgspec.UNSET
    protocol: _Text = msgspec.UNSET
    authority: _Text = msgspec.UNSET
    upstream_host: _Text = msgspec.UNSET
    upstream_cluster: _Text = msgspec.UNSET
    upstream_local_address: _Text = msgspec.UNSET


class _LineWithId(_Line, gc=False):
    request_id: _Text = msgspec.UNSET


_FIELDS = {
    "response_code": "code",
    "response_flags": "flags",
    "response_code_details": "details",
    "upstream_transport_failure_reason": "transport_failure",
    "method": "method",
    "protocol": "protocol",
    "authority": "authority",
    "upstream_host": "upstream_host",
    "upstream_cluster": "upstream_cluster",
}
_group = attrgetter(*_FIELDS)
_time, _took = attrgetter("start_time"), attrgetter("duration")
_connection = attrgetter("upstream_host", "upstream_local_address")
_place = attrgetter("upstream_cluster", "upstream_host")
_request_id = attrgetter("request_id")
_SAMPLED = f"{SAMPLED}Z"
_MINUTE_WIDTH = len("2026-01-01T00:00")
_WIDTH = len("2026-01-01T00:00:00.000Z")

_Raw = tuple[int | _Text, ...]


class _Groups(dict[_Raw, int]):
    """Groups by the values of `_FIELDS`."""

    def __init__(self, tally: Tally, teller: str) -> None:
        super().__init__()
        self._tally = tally
        self._teller = teller
        # Keys that share their values stay in the processor's own memory: twice as fast.
        self._same: dict[int | _Text, int | _Text] = {}

    def __missing__(self, raw: _Raw) -> int:
        fields: Fields = {
            name: "-" if value is None else str(value)
            for name, value in zip(_FIELDS.values(), raw, strict=True)
            if value is not msgspec.UNSET
        }
        flags = fields.get("flags", "-")
        if "flags" not in fields or (flags != "-" and not flags[:1].isupper()):
            raise OddError
        if "|" in fields.get("upstream_host", ""):
            raise OddError
        group = self._tally.group(self._teller, fields)
        self[tuple(self._same.setdefault(one, one) for one in raw)] = group
        return group


class JsonLines:
    """Takes blocks of whole lines of one proxy in Istio's JSON format."""

    def __init__(self, tally: Tally, teller: str) -> None:
        self._tally = tally
        self._teller = teller
        self._groups = _Groups(tally, teller)
        self._minutes: dict[str, int] = {}
        with_ids = tally.partial.request_ids is not None
        self._decode = msgspec.json.Decoder(_LineWithId if with_ids else _Line).decode_lines

    @staticmethod
    def odd_among(lines: list[bytes]) -> list[int]:
        """Places of the lines that are odd at first sight."""
        return [
            place
            for place, line in enumerate(lines)
            if line[:1] != b"{" or line[-2:].rstrip()[-1:] != b"}"
        ]

    def take(self, block: bytes) -> bool:
        """Count the lines of ``block``, each with its end; False, and nothing, if one is odd."""
        try:
            lines = cast("list[Any]", self._decode(block))
            if len(lines) != block.count(b"\n"):
                return False
            times = list(map(_time, lines))
            minutes = self._minutes_of(times)
            groups = list(map(self._groups.__getitem__, map(_group, lines)))
        except (msgspec.MsgspecError, UnicodeError, OddError):
            return False
        tally = self._tally
        took = list(map(_took, lines))
        start = tally.passage.add(times, took, groups)
        tally.understood(self._teller, ISTIO, len(groups))
        if tally.partial.request_ids is not None:
            tally.remember(
                self._teller, [one for one in map(_request_id, lines) if isinstance(one, str)]
            )
        self._follow(block, lines, groups, start)
        if isinstance(minutes, int):
            tally.count(minutes, groups, took, start)
        else:
            tally.count_each(minutes, groups, took, start)
        return True

    def _minutes_of(self, times: list[str]) -> int | list[int]:
        first, last = min(times), max(times)
        if first[:_MINUTE_WIDTH] == last[:_MINUTE_WIDTH] and len(first) == _WIDTH:
            return self._minute(first)
        return [self._minute(time) for time in times]

    def _minute(self, time: str) -> int:
        found = self._minutes.get(time[:_MINUTE_WIDTH]) if len(time) == _WIDTH else None
        if found is None:
            start = guess_time(time)
            found = NO_MINUTE if start is None else int(start // 60)
            if len(time) == _WIDTH and time[-1] == "Z":
                self._minutes[time[:_MINUTE_WIDTH]] = found
        return found

    def _follow(self, block: bytes, lines: list[Any], groups: list[int], start: int) -> None:
        """Keep the failures, and what the lines say of the use of connections."""
        tally = self._tally
        failing = tally.failing
        if not tally.tracking:
            tally.partial.failed[self._teller] += sum(group in failing for group in groups)
            return
        connections = list(map(_connection, lines))
        marked = [
            index
            for index, group in enumerate(groups)
            if tally.sample_all or group in failing or lines[index].start_time.endswith(_SAMPLED)
        ]
        texts = block.split(b"\n") if marked else []
        begin = 0
        for index in marked:
            group, connection = groups[index], connections[index]
            now = moment(lines[index].start_time)
            tally.use(connections[begin:index], start + begin)
            begin = index
            if group not in failing:
                tally.sample(group, connection, start + index, now)
                continue
            near = _before(lines, index) if connection[1] in MISSING_RAW else None
            tally.fail(
                group,
                (start + index, now),
                (connection, None if near is None else start + near),
                texts[index],
            )
            if group in tally.closing:
                tally.use([connection], start + index)
                tally.close(connection)
                begin = index + 1
        tally.use(connections[begin:], start + begin)


def _before(lines: list[Any], index: int) -> int | None:
    """The line of a block before ``index`` that went to the same host of the same cluster."""
    place = _place(lines[index])
    for before in range(index - 1, -1, -1):
        if _place(lines[before]) == place:
            return before
    return None


def moment(raw: str | None) -> float | None:
    """Seconds since 1970 of a time as the lines hold it."""
    if raw is None:
        return None
    return guess_time(raw) if raw[4:5] == "-" else float(raw)


def told(line: bytes) -> dict[str, Any]:
    """The `Request` fields of a line that was taken."""
    text = line.decode("utf-8", "replace").rstrip()
    fields = _own_fields(line)
    if fields is None:
        found = read_json(text)
        fields = found[1] if found else {}
    return told_of(text, fields, guess_time)


def _own_fields(line: bytes) -> Fields | None:
    """The fields of a line that has Istio's own keys with plain values only."""
    try:
        data = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    if not isinstance(data, dict) or not data.keys() <= ISTIO_FIELDS.keys():
        return None
    if not all(value is None or type(value) in {str, int} for value in data.values()):
        return None
    return {ISTIO_FIELDS[key]: "-" if value is None else str(value) for key, value in data.items()}


ISTIO_FIELDS: dict[str, str] = {
    "authority": "authority",
    "bytes_received": "bytes_received",
    "bytes_sent": "bytes_sent",
    "connection_termination_details": "termination_details",
    "downstream_local_address": "downstream_local",
    "downstream_remote_address": "downstream_remote",
    "duration": "duration",
    "method": "method",
    "path": "path",
    "protocol": "protocol",
    "request_id": "request_id",
    "requested_server_name": "server_name",
    "response_code": "code",
    "response_code_details": "details",
    "response_flags": "flags",
    "route_name": "route",
    "start_time": "time",
    "upstream_cluster": "upstream_cluster",
    "upstream_host": "upstream_host",
    "upstream_local_address": "upstream_local",
    "upstream_service_time": "upstream_service_time",
    "upstream_transport_failure_reason": "transport_failure",
    "user_agent": "user_agent",
    "x_forwarded_for": "forwarded_for",
}
"""The keys of Istio's JSON format."""
