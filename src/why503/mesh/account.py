"""What a single account of a request tells: on which side its proxy stands, and where it went."""

from why503.facts import Request, Witness
from why503.mesh.address import (
    BLACK_HOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    cluster_name,
    is_address,
    server_name,
    short_name,
    split_host,
)
from why503.mesh.ending import Ending, Outcome
from why503.mesh.failure import Role
from why503.support.dataclass import dataclass

_INBOUND_BIND = frozenset({"127.0.0.6", "::6"})
"""Source addresses of a sidecar's connections to its own application."""
_TOO_MANY_REQUESTS = 429
"""A client that shows this, and no more, may have met a rate limit of any proxy."""
LONG_ENOUGH = 1000.0
"""Milliseconds from which a client that left during a good answer may have lost patience."""
_NAMES_NOTHING = (PASSTHROUGH, BLACK_HOLE, *INBOUND_PASSTHROUGH)
"""Clusters that take whatever destination a connection was made for."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A request, how it ended, and the side its witness stands on."""

    request: Request
    outcome: Outcome
    role: Role
    ahead: float = 0.0
    """Seconds by which the clock of its witness is ahead of the others."""


def start_of(account: Account) -> float:
    """When it began, by the clock that the others are told by; 0 where it has no time."""
    return account.request.time - account.ahead if account.request.time else 0.0


def is_behind(inner: Account, outer: Account) -> bool:
    """True where ``inner`` is the next account on the way after ``outer``."""
    if inner.role is outer.role:
        return False
    if outer.role is Role.UPSTREAM:
        return bool(inner.request.teller) and inner.request.teller == outer.request.teller
    return meet(outer.request, inner.request)


def meet(outer: Request, inner: Request) -> bool:
    """True where ``inner`` can be the server's account of what ``outer`` sent."""
    if outer.upstream_local and outer.upstream_local == inner.downstream_remote:
        return True
    if outer.upstream_host and outer.upstream_host == inner.downstream_local:
        return True
    if outer.authority and outer.authority == inner.authority:
        return True
    sent, served = destination_of(outer)[0], destination_of(inner)[0]
    return not served or not sent or short_name(sent) == short_name(served)


def role_of(request: Request) -> Role | None:
    """Side on which the proxy that tells stands; None where the line does not show it."""
    if request.witness is Witness.CLIENT:
        return Role.CLIENT
    cluster = request.upstream_cluster or ""
    name = cluster_name(cluster)
    if name is not None:
        return Role.UPSTREAM if name.direction == "inbound" else Role.DOWNSTREAM
    if cluster.startswith(INBOUND_PASSTHROUGH):
        return Role.UPSTREAM
    if server_name(cluster) is not None:
        return Role.DOWNSTREAM  # a gateway between networks that routes by SNI
    if server_name(request.server_name) is not None:
        return Role.UPSTREAM
    if split_host(request.upstream_local)[0] in _INBOUND_BIND:
        return Role.UPSTREAM
    if request.upstream_host and split_host(request.upstream_host)[0] in {"127.0.0.1", "::1"}:
        return Role.UPSTREAM
    return Role.DOWNSTREAM if cluster else None


def destination_of(request: Request) -> tuple[str, int | None]:
    """Service or external host, and port, that the request was for; ``""`` where nothing tells."""
    cluster = request.upstream_cluster or ""
    name = cluster_name(cluster) or server_name(cluster)
    if name is not None and name.direction == "outbound":
        return name.host, name.port
    if (wanted := server_name(request.server_name)) is not None:
        return wanted.host, wanted.port
    host, port = split_host(request.authority)
    if name is not None:
        if name.host:
            return name.host, name.port
        return ("" if is_address(host) else host), port or name.port
    if host and not is_address(host):
        return host, port
    if cluster and not cluster.startswith(_NAMES_NOTHING):
        return cluster, port
    dialled, dialled_port = split_host(request.upstream_host or request.downstream_local)
    return dialled or host, dialled_port or port


def is_failure(request: Request, outcome: Outcome) -> bool:
    """True where this account tells of a failed request.

    A 4xx that the application gave, an answer or a redirect that a filter gave on purpose, a TCP
    connection that ended without a flag, and a client that closed soon after it got a good answer
    (Go clients that do not read to the end) are none.
    """
    if request.witness is Witness.CAPTURE:
        return True  # only what failed is made an account of
    code = request.code or 0
    if outcome.ending is Ending.CLIENT_GONE and 0 < code < 400:
        return (request.duration or 0.0) >= LONG_ENOUGH
    if outcome.ending in {Ending.OK, Ending.FAULT_DELAY}:
        return False
    if outcome.ending is Ending.VIA_UPSTREAM:
        return code >= 500 or outcome.behind is not None
    if outcome.ending is Ending.UNKNOWN:
        asked = request.witness is Witness.CLIENT and code == _TOO_MANY_REQUESTS
        return code >= 500 or asked or (not 0 < code < 400 and bool(request.flags or request.body))
    if outcome.ending in {Ending.DIRECT_RESPONSE, Ending.FILTER_FAILED}:
        return not 0 < code < 400
    return not (outcome.ending is Ending.EXT_AUTHZ_DENIED and 300 <= code < 400)
