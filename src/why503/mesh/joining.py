"""Joins the accounts of one request from several witnesses, and finds the one that decides.

Same x-request-id first; else the same connection (the upstream connection's local address on one
side is the downstream remote address on the other) and the same time.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from why503.facts import AccessLog, Request
from why503.mesh.account import Account, is_behind, is_failure, role_of, start_of
from why503.mesh.address import cluster_name, split_host
from why503.mesh.ending import Ending, outcome_of
from why503.mesh.failure import Failure, Role
from why503.mesh.shared_id import FOLLOWED, PASSED_ON, calls_of, leg_of

CLOSE = 2.0
"""Seconds by which two accounts of one connection may differ."""
MANY = 64
"""Accounts with one request id at one time from which the id tells no requests apart."""

_OUTBOUND_ONLY = frozenset({Ending.NO_ROUTE, Ending.NO_CLUSTER, Ending.BLOCKED})
"""An inbound listener has a catch-all route to its own application and never ends so."""


def failures_of(
    logs: Sequence[AccessLog], ahead: Mapping[str, float] | None = None
) -> list[Failure]:
    """Every failed request of the logs, its accounts joined, in order of time.

    ``ahead``: seconds by which tellers' clocks are ahead (see `clock.ahead_of`).
    """
    requests = [request for log in logs for request in log.failures]
    accounts = _with_roles(requests, logs, ahead or {})
    refused, others = _apart(accounts)
    servers = _Servers(logs)
    joined = _join_refused(_failures(others, servers), refused)
    return sorted(joined, key=lambda failure: (failure.time or 0.0, failure.teller.source))


def joined(accounts: list[Account]) -> list[Failure]:
    """Failures that no access log tells of, from their accounts."""
    return _failures(accounts, _Servers(()))


def account_of(request: Request, role: Role | None = None) -> Account:
    """A request with its ending and side; DOWNSTREAM where nothing tells the side."""
    return Account(
        request=request,
        outcome=outcome_of(request),
        role=role or role_of(request) or Role.DOWNSTREAM,
    )


# Sides


def _with_roles(
    requests: list[Request], logs: Sequence[AccessLog], ahead: Mapping[str, float]
) -> list[Account]:
    """Accounts with their sides; lines that do not tell take the side of their proxy's others."""
    seen = _directions(logs)
    usual = {teller: _usual_role(counts) for teller, counts in seen.items()}
    sideless = any(role is None for role in usual.values())
    inner = _inner_tellers(requests) if sideless else frozenset()
    made = []
    for request in requests:
        outcome = outcome_of(request)
        role = role_of(request)
        if role is None and outcome.ending in _OUTBOUND_ONLY:
            role = Role.DOWNSTREAM
        elif role is None and outcome.ending is Ending.NO_FILTER_CHAIN:
            role = _role_of_listener(seen.get(request.teller, Counter()))
        elif role is None:
            role = usual.get(request.teller)
            if role is None and request.teller in inner:
                role = Role.UPSTREAM
        late = ahead.get(request.teller, 0.0)
        made.append(
            Account(request=request, outcome=outcome, role=role or Role.DOWNSTREAM, ahead=late)
        )
    return made


