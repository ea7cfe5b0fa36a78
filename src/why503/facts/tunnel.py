"""A ztunnel access log line: one connection through the ambient mesh."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Tunnel:
    """One connection as ztunnel logged it at its end."""

    source: Source
    teller: str
    time: float | None
    """Seconds since 1970 UTC."""
    level: str
    message: str
    """`connection complete` or `connection failed`."""
    direction: str
    """`inbound`, `outbound` or ``""``."""
    source_address: str
    source_workload: str
    destination_address: str
    """What was dialled; ends in `:15008` with HBONE."""
    target_address: str
    """`dst.hbone_addr`: the real target behind HBONE, or ``""``."""
    destination_service: str
    destination_workload: str
    bytes_sent: int | None
    bytes_received: int | None
    duration: float | None
    """Milliseconds."""
    error: str
    """Error text, or ``""`` where the connection went well."""
