"""Names and addresses as Envoy and Istio write them: clusters, SNI, hosts, ports."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

PASSTHROUGH = "PassthroughCluster"
BLACK_HOLE = "BlackHoleCluster"
INBOUND_PASSTHROUGH = (
    "InboundPassthroughCluster",
    "InboundPassthroughClusterIpv4",
    "InboundPassthroughClusterIpv6",
)

_DOCUMENTATION = tuple(
    map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)

_CLUSTER = lazy_re(
    r"^(?P<direction>outbound|inbound|in|out)\|(?P<port>\d{0,5})\|(?P<subset>[^|]*)\|(?P<host>.*)$"
)
_SNI = lazy_re(r"^outbound_\.(?P<port>\d{1,5})_\.(?P<subset>.{0,253}?)_\.(?P<host>.+)$")


@dataclass(frozen=True, kw_only=True)
class ClusterName:
    """An Istio cluster name taken apart: `outbound|8080|v1|orders.shop.svc.cluster.local`."""

    direction: str
    port: int | None
    subset: str
    host: str


@lru_cache(maxsize=65_536)
def cluster_name(text: str | None) -> ClusterName | None:
    """Parts of an Istio cluster name; None for others (`PassthroughCluster`, plain Envoy's).

    Inbound clusters have no subset: Istio before 1.8 wrote the port's name in its place.
    """
    found = _CLUSTER.match((text or "").replace("\\|", "|").rstrip(";"))
    if not found:
        return None
    direction = "inbound" if found["direction"].startswith("in") else "outbound"
    return ClusterName(
        direction=direction,
        port=int(found["port"]) if found["port"] else None,
        subset=found["subset"] if direction == "outbound" else "",
        host=found["host"],
    )


def server_name(text: str | None) -> ClusterName | None:
    """Destination in a mesh SNI (`outbound_.80_._.orders.shop.svc.cluster.local`), else None."""
    found = _SNI.match(text or "")
    if not found:
        return None
    return ClusterName(
        direction="outbound", port=int(found["port"]), subset=found["subset"], host=found["host"]
    )


@lru_cache(maxsize=65_536)
def split_host(text: str | None) -> tuple[str, int | None]:
    """Host and port of `host:port`, `[v6]:port` or a bare host; ``("", None)`` for nothing."""
    word = (text or "").strip()
    if word.startswith("["):
        inside, _, rest = word[1:].partition("]")
        return inside, _port(rest.lstrip(":"))
    host, colon, port = word.rpartition(":")
    if colon and ":" not in host and port.isdecimal():
        return host, _port(port)
    return word, None


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 5 else None


@lru_cache(maxsize=65_536)
def is_address(text: str) -> bool:
    """True for an IPv4 or IPv6 address (without port)."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_public(text: str) -> bool:
    """True for an address outside private, loopback and Istio's placeholder (240.240/16) ranges.

    Documentation addresses (RFC 5737, RFC 3849) stand for public ones in text made for showing.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_global or any(address in network for network in _DOCUMENTATION)


def is_service_name(host: str) -> bool:
    """True for a Kubernetes service name with its domain (`x.ns.svc...`)."""
    return ".svc." in f"{host}."


@lru_cache(maxsize=65_536)
def short_name(host: str) -> tuple[str, str]:
    """Service and namespace of `a.ns.svc.cluster.local`, `a.ns` or `a`; else ``(host, "")``."""
    parts = host.split(".")
    if len(parts) >= 3 and parts[2] == "svc":
        return parts[0], parts[1]
    if len(parts) == 2:
        return parts[0], parts[1]
    return (parts[0], "") if len(parts) == 1 else (host, "")
