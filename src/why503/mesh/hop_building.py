"""Builds the hops: failures of one family, on one leg, towards one destination."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from why503.facts import Request, RequestGroup, TcpConnection, Witness
from why503.mesh.account import Account, destination_of, is_failure
from why503.mesh.address import cluster_name, is_address, is_service_name, short_name, split_host
from why503.mesh.capture import within_pod
from why503.mesh.captured_account import captured_accounts
from why503.mesh.clock import ahead_of, clock_differences
from why503.mesh.ending import Ending
from why503.mesh.episode import episodes
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.joining import account_of, failures_of, joined
from why503.mesh.mesh import Mesh
from why503.mesh.workload import has_sidecar, is_external, same_host
from why503.support.dataclass import dataclass

_GAVE_UP = frozenset({Family.TIME, Family.CONNECTION})
"""While these go on, callers that gave up are their consequence."""
_BEFORE_HTTP = frozenset({Ending.CONNECTION_REFUSED, Ending.CONNECTION_TERMINATION})
_WAITED = frozenset({Ending.CONNECTION_TIMEOUT, Ending.NO_ROUTE_TO_HOST})
"""Broken connections that keep the caller waiting; of the others no caller grows tired."""


def hops_of(mesh: Mesh) -> tuple[Hop, ...]:
    """All hops that failed, most failures first (see `Mesh.hops`)."""
    failures = failures_of(mesh.logs, ahead_of(clock_differences(mesh)))
    failures += _told_by_others(mesh, failures)
    hops = _fold_consequences(_hops(_Destinations(mesh, failures), failures))
    if not hops and _only_circumstances(mesh):
        hops = [_empty_hop()]
    return tuple(sorted(hops, key=lambda hop: (-hop.count, hop.host, hop.family)))


def _empty_hop() -> Hop:
    return Hop(
        family=Family.UNKNOWN,
        role=Role.DOWNSTREAM,
        leg=Place.PROXY_TO_PROXY,
        host="",
        port=None,
        failures=(),
        total=0,
    )


def _only_circumstances(mesh: Mesh) -> bool:
    """True where facts were read, but no request that went well shows a healthy mesh."""
    return bool(mesh.bundle.facts) and not any(log.understood for log in mesh.logs)


def _told_by_others(mesh: Mesh, known: list[Failure]) -> list[Failure]:
    """Failures that a debug log, a capture or a client tells of, and no access log."""
    told = [
        (request, account_of(request))
        for request in mesh.bundle.facts
        if isinstance(request, Request)
    ]
    failed = [a for request, a in told if is_failure(request, a.outcome)]
    proxies = [a for a in failed if a.request.witness is Witness.PROXY_LOG]
    made = joined(captured_accounts(mesh, known)) if known or not proxies else []
    if not failed:
        return made
    known = [*known, *made]
    hosts = {_short(destination_of(failure.account)[0]) for failure in known}
    hosts |= {split_host(failure.account.upstream_host)[0] for failure in known}
    clients = [a for a in failed if a.request.witness is Witness.CLIENT]
    for account in proxies or clients:
        host = _short(destination_of(account.request)[0])
        address = split_host(account.request.upstream_host)[0]
        if known and (not host or host in hosts or address in hosts):
            continue
        if known and account.request.witness is Witness.PROXY_LOG:
            continue
        made.append(_alone(account))
    return made


def _alone(account: Account) -> Failure:
    request, role = account.request, account.role
    if account.outcome.ending is Ending.NO_FILTER_CHAIN and role is not Role.CLIENT:
        return Failure(
            teller=request, role=Role.UPSTREAM, outcome=account.outcome, server_refused=request
        )
    return Failure(
        teller=request,
        role=role,
        outcome=account.outcome,
        downstream=request if role is Role.DOWNSTREAM else None,
        upstream=(request,) if role is Role.UPSTREAM else (),
        client=request if role is Role.CLIENT else None,
    )


def _short(host: str) -> str:
    return short_name(host)[0] if not is_address(host) else host


@dataclass(frozen=True)
class _Key:
    family: Family
    role: Role
    leg: Place
    host: str
    port: int | None


class _Destinations:
    """What is known of each destination, asked once for all its failures."""

    def __init__(self, mesh: Mesh, failures: Iterable[Failure]) -> None:
        self.mesh = mesh
        self._sidecar: dict[str, bool | None] = {}
        self._outside: dict[tuple[str, str, str, bool], bool] = {}
        self._full_names: dict[str, set[str]] = defaultdict(set)
        self._ports: dict[str, set[int]] = defaultdict(set)
        for host, port in {destination_of(failure.account) for failure in failures}:
            if is_service_name(host):
                self._full_names[_short(host)].add(host)
                if port is not None:
                    self._ports[host].add(port)

    def of(self, failure: Failure) -> tuple[str, int | None]:
        """Host and port of a failure, a short name spelled out where only one service has it."""
        account = failure.account
        host, port = destination_of(account)
        same = {full for full in self._full_names.get(_short(host), ()) if same_host(full, host)}
        if len(same) != 1:
            return host, port
        (full,) = same
        ports = self._ports.get(full, set())
        named = cluster_name(account.upstream_cluster)
        of_pod = named is not None and named.direction == "inbound" and not account.server_name
        if len(ports) == 1 and port not in ports and (port is None or of_pod):
            (port,) = ports  # the server's proxy knows the pod's port only
        return full, port

    def leg(self, failure: Failure, role: Role, host: str) -> Place:
        """The connection behind the proxy that tells."""
        told_by_proxy = bool(failure.teller.body)
        if role is Role.CLIENT and failure.ending in _BEFORE_HTTP and not told_by_proxy:
            return Place.APP_TO_PROXY  # no HTTP: a sidecar accepts whatever its pod dials
        if role is Role.UPSTREAM:
            refused = failure.server_refused is not None
            return Place.PROXY_TO_PROXY if refused else Place.UPSTREAM_PROXY_TO_APP
        if self.outside(failure, host):
            return Place.PROXY_TO_EXTERNAL
        if failure.upstream or failure.server_refused or failure.server_silent is not None:
            return Place.PROXY_TO_PROXY
        return Place.PROXY_TO_APP if self.bare(host) else Place.PROXY_TO_PROXY

    def outside(self, failure: Failure, host: str) -> bool:
        """True where the destination lies outside the mesh."""
        account = failure.account
        dialled = split_host(account.upstream_host)[0]
        key = (host, account.upstream_cluster or "", dialled, bool(account.server_name))
        if key not in self._outside:
            self._outside[key] = is_external(self.mesh, host, account)
        return self._outside[key]

    def bare(self, host: str) -> bool:
        """True where the server is known to have no sidecar."""
        if host not in self._sidecar:
            self._sidecar[host] = has_sidecar(self.mesh, host)
        return self._sidecar[host] is False


def _hops(destinations: _Destinations, failures: list[Failure]) -> list[Hop]:
    by_key: dict[_Key, list[Failure]] = defaultdict(list)
    for failure in failures:
        by_key[_key(destinations, failure)].append(failure)
    seen = _Seen(destinations.mesh)
    return [
        Hop(
            family=key.family,
            role=key.role,
            leg=key.leg,
            host=key.host,
            port=key.port,
            failures=part,
            total=max(len(part), seen.requests(key, list(part)) - _tries_again(key, part)),
        )
        for key, found in by_key.items()
        for part in (episodes(found) if key.family is Family.CONNECTION else (tuple(found),))
    ]


def _tries_again(key: _Key, failures: Iterable[Failure]) -> int:
    """Lines of a server's proxy that are further tries of a request and no requests."""
    if key.role is not Role.UPSTREAM:
        return 0
    return sum(max(0, len(failure.upstream) - 1) for failure in failures)


