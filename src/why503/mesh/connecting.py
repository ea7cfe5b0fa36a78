"""How connection attempts ended: refused, rejected by the network, or never answered.

Envoy since 1.27 tells them apart in the response code details; before, UF is all it says and the
time that the attempt took has to tell.
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.address import split_host
from why503.mesh.crash_shape import ended_by_clock
from why503.mesh.ending import Ending
from why503.mesh.endpoint import kubernetes_endpoints, workload_port
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.sync import left_before
from why503.mesh.timing import successes
from why503.mesh.traffic_policy import connect_timeout
from why503.support.pattern import lazy_re

NOT_CONNECTED = (
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_TIMEOUT,
    Ending.NO_ROUTE_TO_HOST,
    Ending.CONNECTION_FAILURE,
)
"""Endings of requests for which no connection could be made."""
AT_ONCE = 100.0
"""Milliseconds in which a refusal comes even from far away, back-off between two tries included."""
A_WHILE = 900.0
"""Milliseconds below which a failure of unknown kind is no attempt that went unanswered."""
_NEARLY = 0.95
"""Share of the connect timeout from which on an attempt has waited for it."""
_PLACEHOLDERS = tuple(map(ip_network, ("240.240.0.0/16", "2001:2::/48")))
"""Addresses that Istio's DNS proxy makes up for ServiceEntries without addresses."""


_FAMILY_ERRORS = ("error: 101", "error: 99", "error: 97", "error: 51", "error: 65")
_FAMILY_WORDS = ("Network is unreachable", "Cannot assign requested", "Address family not")
"""A machine's own word that it has no way to an address: Linux and macOS numbers, and in words."""


def without_family(mesh: Mesh) -> tuple[tuple[str, ProxyEvent], ...]:
    """IPv6 addresses that a proxy could not even begin to dial, for want of a way to them."""
    found = []
    for event in mesh.events(ProxyEvent, ProxyEventKind.CONNECT_FAILED):
        address = split_host(event.text.split(" ", 1)[0])[0]
        told = event.text.rstrip().endswith(_FAMILY_ERRORS)
        told = told or any(word in event.text for word in _FAMILY_WORDS)
        if told and ":" in address:
            found.append((address, event))
    return tuple(found)


_REFUSED = lazy_re(r"error: (?:111|61)\b|Connection refused")
"""ECONNREFUSED of Linux and macOS, and in words."""


_FROM_CONTROL_PLANE = frozenset({ProxyEventKind.SECRET_MISSING, ProxyEventKind.XDS_DISCONNECTED})
_UNANSWERED_DIAL = lazy_re(
    r"\bdial(?:ing)?:? .{0,120}(?:i/o timeout|connection timed out|no route to host)"
)


def refusals_logged(mesh: Mesh) -> tuple[tuple[str, ProxyEvent], ...]:
    """Connection attempts that a proxy's own log says were refused, with the address dialled."""
    return tuple(
        (event.text.split(" ", 1)[0] if ":" in event.text.split(" ", 1)[0] else "?", event)
        for event in mesh.events(ProxyEvent, ProxyEventKind.CONNECT_FAILED)
        if _REFUSED.search(event.text)
    )


def control_plane_silent(mesh: Mesh) -> tuple[ProxyEvent, ...]:
    """Lines of an agent whose dial to istiod or another CA got no answer at all: dropped packets.

    A refusal is none of them: it comes of an istiod that is not there.
    """
    return tuple(
        event
        for event in mesh.facts(ProxyEvent)
        if event.kind in _FROM_CONTROL_PLANE and _UNANSWERED_DIAL.search(event.text)
    )


def not_connected(hop: Hop) -> tuple[Failure, ...]:
    """Failures in which no connection to the upstream was made."""
    return hop.having(*NOT_CONNECTED)


def refused(hop: Hop) -> tuple[Failure, ...]:
    """Failures whose connection attempt was answered with a reset.

    A sidecar's attempt towards its own application that failed at once is one of them, whatever the
    log says: nothing else fails inside a pod.
    """
    return tuple(
        failure
        for failure in not_connected(hop)
        if failure.ending is Ending.CONNECTION_REFUSED
        or (
            hop.role is Role.UPSTREAM
            and failure.ending is Ending.CONNECTION_FAILURE
            and failure.outcome.errno is None
            and _took(failure) is not None
            and (_took(failure) or 0) <= AT_ONCE
        )
    )


