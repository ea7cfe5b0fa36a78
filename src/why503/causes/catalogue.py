"""The list of all causes: the one place that names them."""

from why503.causes.capacity import circuit_breaker
from why503.causes.connection import keepalive_race
from why503.diagnosis.cause import Cause

CATALOGUE: tuple[Cause, ...] = (
    keepalive_race,
    circuit_breaker,
)
"""Every known cause, by room."""
