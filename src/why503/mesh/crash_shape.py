"""How an upstream went away and came back, as the failures and successes of one address show it."""

from typing import NamedTuple

from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.timing import successes

NOT_LISTENING = frozenset({Ending.CONNECTION_REFUSED, Ending.CONNECTION_FAILURE})
"""Endings of connections that an address did not accept."""
_SOON = 10.0
"""Seconds after a cut in which the next connection is tried, where there is any traffic."""
_SKEW = 0.1


class Gone(NamedTuple):
    """One address that served, was away, and served again."""

    host: str
    """`address:port`."""
    seconds: float
    """From its first failure to its last one."""


def refusals(hop: Hop) -> tuple[Failure, ...]:
    """Failures whose connection was not accepted."""
    return tuple(failure for failure in hop.failures if failure.ending in NOT_LISTENING)


def cut_then_refused(hop: Hop) -> bool:
    """True where connections to one address were cut under a request and refused right after."""
    refused = [(f.teller.upstream_host, f.time) for f in refusals(hop) if f.time is not None]
    cut = [
        (failure.teller.upstream_host, failure.teller.end)
        for failure in hop.having(Ending.CONNECTION_TERMINATION)
        if failure.teller.end is not None
    ]
    return any(
        host == address and -_SKEW <= time - end <= _SOON
        for address, end in cut
        for host, time in refused
    )


def back_in_service(hop: Hop, mesh: Mesh) -> Gone | None:
    """The address that refused connections for a while and had successes before and after.

    None where none did: it refused from the first request on, or to the end of the log.
    """
    for host, _count in hop.upstream_hosts.most_common():
        times = [
            failure.time
            for failure in refusals(hop)
            if failure.teller.upstream_host == host and failure.time is not None
        ]
        good = [group for group in successes(hop, mesh) if group.upstream_host == host]
        begins = [group.first for group in good if group.first is not None]
        ends = [group.last for group in good if group.last is not None]
        if times and begins and min(begins) < min(times) and max(ends) > max(times):
            return Gone(host, max(times) - min(times))
    return None
