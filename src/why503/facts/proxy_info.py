"""Who a proxy is and how it is: version, state, pod."""

from collections.abc import Mapping
from dataclasses import field

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class ProxyInfo:
    """What `/server_info`, `/ready` or the bootstrap of a dump tell of one proxy."""

    source: Source
    teller: str
    envoy: tuple[int, int, int] | None = None
    """Version of Envoy; None where it is not told."""
    istio: str = ""
    """Version of Istio as the node's metadata has it."""
    state: str = ""
    """`LIVE`, `DRAINING`, `PRE_INITIALIZING`, `INITIALIZING`; ``""`` where it is not told."""
    kind: str = ""
    """`sidecar`, `router` (a gateway), `waypoint`, `ztunnel`; ``""`` for plain Envoy."""
    pod: str = ""
    namespace: str = ""
    addresses: tuple[str, ...] = ()
    """Addresses of the pod."""
    labels: Mapping[str, str] = field(default_factory=dict)
    workload: str = ""
    uptime: float | None = None
    """Seconds since this epoch began."""
    concurrency: int | None = None
    """Worker threads."""
    restart_epoch: int | None = None
    drain_time: float | None = None
    """Seconds over which connections are drained."""
