"""Peels off what log transports put around a line: kubectl, CRI, stern, log stores and others."""

import json
import re
from dataclasses import replace
from typing import Any

from why503.evidence.prefix_json import origin_of, unwrap
from why503.evidence.reader import Line, Origin
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re

PARTIAL_LENGTH = 1 << 20
"""Characters at which the joining of partial CRI lines stops."""

LOG_STARTS = "==== START logs for container "
LOG_ENDS = "==== END logs for container "
"""What `kubectl cluster-info dump` writes around the log of one container."""

_LAYERS = 5
_OPEN_PARTIALS = 1000

_OF_CONTAINER = lazy_re(
    re.escape(LOG_STARTS) + r"(?P<container>\S{1,63}) of pod "
    r"(?P<namespace>[^/\s]{1,63})/(?P<pod>\S{1,253}) ===="
)
_PREVIOUS = lazy_re(r"={5,20} Previous log\b.{0,60}={5,20}\s{0,9}$")
"""Stands in an `istioctl bug-report` before the log of the container that ran before."""

_COLOUR = lazy_re(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_KUBECTL = lazy_re(
    r"\[pod/(?P<pod>[^/\]\s]{1,253})/(?P<container>[^/\]\s]{1,63})\] ?(?P<rest>.*)", re.DOTALL
)
_KUBETAIL = lazy_re(
    r"\[(?P<pod>[a-z0-9][a-z0-9.-]{0,250}) (?P<container>istio-proxy|istio-init|istiod|discovery|"
    r"ztunnel|envoy)\] (?P<rest>.*)",
    re.DOTALL,
)
"""`[POD CONTAINER] ` of kubetail and of its likes; the container is named, as levels look alike."""
_EXPORTED = lazy_re(
    r"\"(?:[A-Z][a-z]{2} \d{1,2}, \d{4} @ [\d:.]{8,12}|\d{4}-\d\d-\d\d[T ][\d:.]{8,15}Z?)\","
    r"\"(?P<rest>.*)\"\s{0,8}$",
    re.DOTALL,
)
"""A row of a log store's export as CSV: its time (in the zone of the page), then the line."""
_CRI = lazy_re(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    r"(?P<stream>stdout|stderr) "
    r"(?P<tag>[FP])(?::\S{0,40})? ?(?P<rest>.*)",
    re.DOTALL,
)
_TIMESTAMP = lazy_re(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d)) (?P<rest>\S.*|)", re.DOTALL
)
_LEVEL_NEXT = lazy_re(
    r"\[?(?:trace|debug|info|notice|warn|warning|error|fatal|critical|panic)\b", re.IGNORECASE
)
_STERN = lazy_re(
    r"(?P<pod>[a-z0-9][a-z0-9.-]{0,250}-(?:[bcdfghjklmnpqrstvwxz0-9]{5}|\d{1,4})) "
    r"(?P<container>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?) (?P<rest>.*)",
    re.DOTALL,
)
_OF_DEPLOYMENT = lazy_re(r"-[a-z0-9]{8,10}-[a-z0-9]{5}$")
_KAIL = lazy_re(
    r"(?P<namespace>[a-z0-9-]{1,63})/(?P<pod>[a-z0-9.-]{1,253})\[(?P<container>[a-z0-9-]{1,63})"
    r"\]: (?P<rest>.*)",
    re.DOTALL,
)
_CONTAINER = lazy_re(
    r"(?P<container>istio-proxy|istio-init|istiod|discovery|ztunnel)(?:\s{1,4}\||:)?\s{1,8}"
    r"(?P<rest>(?:\{\"|\[?\d{4}-\d\d-\d\d).*)",
    re.DOTALL,
)
"""The name of a container of the mesh before its line, as a paste from a console has it."""
_COMPOSE = lazy_re(r"(?P<pod>[A-Za-z0-9][\w.-]{0,62}) {1,60}\| ?(?P<rest>.*)", re.DOTALL)
_KEYED = lazy_re(
    r"(?:log|message|msg|line|textPayload)\s?[:=]\s?\"?(?P<rest>\[?\d{4}-\d\d-\d\dT\S.*)",
    re.DOTALL,
)
"""A log store's field, copied from its page together with its name."""
_REPLICA = lazy_re(r"[-_]\d{1,3}$")
_LOG_BEGINS = lazy_re(r"\s{0,4}(?:\[?\d{4}[-/]\d\d|\{|\[)")
_MESH_CONTAINERS = frozenset({"istio-proxy", "istio-init", "ztunnel", "discovery", "envoy"})


