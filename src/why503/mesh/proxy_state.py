"""How proxies are: version, state, address, certificates, statistics, link to the control plane."""

from why503.facts import Certificate, Counter, ProxyInfo
from why503.mesh.loaded import is_cluster_of
from why503.mesh.mesh import Mesh

CONTROL_PLANE = "cluster.xds-grpc."
"""The cluster through which an Istio proxy is configured."""

_CLUSTER = "cluster."


def proxy_version(mesh: Mesh, teller: str) -> tuple[int, int, int] | None:
    """Version of a proxy's Envoy; None where it is not told."""
    return next(
        (info.envoy for info in mesh.facts(ProxyInfo) if info.teller == teller and info.envoy), None
    )


def not_live(mesh: Mesh) -> tuple[ProxyInfo, ...]:
    """Proxies that say they are starting or draining."""
    return tuple(info for info in mesh.facts(ProxyInfo) if info.state not in ("", "LIVE"))


def teller_address(mesh: Mesh, teller: str) -> tuple[str, ...]:
    """Addresses of the pod whose proxy wrote a teller's files."""
    found = dict.fromkeys(
        address
        for info in mesh.facts(ProxyInfo)
        if info.teller == teller
        for address in info.addresses
    )
    return tuple(found)


def teller_of_address(mesh: Mesh, address: str) -> str:
    """The teller whose pod has this address; ``""`` where none is known to."""
    if not address:
        return ""
    return next((info.teller for info in mesh.facts(ProxyInfo) if address in info.addresses), "")


def teller_of_pod(mesh: Mesh, pod: str) -> str:
    """The teller that is the proxy of a pod; ``""`` where none is known to be."""
    if not pod:
        return ""
    return next((info.teller for info in mesh.facts(ProxyInfo) if info.pod == pod), "")


def certificates(mesh: Mesh, teller: str = "") -> tuple[Certificate, ...]:
    """Certificates that a proxy (``""``: any) has loaded."""
    found = mesh.facts(Certificate)
    return tuple(part for part in found if not teller or part.teller == teller)


def expired(mesh: Mesh, at: float) -> tuple[Certificate, ...]:
    """Certificates that were no longer, or not yet, valid at ``at`` (seconds since 1970)."""
    return tuple(
        found
        for found in mesh.facts(Certificate)
        if (found.expires is not None and found.expires < at)
        or (found.valid_from is not None and found.valid_from > at)
    )


def counters(mesh: Mesh, suffix: str, host: str = "", teller: str = "") -> tuple[Counter, ...]:
    """Statistics whose name ends in ``suffix`` at a dot, of clusters of a host where one is named.

    A statistic that was read twice of one proxy (two files, two moments) is told once, with its
    largest value.
    """
    found: dict[tuple[object, ...], Counter] = {}
    for counter in mesh.facts(Counter):
        if teller and counter.teller != teller:
            continue
        if counter.name != suffix and not counter.name.endswith(f".{suffix}"):
            continue
        if host and not _is_of(counter.name, suffix, host):
            continue
        key = (counter.teller, counter.name, counter.labels)
        if key not in found or found[key].value < counter.value:
            found[key] = counter
    return tuple(found.values())


def counter_value(mesh: Mesh, suffix: str, host: str = "", teller: str = "") -> float | None:
    """Sum of these statistics; None where none was read, which is not the same as 0."""
    found = counters(mesh, suffix, host, teller)
    return sum(counter.value for counter in found) if found else None


def disconnected(mesh: Mesh) -> tuple[Counter, ...]:
    """Statistics that show a proxy without its control plane.

    `control_plane.connected_state` at 0; and, of a proxy that does not say it is connected,
    failed connections of the cluster `xds-grpc`.
    """
    states = counters(mesh, "control_plane.connected_state")
    connected = {counter.teller for counter in states if counter.value >= 1}
    failures = (
        counter
        for counter in counters(mesh, "upstream_cx_connect_fail")
        if counter.name.startswith(CONTROL_PLANE) and counter.value > 0
    )
    lost = (counter for counter in states if counter.value == 0)
    return tuple(counter for counter in (*lost, *failures) if counter.teller not in connected)


def _is_of(name: str, suffix: str, host: str) -> bool:
    if not name.startswith(_CLUSTER) or name == suffix:
        return False
    return is_cluster_of(name[len(_CLUSTER) : -len(suffix) - 1].rstrip(";"), host)