def _directions(logs: Sequence[AccessLog]) -> dict[str, Counter[str]]:
    """Requests by direction of their cluster, for each proxy."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for log in logs:
        counts = seen[log.teller]
        for group in log.groups:
            name = cluster_name(group.upstream_cluster)
            if name is not None:
                counts[name.direction] += group.count
    return seen


def _usual_role(counts: Counter[str]) -> Role | None:
    if not counts:
        return None
    return Role.UPSTREAM if counts["inbound"] > counts["outbound"] else Role.DOWNSTREAM


def _role_of_listener(counts: Counter[str]) -> Role:
    """A proxy that only sends on is a gateway, and turned its own client away."""
    gateway = counts["outbound"] and not counts["inbound"]
    return Role.DOWNSTREAM if gateway else Role.UPSTREAM


def _inner_tellers(requests: Iterable[Request]) -> frozenset[str]:
    """Of proxies that tell of the same requests in a format without sides, those behind another.

    The proxy behind starts later and takes no longer.
    """
    by_id: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        if request.request_id:
            by_id[request.request_id].append(request)
    later: dict[str, int] = defaultdict(int)
    for same in by_id.values():
        tellers = {request.teller: request for request in same}
        if len(tellers) < 2:
            continue
        ordered = sorted(tellers.values(), key=lambda r: (r.time or 0.0, -(r.duration or 0.0)))
        later[ordered[0].teller] -= 1
        for request in ordered[1:]:
            later[request.teller] += 1
    return frozenset(teller for teller, votes in later.items() if votes > 0)


def _apart(accounts: list[Account]) -> tuple[list[Account], list[Account]]:
    """Listener lines without a request (`NR filter_chain_not_found`), and the rest."""
    refused = [a for a in accounts if a.outcome.ending is Ending.NO_FILTER_CHAIN]
    return refused, [a for a in accounts if a.outcome.ending is not Ending.NO_FILTER_CHAIN]


# Accounts of one request


def _groups(accounts: list[Account]) -> Iterable[list[Account]]:
    """Accounts of the same request together."""
    by_id: dict[str, list[Account]] = defaultdict(list)
    alone: list[Account] = []
    for account in accounts:
        if account.request.request_id:
            by_id[account.request.request_id].append(account)
        else:
            alone.append(account)
    for same in by_id.values():
        if len(same) == 1:
            yield same
            continue
        for group in _at_one_time(same):
            if len(group) <= MANY:
                yield from calls_of(group)
            else:
                alone += group
    yield from _by_connection(alone)


def _at_one_time(same: list[Account]) -> Iterator[list[Account]]:
    """Accounts with one request id, apart where a caller used the id again later."""
    if any(a.request.time is None for a in same):
        yield same
        return
    group: list[Account] = []
    latest = 0.0
    for account in sorted(same, key=start_of):
        if group and start_of(account) > latest + CLOSE:
            yield group
            group, latest = [], 0.0
        group.append(account)
        latest = max(latest, (account.request.end or 0.0) - account.ahead)
    yield group


def _by_connection(accounts: list[Account]) -> Iterable[list[Account]]:
    """Accounts without a request id, joined over the connection between two proxies.

    Each account of a caller takes the next one of the server on the same connection and at the
    same time.
    """
    inner: dict[str, deque[Account]] = defaultdict(deque)
    outer: list[Account] = []
    for account in sorted(accounts, key=start_of):
        if account.role is not Role.UPSTREAM:
            outer.append(account)
        else:
            inner[account.request.downstream_remote or ""].append(account)
    for account in outer:
        waiting = inner.get(account.request.upstream_local or "-", deque())
        while waiting and start_of(waiting[0]) and start_of(waiting[0]) < start_of(account) - CLOSE:
            yield [waiting.popleft()]
        if waiting and _close(
            account.request, waiting[0].request, account.ahead - waiting[0].ahead
        ):
            yield [account, waiting.popleft()]
        else:
            yield [account]
    yield from ([account] for waiting in inner.values() for account in waiting)


def _close(one: Request, other: Request, ahead: float = 0.0) -> bool:
    if one.time is None or other.time is None:
        return True
    return abs(one.time - other.time - ahead) <= CLOSE + (one.duration or 0.0) / 1000


def _depths(group: list[Account]) -> dict[int, int]:
    """How many proxies the request had passed before each account, by the account's `id`."""
    depths = {
        id(account): 0 for account in group if not any(is_behind(account, other) for other in group)
    }
    level = [account for account in group if id(account) in depths]
    while level:
        deeper = [
            account
            for account in group
            if id(account) not in depths and any(is_behind(account, other) for other in level)
        ]
        for account in deeper:
            depths[id(account)] = depths[id(level[0])] + 1
        level = deeper
    return depths


# Server logs


