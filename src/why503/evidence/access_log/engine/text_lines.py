"""Blocks of lines in Istio's default text format, cut at their quotes all at once.

Envoy escapes nothing, and the format has exactly fourteen quotes: lines with exactly fourteen have
no foreign one. Whatever does not fit to the sign is left to the tolerant parser.
"""

import re
from collections.abc import Iterable
from typing import Any

from why503.evidence.access_log.engine.tally import SAMPLED, Tally
from why503.evidence.access_log.engine.told import told_of
from why503.evidence.access_log.fields import Fields
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.access_log.timestamp import guess_time

QUOTES = 14
NAME = KNOWN_FORMATS[0].name

_STATUS = re.compile(
    r" (\d{3}|0|-) ([A-Z][A-Za-z0-9_]{1,40}(?:,[A-Z][A-Za-z0-9_]{1,40}){0,15}|-) ([^\s\"]*) (\S*) "
)
_METHOD = re.compile(r"[^\s\"/]{1,60}")
_PROTOCOL = re.compile(r"HTTP/[0-9.]{1,4}|-")
_HOST = re.compile(r"[^\s\"]{1,300}:\d{1,5}|[^\s\"]{0,300}/[^\s\"]{0,300}|-|")
_HEAD = re.compile(rb"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\]")
_MINUTE = re.compile(rb"\n\[\d{4}-\d\d-\d\dT\d\d:\d\d")
_WIDTH = len(b"[2026-01-01T00:00:00.000Z]")
_MINUTE_WIDTH = len(b"\n[2026-01-01T00:00")
_NUMBERS = b"0123456789 -"
_SAMPLED = f"{SAMPLED}Z]".encode()
_TAIL = 7
"""Pieces between blanks after the last quote, with the head of the next line."""


class OddError(Exception):
    """A line among those of a block is not as the format says."""


class _Groups(dict[tuple[bytes, ...], int]):
    """Groups by status, transport failure, method, protocol, authority, host and cluster."""

    def __init__(self, tally: Tally, teller: str) -> None:
        super().__init__()
        self._tally = tally
        self._teller = teller
        # Keys that share their values stay in the processor's own memory: twice as fast.
        self._same: dict[bytes, bytes] = {}

    def __missing__(self, raw: tuple[bytes, ...]) -> int:
        status, transport, method, protocol, authority, host, cluster = (
            one.decode("utf-8", "replace") for one in raw
        )
        found = _STATUS.fullmatch(status)
        if (
            found is None
            or not _METHOD.fullmatch(method)
            or not _PROTOCOL.fullmatch(protocol)
            or not _HOST.fullmatch(host)
        ):
            raise OddError
        fields: Fields = {
            "code": found[1],
            "flags": found[2],
            "details": found[3],
            "transport_failure": transport,
            "method": method,
            "protocol": protocol,
            "authority": authority,
            "upstream_host": host,
            "upstream_cluster": cluster,
        }
        group = self._tally.group(self._teller, fields)
        self[tuple(self._same.setdefault(one, one) for one in raw)] = group
        return group


