"""Readers, one file per kind of evidence.

Each bids for a file, turns bytes into facts and says what it could not read. No reader judges.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from why503.evidence.read import read_paths

__all__ = ["read_paths"]


def __getattr__(name: str) -> Any:
    """``read_paths`` when it is asked for: a worker of a fleet needs the kernel only."""
    if name != "read_paths":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from why503.evidence.read import read_paths

    return read_paths
