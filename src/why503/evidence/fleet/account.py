"""The account of one file from those of its ranges, however many there are.

What it takes grows with the groups and the sample of idle times, not with connections or minutes.
"""

from array import array
from collections.abc import Iterable
from heapq import nsmallest
from math import inf, isnan

from why503.evidence.access_log.engine.finish import GROUPS_BY_MINUTE
from why503.evidence.access_log.engine.partial import Border, Partial, merge
from why503.evidence.access_log.engine.room import Room
from why503.evidence.access_log.engine.sums import compact, pairs_of


def slim(partial: Partial) -> Partial:
    """The account of a range, its minutes put together where those of the whole file will be."""
    if partial.by_minute and pairs_of(partial) > GROUPS_BY_MINUTE:
        compact(partial, 0)
    return partial


def added_up(partials: Iterable[Partial], room: Room) -> Partial:
    """All ranges of one file together, in file order; keeps of them what one process may."""
    whole: Partial | None = None
    rows = room.rows
    for part in partials:
        whole = part if whole is None else merge(whole, part)
        if len(whole.durations.cell) > rows:
            compact(slim(whole), room.rows)
            rows = max(room.rows, 2 * len(whole.durations.cell))
        forget(whole.border, room.connections)
    return whole or Partial()


def forget(border: Border, most: int) -> None:
    """Forget the connections used longest ago where there are more than ``most``.

    A quarter more goes with them, so that it is seldom done.
    """
    count = len(border.connection)
    if count <= most:
        return
    oldest = set(
        nsmallest(count - most + most // 4, range(count), key=lambda one: _age(border.end[one]))
    )
    kept = [place for place in range(count) if place not in oldest]
    border.connection = array("Q", (border.connection[place] for place in kept))
    border.end = array("d", (border.end[place] for place in kept))
    border.carried = array("Q", (border.carried[place] for place in kept))
    border.closed = bytearray(border.closed[place] for place in kept)


def _age(end: float) -> float:
    """Times that are not told stay."""
    return inf if isnan(end) else end
