"""Readers, one file per kind of evidence.

Each bids for a file, turns bytes into facts and says what it could not read. No reader judges.
"""

from why503.evidence.read import read_paths

__all__ = ["read_paths"]
