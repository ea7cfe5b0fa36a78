"""Connections that ended under a request (UC): what tells the reasons for it apart."""

from collections.abc import Sequence
from itertools import pairwise

from why503.facts import Counter, ProxyEvent, ProxyEventKind, Witness
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import server_proxies
from why503.mesh.log_index import log_index
from why503.mesh.mesh import Mesh
from why503.mesh.pod_life import ENDS, LifeEvent, failing_life, share_after
from why503.mesh.proxy_state import counters
from why503.mesh.timing import FEW, all_fail, bunched_at, idle_gaps
from why503.support.median import median

WORKING = 60.0
"""Milliseconds from which a request in one pod was no victim of a close on its way."""
WORKING_AFAR = 250.0
"""The same over a network, where a round trip may come on top."""
HALF = 0.5
ONE_MOMENT = 1.0
"""Seconds within which connections end together at a stop or crash of their server."""
BRIEF = 0.5
"""Seconds of idleness below which no server gives a connection up."""
EVEN_CALLS = 5
EVEN = 0.1
"""Share of their distance by which calls at an even pace may be early or late."""
_REUSED_WITHIN = 0.01
"""Seconds between taking a pooled connection and reading its close."""


def cut_off(hop: Hop) -> tuple[Failure, ...]:
    """Failures whose connection closed or was reset before any answer came, as a proxy tells."""
    return tuple(
        failure
        for failure in hop.having(Ending.CONNECTION_TERMINATION)
        if not failure.outcome.after_headers and not _own_call(failure)
    )


def cut_calls(hop: Hop) -> tuple[Failure, ...]:
    """Calls whose own connection was reset under the caller, which had no HTTP answer at all."""
    return tuple(f for f in hop.having(Ending.CONNECTION_TERMINATION) if _own_call(f))


def _own_call(failure: Failure) -> bool:
    told = failure.teller
    return told.witness is Witness.CLIENT and told.body is None and told.code is None


def beside_the_app(hop: Hop) -> bool:
    """True where the failures are told by the proxy that talks to the application itself."""
    return hop.leg in {Place.UPSTREAM_PROXY_TO_APP, Place.PROXY_TO_APP}


def working_time(hop: Hop) -> float | None:
    """Median milliseconds that cut requests had been at work; None where too short for work."""
    return work_of(hop, cut_off(hop))


def work_of(hop: Hop, failures: Sequence[Failure]) -> float | None:
    """Median milliseconds that these failures had been at work; None where too short for work."""
    found = [f.teller.duration for f in failures if f.teller.duration is not None]
    least = WORKING if hop.leg is Place.UPSTREAM_PROXY_TO_APP else WORKING_AFAR
    return median(found) if found and median(found) >= least else None


def unseen(hop: Hop) -> bool:
    """True where the server's proxy has no line of these requests although its log covers them."""
    told = [failure.server_silent for failure in hop.failures]
    return bool(told) and sum(silent is True for silent in told) > len(told) / 2


def refused(hop: Hop) -> tuple[Failure, ...]:
    """Failures for which the server's listener says that it refused the connection."""
    return tuple(failure for failure in hop.failures if failure.server_refused is not None)


def cut_at_app(mesh: Mesh, host: str) -> Counter | None:
    """The server's proxy's count of connections that its application closed under a request."""
    beside = server_proxies(mesh, host)
    for counter in counters(mesh, "upstream_cx_destroy_remote_with_active_rq"):
        inbound = counter.name.startswith("cluster.inbound|")
        if counter.value > 0 and inbound and counter.teller in beside:
            return counter
    return None


def ended_pods(hop: Hop, mesh: Mesh) -> tuple[LifeEvent, ...]:
    """Ends of the hop's pods, where at least half of the failures came shortly after one."""
    ends = tuple(event for event in failing_life(hop, mesh) if event.kind in ENDS)
    return ends if ends and share_after(hop, ends) >= HALF else ()


