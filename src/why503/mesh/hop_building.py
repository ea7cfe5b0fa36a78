"""Builds the hops: failures of one family, on one leg, towards one destination."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from why503.facts import Request, Witness
from why503.mesh.account import destination_of, is_failure
from why503.mesh.address import cluster_name, is_address, short_name, split_host
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.joining import Account, account_of, failures_of
from why503.mesh.mesh import Mesh
from why503.mesh.workload import has_sidecar, is_external

_GAVE_UP = frozenset({Family.TIME, Family.CONNECTION})
"""While these go on, callers that gave up are their consequence."""


def hops_of(mesh: Mesh) -> tuple[Hop, ...]:
    """All hops that failed, most failures first (see `Mesh.hops`)."""
    failures = failures_of(mesh.logs)
    failures += _told_by_others(mesh, failures)
    hops = _fold_consequences(_hops(mesh, failures))
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
    """Failures told by a proxy's debug log or a client, where no access log tells of that destination."""
    told = [
        (request, account_of(request))
        for request in mesh.bundle.facts
        if isinstance(request, Request)
    ]
    failed = [a for request, a in told if is_failure(request, a.outcome)]
    hosts = {_short(destination_of(failure.account)[0]) for failure in known}
    made = []
    proxies = [a for a in failed if a.request.witness is Witness.PROXY_LOG]
    clients = [a for a in failed if a.request.witness is Witness.CLIENT]
    for account in proxies or clients:
        host = _short(destination_of(account.request)[0])
        if known and (not host or host in hosts):
            continue
        if known and account.request.witness is Witness.PROXY_LOG:
            continue
        made.append(_alone(account))
    return made


def _alone(account: Account) -> Failure:
    request, role = account.request, account.role
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


def _hops(mesh: Mesh, failures: Iterable[Failure]) -> list[Hop]:
    by_key: dict[_Key, list[Failure]] = defaultdict(list)
    for failure in failures:
        by_key[_key(mesh, failure)].append(failure)
    return [
        Hop(
            family=key.family,
            role=key.role,
            leg=key.leg,
            host=key.host,
            port=key.port,
            failures=tuple(found),
            total=max(len(found), _seen(mesh, key, found)),
        )
        for key, found in by_key.items()
    ]


def _key(mesh: Mesh, failure: Failure) -> _Key:
    account = failure.account
    host, port = destination_of(account)
    role = failure.role
    if failure.outcome.behind is not None and role is not Role.UPSTREAM:
        role = Role.UPSTREAM  # the proxy behind wrote it, though its own account is not here
    return _Key(failure.family, role, _leg(mesh, failure, role, host), host, port)


def _leg(mesh: Mesh, failure: Failure, role: Role, host: str) -> Place:
    if role is Role.UPSTREAM:
        return Place.PROXY_TO_PROXY if failure.server_refused else Place.UPSTREAM_PROXY_TO_APP
    if is_external(mesh, host, failure.account):
        return Place.PROXY_TO_EXTERNAL
    return Place.PROXY_TO_APP if has_sidecar(mesh, host) is False else Place.PROXY_TO_PROXY


def _seen(mesh: Mesh, key: _Key, failures: list[Failure]) -> int:
    """Requests to the hop's destination in the logs of the proxies that tell of its failures."""
    tellers = {failure.teller.teller for failure in failures}
    wanted = _short(key.host)
    total = 0
    for log in mesh.logs:
        if log.teller not in tellers:
            continue
        for group in log.groups:
            name = cluster_name(group.upstream_cluster)
            host = name.host if name and name.host else split_host(group.authority)[0]
            if not wanted or _short(host) == wanted:
                total += group.count
    return total


def _fold_consequences(hops: list[Hop]) -> list[Hop]:
    """Count callers that gave up to the hop whose failures made them wait."""
    gone = [hop for hop in hops if hop.family is Family.CALLER and not _sent_rubbish(hop)]
    kept = [hop for hop in hops if hop not in gone]
    for caller in gone:
        reason = next(
            (hop for hop in kept if hop.family in _GAVE_UP and hop.host == caller.host and hop.count > 0), None
        )
        if reason is None:
            kept.append(caller)
        else:
            kept[kept.index(reason)] = replace(reason, consequences=reason.consequences + caller.count)
    return kept


def _sent_rubbish(hop: Hop) -> bool:
    return any(failure.teller.code not in {0, None, 200} for failure in hop.failures)
