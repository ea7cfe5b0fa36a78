"""What a cause is: the shape that every module of the catalogue takes, and what it hands out."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from why503.diagnosis.clue import Clue, Hit, Weight
from why503.diagnosis.edit import Edit
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.scenario import Scenario
from why503.mesh.hop import At, Hop
from why503.mesh.mesh import Mesh
from why503.support.dataclass import dataclass

if TYPE_CHECKING:
    from why503.diagnosis.alert import Alert, Unseen

__all__ = [
    "At",
    "Cause",
    "Clue",
    "Disposition",
    "Hazard",
    "Hit",
    "Missing",
    "Patch",
    "Remedy",
    "RemedyKind",
    "Rule",
    "Severity",
    "Weight",
]


class RemedyKind(StrEnum):
    """What a remedy is."""

    STOP_GAP = "stop-gap"
    """Helps now and hides or avoids the cause."""
    FIX = "fix"
    """Removes the cause."""
    PREVENTION = "prevention"
    """Keeps it from coming back."""


class Disposition(StrEnum):
    """Who has to look before a remedy is applied."""

    SAFE = "safe"
    NEEDS_REVIEW = "needs-review"
    OUTSIDE_MESH = "outside-mesh"
    """The change is in the application or the infrastructure, not in mesh configuration."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """YAML to apply, complete and with the names of the evidence filled in."""

    yaml: str
    path: str = ""
    """The user's own file that holds the object, where it was given; ``""`` for a new object."""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One thing to do."""

    title: str
    """One imperative sentence."""
    kind: RemedyKind
    disposition: Disposition
    edits: tuple[Edit, ...] = ()
    """What it changes of the configuration, made together or not at all; shown as patches."""
    patches: tuple[Patch, ...] = ()
    """YAML that is no edit, for want of an object or a value."""
    commands: tuple[str, ...] = ()
    """Shell commands, names filled in; `<angle brackets>` where the evidence does not tell."""
    derived: tuple[str, ...] = ()
    """The arithmetic of its values, one sentence each."""
    risks: tuple[str, ...] = ()
    verify: str = ""
    """How to see that it worked."""
    undo: str = ""
    """How to take it back."""
    opens: bool = False
    """True where it lets through what is shut out now: made only where somebody asks for it."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Evidence that was not given and would decide."""

    what: str
    """What to fetch, as a noun phrase."""
    command: str
    """The command that fetches it, names filled in."""
    decides: tuple[str, ...]
    """Ids of the causes between which it decides (this cause among them)."""


class Cause(Protocol):
    """A module of the catalogue. See `CONTRIBUTING.md`, "Add a cause"."""

    __doc__: str | None
    """The page: what happens, how to tell, what to do, references."""
    ID: str
    TITLE: str
    READS: frozenset[str]
    """Kinds it asks the mesh for: fact classes by name, Kubernetes kinds, `fragment`."""
    SIGNS: frozenset[str]
    """Flags, details, texts that typically come with it; `explain` lists the cause under them."""
    AT: At
    """Where it makes its failures."""

    @property
    def SCENARIO(self) -> Scenario | None:  # noqa: N802 - a constant, which may be None
        """How a real Envoy is made to show it; None where Envoy alone cannot."""

    @property
    def ALERT(self) -> "Alert | Unseen":  # noqa: N802 - a constant
        """How metrics show it, or why they cannot; `alert_later.made` makes it."""

    def weigh(self, hop: Hop, mesh: Mesh) -> Iterator[Hit]:
        """Clues for and against this cause on this hop; none at all where it has nothing to say."""
        ...

    def missing(self, hop: Hop, mesh: Mesh) -> Iterator[Missing]:
        """What was not given and would decide; only asked of causes that have a clue."""
        ...

    def hazards(self, mesh: Mesh) -> Iterator[Hazard]:
        """Where the configuration arms this cause."""
        ...

    def remedies(self, hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
        """What to do: stop-gap, fix, prevention, in this order."""
        ...