def unanswered(hop: Hop, mesh: Mesh) -> tuple[Failure, ...]:
    """Failures whose connection attempt got no answer within the connect timeout."""
    limit = connect_timeout(mesh, hop.host, hop.port)
    waited = max(_NEARLY * 1000 * limit.value, A_WHILE)
    return tuple(
        failure
        for failure in hop.having(Ending.CONNECTION_TIMEOUT, Ending.CONNECTION_FAILURE)
        if failure.ending is Ending.CONNECTION_TIMEOUT
        or (failure.outcome.errno is None and (_took(failure) or 0) >= waited)
        or (limit.source is None and ended_by_clock(failure))
    )


def rejected(hop: Hop) -> tuple[Failure, ...]:
    """Failures whose attempt the network answered with "no route" or "unreachable"."""
    return hop.having(Ending.NO_ROUTE_TO_HOST)


def failed_at_once(failures: Iterable[Failure]) -> bool:
    """True where most of the failures whose duration is told took at most `AT_ONCE`."""
    told = [took for took in map(_took, failures) if took is not None]
    return bool(told) and 2 * sum(took <= AT_ONCE for took in told) > len(told)


def _took(failure: Failure) -> float | None:
    return failure.teller.duration


def dialled(failures: Iterable[Failure]) -> tuple[str, ...]:
    """Addresses (without port) of the upstreams of these failures, in order, each once."""
    hosts = (split_host(failure.teller.upstream_host)[0] for failure in failures)
    return tuple(dict.fromkeys(host for host in hosts if host))


def dialled_ports(failures: Iterable[Failure]) -> tuple[int, ...]:
    """Ports of the upstreams of these failures, in order, each once."""
    ports = (split_host(failure.teller.upstream_host)[1] for failure in failures)
    return tuple(dict.fromkeys(port for port in ports if port is not None))


def dialled_port(hop: Hop, mesh: Mesh) -> int | None:
    """Port of the pod that the proxy dials: as its log tells, else by the Service."""
    ports = dialled_ports(refused(hop) or hop.failures)
    return next(iter(ports), None) or workload_port(mesh, hop.host, hop.port)


def unlisted(hop: Hop, mesh: Mesh) -> tuple[tuple[str, Source], ...]:
    """Addresses dialled in vain that Kubernetes does not list for the hop's Service.

    Each with the place of the list. Where no list was given, or it is empty, the address of a proxy
    that had left the control plane long before.
    """
    known = kubernetes_endpoints(mesh, hop.host) if hop.host else None
    if not known:
        left = left_before(hop, mesh)
        return ((left.address, left.event.source),) if left is not None else ()
    listed = {endpoint.address for endpoint in known}
    away = [address for address in dialled(not_connected(hop)) if address not in listed]
    return tuple((address, known[0].source) for address in away)


def serves_elsewhen(hop: Hop, mesh: Mesh, failures: Iterable[Failure]) -> bool:
    """True where requests to one of the very same upstreams went well at another time."""
    failing = {failure.teller.upstream_host for failure in failures} - {None, ""}
    return any(group.upstream_host in failing for group in successes(hop, mesh))


def family_of(address: str | None) -> int | None:
    """4 or 6 for an address with or without port; None for what is none."""
    try:
        return ip_address(split_host(address)[0]).version
    except ValueError:
        return None


def families(failures: Iterable[Failure]) -> Iterator[tuple[Failure, str, int, int | None]]:
    """Failures towards an address, with it, its family, and that of the caller's connection.

    The last is None where its ends are not told, or differ.
    """
    for failure in failures:
        request = failure.account
        address = split_host(request.upstream_host)[0]
        ends = {family_of(request.downstream_local), family_of(request.downstream_remote)}
        if (theirs := family_of(address)) is not None:
            yield failure, address, theirs, ends.pop() if len(ends) == 1 else None


def is_placeholder(address: str) -> bool:
    """True for an address that Istio's DNS proxy made up (240.240.0.0/16, 2001:2::/48)."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _PLACEHOLDERS)
