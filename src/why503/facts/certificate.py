"""Certificates that a proxy has loaded. Keys are never kept."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One certificate of a chain or of a set of trusted authorities."""

    source: Source
    teller: str
    name: str = ""
    """Name of its secret, or the path it was loaded from; ``""`` where neither is told."""
    subject: str = ""
    sans: tuple[str, ...] = ()
    """Subject alternative names: URIs, DNS names, addresses."""
    serial: str = ""
    """Hexadecimal, lower case."""
    issuer: str = ""
    """``""`` where it is not told (Envoy's `/certs` does not)."""
    valid_from: float | None = None
    """Seconds since 1970; None where it is not told."""
    expires: float | None = None
    """Seconds since 1970; None where it is not told."""
    is_ca: bool = False
    """It signs others, or is trusted to."""
    days: int | None = None
    """Whole days left when the evidence was taken, as Envoy tells them; None where it does not."""
