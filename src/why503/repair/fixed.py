"""The answer of `why503 fix`: remedies with what they change. Published as JSON.

`Fix` is the contract `why503/fix/v1`; its JSON Schema is made from these classes.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from why503.support.dataclass import dataclass

SCHEMA = "why503/fix/v1"


class Outcome(StrEnum):
    """What the whole answer says."""

    CHANGES = "changes"
    """There are remedies that change files; `diff` holds those that are chosen."""
    NO_CHANGE = "no-change"
    """There are findings, and none of their remedies is a change of the files that were given."""
    NO_FINDING = "no-finding"
    """Nothing is known to have failed by a cause that is sure enough."""


class State(StrEnum):
    """What has become of one remedy."""

    OFFERED = "offered"
    """Its diff can be applied: it was read again, and schemas and lint find nothing new."""
    IN_PLACE = "in-place"
    """The files have it already."""
    ELSEWHERE = "elsewhere"
    """A chart or an overlay makes the file: the change belongs there."""
    REFUSED = "refused"
    """It cannot be made in these files; `refused` says why."""
    BY_HAND = "by-hand"
    """It is no change of configuration, or the evidence does not show the object."""


@dataclass(frozen=True, kw_only=True)
class FixPlace:
    """The failing hop."""

    id: str
    upstream: str
    destination: str


@dataclass(frozen=True, kw_only=True)
class FixElsewhere:
    """A change that is to be made in what makes the file."""

    path: str
    object: str
    maker: str
    advice: str
    operations: tuple[Mapping[str, Any], ...]
    """JSON Patch (RFC 6902) of the object, as `kubectl patch --type json` takes it."""
    patch: str = ""
    """The new object as YAML, where it is one."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What to set in the chart's values.yaml, by path, where a template reads it there."""


@dataclass(frozen=True, kw_only=True)
class FixRemedy:
    """One remedy of one cause."""

    number: int
    """As `--remedy` takes it."""
    cause: str
    cause_title: str
    confidence: float
    verdict: str
    hop: FixPlace
    kind: str
    """`stop-gap`, `fix` or `prevention`."""
    disposition: str
    """`safe`, `needs-review` or `outside-mesh`."""
    title: str
    derived: tuple[str, ...]
    """How its values follow from the evidence."""
    risks: tuple[str, ...]
    verify: str
    undo: str
    """How to take it back in the cluster; the files are taken back by `why503 fix --revert`."""
    commands: tuple[str, ...]
    """What does the same in a cluster, or by hand."""
    opens: bool
    """True where it lets through what is shut out now; never chosen by itself."""
    state: State
    chosen: bool
    """Whether `--diff`, `--write` and `--output-dir` take it."""
    diff: str
    """What it changes by itself, secrets in it as `***`; ``""`` where nothing."""
    files: tuple[str, ...]
    elsewhere: tuple[FixElsewhere, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    """What the user should know of the changed files."""


@dataclass(frozen=True, kw_only=True)
class FixWritten:
    """What was written."""

    files: tuple[str, ...]
    backup: str = ""
    """The folder that holds the old content; ``""`` for copies in another folder."""


@dataclass(frozen=True, kw_only=True)
class Fix:
    """The answer for one bundle."""

    schema: str
    outcome: Outcome
    remedies: tuple[FixRemedy, ...]
    diff: str
    """What all chosen remedies change together, secrets in it as `***`. `--diff` is exact."""
    files: tuple[str, ...]
    """Files that `diff` changes or makes."""
    refused: tuple[str, ...]
    """Why chosen remedies cannot be made together."""
    written: FixWritten | None = None
    """None where nothing was written."""
