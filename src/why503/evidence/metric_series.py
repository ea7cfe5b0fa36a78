"""Values of metrics, gathered into series whichever form they came in."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from why503.evidence.reader import Context, Reading
from why503.facts.reading import Unread
from why503.facts.series import Series, SeriesKind
from why503.support.secret import mask
from why503.support.text import _

SERIES_LIMIT = 100_000
"""Series of one file that are kept."""

POINTS_LIMIT = 1_000_000
"""Values of one file that are kept."""

_COUNTING = ("_total", "_sum", "_count")
_LABELS = 60
_LABEL_LENGTH = 500
_MILLISECONDS = 1e11
"""A time above this is told in milliseconds; as seconds it would lie beyond the year 5100."""

Point = tuple[float | None, float]


class Gathering:
    """The series of one file while it is read: values of one metric and labels come together."""

    def __init__(self, context: Context) -> None:
        """Begin a file."""
        self._context = context
        self._found: dict[tuple[Any, ...], tuple[int, SeriesKind, list[Point]]] = {}
        self._points = 0
        self._dropped = 0

    def add(
        self,
        line: int,
        labels: Mapping[str, str],
        points: Iterable[Point],
        *,
        teller: str = "",
        kind: SeriesKind | None = None,
    ) -> None:
        """Add values of the metric ``labels["__name__"]``; those that are no numbers are left out.

        Without a ``kind`` the metric's name tells whether it counts.
        """
        told = [point for point in points if isfinite(point[1])]
        metric = labels.get("__name__", "")[:_LABEL_LENGTH]
        if not told or metric.endswith("_bucket"):
            return
        key = (teller or self._context.teller, metric, _kept(labels))
        known = key in self._found
        room = POINTS_LIMIT - self._points
        if room <= 0 or (not known and len(self._found) >= SERIES_LIMIT):
            self._dropped += len(told)
            return
        self._dropped += max(0, len(told) - room)
        self._points += min(len(told), room)
        if not known:
            self._found[key] = (line, kind or _kind(metric), [])
        self._found[key][2].extend(told[:room])

    def reading(self) -> Reading:
        """The series in the order of their first values."""
        reading = Reading()
        for (teller, metric, labels), (line, kind, points) in self._found.items():
            if all(time is not None for time, _value in points):
                points.sort(key=lambda point: point[0] or 0.0)
            reading.facts.append(
                Series(
                    source=self._context.source(line),
                    teller=teller,
                    metric=metric,
                    labels=labels,
                    points=tuple(points),
                    kind=kind,
                )
            )
        if self._dropped:
            reason = _(
                "`{path}` has more values of metrics than are kept; {count} were left out. Ask for "
                "fewer metrics, or for a shorter time."
            ).format(path=self._context.path, count=self._dropped)
            source = self._context.source()
            reading.unread.append(Unread(source=source, reason=reason, count=self._dropped))
        return reading


def seconds(stamp: float) -> float:
    """A metric's time in seconds since 1970, whether it was told in seconds or milliseconds."""
    return stamp / 1000 if stamp > _MILLISECONDS else stamp


def number(value: object) -> float | None:
    """A metric's value (`"12.5"`, 12.5, `"NaN"`); None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _kind(metric: str) -> SeriesKind:
    return SeriesKind.COUNTER if metric.endswith(_COUNTING) else SeriesKind.UNKNOWN


def _kept(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Labels by name, cut and without secrets."""
    names = sorted(name for name in labels if name != "__name__")
    return tuple(
        (
            name[:_LABEL_LENGTH],
            (mask(labels[name]) if "=" in labels[name] or "//" in labels[name] else labels[name])[
                :_LABEL_LENGTH
            ],
        )
        for name in names[:_LABELS]
    )
