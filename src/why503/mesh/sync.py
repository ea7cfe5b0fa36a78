"""Which proxies have not acknowledged, or have refused, what the control plane sent them."""

from why503.facts import ProxyEvent, ProxyEventKind, ProxySync
from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass

_OLD = frozenset({"STALE", "DIFFERS"})
_ERROR = "ERROR"
_NOT_SENT = "NOT SENT"
_LONG_GONE = 60.0
"""Seconds after which a pod that left is in no list of endpoints that is kept up to date."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """A proxy that had ended its stream to the control plane before a request was sent to it."""

    event: ProxyEvent
    address: str
    gap: float
    """Seconds from the end of the stream to the first failed request to that address."""


def left_before(hop: Hop, mesh: Mesh) -> Left | None:
    """The dialled proxy that left the control plane long before, and did not come back."""
    left = mesh.events(ProxyEvent, ProxyEventKind.XDS_LEFT)
    for failure in hop.failures if left else ():
        address = split_host(failure.teller.upstream_host)[0]
        for event in left:
            if event.text != address or event.time is None or failure.time is None:
                continue
            gap = failure.time - event.time
            if gap >= _LONG_GONE and not _came_back(event, mesh):
                return Left(event=event, address=address, gap=gap)
    return None


def _came_back(left: ProxyEvent, mesh: Mesh) -> bool:
    """Whether the control plane sends something to the same proxy afterwards."""
    node = left.connection.rpartition("-")[0] or left.connection
    return any(
        event.connection.startswith(node) and (event.time or 0.0) > (left.time or 0.0)
        for event in mesh.events(ProxyEvent, ProxyEventKind.XDS_PUSH)
    )


def out_of_sync(hop: Hop, mesh: Mesh) -> tuple[ProxySync, ...]:
    """Proxies with an older configuration than the control plane sent, or with no clusters at all.

    Of the proxy that told of the hop's failures alone, where it is in the table.
    """
    return tuple(
        row
        for row in _concerned(hop, mesh)
        if row.cds == _NOT_SENT or any(state in _OLD for _name, state in row.types)
    )


def refusing(hop: Hop, mesh: Mesh) -> tuple[ProxySync, ...]:
    """Proxies that answered what they were sent with an error, chosen as in `out_of_sync`."""
    return tuple(
        row for row in _concerned(hop, mesh) if any(state == _ERROR for _name, state in row.types)
    )


def spelled(row: ProxySync) -> str:
    """The states that are not in order: `EDS STALE, RDS ERROR`."""
    bad = {*_OLD, _ERROR}
    return ", ".join(
        f"{name} {state}"
        for name, state in row.types
        if state in bad or (name == "CDS" and state == _NOT_SENT)
    )


def _concerned(hop: Hop, mesh: Mesh) -> tuple[ProxySync, ...]:
    rows = mesh.facts(ProxySync)
    parts = {part for failure in hop.failures for part in failure.teller.teller.split("/")}
    own = tuple(row for row in rows if row.pod in parts)
    return own or rows
