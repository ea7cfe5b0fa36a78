"""Tries that the caller's proxy gave up and repeated, so that its caller saw no failure."""

from why503.facts import AccessLog
from why503.mesh.address import cluster_name, short_name
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh


def given_up_tries(hop: Hop, mesh: Mesh) -> tuple[Failure, ...]:
    """Failures at the server's proxy of which the caller's proxy knows no failure of its own.

    The log of a proxy that calls the host has the same request id, and not as failed: there the
    request went well, by another try.
    """
    callers = [log for log in mesh.logs if _calls(log, hop.host)]
    return tuple(
        failure
        for failure in hop.failures
        if (failure.teller.upstream_cluster or "").startswith("inbound|")
        and failure.downstream in {None, failure.teller}
        and any(
            log.teller != failure.teller.teller and failure.teller.request_id in log.request_ids
            for log in callers
        )
    )


def _calls(log: AccessLog, host: str) -> bool:
    """True for the log of a proxy that sends requests out to the host."""
    named = [cluster_name(group.upstream_cluster) for group in log.groups]
    return any(
        name is not None
        and name.direction == "outbound"
        and short_name(name.host) == short_name(host)
        for name in named
    )