def really_all_fail(hop: Hop, mesh: Mesh) -> bool:
    """True where everything to the destination fails in a log that shows successes elsewhere.

    A log without any success may be the result of a search for errors.
    """
    tellers = {failure.teller.teller for failure in hop.failures}
    return bool(tellers & log_index(mesh).working) and all_fail(hop, mesh)


def each_in_turn(hop: Hop, mesh: Mesh) -> float | None:
    """Seconds between calls that come at an even pace and all fail; None where they do not.

    A close for idleness spares the call after it, which gets a new connection: it cannot make
    every call of a steady caller fail. At least five calls, of which no one saw a success.
    """
    times = sorted(f.time for f in cut_off(hop) if f.time is not None)
    gaps = [later - before for before, later in pairwise(times)]
    if len(times) < EVEN_CALLS or not all_fail(hop, mesh):
        return None
    middle = median(gaps)
    even = middle > BRIEF and all(abs(gap - middle) <= middle * EVEN for gap in gaps)
    return middle if even else None


def carried(hop: Hop) -> int | None:
    """Requests that each cut connection had carried before, where most carried the same number.

    None for fewer than three ends, and for numbers below five: low traffic has them by chance.
    Connections that end in one moment, as at a stop or crash of the server, are one end: evenly
    loaded ones have carried the same number then, whatever it is.
    """
    told = [f for f in cut_off(hop) if f.teller.requests_before is not None]
    counts = [float(f.teller.requests_before or 0) for f in told]
    same = bunched_at(counts, 0.0) if len(counts) >= 3 else None
    if same is None or same < 5 or _ends(told, same) < 3:
        return None
    return int(same)


def _ends(failures: Sequence[Failure], count: float) -> int:
    """How many moments the connections of these failures ended in.

    One connection after another cannot end sooner than it takes to carry ``count`` requests.
    """
    gaps = [f.teller.idle for f in failures if f.teller.idle is not None]
    moment = min(ONE_MOMENT, HALF * count * median(gaps)) if gaps else ONE_MOMENT
    times = [f.teller.end or f.time for f in failures]
    known = sorted(time for time in times if time is not None)
    later = sum(after - before > moment for before, after in pairwise(known))
    return later + bool(known) + len(times) - len(known)


def idle_gaps_tell(hop: Hop, mesh: Mesh) -> bool:
    """True where the idle gaps prove: nothing else ended the connections, and they are several."""
    if working_time(hop) is not None or unseen(hop) or carried(hop) is not None:
        return False
    if really_all_fail(hop, mesh) or each_in_turn(hop, mesh) is not None:
        return False
    own = [failure for failure in hop.failures if failure.teller.idle_by_connection]
    return len(own) > 1 or len(idle_gaps(hop)) >= FEW


def busy_gap(hop: Hop) -> float | None:
    """Median idle seconds of the cut connections, where they were in steady use; else None.

    Who passed on what failed behind it knows its own connections only, not those that were cut.
    """
    own = [f for f in cut_off(hop) if f.teller.idle_by_connection and f.outcome.behind is None]
    told = [f.teller.idle for f in own if f.teller.idle is not None]
    return median(told) if told and median(told) <= BRIEF else None


def reused_while_closing(mesh: Mesh) -> tuple[tuple[ProxyEvent, ProxyEvent], ...]:
    """Pooled connections that a proxy's debug log shows taken and closed in the same moment."""
    taken: dict[tuple[str, str], ProxyEvent] = {}
    found = []
    taking, closing = ProxyEventKind.REUSED_CONNECTION, ProxyEventKind.REMOTE_CLOSE
    for event in mesh.events(ProxyEvent, taking, closing):
        key = (event.teller, event.connection)
        if event.kind is taking:
            taken[key] = event
        elif key in taken:
            start = taken.pop(key)
            if event.time is None or start.time is None:
                continue
            if event.time - start.time <= _REUSED_WITHIN:
                found.append((start, event))
    return tuple(found)
