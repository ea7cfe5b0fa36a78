"""Which proxies have not acknowledged, or have refused, what the control plane sent them."""

from why503.facts import ProxySync
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh

_OLD = frozenset({"STALE", "DIFFERS"})
_ERROR = "ERROR"
_NOT_SENT = "NOT SENT"


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
