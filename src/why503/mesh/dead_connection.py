"""Connections whose peer is gone without a word: what a proxy's own lines betray of them."""

from why503.mesh.cut_connection import beside_the_app
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.timing import successes, window
from why503.support.median import median

GIVE_UP = (920.0, 1000.0)
"""Seconds for which Linux repeats a packet that nobody acknowledges: tcp_retries2 of 15 makes
924.6 s at the least, some more where the round trip is long."""


def given_up(failures: tuple[Failure, ...]) -> float | None:
    """Median seconds of these cut requests where it is the kernel's patience; else None."""
    told = [f.teller.duration / 1000 for f in failures if f.teller.duration is not None]
    if not told or not GIVE_UP[0] <= median(told) <= GIVE_UP[1]:
        return None
    return median(told)


def stuck_together(hop: Hop, mesh: Mesh) -> tuple[Failure, ...]:
    """Requests that hung one after the other on one connection, while others went well elsewhere.

    HTTP/1 gives a connection up with its first time-out; an HTTP/2 connection goes on taking
    requests that nobody answers. Nothing else may have gone over it between them.
    """
    hung = hop.having(Ending.RESPONSE_TIMEOUT, Ending.PER_TRY_TIMEOUT)
    if len(hung) < 2 or any(failure.server_silent is False for failure in hung):
        return ()
    connections = {(f.teller.upstream_host, f.teller.upstream_local) for f in hung}
    before = [f.teller.requests_before for f in hung if f.teller.requests_before is not None]
    if len(connections) != 1 or len(before) < len(hung):
        return ()
    span = window(hop)
    meanwhile = span is not None and any(
        group.last is not None and group.last >= span[0] for group in successes(hop, mesh)
    )
    alone = max(before) - min(before) == len(hung) - 1
    return hung if alone and meanwhile else ()


def did_arrive(hop: Hop, failures: tuple[Failure, ...]) -> bool:
    """True where something shows that these requests reached the server, and not only its address.

    Without it a request that hangs ends at the caller's time-out whatever it hangs on.
    """
    return beside_the_app(hop) or any(
        failure.upstream or failure.server_silent is False or failure.outcome.after_headers
        for failure in failures
    )
