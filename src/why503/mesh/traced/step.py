"""The story of one request: steps, what applies at each, and how it ends."""

from enum import StrEnum

from why503.facts import Source
from why503.mesh.traced.config import Made
from why503.support.dataclass import dataclass


class StepKind(StrEnum):
    """What decided at a step."""

    LISTENER = "listener"
    FILTER_CHAIN = "filter-chain"
    VIRTUAL_HOST = "virtual-host"
    ROUTE = "route"
    CLUSTER = "cluster"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A setting or policy that holds at a step."""

    object: str
    """Who says so: `DestinationRule shop/orders`, `Istio's default`."""
    says: str
    """One sentence or less, in the user's language."""
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One decision on the way."""

    proxy: str
    """`deploy/web`, or `the server's proxy`-like words."""
    way: str
    """`outbound`, `inbound` or `gateway`."""
    kind: StepKind
    name: str
    """Envoy's name of the thing."""
    made: Made
    text: str
    """One sentence."""
    applied: tuple[Applied, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a request ends, as the first proxy tells it."""

    id: str
    """`passes`, `no-route`, `denied`, ...; the words of `Stop` where a proxy's choice ends it."""
    text: str
    """One sentence."""
    status: int | None = None
    """None for TCP, and where the application answers."""
    flag: str = ""
    """Response flag in the access log of the first proxy; ``""`` for none."""
    details: str = ""
    """Response code details there."""
    far: str = ""
    """What the server's proxy logs where it ends there; ``""`` where it ends before."""
    passes: bool = False
    sure: bool = True
    """False where the evidence does not show all that decides."""
    source: Source | None = None
    """The line that makes it so."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One of the ways that a request may go."""

    share: float
    """Percent of the requests."""
    steps: tuple[Step, ...]
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Traced:
    """What would happen to one request."""

    steps: tuple[Step, ...]
    """Common to all branches."""
    branches: tuple[Branch, ...]
    assumed: tuple[str, ...] = ()
    """Sentences: what the evidence does not tell and was taken for granted."""
    remark: str = ""
    """A sentence on what happens to the requests on their way besides; ``""`` for none."""
