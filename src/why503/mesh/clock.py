"""Clocks that differ: how far the times of one teller are from those of another.

A request reaches the proxy behind while the proxy before has it under way. So where both tell of
one request id, the difference of their clocks lies between two bounds; many requests narrow them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from why503.facts import AppEvent, AppEventKind, Request, Source, Witness
from why503.mesh.account import destination_of, role_of
from why503.mesh.address import short_name
from why503.mesh.failure import Role
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass

WORTH_SAYING = 0.5
"""Seconds of difference from which it is said; below it harms no join."""
_AGREE = 0.8
"""Share of the requests that have to agree."""
_MANY = 64
"""Accounts of one request id from which it tells no requests apart."""
_FEWEST_CALLS = 3
"""Failed calls that a program's log and its proxy's have to share."""
_PROMPT = 0.5
"""Seconds within which a program logs a failed call."""
_PATIENCE = 5.0
"""Seconds by which a program may log later because it tries again first."""
_CALLS = frozenset({AppEventKind.CALL_FAILED, AppEventKind.WRITE_FAILED, AppEventKind.QUERY_FAILED})


@dataclass(frozen=True, kw_only=True)
class ClockDifference:
    """The clock of ``teller``, seen from that of ``other``."""

    teller: str
    other: str
    least: float
    """Seconds; above zero where the clock is ahead."""
    most: float
    requests: int
    """Requests that agree."""
    source: Source

    @property
    def seconds(self) -> float:
        """The middle of both bounds."""
        return (self.least + self.most) / 2


@dataclass(frozen=True)
class _Bounds:
    least: float
    most: float
    source: Source


def clock_differences(mesh: Mesh) -> tuple[ClockDifference, ...]:
    """Every difference above `WORTH_SAYING` that the evidence is sure of, by name."""
    return mesh.kept("clock differences", lambda: _differences(mesh))


def _differences(mesh: Mesh) -> tuple[ClockDifference, ...]:
    told = [request for log in mesh.logs for request in log.failures]
    told += [fact for fact in mesh.bundle.facts if isinstance(fact, Request)]
    found = [
        _agreed(teller, other, bounds) for (teller, other), bounds in _by_request(told).items()
    ]
    found += _by_calls(mesh, told)
    kept = [one for one in found if one is not None and _is_worth_saying(one)]
    return tuple(sorted(kept, key=lambda one: (one.teller, one.other)))


def ahead_of(differences: Sequence[ClockDifference]) -> Mapping[str, float]:
    """Seconds by which each teller's clock is ahead of the clock that most others are told by."""
    beside: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for one in differences:
        beside[one.other].append((one.teller, one.seconds))
        beside[one.teller].append((one.other, -one.seconds))
    ahead: dict[str, float] = {}
    for root in sorted(beside, key=lambda teller: (-len(beside[teller]), teller)):
        if root in ahead:
            continue
        ahead[root] = 0.0
        waiting = [root]
        while waiting:
            here = waiting.pop()
            for teller, seconds in beside[here]:
                if teller not in ahead:
                    ahead[teller] = ahead[here] + seconds
                    waiting.append(teller)
    return ahead


def _is_worth_saying(one: ClockDifference) -> bool:
    return one.least > WORTH_SAYING or one.most < -WORTH_SAYING


# One request, two tellers


def _by_request(told: Sequence[Request]) -> dict[tuple[str, str], list[_Bounds]]:
    """Bounds of each pair (behind, before) of tellers from the request ids they share."""
    if len({request.teller for request in told}) < 2:
        return {}
    by_id: dict[str, list[Request]] = defaultdict(list)
    for request in told:
        if request.request_id and request.time is not None:
            by_id[request.request_id].append(request)
    found: dict[tuple[str, str], list[_Bounds]] = defaultdict(list)
    for same in by_id.values():
        if not 1 < len(same) <= _MANY:
            continue
        for outer in _outer(same):
            for inner in same:
                if (bounds := _bounds(outer, inner)) is not None:
                    found[inner.teller, outer.teller].append(bounds)
    return found


