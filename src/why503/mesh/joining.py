"""Joins the accounts of one request from several witnesses, and finds the one that decides.

Same x-request-id first; else the same connection (the upstream connection's local address on one
side is the downstream remote address on the other) and the same time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from why503.facts import AccessLog, Request
from why503.mesh.account import is_failure, role_of
from why503.mesh.address import cluster_name, split_host
from why503.mesh.ending import Ending, Outcome, outcome_of
from why503.mesh.failure import Failure, Role

CLOSE = 2.0
"""Seconds by which two accounts of one connection may differ."""

_PASSED_ON = frozenset({Ending.VIA_UPSTREAM, Ending.OK})
_FOLLOWED = frozenset({Ending.CLIENT_GONE, Ending.PROXY_CLOSED})
"""What a proxy writes because the other side of it ended the request."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A request, how it ended, and the side its witness stands on."""

    request: Request
    outcome: Outcome
    role: Role


def failures_of(logs: Sequence[AccessLog]) -> list[Failure]:
    """Every failed request of the logs, its accounts joined, in order of time."""
    accounts = _with_roles([request for log in logs for request in log.failures], logs)
    refused, others = _apart(accounts)
    servers = _Servers(logs)
    found = [_failure(group, servers) for group in _groups(others)]
    joined = _join_refused([failure for failure in found if failure], refused)
    return sorted(joined, key=lambda failure: (failure.time or 0.0, failure.teller.source))


def account_of(request: Request, role: Role | None = None) -> Account:
    """A request with its ending and side; DOWNSTREAM where nothing tells the side."""
    return Account(
        request=request, outcome=outcome_of(request), role=role or role_of(request) or Role.DOWNSTREAM
    )


def _with_roles(requests: list[Request], logs: Sequence[AccessLog]) -> list[Account]:
    """Accounts with their sides; lines that do not tell take the side of their proxy's other lines."""
    usual = {log.teller: _usual_role(log) for log in logs}
    inner = _inner_tellers(requests) if any(role is None for role in usual.values()) else frozenset()
    made = []
    for request in requests:
        role = role_of(request) or usual.get(request.teller)
        if role is None and request.teller in inner:
            role = Role.UPSTREAM
        made.append(account_of(request, role))
    return made


def _usual_role(log: AccessLog) -> Role | None:
    inbound = outbound = 0
    for group in log.groups:
        name = cluster_name(group.upstream_cluster)
        if name is None:
            continue
        if name.direction == "inbound":
            inbound += group.count
        else:
            outbound += group.count
    if inbound == outbound == 0:
        return None
    return Role.UPSTREAM if inbound > outbound else Role.DOWNSTREAM


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


def _groups(accounts: list[Account]) -> Iterable[list[Account]]:
    """Accounts of the same request together."""
    by_id: dict[str, list[Account]] = defaultdict(list)
    alone: list[Account] = []
    for account in accounts:
        if account.request.request_id:
            by_id[account.request.request_id].append(account)
        else:
            alone.append(account)
    yield from by_id.values()
    yield from _by_connection(alone)


def _by_connection(accounts: list[Account]) -> Iterable[list[Account]]:
    """Accounts without a request id, joined over the addresses of the connection between two proxies."""
    inner: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        if account.role is Role.UPSTREAM and account.request.downstream_remote:
            inner[account.request.downstream_remote].append(account)
    taken: set[int] = set()
    for account in accounts:
        if account.role is Role.UPSTREAM:
            continue
        behind = [
            other
            for other in inner.get(account.request.upstream_local or "-", ())
            if id(other) not in taken and _close(account.request, other.request)
        ]
        taken.update(id(other) for other in behind)
        yield [account, *behind]
    for account in accounts:
        if account.role is Role.UPSTREAM and id(account) not in taken:
            yield [account]


def _close(one: Request, other: Request) -> bool:
    if one.time is None or other.time is None:
        return True
    return abs(one.time - other.time) <= CLOSE + (one.duration or 0.0) / 1000


class _Servers:
    """Which proxy log covers which upstream address, and the request ids in it."""

    def __init__(self, logs: Sequence[AccessLog]) -> None:
        self._by_host: dict[str, list[AccessLog]] = defaultdict(list)
        for log in logs:
            if _usual_role(log) is Role.UPSTREAM:
                hosts = {split_host(group.upstream_host)[0] for group in log.groups}
                for host in hosts - {"", "127.0.0.1", "::1"}:
                    self._by_host[host].append(log)

    def silent(self, request: Request) -> bool | None:
        """True where the log of the proxy at ``request``'s upstream host lacks this request."""
        logs = self._by_host.get(split_host(request.upstream_host)[0], [])
        if not logs or not request.request_id:
            return None
        if any(request.request_id in log.request_ids for log in logs):
            return False
        return True if all(log.request_ids_complete and _covers(log, request) for log in logs) else None


def _covers(log: AccessLog, request: Request) -> bool:
    if request.time is None or log.first is None or log.last is None:
        return False
    return log.first - CLOSE <= request.time <= log.last + CLOSE


def _failure(group: list[Account], servers: _Servers) -> Failure | None:
    """One failure from the accounts of one request; None where none of them failed."""
    failed = [a for a in group if is_failure(a.request, a.outcome)]
    if not failed:
        return None
    decider = _decider(failed)
    downstream = next((a.request for a in group if a.role is Role.DOWNSTREAM), None)
    if decider.role is Role.DOWNSTREAM:
        downstream = decider.request
    upstream = tuple(a.request for a in group if a.role is Role.UPSTREAM)
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


def _decider(failed: list[Account]) -> Account:
    """The deepest account that decided itself, rather than passed on or followed."""
    def rank(account: Account) -> tuple[bool, bool, float, bool]:
        ending = account.outcome.ending
        return (
            ending not in _PASSED_ON,
            ending not in _FOLLOWED,
            account.request.time or 0.0,
            account.role is Role.UPSTREAM,
        )

    passed_on = all(a.outcome.ending in _PASSED_ON for a in failed)
    if passed_on or all(a.outcome.ending in _FOLLOWED for a in failed):
        return max(failed, key=lambda a: (a.role is Role.UPSTREAM, a.request.time or 0.0))
    return max(failed, key=rank)


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
        Failure(teller=a.request, role=Role.UPSTREAM, outcome=a.outcome, server_refused=a.request)
        for a in refused
        if a.request.downstream_remote not in used
    ]
    return joined
