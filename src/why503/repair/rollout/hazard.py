"""What a controller's own settings make dangerous, before anything is changed."""

from why503.facts import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """One setting, and what to set instead."""

    id: str
    severity: str
    """`error`: requests are lost whenever it is reached; `warning`: they may be; `note`."""
    text: str
    remedy: str
    source: Source | None
