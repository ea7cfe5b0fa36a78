"""Whether a proxy has acknowledged the configuration that the control plane sent it."""

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class ProxySync:
    """One row of `istioctl proxy-status`, or its answer for one proxy.

    States are spelled as istioctl spells them: `SYNCED`, `STALE`, `NOT SENT`, `IGNORED`, `ERROR`;
    `DIFFERS` where istioctl compared what was sent with what is loaded. ``""``: the version of
    istioctl does not tell.
    """

    source: Source
    proxy: str
    """`POD.NAMESPACE` as written."""
    cds: str = ""
    lds: str = ""
    eds: str = ""
    rds: str = ""
    ecds: str = ""
    subscribed: tuple[str, ...] = ()
    """Types that the proxy asked for, where istioctl tells these instead of states."""
    istiod: str = ""
    """Pod of the control plane it is connected to; ``""`` where none is told."""
    version: str = ""
    """The proxy's version; ``""`` where it is not told."""
    cluster: str = ""
    """The Kubernetes cluster it runs in."""

    @property
    def pod(self) -> str:
        """Name of the proxy's pod."""
        return self.proxy.rpartition(".")[0] or self.proxy

    @property
    def types(self) -> tuple[tuple[str, str], ...]:
        """State of each type that is told: `(("CDS", "SYNCED"), ...)`."""
        told = (
            ("CDS", self.cds),
            ("LDS", self.lds),
            ("EDS", self.eds),
            ("RDS", self.rds),
            ("ECDS", self.ecds),
        )
        return tuple((name, state) for name, state in told if state)
