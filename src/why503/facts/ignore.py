"""A comment in a manifest by which the user sets a finding of lint aside."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Ignore:
    """`# why503: ignore RULE -- reason`."""

    source: Source
    """The line that it speaks of: its own, or the next one where it stands alone."""
    rule: str
    """As written: `cause/name`, or `cause` for all rules of a cause."""
    reason: str
    """``""`` where none is given."""
