"""How we reason: clues are weighed, findings ranked, what is missing is priced.

Knows no cause by name.
"""

from why503.diagnosis.cause import (
    Cause,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Patch,
    Remedy,
    RemedyKind,
)
from why503.diagnosis.clue import Clue, Weight

__all__ = [
    "Cause",
    "Clue",
    "Disposition",
    "Hazard",
    "Hit",
    "Missing",
    "Patch",
    "Remedy",
    "RemedyKind",
    "Weight",
]
