"""Where the values of JSON lines stand that have the same keys in the same order, as Envoy's do."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from why503.evidence.access_log.aliases import field_of
from why503.evidence.access_log.engine.block import WORD, Block, Flags, Ints
from why503.evidence.access_log.json_line import ISTIO, read_json

GROUPED = {
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
"""Keys of Istio's JSON format that make a group, and our names of the fields."""
NEEDED = frozenset({"start_time", "duration", "response_code", "response_flags"})
"""Keys without which a line is none of these."""
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
_OF_SHIPPERS = frozenset(
    {"pod", "pod_name", "podName", "kubernetes_pod_name", "k8s.pod.name", "k8s_pod_name"}
    | {"hostname", "namespace", "namespace_name", "container", "container_name", "_source"}
    | {"log", "_msg", "_raw", "message", "msg", "line", "textPayload", "body", "event.original"}
)
"""Keys of log shippers that tell of a pod, or hold the line itself."""
_OPENING, _BORDER, _COLON = len('{"'), len(',"'), len('":')


@dataclass(frozen=True)
class Layout:
    """The keys of such lines, in their order."""

    keys: tuple[str, ...]

    @cached_property
    def grouped(self) -> tuple[str, ...]:
        """Those that make a group."""
        return tuple(key for key in self.keys if key in GROUPED)

    @cached_property
    def checked(self) -> tuple[str, ...]:
        """Those that tell a line of this layout from every other one with as many keys.

        Where nothing is lacking, the places of those that are asked for are enough.
        """
        asked = {*GROUPED, *NEEDED, "upstream_local_address", "request_id"}
        return tuple(asked) if asked <= set(self.keys) else self.keys

    @cached_property
    def place(self) -> dict[str, int]:
        """Which one each is."""
        return {key: place for place, key in enumerate(self.keys)}


def layout_of(line: bytes) -> Layout | None:
    """The layout of a line; None where it is no compact JSON object or lacks what is needed."""
    try:
        told = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    if not isinstance(told, dict) or not told.keys() >= NEEDED:
        return None
    keys = tuple(told)
    plain = all(key.isascii() and key.isprintable() and not set(key) & {'"', "\\"} for key in keys)
    compact = line.count(b',"') == len(keys) - 1 and line.startswith(b'{"')
    return Layout(keys=keys) if plain and compact and _is_istios(line, told) else None


def _is_istios(line: bytes, told: dict[str, Any]) -> bool:
    """True where no key beside Istio's own tells of the request, or of a log shipper's pod."""
    found = read_json(line.decode("utf-8", "replace"))
    if found is None or found[0] != ISTIO:
        return False
    others = told.keys() - ISTIO_FIELDS.keys()
    return all(
        field_of(key) is None and not isinstance(told[key], dict) and key not in _OF_SHIPPERS
        for key in others
    )


class JsonBlock:
    """The lines of a block, cut at the borders of their keys.

    ``first``, ``begin``, ``end``: first byte of each line, of its object, and its line end.
    """

    def __init__(self, block: Block) -> None:
        each = block.each
        self.block = block
        commas = np.flatnonzero(each[:-1] == ord(","))
        self.marks = commas[each[commas + 1] == ord('"')]
        self.end = np.flatnonzero(each == ord("\n"))
        self.first = np.append(0, self.end[:-1] + 1)
        self.begin = self._objects()
        self._passed = np.searchsorted(self.marks, self.end)
        self._count = np.diff(self._passed, prepend=0)
        last = self.end - (each[np.maximum(self.end - 1, 0)] == ord("\r"))
        self._last = last
        fit = (last - self.begin > _OPENING) & (each[np.maximum(last - 1, 0)] == ord("}"))
        self._fit = fit & (each[self.begin] == ord("{"))

    def _objects(self) -> Ints:
        """Where the object of each line begins: at its first byte, or behind a prefix."""
        each = self.block.each
        if (each[self.first] == ord("{")).all():
            return self.first
        opened = np.append(np.flatnonzero(each == ord("{")), self.block.size)
        found: Ints = opened[np.searchsorted(opened, self.first)]
        return np.where(found < self.end, found, self.first)

    def laid(self, layout: Layout, left: Flags) -> "Laid":
        """The lines among those of ``left`` that have a layout."""
        count = len(layout.keys) - 1
        line = np.flatnonzero(self._fit & left & (self._count == count))
        borders = np.empty((count + 2, len(line)), np.int64)
        borders[0] = self.begin[line] + _OPENING
        first = self._passed[line] - count
        borders[1:-1] = self.marks[first[None, :] + np.arange(count)[:, None]] + _BORDER
        borders[-1] = self._last[line] - 1 + _BORDER
        sound = np.ones(len(line), np.bool_)
        for key in layout.checked:
            last = f'{key}":'.encode()[-WORD:]  # no two keys of one format end alike
            begin = borders[layout.place[key]] + (len(key) + _COLON - len(last))
            sound &= spelled(self.block, begin, last)
        if not sound.all():
            line, borders = line[sound], borders[:, sound]
        return Laid(
            block=self.block,
            layout=layout,
            line=line,
            first=self.first[line],
            begin=self.begin[line],
            end=self.end[line],
            borders=borders,
        )


@dataclass(frozen=True, slots=True)
class Laid:
    """The lines of a block that have a layout."""

    block: Block
    layout: Layout
    line: Ints
    """Index of each line in the block."""
    first: Ints
    """Its first byte, which may be that of a prefix."""
    begin: Ints
    """First byte of its object."""
    end: Ints
    """Its line end."""
    borders: Ints
    """First byte of each key, and where a further one would begin: rows, a column for each line."""

    def value(self, name: str) -> tuple[Ints, Ints]:
        """Begin and end of the values of a key; of nothing where the layout lacks it."""
        place = self.layout.place.get(name)
        if place is None:
            nothing = np.zeros(len(self.line), np.int64)
            return nothing, nothing
        begin: Ints = self.borders[place] + (len(name) + _COLON)
        return begin, self.borders[place + 1] - _BORDER

    def value_at(self, name: str, row: int) -> bytes:
        """The value of a key in one line."""
        place = self.layout.place[name]
        begin = int(self.borders[place, row]) + (len(name) + _COLON)
        return self.block.bytes(begin, int(self.borders[place + 1, row]) - _BORDER)

    def text(self, name: str) -> tuple[Ints, Ints, Flags]:
        """Begin and end of the texts of a key, and which ones are a text, missing or null."""
        begin, end = self.value(name)
        if name not in self.layout.keys:
            return begin, end, np.ones(len(begin), np.bool_)
        each = self.block.each
        quoted = (each[begin] == ord('"')) & (each[end - 1] == ord('"')) & (end - begin > 1)
        missing = spelled(self.block, begin, b"null") & (end - begin == len("null"))
        return (
            np.where(quoted, begin + 1, begin),
            np.where(quoted, end - 1, begin),
            quoted | missing,
        )


def spelled(block: Block, begin: Ints, text: bytes) -> Flags:
    """Where a text of up to eight bytes stands."""
    words = block.words[np.minimum(begin, block.size)]
    found: Flags = words << _bits(text) == np.uint64(int.from_bytes(text, "little")) << _bits(text)
    return found


def _bits(text: bytes) -> np.uint64:
    return np.uint64(8 * (WORD - len(text)))
