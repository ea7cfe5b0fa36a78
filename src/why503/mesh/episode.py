"""Tells a time in which an address was away from the scattered broken connections around it.

A server that loses a connection now and then, and once is away for a while, has two troubles;
weighed as one they would hide each other.
"""

from collections.abc import Iterable, Sequence

from why503.mesh.ending import Ending
from why503.mesh.failure import Failure

AWAY = frozenset({Ending.CONNECTION_REFUSED, Ending.CONNECTION_FAILURE})
"""Endings of connections that were not accepted."""
PAUSE = 30.0
"""Seconds without a refusal that end the time in which an address was away."""
BEFORE = 5.0
"""Seconds before the first refusal in which cuts belong to the same event."""
AFTER = 1.0
FEW = 3
"""Scattered failures from which on they are a trouble of their own."""
_ABSENCES = 3
"""Absences from which on refusals are as scattered as the rest."""
_QUICK = 1000.0
"""Milliseconds within which a connection is refused; what takes longer was not answered at all."""
_BRIEF = 0.5
"""Share of the time of all failures that an absence may take to stand apart from the others."""


def episodes(failures: Sequence[Failure]) -> tuple[tuple[Failure, ...], ...]:
    """The failures of one hop as one group, or as an absence and the scattered rest.

    Order is kept; every failure is in exactly one group.
    """
    times = [failure.time for failure in failures if failure.time is not None]
    refused = [f.time for f in failures if f.time is not None and _was_refused(f)]
    if not refused or len(refused) == len(failures) or len(times) < len(failures):
        return (tuple(failures),)
    spans = _spans(refused)
    away = {id(f) for f in failures if _was_refused(f) or _within(f, spans)}
    absent = tuple(failure for failure in failures if id(failure) in away)
    rest = tuple(failure for failure in failures if id(failure) not in away)
    length = sum(end - begin for begin, end in spans)
    scattered = len(spans) > _ABSENCES or length > _BRIEF * (max(times) - min(times))
    if len(rest) < FEW or scattered:
        return (tuple(failures),)
    return (absent, rest)


def _was_refused(failure: Failure) -> bool:
    return failure.ending in AWAY and (failure.teller.duration or 0.0) < _QUICK


def _spans(times: Iterable[float]) -> list[tuple[float, float]]:
    """Begin and end of each stretch of refusals."""
    spans: list[tuple[float, float]] = []
    for time in sorted(times):
        if spans and time - spans[-1][1] <= PAUSE:
            spans[-1] = (spans[-1][0], time)
        else:
            spans.append((time, time))
    return spans


def _within(failure: Failure, spans: Iterable[tuple[float, float]]) -> bool:
    end = failure.teller.end
    return end is not None and any(begin - BEFORE <= end <= last + AFTER for begin, last in spans)
