"""What an entry of the glossary holds, and the words that many entries share."""

from enum import StrEnum

from why503.support.dataclass import dataclass
from why503.support.text import _


class Kind(StrEnum):
    """What an explained word is."""

    FLAG = "response flag"
    DETAILS = "response code details"
    RESET = "reset reason"
    TRANSPORT = "transport failure reason"
    TLS = "TLS error"
    ERRNO = "errno"
    BODY = "response body"
    CODE = "HTTP status"
    FIELD = "access log field"
    CLUSTER = "cluster name"
    SERVER_NAME = "server name (SNI)"
    ROUTE = "route name"
    ADDRESS = "address"
    PORT = "port"
    ZTUNNEL = "ztunnel error"
    GRPC = "gRPC status"


CALLER_PROXY = _("the caller's proxy (sidecar, gateway or waypoint)")
SERVER_PROXY = _("the server's proxy")
ANY_PROXY = _("any proxy on the way")
TELLING_PROXY = _("the proxy that logged the line")
APPLICATION = _("the application, or a proxy behind the one that logged it")
AUTH_SERVICE = _("a proxy, on the word of its authorization service")
KERNEL = _("the kernel of the pod or node whose proxy dialled")
ISTIO = _("Istio, when it configured the proxy")
ZTUNNEL = _("ztunnel")

ENDPOINTS = _(
    "Which endpoints the proxy knows: `istioctl proxy-config endpoint POD --cluster CLUSTER`"
)
CLUSTERS = _("Which clusters the proxy knows: `istioctl proxy-config cluster POD`")
ROUTES = _("Which routes the proxy knows: `istioctl proxy-config route POD`")
LISTENERS = _("Which listeners the proxy has: `istioctl proxy-config listener POD`")
SECRETS = _("Which certificates the proxy has: `istioctl proxy-config secret POD`")
ANALYZE = _("What Istio itself finds wrong: `istioctl analyze -n NAMESPACE`")
BOTH_SIDES = _(
    "The line of the server's proxy with the same x-request-id: it shows which leg broke"
)
APP_LOG = _("The application's own log at that second")
RESTARTS = _("Restarts and the last exit of the pod: `kubectl describe pod POD`")
DEBUG_LOG = _(
    "The proxy's debug log of the connection: "
    "`istioctl proxy-config log POD --level connection:debug,http:debug,router:debug`"
)
KEEPALIVE = _("The server's keep-alive (idle) timeout against `connectionPool.http.idleTimeout`")
BREAKERS = _("`connectionPool` limits of the DestinationRule, and `outlierDetection` beside them")
TIMEOUTS = _(
    "`timeout` and `retries.perTryTimeout` of the VirtualService, against the durations logged"
)
LISTENING = _("What listens in the server's pod, and on which address: `ss -ltn`")
TARGET_PORT = _("`targetPort` of the Service against the port that the application opens")
NETWORK_POLICY = _("NetworkPolicies and firewalls between the two pods")
MTLS = _("PeerAuthentication of the server against the TLS mode of the DestinationRule")
CALLER_TIMEOUT = _("The caller's own timeout, against the duration logged")
HEADERS = _("The headers that were sent, as the peer wrote them (debug log, or a packet capture)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One word of the mesh and what it says."""

    kind: Kind
    token: str
    """Spelled as it is logged."""
    title: str
    """Its long name, or its meaning in few words."""
    meaning: str
    """One or a few sentences."""
    writer: str = ""
    """Who writes it; ``""`` where that is no question."""
    code: str = ""
    """HTTP status that usually comes with it, or ``""``."""
    caused_by: str = ""
    """Side that usually brings it about, or ``""``."""
    look_at: tuple[str, ...] = ()
    """What to look at next, best first."""
    since: str = ""
    """Versions that write it; ``""`` where all do that anybody still runs."""
    signs: tuple[frozenset[str], ...] = ()
    """Words to look up causes by, the most telling group first: a later group counts only where no
    cause has a sign of an earlier one."""


def signs(*groups: str) -> tuple[frozenset[str], ...]:
    """Groups of signs; each argument is one group, its signs parted by ``;``."""
    return tuple(frozenset(part.strip() for part in group.split(";")) for group in groups)


_ISTIO_BEHIND = 8
"""Envoy 1.28 came with Istio 1.20, 1.31 with 1.23, ...: the minor versions keep this distance."""


def since(minor: int) -> str:
    """`from Envoy 1.31 (Istio 1.23)`, for an Envoy 1.x release of 1.18 or later."""
    return _("from Envoy 1.{envoy} (Istio 1.{istio})").format(
        envoy=minor, istio=minor - _ISTIO_BEHIND
    )
