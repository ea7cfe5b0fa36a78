"""Whether a request may be sent a second time, as far as its method and path tell."""

from enum import StrEnum

from why503.facts import Request
from why503.mesh.course import passed
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.pattern import lazy_re

_BY_METHOD = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that do the same once or twice (RFC 9110, 9.2.2)."""
_WRITES_OF_SERIES = lazy_re(
    r"/(?:api/v1/(?:write|push)|insert/[^/]{1,40}/prometheus(?:/api/v1/write)?)/?$"
)
"""Paths of Prometheus' remote write: samples carry their times, so that twice is like once."""
_QUERIES = lazy_re(
    r"/api/v1/(?:query|query_range|query_exemplars|series|labels|label/[^/]{1,200}/values)/?$"
)
"""Paths of Prometheus' API that read, by POST where the query is long."""


class Repeatable(StrEnum):
    """What the requests of a hop tell."""

    SAFE = "safe"
    """All that were seen do the same once or twice."""
    UNSAFE = "unsafe"
    """One at least was seen that may act twice."""
    UNKNOWN = "unknown"
    """No method was seen."""


def is_repeatable(request: Request) -> bool | None:
    """Whether one request may be repeated; None where its method is not told."""
    if not request.method:
        return None
    path = (request.path or "").partition("?")[0]
    if request.method.upper() in _BY_METHOD or is_remote_write(request):
        return True
    return bool(_QUERIES.search(path[-300:]))


def is_remote_write(request: Request) -> bool:
    """Whether it is a remote write of Prometheus' protocol, which is idempotent by design."""
    return bool(_WRITES_OF_SERIES.search((request.path or "").partition("?")[0][-300:]))


def repeatable(hop: Hop, mesh: Mesh) -> tuple[Repeatable, Request | None]:
    """What the requests tell, and the first that may act twice (or is known as a write).

    Requests that went well for the same host count too: a retry is for all of a route. Their paths
    are not known; a method is taken for what the failed requests of that method are.
    """
    told = [(failure.teller, is_repeatable(failure.teller)) for failure in hop.failures]
    unsafe = [request for request, answer in told if answer is False]
    if unsafe:
        return Repeatable.UNSAFE, unsafe[0]
    safe = [request for request, answer in told if answer]
    methods = _BY_METHOD | {(request.method or "").upper() for request in safe}
    for group in passed(hop, mesh):
        if group.method and group.method.upper() not in methods and group.exemplars:
            return Repeatable.UNSAFE, Request(source=group.exemplars[0], method=group.method)
    writes = [request for request in safe if is_remote_write(request)]
    if safe:
        return Repeatable.SAFE, next(iter(writes or safe))
    return Repeatable.UNKNOWN, None
