"""How proxies are: state, certificates, statistics, link to the control plane."""

from why503.facts import Certificate, Counter, ProxyInfo
from why503.mesh.loaded import is_cluster_of
from why503.mesh.mesh import Mesh

CONTROL_PLANE = "cluster.xds-grpc."
"""The cluster through which an Istio proxy is configured."""

_CLUSTER = "cluster."


def not_live(mesh: Mesh) -> tuple[ProxyInfo, ...]:
    """Proxies that say they are starting or draining."""
    return tuple(info for info in mesh.facts(ProxyInfo) if info.state not in ("", "LIVE"))


def expired(mesh: Mesh, at: float) -> tuple[Certificate, ...]:
    """Certificates that were no longer, or not yet, valid at ``at`` (seconds since 1970)."""
    return tuple(
        found
        for found in mesh.facts(Certificate)
        if (found.expires is not None and found.expires < at)
        or (found.valid_from is not None and found.valid_from > at)
    )


def counters(mesh: Mesh, suffix: str, host: str = "") -> tuple[Counter, ...]:
    """Statistics whose name ends in ``suffix`` at a dot, of clusters of a host where one is named.

    A statistic that was read twice of one proxy (two files, two moments) is told once, with its
    largest value.
    """
    found: dict[tuple[object, ...], Counter] = {}
    for counter in mesh.facts(Counter):
        if counter.name != suffix and not counter.name.endswith(f".{suffix}"):
            continue
        if host and not _is_of(counter.name, suffix, host):
            continue
        key = (counter.teller, counter.name, counter.labels)
        if key not in found or found[key].value < counter.value:
            found[key] = counter
    return tuple(found.values())


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