class _Servers:
    """Which proxy log covers which upstream address, and the request ids in it."""

    def __init__(self, logs: Sequence[AccessLog]) -> None:
        self._by_host: dict[str, list[AccessLog]] = defaultdict(list)
        for log in logs:
            hosts = {
                split_host(group.upstream_host)[0]
                for group in log.groups
                if (group.upstream_cluster or "").startswith("inbound|")
            }
            for host in hosts - {"", "127.0.0.1", "::1"}:
                self._by_host[host].append(log)

    def silent(self, request: Request) -> bool | None:
        """True where the log of the proxy at ``request``'s upstream host lacks this request."""
        logs = self._by_host.get(split_host(request.upstream_host)[0], [])
        if not logs or not request.request_id:
            return None
        if any(request.request_id in log.request_ids for log in logs):
            return False
        whole = all(log.request_ids_complete and _covers(log, request) for log in logs)
        return True if whole else None


def _covers(log: AccessLog, request: Request) -> bool:
    if request.time is None or log.first is None or log.last is None:
        return False
    return log.first - CLOSE <= request.time <= log.last + CLOSE


# Failures


def _failures(accounts: list[Account], servers: _Servers) -> list[Failure]:
    """One failure for each account that decides, though it may stand beside several calls."""
    found = (_failure(group, servers) for group in _groups(accounts))
    return list({id(failure.teller): failure for failure in found if failure}.values())


def _failure(group: list[Account], servers: _Servers) -> Failure | None:
    """One failure from the accounts of one request; None where none of them failed."""
    failed = [a for a in group if is_failure(a.request, a.outcome)]
    if not failed:
        return None
    if len(group) > 1:
        depths = _depths(group)
        decider = _decider(failed, depths)
        downstream, upstream = _beside(decider, group, depths)
    else:
        (decider,) = group
        inner = decider.role is Role.UPSTREAM
        downstream, upstream = None if inner else decider.request, (decider.request,) * inner
    silent = None
    if downstream is not None:
        silent = False if upstream else servers.silent(downstream)
    return Failure(
        teller=decider.request,
        role=decider.role,
        outcome=decider.outcome,
        downstream=downstream,
        upstream=upstream,
        server_silent=silent,
    )


def _decider(failed: list[Account], depths: dict[int, int]) -> Account:
    """The deepest account that decided itself, rather than passed on or followed.

    Where every proxy saw its client leave, the outermost: the caller left, the rest followed.
    """
    if all(account.outcome.ending is Ending.CLIENT_GONE for account in failed):
        return min(failed, key=lambda a: (depths.get(id(a), 0), start_of(a)))

    def rank(account: Account) -> tuple[bool, bool, int, float, bool]:
        ending = account.outcome.ending
        return (
            ending not in PASSED_ON,
            ending not in FOLLOWED,
            depths.get(id(account), 0),
            start_of(account),
            account.role is Role.UPSTREAM,
        )

    return max(failed, key=rank)


def _beside(
    decider: Account, group: list[Account], depths: dict[int, int]
) -> tuple[Request | None, tuple[Request, ...]]:
    """Accounts of the same leg: the caller's proxy, and the server's (one for each attempt)."""
    outer: Account | None = decider
    if decider.role is Role.UPSTREAM:
        before = [a for a in group if is_behind(decider, a) and a.role is Role.DOWNSTREAM]
        outer = max(before, key=lambda a: (depths.get(id(a), 0), start_of(a)), default=None)
    if outer is None:
        tries = [a for a in group if leg_of(a) == leg_of(decider)]
        return None, tuple(account.request for account in sorted(tries, key=start_of))
    behind = [a for a in group if a is decider or is_behind(a, outer)]
    upstream = tuple(a.request for a in behind if a.role is Role.UPSTREAM)
    return outer.request, upstream


def _join_refused(failures: list[Failure], refused: list[Account]) -> list[Failure]:
    """Give each connection that a server's listener refused to the failure it caused."""
    by_peer = {a.request.downstream_remote: a for a in refused if a.request.downstream_remote}
    joined: list[Failure] = []
    used: set[str] = set()
    for failure in failures:
        local = failure.downstream.upstream_local if failure.downstream else None
        account = by_peer.get(local) if local else None
        if account is not None and local and _close(failure.teller, account.request):
            used.add(local)
            failure = replace(failure, server_refused=account.request)  # noqa: PLW2901
        joined.append(failure)
    joined += [
        Failure(teller=a.request, role=a.role, outcome=a.outcome, server_refused=a.request)
        for a in refused
        if a.request.downstream_remote not in used
    ]
    return joined
