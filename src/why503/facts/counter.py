"""Statistics of a proxy: counters and gauges."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Counter:
    """One counter or gauge at the moment when the evidence was taken."""

    source: Source
    teller: str
    name: str
    """As Envoy spells it (`cluster.NAME.upstream_rq_pending_overflow`), whichever form was read.

    A host's own counters in `/clusters` are `cluster.NAME.cx_connect_fail` with a label `address`.
    Istio's metrics keep their Prometheus name.
    """
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    """Labels that are not part of the name."""
