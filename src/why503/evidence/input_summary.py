"""One file of the evidence in a row: what it is, whose, from when to when."""

from collections.abc import Iterable, Iterator

from why503.evidence.line_by_line import Outcome
from why503.facts import AccessLog, Fact, Input

_TELLERS = 3
"""Tellers of one file that are named."""
_MOMENTS = ("time", "first", "last", "begin", "end")


def input_of(path: str, outcome: Outcome, teller: str = "") -> Input:
    """The row of the file at ``path``; ``teller`` is whose it is where its facts do not say."""
    times = [moment for fact in outcome.facts for moment in _moments(fact)]
    tellers = tuple(dict.fromkeys(_tellers(outcome.facts))) or ((teller,) if teller else ())
    return Input(
        path=path,
        kinds=tuple(
            dict.fromkeys(name for _count, name in sorted(outcome.kinds, key=lambda kind: -kind[0]))
        ),
        lines=outcome.lines,
        facts=len(outcome.facts),
        unread_lines=outcome.unclaimed,
        first=min(times, default=None),
        last=max(times, default=None),
        tellers=tellers[:_TELLERS],
    )


def _moments(fact: Fact) -> Iterator[float]:
    """When a fact happened; an expiry or a setting is no such moment."""
    for name in _MOMENTS:
        moment = getattr(fact, name, None)
        if isinstance(moment, float):
            yield moment
    if isinstance(fact, AccessLog):
        yield from (request.time for request in fact.failures if request.time is not None)


def _tellers(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        teller = getattr(fact, "teller", "")
        if isinstance(teller, str) and teller:
            yield teller