class Peeler:
    """Peels the lines of one file, in order; holds partial lines until their last part comes."""

    def __init__(self) -> None:
        self._partial: dict[tuple[str, str, str], Line] = {}
        self._within = Origin()

    def peel(self, number: int, text: str) -> list[Line]:
        """The lines inside line ``number``: usually one, none while a partial line is open."""
        if text.startswith("====") and self._is_mark(text):
            return []
        line = Line(number=number, text=text.rstrip("\r\n"), origin=self._within)
        for _layer in range(_LAYERS):
            text = line.text
            if not text:
                break
            if "\x1b" in text:
                line = replace(line, text=_COLOUR.sub("", text))
                continue
            if (cri := _CRI.match(text)) is not None:
                whole = self._join(line, cri)
                if whole is None:
                    return []
                line = whole
                continue
            if (next_line := _one_layer(line)) is None:
                break
            line = next_line
        return _split(line)

    def _is_mark(self, text: str) -> bool:
        """True for a line that a tool put between logs; keeps whose log begins."""
        if (found := _OF_CONTAINER.match(text)) is not None:
            self._within = Origin(
                container=found["container"], namespace=found["namespace"], pod=found["pod"]
            )
            return True
        if text.startswith(LOG_ENDS):
            self._within = Origin()
            return True
        return _PREVIOUS.match(text) is not None

    def flush(self) -> list[Line]:
        """Partial lines whose end never came."""
        rest = list(self._partial.values())
        self._partial.clear()
        return [piece for line in rest for piece in _split(line)]

    def _join(self, line: Line, cri: re.Match[str]) -> Line | None:
        """Content of a CRI line; None where more parts are to follow."""
        origin = line.origin
        key = (origin.pod, origin.container, cri["stream"])
        begun = self._partial.pop(key, None)
        if begun is None:
            origin = replace(origin, time=moment_of(cri["time"]))
            begun = Line(number=line.number, text="", origin=origin)
        room = max(0, PARTIAL_LENGTH - len(begun.text))
        whole = replace(begun, text=begun.text + cri["rest"][:room])
        if cri["tag"] == "P" and len(self._partial) < _OPEN_PARTIALS:
            self._partial[key] = whole
            return None
        return whole


def unwrap_document(text: str) -> list[Line] | None:
    """Log lines inside one JSON document of a log store (Loki, Elasticsearch); None for no such.

    Line numbers are those of the physical lines that hold the values.
    """
    head = text[:400].lstrip("\ufeff \t\r\n")
    if head[:1] not in ("{", "[") or "envoy.admin.v3." in head:
        return None  # a configuration dump may be large, and decoding it twice takes time
    if head[1:5].isdecimal() and head[5:6] == "-":
        return None  # a date in brackets, as an access log begins
    import msgspec

    try:
        data = msgspec.json.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    entries = list(_entries(data))
    if not entries:
        return None
    lines: list[Line] = []
    position, number = 0, 1
    for content, origin in entries:
        for spelt in (json.dumps(content), json.dumps(content, ensure_ascii=False)):
            if (found := text.find(spelt, position)) >= 0:
                number += text.count("\n", position, found)
                position = found
                break
        line = Line(number=number, text=content.rstrip("\r\n"), origin=origin)
        lines.extend(_split(line))
    return lines


def _entries(data: Any) -> list[tuple[str, Origin]]:
    """Contents and origins inside a log store's answer, in its order."""
    found: list[tuple[str, Origin]] = []
    if isinstance(data, dict):
        inner = data.get("data")
        result = inner.get("result") if isinstance(inner, dict) else data.get("streams")
        for stream in result if isinstance(result, list) else []:
            found.extend(_of_stream(stream))
        hits = data.get("hits")
        data = hits.get("hits") if isinstance(hits, dict) else None
    if isinstance(data, list):
        for entry in data:
            if isinstance(entry, dict) and (inside := unwrap(entry)) is not None:
                found.append((inside, origin_of(entry)))
            elif isinstance(entry, dict) and isinstance(entry.get("values"), list):
                found.extend(_of_stream(entry))
    return found