class TextLines:
    """Takes blocks of whole lines of one proxy in Istio's text format."""

    def __init__(self, tally: Tally, teller: str) -> None:
        self._tally = tally
        self._teller = teller
        self._groups = _Groups(tally, teller)
        self._minutes: dict[bytes, int] = {}
        self.moments = Moments()

    @staticmethod
    def odd_among(lines: list[bytes]) -> list[int]:
        """Places of the lines that are odd at first sight."""
        return [place for place, line in enumerate(lines) if line.count(b'"') != QUOTES]

    def take(self, block: bytes) -> bool:
        """Count the lines of ``block``, each with its end; False, and nothing, if one is odd."""
        parts = block.split(b'"')
        count = len(parts) // QUOTES
        if len(parts) != QUOTES * count + 1 or not _HEAD.match(parts[0]):
            return False
        ends = b"".join(parts[14::14])
        tails = ends.split(b" ")
        numbers = b"".join(parts[4::14])
        requests = b" ".join(parts[1::14]).split(b" ")
        if (
            ends.count(b"\n") != count
            or len(tails) != _TAIL * count
            or len(requests) != 3 * count
            or numbers.translate(None, _NUMBERS)
            or len(parts[0]) != _WIDTH + 1
        ):
            return False
        took = numbers.split(b" ")
        if len(took) != 5 * count + 1 or any(
            parts[place::14].count(b" ") != count for place in (6, 8, 10, 12)
        ):
            return False
        times = [b"\n" + parts[0][:-1]]
        times += [route[-_WIDTH - 1 :] for route in tails[6 : _TAIL * count - 1 : _TAIL]]
        return self._count(parts, tails, took[3::5], times, requests)

    def _count(
        self,
        parts: list[bytes],
        tails: list[bytes],
        took: list[bytes],
        times: list[bytes],
        requests: list[bytes],
    ) -> bool:
        hosts, clusters = parts[13::14], tails[1::_TAIL]
        try:
            minutes = self._minutes_of(times)
            groups = list(
                map(
                    self._groups.__getitem__,
                    zip(
                        parts[2::14],
                        parts[3::14],
                        requests[0::3],
                        requests[2::3],
                        parts[11::14],
                        hosts,
                        clusters,
                        strict=True,
                    ),
                )
            )
        except OddError:
            return False
        tally = self._tally
        start = tally.passage.add(times, took, groups)
        tally.understood(self._teller, NAME, len(groups))
        if tally.partial.request_ids is not None:
            tally.remember(self._teller, parts[9::14])
        self._follow(parts, groups, (hosts, tails[2::_TAIL], clusters, times), start)
        if isinstance(minutes, int):
            tally.count(minutes, groups, took, start)
        else:
            tally.count_each(minutes, groups, took, start)
        return True

    def _minutes_of(self, times: list[bytes]) -> int | list[int]:
        """The minute of all lines, or that of each: what lies between two equal heads is equal."""
        first, last = min(times)[:_MINUTE_WIDTH], max(times)[:_MINUTE_WIDTH]
        if first == last:
            return self._minute(first)
        return [self._minute(time[:_MINUTE_WIDTH]) for time in times]

    def _minute(self, head: bytes) -> int:
        found = self._minutes.get(head)
        if found is None:
            if not _MINUTE.fullmatch(head):
                raise OddError
            found = self._minutes[head] = int(self.moments[head] // 60)
        return found

    def _follow(
        self,
        parts: list[bytes],
        groups: list[int],
        columns: tuple[list[bytes], list[bytes], list[bytes], list[bytes]],
        start: int,
    ) -> None:
        """Keep the failures, and what the lines say of the use of connections."""
        tally = self._tally
        failing = tally.failing
        if not tally.tracking:
            tally.partial.failed[self._teller] += sum(group in failing for group in groups)
            return
        hosts, locals_, clusters, times = columns
        connections = list(zip(hosts, locals_, strict=True))
        moment = self.moments.moment
        begin = 0
        for index in self._marked(groups, times):
            group, connection, now = groups[index], connections[index], moment(times[index])
            tally.use(connections[begin:index], start + begin)
            begin = index
            if group not in failing:
                tally.sample(group, connection, start + index, now)
                continue
            near = _before(hosts, clusters, index) if connection[1] == b"-" else None
            tally.fail(
                group,
                (start + index, now),
                (connection, None if near is None else start + near),
                _line(parts, index),
            )
            if group in tally.closing:
                tally.use([connection], start + index)
                tally.close(connection)
                begin = index + 1
        tally.use(connections[begin:], start + begin)

    def _marked(self, groups: list[int], times: list[bytes]) -> Iterable[int]:
        """The lines of a block that failed or are of the sample."""
        if self._tally.sample_all:
            return range(len(groups))
        failing = self._tally.failing
        return [
            index
            for index, (group, time) in enumerate(zip(groups, times, strict=True))
            if group in failing or time.endswith(_SAMPLED)
        ]


def _before(hosts: list[bytes], clusters: list[bytes], index: int) -> int | None:
    """The line of a block before ``index`` that went to the same host of the same cluster."""
    host, cluster = hosts[index], clusters[index]
    for place in range(index - 1, -1, -1):
        if hosts[place] == host and clusters[place] == cluster:
            return place
    return None


def _line(parts: list[bytes], index: int) -> bytes:
    """One line of a block as written."""
    own = parts[QUOTES * index : QUOTES * (index + 1) + 1]
    own[0] = own[0][own[0].rfind(b"[") :]
    own[-1] = own[-1].partition(b"\n")[0]
    return b'"'.join(own)


def told(line: bytes) -> dict[str, Any]:
    """The `Request` fields of a line that was taken."""
    text = line.decode("utf-8", "replace").rstrip()
    return told_of(text, KNOWN_FORMATS[0].parse(text) or {}, guess_time)


class Moments(dict[bytes, float]):
    """Seconds since 1970 at the begin of the minute of a time as a block holds it."""

    def __missing__(self, head: bytes) -> float:
        found = guess_time(head[1:].decode("ascii", "replace") + ":00Z")
        if found is None:
            raise OddError
        self[head] = found
        return found

    def moment(self, raw: bytes | str | None) -> float | None:
        """Seconds since 1970 of a time as the lines hold it."""
        if not isinstance(raw, bytes):
            return None if raw is None else float(raw)
        try:
            return self[raw[:_MINUTE_WIDTH]] + float(raw[_MINUTE_WIDTH + 1 : -2])
        except (OddError, ValueError):
            return None
