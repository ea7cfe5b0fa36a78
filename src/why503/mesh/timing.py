"""What a hop's failures and the requests beside them tell in time.

Moments are seconds since 1970, request durations milliseconds, idle times and gaps seconds.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from weakref import WeakKeyDictionary

from why503.facts import RequestGroup, Witness
from why503.mesh.address import (
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    cluster_name,
    is_address,
    short_name,
    split_host,
)
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.median import median

SHORT = 5.0
"""Milliseconds up to which a failure is as quick as a reset on a connection already gone."""
MOST_OF_THEM = 0.6
"""Share of values that has to lie close together to speak of a bunch."""
BURST_PAUSE = 1.0
"""Seconds without a failure that end a burst."""
REGULAR = 0.15
"""Share by which regular intervals may differ."""
FEW = 3
"""Requests, or intervals, from which on a pattern is one."""


def requests_of(hop: Hop, mesh: Mesh) -> tuple[RequestGroup, ...]:
    """Groups of requests to the hop's destination, failed or not.

    From the logs of the proxies that tell of its failures; from every log where none of them does.
    Where the destination is not known, those whose destination is not known either.
    """
    return _requests(hop, mesh, {failure.teller.teller for failure in hop.failures})


def requests_around(hop: Hop, mesh: Mesh) -> tuple[RequestGroup, ...]:
    """The same from every proxy that saw its failures, on either side.

    One request may be counted twice, but an upstream that only the caller's proxy knows is there.
    """
    return mesh.kept(
        "requests around",
        lambda: _requests(hop, mesh, {request.teller for request in hop.accounts()}),
        hop,
    )


def _requests(hop: Hop, mesh: Mesh, tellers: set[str]) -> tuple[RequestGroup, ...]:
    logs = [log for log in mesh.logs if log.teller in tellers] or list(mesh.logs)
    clusters = {failure.teller.upstream_cluster or "" for failure in hop.failures}
    clusters = {c for c in clusters if c and not c.startswith((PASSTHROUGH, *INBOUND_PASSTHROUGH))}
    wanted = _short(hop.host)
    found: list[RequestGroup] = []
    for log in logs:
        by_cluster, by_host = _places(mesh)[id(log)]
        places = {place for cluster in clusters for place in by_cluster.get(cluster, ())}
        places.update(by_host.get(wanted, ()))
        found += [log.groups[place] for place in sorted(places)]
    return tuple(found)


_Places = dict[int, tuple[dict[str | None, list[int]], dict[str, list[int]]]]
"""For each log (its `id`) the places of its groups, by cluster and by short host."""
_PLACES: WeakKeyDictionary[Mesh, _Places] = WeakKeyDictionary()


def _places(mesh: Mesh) -> _Places:
    """Where the groups to each destination stand, so that not every hop goes through all logs."""
    known = _PLACES.get(mesh)
    if known is None:
        known = _PLACES[mesh] = {}
        for log in mesh.logs:
            by_cluster: defaultdict[str | None, list[int]] = defaultdict(list)
            by_host: defaultdict[str, list[int]] = defaultdict(list)
            for place, group in enumerate(log.groups):
                by_cluster[group.upstream_cluster].append(place)
                by_host[_short(_host(group))].append(place)
            known[id(log)] = (dict(by_cluster), dict(by_host))
    return known


def _host(group: RequestGroup) -> str:
    name = cluster_name(group.upstream_cluster)
    return name.host if name and name.host else split_host(group.authority)[0]


def _short(host: str) -> str:
    return host if is_address(host) else short_name(host)[0]


def went_well(group: RequestGroup) -> bool:
    """True for requests that got the application's own answer below 500 (or a quiet TCP end)."""
    if group.flags:
        return False
    if group.code == 0:
        return not group.method and group.flags is not None
    return group.code is not None and group.code < 500


def successes(hop: Hop, mesh: Mesh) -> tuple[RequestGroup, ...]:
    """Groups of requests to the hop's destination that went well, seen by any of its proxies."""
    return mesh.kept("successes", lambda: tuple(filter(went_well, requests_around(hop, mesh))), hop)


def idle_gaps(hop: Hop) -> tuple[float, ...]:
    """Seconds that the connections of failed requests had been idle, in order of the failures.

    Only those measured on the very connection where there are any, else those per upstream host.
    """
    told = [f.teller for f in hop.failures if f.teller.idle is not None]
    own = [request for request in told if request.idle_by_connection]
    return tuple(request.idle for request in own or told if request.idle is not None)


def durations(hop: Hop) -> tuple[float, ...]:
    """Milliseconds that the failed requests took, in order; those not told are left out."""
    return tuple(f.teller.duration for f in hop.failures if f.teller.duration is not None)


def short_failures(hop: Hop) -> float:
    """Share, 0 to 1, of failures that took at most 5 ms, of those whose duration is told."""
    told = durations(hop)
    return sum(duration <= SHORT for duration in told) / len(told) if told else 0.0


