"""Nodes whose CPU or memory is used up, by `kubectl top node` or by metrics of the same names."""

from why503.facts import Series, Source
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass

_CPU = "node_cpu_usage_ratio"
_FULL = 0.95
"""Share of a node's CPU from which its pods wait for a turn."""


@dataclass(frozen=True, kw_only=True)
class NodesFull:
    """How many of the nodes that were told of are busy."""

    full: int
    total: int
    highest: float
    """Share of its CPU that the busiest one uses, 0 to 1 and a little above."""
    sources: tuple[Source, ...]

    @property
    def most(self) -> bool:
        """True where pods of more than half of the nodes wait."""
        return 2 * self.full > self.total


def nodes_full(mesh: Mesh) -> NodesFull | None:
    """The nodes without any CPU left; None where none is known to be so."""
    told = [series for series in mesh.facts(Series) if series.metric == _CPU and series.points]
    full = [series for series in told if series.latest >= _FULL]
    if not full:
        return None
    return NodesFull(
        full=len(full),
        total=len(told),
        highest=max(series.latest for series in full),
        sources=tuple(series.source for series in full[:3]),
    )
