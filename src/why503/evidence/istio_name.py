"""Cluster names as Istio writes them, taken apart for the facts of this room."""

from why503.evidence.reader import Context
from why503.facts.proxy_config import ProxyCluster
from why503.support.pattern import lazy_re

_CLUSTER = lazy_re(
    r"(?P<direction>outbound|inbound|inbound-vip)\|(?P<port>\d{0,5})\|(?P<subset>[^|]{0,200})\|"
    r"(?P<host>.{0,300})"
)


def cluster_fact(name: str, context: Context, line: int, teller: str) -> ProxyCluster:
    """A cluster of which only the name is known; its type is not told."""
    found = _CLUSTER.fullmatch(name)
    return ProxyCluster(
        source=context.source(line),
        teller=teller,
        host=found["host"] if found else name,
        port=int(found["port"]) if found and found["port"] else None,
        subset=found["subset"] if found else "",
        direction=found["direction"] if found else "",
        type="",
    )
