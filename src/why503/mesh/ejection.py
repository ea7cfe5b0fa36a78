"""Outlier detection: which endpoints are out, which errors came before, how long it lasted."""

from itertools import pairwise

from why503.facts import ProxyEndpoint, Source
from why503.mesh.address import cluster_name
from why503.mesh.held import held_endpoints
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.timing import requests_around, went_well
from why503.mesh.workload import same_host

BASE_EJECTION = 30.0
"""Seconds: Istio's default for `baseEjectionTime`."""
MAX_EJECTION = 10
"""Per cent: Istio's default for `maxEjectionPercent`."""
_BEFORE = 60.0
"""Seconds before the first failure in which the errors that lead to an ejection are looked for."""
_PAUSE = 5.0
"""Seconds without a failure that end a stretch of failures."""
_SERVER_ERROR = 500


def ejected_endpoints(mesh: Mesh, host: str) -> tuple[ProxyEndpoint, ...]:
    """Endpoints of a host that a proxy has ejected; of every host for ``""``."""
    found = []
    for endpoint in held_endpoints(mesh):
        name = cluster_name(endpoint.cluster)
        known = name.host if name is not None else endpoint.cluster
        if endpoint.ejected and (not host or same_host(known, host)):
            found.append(endpoint)
    return tuple(found)


def wholly_ejected(mesh: Mesh, host: str) -> tuple[tuple[str, int, Source], ...]:
    """Clusters of a host (of all for ``""``) whose endpoints are all ejected, and how many."""
    listed: dict[str, list[ProxyEndpoint]] = {}
    for endpoint in held_endpoints(mesh):
        listed.setdefault(endpoint.cluster, []).append(endpoint)
    out = {(endpoint.cluster, endpoint.address) for endpoint in ejected_endpoints(mesh, host)}
    return tuple(
        (cluster, len(found), found[0].source)
        for cluster, found in listed.items()
        if all((cluster, endpoint.address) in out for endpoint in found)
    )


def errors_before(hop: Hop, mesh: Mesh) -> tuple[int, tuple[Source, ...]]:
    """Errors of upstreams of the same destination within a minute before the first failure.

    Answers of 5xx and broken connections, as the failing hop's own proxies saw them; failures
    without an upstream (the hop's own) are none of them.
    """
    times = [failure.time for failure in hop.failures if failure.time is not None]
    if not times:
        return 0, ()
    count, sources = 0, list[Source]()
    for group in requests_around(hop, mesh):
        failed = not went_well(group) and (group.code or 0) >= _SERVER_ERROR
        if not failed or not group.upstream_host or group.first is None:
            continue
        if min(times) - _BEFORE <= group.first < min(times):
            count += group.count
            sources += group.exemplars
    return count, tuple(sources)


def bursts(hop: Hop) -> tuple[float, ...]:
    """Lengths, in seconds, of the stretches of failures that no longer pause divides."""
    times = sorted(failure.time for failure in hop.failures if failure.time is not None)
    if not times:
        return ()
    lengths, begin = [], times[0]
    for before, time in pairwise(times):
        if time - before > _PAUSE:
            lengths.append(before - begin)
            begin = time
    return (*lengths, times[-1] - begin)
