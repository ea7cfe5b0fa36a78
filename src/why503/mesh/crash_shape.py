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
_SECOND = 1000.0
"""Milliseconds."""
_EARLY, _LATE = 2.0, 10.0
"""Milliseconds by which a timer's end is logged before and after its time."""


class Gone(NamedTuple):
    """One address that served, was away, and served again."""

    host: str
    """`address:port`."""
    seconds: float
    """From its first failure to its last one."""


def refusals(hop: Hop) -> tuple[Failure, ...]:
    """Failures whose connection was not accepted."""
    return tuple(
        failure
        for failure in hop.failures
        if failure.ending in NOT_LISTENING and not ended_by_clock(failure)
    )


def ended_by_clock(failure: Failure) -> bool:
    """True for a UF of unknown kind that lasted whole seconds: a connect timeout ended it.

    It was 1 s by default before Istio 1.2 and is 10 s since; a refusal comes whenever it comes.
    """
    took = failure.teller.duration
    if failure.ending is not Ending.CONNECTION_FAILURE or failure.outcome.errno is not None:
        return False
    if took is None or failure.outcome.transport or took < _SECOND - _EARLY:
        return False
    return (took + _EARLY) % _SECOND <= _EARLY + _LATE


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
