"""Tells apart the calls that share one request id.

Applications pass `x-request-id` on, so one user's request makes many calls with one id. A proxy
writes one line for each call it sends, however often it tries again; the server's proxy writes one
line for each try. So two lines of a caller's proxy towards one cluster are two calls. Two lines of
a server's proxy are tries of one call where the caller's line is there, or where the second follows
the first as a retry does; else two calls.
"""

from collections import Counter
from collections.abc import Iterator

from why503.mesh.account import Account, destination_of, is_behind, start_of
from why503.mesh.address import short_name
from why503.mesh.ending import Ending
from why503.mesh.failure import Role

PASSED_ON = frozenset({Ending.VIA_UPSTREAM, Ending.OK})
"""What a proxy writes because the proxy or application behind it answered so."""
FOLLOWED = frozenset({Ending.CLIENT_GONE, Ending.PROXY_CLOSED})
"""What a proxy writes because the other side of it ended the request."""

_SLACK = 0.05
"""Seconds by which the clocks of two proxies of one log may differ."""
_BACK_OFF = 0.3
"""Seconds that a proxy waits at most before it tries again: ten times 25 ms, and some."""


def calls_of(group: list[Account]) -> Iterator[list[Account]]:
    """Accounts of one request id at one time, those of each call together, in order of time.

    What passed several calls on (the account of the user's request) stands beside each of them.
    """
    parents = {id(account): _before(account, group) for account in group} if group[1:] else {}
    parents |= _first_tries([a for a in group if _is_orphan(a, parents)])
    heads = _heads(group, parents)
    if len(heads) < 2:
        yield group
        return
    by_id = {id(account): account for account in group}
    ways = {at: _way(account, parents) for at, account in by_id.items()}
    above = {at for head in heads for at in ways[id(head)][1:]}
    last = [head for head in heads if id(head) not in above] or heads
    ends = {id(head) for head in last}
    calls: dict[int, list[Account]] = {
        id(head): [by_id[at] for at in ways[id(head)]] for head in sorted(last, key=start_of)
    }
    placed = {at for head in last for at in ways[id(head)]}
    apart: list[list[Account]] = []
    for at, account in by_id.items():
        if at in placed:
            continue
        head = next((one for one in ways[at] if one in ends), None)
        if head is not None:
            calls[head].append(account)
        elif _second_hand(account) or any(_may_contain(account, end) for end in last):
            calls[next(reversed(calls))].append(account)
        else:
            apart.append([account])
    yield from calls.values()
    yield from apart


def _second_hand(account: Account) -> bool:
    return account.outcome.ending in PASSED_ON | FOLLOWED


def _heads(group: list[Account], parents: dict[int, Account | None]) -> list[Account]:
    """Accounts that are a call each, since another line of their proxy is another call."""
    callers = [a for a in group if a.role is not Role.UPSTREAM]
    orphans = [account for account in group if _is_orphan(account, parents)]
    times = Counter(leg_of(account) for account in [*callers, *orphans])
    return [
        account
        for account in [*callers, *orphans]
        if (account.request.upstream_cluster and times[leg_of(account)] > 1)
        or (account.role is not Role.UPSTREAM and _side_by_side(account, callers))
    ]


def _is_orphan(account: Account, parents: dict[int, Account | None]) -> bool:
    """True for a line of a server's proxy whose caller's line is not there."""
    return account.role is Role.UPSTREAM and parents.get(id(account)) is None


def _first_tries(orphans: list[Account]) -> dict[int, Account | None]:
    """The first try of each later one: the same request, right after the try before it ended."""
    first: dict[int, Account | None] = {}
    runs: dict[tuple[str | None, ...], tuple[Account, float]] = {}
    for account in sorted(orphans, key=start_of):
        told = account.request
        if told.end is None:
            continue
        key = (*map(str, leg_of(account)), told.method, told.path)
        run = runs.get(key)
        if run is not None and -_SLACK <= start_of(account) - run[1] <= _BACK_OFF:
            first[id(account)] = run[0]
        else:
            run = (account, 0.0)
        runs[key] = (run[0], max(run[1], told.end - account.ahead))
    return first


def leg_of(account: Account) -> tuple[str, Role, str]:
    """The proxy that tells, its side, and the cluster it sent to."""
    return account.request.teller, account.role, account.request.upstream_cluster or ""


def _side_by_side(account: Account, callers: list[Account]) -> bool:
    """True where it and another account of its proxy decided, and neither waited for the other."""
    return not _second_hand(account) and any(
        other is not account
        and other.request.teller == account.request.teller
        and not _second_hand(other)
        and not _may_contain(account, other)
        and not _may_contain(other, account)
        for other in callers
    )


def _may_contain(outer: Account, inner: Account) -> bool:
    """True where ``inner`` can be part of what ``outer`` waited for."""
    if not outer.request.upstream_host:
        return False
    begun, over, inner_over = outer.request.time, outer.request.end, inner.request.end
    if begun is None or over is None or inner_over is None:
        return True
    late = inner_over - inner.ahead - (over - outer.ahead)
    return late <= _SLACK and start_of(inner) >= start_of(outer) - _SLACK


def _before(account: Account, group: list[Account]) -> Account | None:
    """The account that stands right before it on the way; of several the likeliest."""
    before = [
        other
        for other in group
        if is_behind(account, other)
        and (account.role is Role.UPSTREAM or not _answered_by(account, other))
    ]
    return max(before, key=lambda other: _likeness(other, account), default=None)


def _answered_by(outer: Account, inner: Account) -> bool:
    """True where ``inner`` is of the server that ``outer`` called, and so no reason of the call."""
    sent, served = outer.request, inner.request
    if sent.upstream_host and sent.upstream_host == served.downstream_local:
        return True
    host, own = destination_of(sent)[0], destination_of(served)[0]
    return bool(host and own) and short_name(host) == short_name(own)


def _likeness(outer: Account, inner: Account) -> tuple[bool, bool, bool, float]:
    local = outer.request.upstream_local
    return (
        bool(local) and local == inner.request.downstream_remote,
        outer.request.path == inner.request.path,
        start_of(outer) <= start_of(inner) + _SLACK,
        -abs(start_of(outer) - start_of(inner)),
    )


def _way(account: Account, parents: dict[int, Account | None]) -> list[int]:
    """It and all accounts before it, by their `id`, the nearest first."""
    way = [id(account)]
    at = parents.get(id(account))
    while at is not None and id(at) not in way:
        way.append(id(at))
        at = parents.get(id(at))
    return way
