"""Answers of Prometheus and VictoriaMetrics to queries, and VictoriaMetrics' export, as JSON.

One file may hold several answers: one behind the other, or one in each line.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from why503.evidence.json_document import decoded
from why503.evidence.metric_series import Gathering, Point, number, seconds
from why503.evidence.reader import Context, Reading
from why503.facts.reading import Unread
from why503.support.collector import uncollected
from why503.support.pattern import lazy_re
from why503.support.secret import mask
from why503.support.text import _

NAME = "metrics JSON"

ANSWERS_LIMIT = 100_000
"""Answers, or lines of an export, of one file that are read."""

_HEAD = lazy_re(
    r'\[?\s{0,100}\{\s{0,100}(?:"status"\s{0,10}:\s{0,10}"(?:success|error)"|"metric"\s{0,10}:|'
    r'"resultType"\s{0,10}:|"data"\s{0,10}:\s{0,10}\{\s{0,100}"resultType")'
)
_SIGNS = lazy_re(r'"(?:resultType|metric|errorType)"\s{0,10}:')
_SKIP = lazy_re(r"[\s,]*")
_CHARACTERS = 4000


def bid(text: str) -> float:
    """0.97 for a text that begins with such an answer."""
    head = text[:_CHARACTERS].lstrip("\ufeff \t\r\n")
    return 0.97 if _HEAD.match(head) and _SIGNS.search(head) else 0.0


def read(text: str, context: Context) -> Reading:
    """Every series, merged where several answers tell of one."""
    gathering = Gathering(context)
    unread: list[Unread] = []
    with uncollected():
        for value, line in _answers(text, context, unread):
            unread.extend(_refused(value, context, line))
            gather(value, line, gathering)
    reading = gathering.reading()
    reading.unread.extend(unread)
    return reading


def gather(value: Any, line: int, gathering: Gathering) -> bool:
    """Add the series of one answer or exported line; False where it is neither."""
    data = value.get("data", value) if isinstance(value, dict) else None
    if not isinstance(data, dict):
        return False
    result, kind = data.get("result"), data.get("resultType")
    if kind in ("matrix", "vector") and isinstance(result, list):
        for entry in result:
            _add(entry, line, gathering)
        return True
    if kind == "scalar":
        gathering.add(line, {}, _points([result]))
        return True
    if isinstance(data.get("metric"), dict):
        _add(data, line, gathering)
        return True
    return False


def _add(entry: Any, line: int, gathering: Gathering) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("metric"), dict):
        return
    labels = {str(name): str(value) for name, value in entry["metric"].items()}
    gathering.add(line, labels, _points_of(entry))


def _points_of(entry: Mapping[str, Any]) -> Iterator[Point]:
    """Values of `value`, of `values`, or of the export's `values` beside `timestamps`."""
    values, stamps = entry.get("values"), entry.get("timestamps")
    if isinstance(values, list) and isinstance(stamps, list):
        yield from _points([stamp, value] for stamp, value in zip(stamps, values, strict=False))
    elif isinstance(values, list):
        yield from _points(values)
    elif "value" in entry:
        yield from _points([entry["value"]])


def _points(pairs: Any) -> Iterator[Point]:
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        stamp, value = number(pair[0]), number(pair[1])
        if stamp is not None and value is not None:
            yield seconds(stamp), value


def _answers(
    text: str, context: Context, unread: list[Unread]
) -> Iterator[tuple[dict[str, Any], int]]:
    """The answers in ``text``, each with the line that it begins on."""
    try:
        whole = msgspec.json.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        yield from _behind_each_other(text, context, unread)
        return
    for value in (whole if isinstance(whole, list) else [whole])[:ANSWERS_LIMIT]:
        if isinstance(value, dict):
            yield value, 1


def _behind_each_other(
    text: str, context: Context, unread: list[Unread]
) -> Iterator[tuple[dict[str, Any], int]]:
    decoder = json.JSONDecoder()
    place, line = _after_blanks(text, 1 if text.startswith("\ufeff") else 0), 1
    counted = 0
    for _turn in range(ANSWERS_LIMIT):
        if place >= len(text):
            return
        line += text.count("\n", counted, place)
        counted = place
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            yield value, line
        place = _after_blanks(text, end)
    else:
        return
    reason = _(
        "`{path}` is cut or damaged at line {line}: what stands before was read, of this answer "
        "only what is whole. Fetch it again."
    ).format(path=context.path, line=line)
    unread.append(Unread(source=context.source(line), reason=reason))
    document = decoded(text[place:])
    if document is not None and isinstance(document.value, dict):
        yield document.value, line


def _after_blanks(text: str, place: int) -> int:
    found = _SKIP.match(text, place)
    return found.end() if found else place


def _refused(value: Mapping[str, Any], context: Context, line: int) -> Iterator[Unread]:
    """The sentence for an answer that is an error."""
    if value.get("status") == "error":
        reason = _(
            "The query whose answer stands in line {line} of `{path}` failed: {error}. Mend it and "
            "ask again."
        ).format(line=line, path=context.path, error=mask(str(value.get("error", "-")))[:300])
        yield Unread(source=context.source(line), reason=reason)
