"""What we know: one module per root cause.

To add one: write the file, add it to the list in `catalogue.py`, write its cases.
"""

from why503.causes.catalogue import CATALOGUE

__all__ = ["CATALOGUE"]