def _key(destinations: _Destinations, failure: Failure) -> _Key:
    host, port = destinations.of(failure)
    role = failure.role
    if failure.outcome.behind is not None and role is not Role.UPSTREAM:
        outside = destinations.outside(failure, host) or destinations.bare(host)
        if not outside:
            role = Role.UPSTREAM  # the proxy behind wrote it, though its own account is not here
    return _Key(failure.family, role, destinations.leg(failure, role, host), host, port)


class _Seen:
    """Requests in the logs, counted by what tells their destination."""

    def __init__(self, mesh: Mesh) -> None:
        self._by_cluster: Counter[tuple[str, str]] = Counter()
        self._by_host: dict[tuple[str, str], Counter[tuple[str, int | None]]] = defaultdict(Counter)
        self._by_teller: Counter[str] = Counter()
        self._captured: Counter[tuple[str, bool]] = Counter()
        for log in mesh.logs:
            for group in log.groups:
                self._count(group)
        for fact in mesh.bundle.facts:
            if isinstance(fact, TcpConnection):
                self._captured[fact.server, within_pod(fact)] += max(1, fact.request_count)

    def _count(self, group: RequestGroup) -> None:
        name = cluster_name(group.upstream_cluster)
        host, port = split_host(group.authority)
        if name is not None and name.host:
            host, port = name.host, name.port
        self._by_teller[group.teller] += group.count
        self._by_cluster[group.teller, group.upstream_cluster or ""] += group.count
        self._by_host[group.teller, _short(host)][host, port] += group.count

    def requests(self, key: _Key, failures: list[Failure]) -> int:
        """Requests to the hop's destination, told by the proxies that tell of its failures."""
        if all(failure.teller.witness is Witness.CAPTURE for failure in failures):
            servers = {failure.teller.upstream_host or "" for failure in failures}
            inside = key.role is Role.UPSTREAM
            return sum(self._captured[server, inside] for server in servers)
        tellers = {failure.teller.teller for failure in failures}
        if key.role is Role.UPSTREAM:
            # What a server's proxy takes is for its own application, whatever the request named.
            inbound = {
                (failure.teller.teller, failure.teller.upstream_cluster or "")
                for failure in failures
                if (failure.teller.upstream_cluster or "").startswith("inbound|")
            }
            if inbound:
                return sum(self._by_cluster[pair] for pair in inbound)
        if not key.host:
            return sum(self._by_teller[teller] for teller in tellers)
        return sum(
            count
            for teller in tellers
            for (host, port), count in self._by_host.get((teller, _short(key.host)), {}).items()
            if same_host(host, key.host) and (None in {port, key.port} or port == key.port)
        )


def _fold_consequences(hops: list[Hop]) -> list[Hop]:
    """Count callers that gave up to the hop whose failures made them wait."""
    kept = [hop for hop in hops if hop.family is not Family.CALLER]
    for caller in hops:
        if caller.family is not Family.CALLER:
            continue
        gone = caller.having(Ending.CLIENT_GONE)
        place = next((at for at, hop in enumerate(kept) if _made_wait(hop, caller, gone)), None)
        if place is None:
            kept.append(caller)
            continue
        reason = kept[place]
        kept[place] = replace(reason, consequences=reason.consequences + len(gone))
        if len(gone) < caller.count:
            rest = tuple(f for f in caller.failures if f.ending is not Ending.CLIENT_GONE)
            kept.append(replace(caller, failures=rest))
    return kept


def _made_wait(hop: Hop, caller: Hop, gone: tuple[Failure, ...]) -> bool:
    """True where the failures of ``hop`` explain that these callers went away."""
    if not gone or hop.family not in _GAVE_UP or not hop.count:
        return False
    if not same_host(hop.host, caller.host) and hop.host != caller.host:
        return False
    waited = hop.family is Family.TIME or bool(_WAITED & hop.endings.keys())
    return waited or len(gone) <= hop.count
