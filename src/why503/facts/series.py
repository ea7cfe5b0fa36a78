"""A metric's values over time, as Prometheus, VictoriaMetrics or `kubectl top` tell them."""

from enum import StrEnum

from why503.facts.source import Source
from why503.support.dataclass import dataclass


class SeriesKind(StrEnum):
    """What the values of a series mean."""

    COUNTER = "counter"
    """Grows; falls only where its process starts again."""
    GAUGE = "gauge"
    UNKNOWN = "unknown"
    """Not told: an expression's result, or a metric without a type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One metric with one set of labels."""

    source: Source
    """Its first value."""
    teller: str
    """Who wrote the file: the pod or folder."""
    metric: str
    """Name in Prometheus' spelling; ``""`` where the answer to a query names none."""
    labels: tuple[tuple[str, str], ...] = ()
    """Labels but `__name__`, by name."""
    points: tuple[tuple[float | None, float], ...]
    """Seconds since 1970 (None: the moment of the evidence, not told) and value; never empty,
    oldest first. Values that are no numbers are left out."""
    kind: SeriesKind = SeriesKind.UNKNOWN

    def label(self, *names: str) -> str:
        """Value of the first of these labels that it has; ``""`` where it has none."""
        told = dict(self.labels)
        return next((told[name] for name in names if told.get(name)), "")

    @property
    def first(self) -> float | None:
        """When its oldest value was taken, seconds since 1970; None where that is not told."""
        return self.points[0][0]

    @property
    def last(self) -> float | None:
        """When its newest value was taken, seconds since 1970; None where that is not told."""
        return self.points[-1][0]

    @property
    def latest(self) -> float:
        """Its newest value."""
        return self.points[-1][1]