def _outer(same: Sequence[Request]) -> list[Request]:
    """Accounts of callers' proxies, where each tells once: an id used again would mislead."""
    found = [one for one in same if role_of(one) in (Role.DOWNSTREAM, Role.CLIENT)]
    tellers = [one.teller for one in found]
    return [one for one in found if tellers.count(one.teller) == 1]


def _bounds(outer: Request, inner: Request) -> _Bounds | None:
    """Bounds of the inner clock's advance; None where ``inner`` is not surely behind ``outer``."""
    if inner.teller == outer.teller or not _meet(outer, inner):
        return None
    if outer.time is None or inner.time is None or outer.duration is None:
        return None
    blur = 1.0 if outer.time.is_integer() or inner.time.is_integer() else 0.0
    apart = inner.time - outer.time
    return _Bounds(apart - outer.duration / 1000 - blur, apart + blur, inner.source)


def _meet(outer: Request, inner: Request) -> bool:
    """True where ``inner`` is the account of the next proxy after ``outer``."""
    if role_of(outer) is Role.CLIENT:
        return inner.witness is Witness.ACCESS_LOG and role_of(inner) is Role.DOWNSTREAM
    if role_of(inner) is not Role.UPSTREAM:
        return False
    if outer.upstream_local and inner.downstream_remote:
        return outer.upstream_local == inner.downstream_remote
    if outer.upstream_host and inner.downstream_local:
        return outer.upstream_host == inner.downstream_local
    sent, served = (short_name(destination_of(one)[0])[0] for one in (outer, inner))
    return bool(sent) and sent == served


def _agreed(teller: str, other: str, bounds: Sequence[_Bounds]) -> ClockDifference | None:
    """The bounds in which most requests agree; None where too few of them do."""
    edges = sorted([(b.least, 0) for b in bounds] + [(b.most, 1) for b in bounds])
    depth = most = 0
    best = (0.0, 0.0)
    for place, (at, closes) in enumerate(edges):
        depth += -1 if closes else 1
        if depth > most:
            most, best = depth, (at, edges[place + 1][0])
    if most < _AGREE * len(bounds):
        return None
    source = min(b.source for b in bounds)
    least, highest = best
    return ClockDifference(
        teller=teller, other=other, least=least, most=highest, requests=most, source=source
    )


# A program's log and its proxy's


def _by_calls(mesh: Mesh, told: Iterable[Request]) -> list[ClockDifference | None]:
    """Differences between programs and the one proxy whose failures come in the same rhythm."""
    calls: dict[str, list[tuple[float, int, Source]]] = defaultdict(list)
    for fact in mesh.bundle.facts:
        if not isinstance(fact, AppEvent) or fact.kind not in _CALLS or fact.time is None:
            continue
        if (fact.code or 0) >= 500:
            calls[fact.teller].append((fact.time, fact.code or 0, fact.source))
    if not calls:
        return []
    ends: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for request in told:
        end, code = request.end, request.code or 0
        if end is not None and code >= 500 and role_of(request) is Role.DOWNSTREAM:
            ends[request.teller].append((end, code))
    found: list[ClockDifference | None] = []
    for teller, events in calls.items():
        fits = [_in_step(teller, sorted(events), other, sorted(e)) for other, e in ends.items()]
        sure = [one for one in fits if one is not None]
        found += sure if len(sure) == 1 else []
    return found


def _in_step(
    teller: str, calls: list[tuple[float, int, Source]], other: str, ends: list[tuple[float, int]]
) -> ClockDifference | None:
    """The difference, where call after call failed as the proxy's requests did; else None."""
    if len(calls) < _FEWEST_CALLS or len(calls) != len(ends) or teller == other:
        return None
    if [code for _at, code, _source in calls] != [code for _at, code in ends]:
        return None
    apart = [at - end for (at, _code, _source), (end, _other) in zip(calls, ends, strict=True)]
    if max(apart) - min(apart) > _PROMPT or calls[-1][0] - calls[0][0] <= 2 * _PROMPT:
        return None
    if 0 < min(apart) < _PATIENCE:
        return None
    return ClockDifference(
        teller=teller,
        other=other,
        least=min(apart) - _PROMPT,
        most=min(apart),
        requests=len(calls),
        source=calls[0][2],
    )
