"""Makes hops and logs in which addresses fail and serve at given seconds."""

from typing import Any

from tests.mesh.make import manifests
from why503.facts import AccessLog, Bundle, Fact, Request, RequestGroup, Source, Witness
from why503.mesh.ending import Ending, Outcome
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh

HOST = "orders.shop.svc.cluster.local"
ONE, OTHER = "10.0.0.1:80", "10.0.0.2:80"
START = 1_772_366_400.0
"""2026-03-01T12:00:00Z."""
REFUSED, CUT, NONE = (
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_TERMINATION,
    Ending.NO_HEALTHY_UPSTREAM,
)


def failed(at: float | None, ending: Ending, host: str = ONE, duration: float = 1.0) -> Failure:
    """One failure, ``at`` seconds after START, that took ``duration`` milliseconds."""
    request = Request(
        source=Source(path="a.log", line=1),
        teller="a",
        time=None if at is None else START + at,
        duration=duration,
        upstream_host=host,
        upstream_cluster="inbound|80||",
    )
    return Failure(teller=request, role=Role.UPSTREAM, outcome=Outcome(ending=ending))


def told_by_client(at: float) -> Failure:
    """A call that the caller's own pod refused."""
    request = Request(
        source=Source(path="app.log", line=1), witness=Witness.CLIENT, teller="a", time=START + at
    )
    return Failure(teller=request, role=Role.CLIENT, outcome=Outcome(ending=REFUSED))


def hop_of(*failures: Failure, **fields: Any) -> Hop:
    """A hop at the server's proxy with these failures."""
    told: dict[str, Any] = {"role": Role.UPSTREAM, "family": Family.CONNECTION, "host": HOST}
    return Hop(
        leg=Place.UPSTREAM_PROXY_TO_APP,
        port=80,
        failures=failures,
        total=len(failures),
        **{**told, **fields},
    )


def served(first: float, last: float, host: str = ONE, code: int = 200) -> RequestGroup:
    """Requests that one address answered, all with ``code``."""
    return RequestGroup(
        teller="a",
        upstream_cluster="inbound|80||",
        upstream_host=host,
        authority=HOST,
        code=code,
        flags=frozenset(),
        details="via_upstream",
        transport_failure=None,
        method="GET",
        protocol="HTTP/1.1",
        minute=None,
        count=2,
        first=START + first,
        last=START + last,
        duration_p50=None,
        duration_p99=None,
        idle_p50=None,
        exemplars=(Source(path="a.log", line=9),),
    )


def mesh_with(*groups: RequestGroup, yaml: str = "", facts: tuple[Fact, ...] = ()) -> Mesh:
    """A mesh of one log with these groups, objects and further facts."""
    lines = sum(group.count for group in groups)
    log = AccessLog(
        source=Source(path="a.log"),
        teller="a",
        formats=(),
        lines=lines,
        understood=lines,
        misread=(),
        first=min((group.first for group in groups if group.first), default=None),
        last=max((group.last for group in groups if group.last), default=None),
        groups=groups,
        failures=(),
        request_ids=frozenset(),
        request_ids_complete=True,
    )
    return Mesh(Bundle(facts=(log, *manifests(yaml), *facts)))
