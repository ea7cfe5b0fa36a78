"""What the user asks of lint beside the files."""

from collections.abc import Mapping
from dataclasses import field

from why503.diagnosis.hazard import Severity
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class LintOptions:
    """Version, threshold and what is set aside."""

    istio: tuple[int, int] | None = None
    """Minor version of Istio to hold against; None: what the evidence tells, else the newest."""
    level: Severity = Severity.WARNING
    """Least severity that is told."""
    baseline: frozenset[str] = frozenset()
    """Fingerprints of findings that are known."""
    ignore: Mapping[str, str] = field(default_factory=dict)
    """Reasons by rule (`cause/name` or `cause`) that is set aside everywhere."""
    about: frozenset[str] = frozenset()
    """Paths of which findings are told; empty: all that were read."""
