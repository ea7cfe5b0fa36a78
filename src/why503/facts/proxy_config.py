"""What a proxy has loaded, as far as tables and `/clusters` show it."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class ProxyEndpoint:
    """One endpoint in a proxy's list (`istioctl proxy-config endpoint`, `/clusters`)."""

    source: Source
    teller: str
    cluster: str
    address: str
    """`address:port`."""
    healthy: bool
    ejected: bool = False
    """Outlier detection has taken it out (`failed_outlier_check`, `FAILED` in that column)."""


@dataclass(frozen=True, kw_only=True)
class ProxyCluster:
    """One cluster that a proxy knows (`istioctl proxy-config cluster`)."""

    source: Source
    teller: str
    host: str
    """Service host, or the name of a special cluster such as `PassthroughCluster`."""
    port: int | None
    subset: str
    direction: str
    """`outbound`, `inbound` or ``""``."""
    type: str
    """`EDS`, `STRICT_DNS`, `ORIGINAL_DST`, `STATIC`, ..."""
