"""Sockets and names: who listens where (`ss`), what a name resolves to (`dig`, `nslookup`)."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Listening:
    """One listening socket inside a pod, as `ss -ltn` or `netstat -ltn` shows it."""

    source: Source
    address: str
    """`0.0.0.0`, `127.0.0.1`, `::`, `*`, ..."""
    port: int
    process: str = ""


@dataclass(frozen=True, kw_only=True)
class DnsAnswer:
    """One address that a name resolves to."""

    source: Source
    name: str
    address: str