def _of_stream(stream: Any) -> list[tuple[str, Origin]]:
    """Entries of one Loki stream: `{"stream": {...}, "values": [[ns, line], ...]}`."""
    if not isinstance(stream, dict) or not isinstance(stream.get("values"), list):
        return []
    if "metric" in stream:  # a metric's values, which look the same
        return []
    labels = stream.get("stream")
    origin = origin_of(labels) if isinstance(labels, dict) else Origin()
    found = []
    for value in stream["values"]:
        if isinstance(value, list) and len(value) >= 2 and isinstance(value[1], str):
            nanoseconds = str(value[0])
            told = nanoseconds.isdigit() and len(nanoseconds) < 25
            moment = int(nanoseconds) / 1e9 if told else origin.time
            found.append((value[1], replace(origin, time=moment)))
    return found


def _one_layer(line: Line) -> Line | None:
    """``line`` without its outermost prefix; None where it has none that is known."""
    text = line.text
    first = text[0]
    if first == "[":
        return _named(line, _KUBECTL.match(text) or _KUBETAIL.match(text))
    if first == "{":
        return _out_of_json(line)
    if first == '"' and (row := _EXPORTED.match(text)) is not None:
        return replace(line, text=row["rest"].replace('""', '"'))
    if first.isdigit() and (stamp := _TIMESTAMP.match(text)) is not None:
        if _LEVEL_NEXT.match(stamp["rest"]):
            return None
        origin = replace(line.origin, time=moment_of(stamp["time"]))
        return replace(line, text=stamp["rest"], origin=origin)
    return _after_name(line) if first.isalnum() else None


def _after_name(line: Line) -> Line | None:
    """``line`` without the names that stern, kail or compose put before it; None where none is."""
    text = line.text
    if (keyed := _KEYED.match(text)) is not None:
        return replace(line, text=keyed["rest"])
    if (stern := _STERN.match(text)) is not None and _is_stern(stern):
        return _named(line, stern)
    if (kail := _KAIL.match(text)) is not None:
        return _named(line, kail)
    if (of := _CONTAINER.match(text)) is not None:
        origin = replace(line.origin, container=of["container"])
        return replace(line, text=of["rest"], origin=origin)
    compose = _COMPOSE.match(text)
    if compose is not None and (
        _REPLICA.search(compose["pod"]) or _LOG_BEGINS.match(compose["rest"])
    ):
        return _named(line, compose)
    return None


def _named(line: Line, found: re.Match[str] | None) -> Line | None:
    """``line`` with pod and container of a matched prefix."""
    if found is None:
        return None
    named = found.groupdict()
    origin = replace(
        line.origin,
        pod=named["pod"],
        container=named.get("container") or line.origin.container,
        namespace=named.get("namespace") or line.origin.namespace,
    )
    return replace(line, text=named["rest"], origin=origin)


def _is_stern(found: re.Match[str]) -> bool:
    """Whether two words and a text are pod, container and line, and no sentence or table row."""
    rest = found["rest"]
    if rest[:1] in (" ", "\t"):
        return bool(_OF_DEPLOYMENT.search(found["pod"])) and found["container"] in _MESH_CONTAINERS
    return (
        _OF_DEPLOYMENT.search(found["pod"]) is not None
        or found["container"] in _MESH_CONTAINERS
        or _LOG_BEGINS.match(rest) is not None
    )


def _out_of_json(line: Line) -> Line | None:
    """The line inside a log shipper's JSON object; None where the object is the line itself."""
    if len(line.text) > PARTIAL_LENGTH or (
        '"response_code"' in line.text and "kube" not in line.text
    ):
        return None
    try:
        data = json.loads(line.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    origin = origin_of(data)
    told = line.origin
    origin = Origin(
        pod=origin.pod or told.pod,
        container=origin.container or told.container,
        namespace=origin.namespace or told.namespace,
        time=told.time if origin.time is None else origin.time,
    )
    content = unwrap(data)
    if content is not None:
        return replace(line, text=content.rstrip("\r\n"), origin=origin)
    return replace(line, origin=origin) if origin != told else None


def _split(line: Line) -> list[Line]:
    """A line whose content has line ends of its own, as lines of one number."""
    if "\n" not in line.text:
        return [line]
    return [replace(line, text=piece.rstrip("\r")) for piece in line.text.split("\n")]
