"""The answer of `why503 rollout`. Published as JSON, `why503/rollout/v1`."""

from why503.diagnosis.finding import NotRead, Spot
from why503.support.dataclass import dataclass

SCHEMA = "why503/rollout/v1"


@dataclass(frozen=True, kw_only=True)
class RolloutDanger:
    """Requests that find no endpoint at a moment of a step."""

    id: str
    """`no-cluster` (the subset or service is not defined) or `no-endpoint`."""
    text: str
    """One sentence: what the request meets."""
    when: str
    """One sentence: from when on, or what a proxy has already and what it has not yet."""
    status: int | None
    """As the client gets it; null for TCP."""
    flag: str
    details: str
    share: float
    """Percent of the requests that the route's rule takes."""
    requests: tuple[str, ...]
    """`quay.ferry.svc.cluster.local:9080`: what is called."""
    cluster: str
    """Envoy's name of the cluster that is not there or has no endpoint."""
    callers: tuple[str, ...]
    route: str
    """The object that sends the requests there."""
    having: tuple[str, ...]
    """Changes that the proxy has already: `Deployment ferry/quay-v2`, `the end of ...`."""
    lacking: tuple[str, ...]
    """Changes that would mend it and have not come yet; empty where none does."""
    lasting: bool
    """Whether it stays when all changes of the step have come through."""
    sure: bool
    """False where the evidence does not show all that decides."""
    sources: tuple[Spot, ...]
    """The line that sends the requests there, then the one that finds nothing."""


@dataclass(frozen=True, kw_only=True)
class RolloutChange:
    """What a step makes of one object."""

    object: str
    action: str
    """`create`, `change`, `delete`, `scale-down`; `widen` and `narrow`: a DestinationRule first
    gets its new subsets beside the old ones, and loses the old ones in a later step."""
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class RolloutWait:
    """What must be seen before the next step."""

    text: str
    command: str


@dataclass(frozen=True, kw_only=True)
class RolloutStep:
    """One step of an order."""

    number: int
    """From 1."""
    title: str
    source: Spot | None
    """Where the order has it; null in a plan."""
    changes: tuple[RolloutChange, ...]
    commands: tuple[str, ...]
    yaml: str
    """Objects that stand in no file as this step needs them; `""` for none."""
    waits: tuple[RolloutWait, ...]
    dangers: tuple[RolloutDanger, ...]


@dataclass(frozen=True, kw_only=True)
class RolloutOrder:
    """Steps in an order."""

    id: str
    """`plan`: made here; `given`: by --steps; `sync-waves`: as Argo CD syncs; `at-once`: everything
    in one command."""
    title: str
    safe: bool
    first_unsafe: int
    """Number of the first step in which requests are lost; 0 where there is none."""
    steps: tuple[RolloutStep, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RolloutController:
    """How a controller walks through a release by itself."""

    object: str
    by: str
    """`Argo Rollouts` or `Flagger`."""
    safe: bool
    steps: tuple[RolloutStep, ...]


@dataclass(frozen=True, kw_only=True)
class RolloutHazard:
    """A setting that makes a release dangerous."""

    id: str
    severity: str
    """`error`: requests are lost whenever it is reached; `warning`: they may be; `note`."""
    text: str
    remedy: str
    source: Spot | None


@dataclass(frozen=True, kw_only=True)
class RolloutAnswer:
    """The answer of `why503 rollout`."""

    schema: str
    verdict: str
    """`safe`, `unsafe` or `nothing-to-do`. An order `at-once` does not count."""
    hosts: tuple[str, ...]
    """Services that the changes concern."""
    callers: tuple[str, ...]
    """Whose requests were followed."""
    orders: tuple[RolloutOrder, ...]
    controllers: tuple[RolloutController, ...]
    hazards: tuple[RolloutHazard, ...]
    already: tuple[RolloutDanger, ...]
    """What is lost before the first step; it is held against no step."""
    assumed: tuple[str, ...]
    """What the evidence does not tell and was taken for granted."""
    not_understood: tuple[str, ...]
    """Lines of the order that were passed over."""
    unread: tuple[NotRead, ...]
