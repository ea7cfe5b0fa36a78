"""The middle of some numbers: importing `statistics` takes longer than most runs need it."""

from collections.abc import Iterable


def median(values: Iterable[float]) -> float:
    """The middle of ``values``, the mean of the two middle ones of an even count; not of none."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2