def bunched_at(values: Sequence[float], tolerance: float) -> float | None:
    """Value around which at least 60 % of ``values`` lie; None where they do not bunch.

    ``tolerance`` is a share of that value: 0.1 allows 10 % more and less. A single value is a bunch
    of one. The answer is the median of the bunch.
    """
    ordered = sorted(values)
    begin, end = 0, 0
    for value in dict.fromkeys(ordered):
        slack = abs(value) * tolerance
        low, high = bisect_left(ordered, value - slack), bisect_right(ordered, value + slack)
        if high - low > end - begin:
            begin, end = low, high
    bunch = ordered[begin:end]
    return median(bunch) if bunch and len(bunch) >= MOST_OF_THEM * len(ordered) else None


def failing_hosts(hop: Hop) -> tuple[str, ...]:
    """`address:port` of the upstreams that failed requests went to, most failures first."""
    return tuple(host for host, _ in hop.upstream_hosts.most_common())


def healthy_hosts(hop: Hop, mesh: Mesh) -> tuple[str, ...]:
    """`address:port` of the upstreams of the same destination that had only successes, sorted."""
    good: Counter[str] = Counter()
    bad = set(hop.upstream_hosts)
    for group in requests_around(hop, mesh):
        if not group.upstream_host:
            continue
        if went_well(group):
            good[group.upstream_host] += group.count
        else:
            bad.add(group.upstream_host)
    return tuple(sorted(set(good) - bad))


def one_host_only(hop: Hop, mesh: Mesh) -> str | None:
    """The one upstream all failures went to while another one had only successes; else None."""
    failing = failing_hosts(hop)
    if len(failing) != 1 or hop.upstream_hosts[failing[0]] != hop.count:
        return None
    return failing[0] if healthy_hosts(hop, mesh) else None


def first_time(hop: Hop) -> float | None:
    """Start of the first failure, seconds since 1970; None where no time is told."""
    return min((begin for begin, _end in hop.spans), default=None)


def window(hop: Hop) -> tuple[float, float] | None:
    """Start of the first and end of the last failure; None where no failure has a time."""
    if not hop.spans:
        return None
    return min(begin for begin, _end in hop.spans), max(end for _begin, end in hop.spans)


def only_at_start(hop: Hop, mesh: Mesh) -> bool:
    """True where every upstream that failed did so only before its first success in the log.

    Failures without an upstream count for the destination as a whole. False where one of them had
    no success at all, or a failure has no time.
    """
    last: dict[str, float] = {}
    for failure in hop.failures:
        if failure.time is None:
            return False
        host = failure.teller.upstream_host or ""
        last[host] = max(failure.time, last.get(host, failure.time))
    first: defaultdict[str, list[float]] = defaultdict(list)
    for group in successes(hop, mesh):
        if group.first is not None:
            first[group.upstream_host or ""].append(group.first)
            first[""].append(group.first)
    return bool(last) and all(
        first[host] and when < min(first[host]) for host, when in last.items()
    )


def recovered(hop: Hop, mesh: Mesh) -> bool | None:
    """Whether requests to the same destination went well after the last failure.

    False where it failed to the end of the log (several times, or without any success at all); None
    where the log ends with a single failure, or times are not told.
    """
    times = sorted(failure.time for failure in hop.failures if failure.time is not None)
    groups = requests_around(hop, mesh)
    if not times or not groups:
        return None
    good = [group.last for group in groups if went_well(group) and group.last is not None]
    if not good:
        return False
    if max(good) > times[-1]:
        return True
    return False if sum(time > max(good) for time in times) > 1 else None


def all_fail(hop: Hop, mesh: Mesh) -> bool:
    """True where none of at least three requests to the destination went well."""
    seen = sum(group.count for group in requests_of(hop, mesh))
    captured = {failure.teller.witness for failure in hop.failures} == {Witness.CAPTURE}
    if captured and hop.total > hop.count:
        return False
    return max(seen, hop.count) >= FEW and not successes(hop, mesh)


def share_failed(hop: Hop) -> float:
    """Share, 0 to 1, of the destination's requests that failed."""
    return hop.count / hop.total if hop.total else 0.0


def period(hop: Hop) -> float | None:
    """Seconds from one burst of failures to the next where that is regular; None otherwise.

    A burst ends with a second without failures; it takes at least four bursts.
    """
    times = sorted(failure.time for failure in hop.failures if failure.time is not None)
    begins = times[:1] + [time for before, time in pairwise(times) if time - before >= BURST_PAUSE]
    gaps = [later - before for before, later in pairwise(begins)]
    return bunched_at(gaps, REGULAR) if len(gaps) >= FEW else None


def only_first_after_idle(hop: Hop, mesh: Mesh) -> float | None:
    """Seconds of idleness from which on connections failed, while busier ones went well.

    The least idle time before any failure, where most successes with a known idle time came on
    connections that had been idle for less; None where that is not so or was not measured.
    """
    gaps = idle_gaps(hop)
    if len(gaps) < 0.8 * hop.count or not gaps or min(gaps) <= SHORT / 1000:
        return None
    least = min(gaps)
    measured = [
        (group.idle_p50, group.count)
        for group in requests_of(hop, mesh)
        if went_well(group) and group.idle_p50 is not None
    ]
    busier = sum(count for idle, count in measured if idle < least)
    return least if busier > sum(count for _, count in measured) / 2 else None
