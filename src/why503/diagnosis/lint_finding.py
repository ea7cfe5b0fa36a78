"""What lint answers: the rules that are met, each with its place. Published as JSON.

`LintReport` is the contract `why503/lint/v1`; its JSON Schema is made from these classes.
"""

from why503.diagnosis.hazard import Severity
from why503.support.dataclass import dataclass

SCHEMA = "why503/lint/v1"


@dataclass(frozen=True, kw_only=True)
class LintSpot:
    """A place in a file of the user."""

    path: str
    line: int
    """From 1; 0 where the whole file is meant."""
    column: int
    """From 1; 0 where the whole line is meant."""


@dataclass(frozen=True, kw_only=True)
class LintRule:
    """One rule that lint knows."""

    id: str
    """`cause/name`, `schema/name`, `advice/name` or `lint/name`; the unit of suppression."""
    severity: Severity
    summary: str
    """The rule's sentence with its values in `<angle brackets>`."""
    cause: str
    """Id of the cause that it arms; ``""`` where it belongs to none."""
    title: str
    """The cause in words; ``""`` where it belongs to none."""
    same_as: tuple[str, ...]
    """Codes of `istioctl analyze` (IST…) and Kiali (KIA…) that find the same."""


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One place where a rule is met."""

    rule: str
    severity: Severity
    text: str
    object: str
    """`Kind namespace/name` of the object around it; ``""`` where none is known."""
    source: LintSpot
    fingerprint: str
    """Stays the same while lines move; what a baseline holds."""
    related: tuple[LintSpot, ...] = ()
    """Where the other values of the text stand, in the order of their weight."""


@dataclass(frozen=True, kw_only=True)
class LintIgnored:
    """A finding that the user has set aside, with the reason given."""

    rule: str
    text: str
    source: LintSpot
    reason: str


@dataclass(frozen=True, kw_only=True)
class LintUnread:
    """Something that could not be read, and the remedy."""

    source: LintSpot
    reason: str


@dataclass(frozen=True, kw_only=True)
class LintReport:
    """The whole answer."""

    schema: str
    istio: str
    """Minor version of Istio whose schemas and defaults were held against, such as `1.28`."""
    objects: int
    """Objects that were looked at."""
    findings: tuple[LintFinding, ...]
    """By path, line and rule."""
    hidden: int
    """Findings below the level that was asked for."""
    known: int
    """Findings that the baseline holds."""
    ignored: tuple[LintIgnored, ...]
    rules: tuple[LintRule, ...]
    """The rules that the findings name."""
    unread: tuple[LintUnread, ...]
