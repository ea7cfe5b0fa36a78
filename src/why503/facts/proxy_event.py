"""A line of a proxy's own log (Envoy, pilot-agent, istiod, ztunnel) that says what happened."""

from enum import StrEnum

from why503.facts.source import Source
from why503.support.dataclass import dataclass


class ProxyEventKind(StrEnum):
    """What a line of a proxy's or the control plane's log tells, in Envoy's own words."""

    REUSED_CONNECTION = "using existing connection"
    REMOTE_CLOSE = "remote close"
    READ_TIMED_OUT = "read timed out"
    """The kernel gave an established connection up: its peer acknowledged nothing any more."""
    CONNECT_TIMEOUT = "connect timeout"
    CONNECT_FAILED = "connection attempt failed"
    """`text` is the address, or ``""``, and the error, with a blank between."""
    UPSTREAM_RESET = "upstream reset"
    LOCAL_REPLY = "sending local reply"
    CODEC_ERROR = "codec error"
    """The proxy refused what the peer sent; `text` holds the codec's words."""
    DUPLICATE_HEADER = "duplicate header"
    """One message carried a header twice (trace log of the HTTP/1 codec); `text` is the header."""
    TLS_ERROR = "TLS error"
    UNKNOWN_CLUSTER = "unknown cluster"
    CLUSTER_WARMING = "cluster warming"
    CLUSTER_UPDATE = "cluster update"
    """CDS added or removed clusters."""
    ORIGINAL_DST_MISSING = "no original destination"
    WASM_FAILED = "wasm failed"
    CONFIG_REJECTED = "configuration rejected"
    XDS_DISCONNECTED = "xDS stream closed"
    XDS_THROTTLED = "xDS request rate limited"
    XDS_PUSH = "xDS push"
    """istiod's log: one type pushed to one node; `text` is CDS, EDS, LDS or RDS."""
    XDS_LEFT = "xDS stream ended"
    """istiod's log: a proxy ended its stream; `text` is its address, `connection` the node."""
    SECRET_MISSING = "secret not delivered"  # noqa: S105 - an event, no password
    JWKS_FETCH_FAILED = "JWKS fetch failed"
    DRAINING = "draining"
    SHUTDOWN = "shutdown"
    STARTED = "started"
    OVERLOADED = "overload manager"
    ZTUNNEL_ERROR = "ztunnel error"
    RATE_LIMIT_ERROR = "rate limit service error"
    EXT_AUTHZ_ERROR = "ext_authz error"
    LISTENER_UPDATE = "listener update"
    NO_CLUSTER_ENDPOINTS = "no endpoints"
    TABLE_EMPTY = "table of endpoints without rows"
    """istioctl showed the endpoints that a proxy has loaded, and there was none."""
    NO_FILTER_CHAIN = "no matching filter chain found"
    RBAC_DENIED = "RBAC denied"
    """A policy was enforced and denied; `text` is the policy, ``""`` where none is named."""
    SNIFFING_ENDED = "listener filter timed out"
    """The client sent nothing while the listener waited to see which protocol it speaks."""
    DNS_FAILED = "DNS resolution failed"
    """`text` is the name that did not resolve."""
    POLICY_DROPPED = "dropped by a network policy"
    """The network (Cilium) stopped a packet or a request; `text` names the ends and the verdict."""
    PROBE_FAILED = "probe of the application failed"
    """pilot-agent asked the application in place of the kubelet, and in vain."""
    LISTENER_SKIPPED = "listener left out"
    """istiod left a server of a Gateway out; `text` says which and why."""
    LISTENER_CONFLICT = "listener conflict"
    """istiod dropped one of two services that want the same address and port."""
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class ProxyEvent:
    """One telling line of a proxy's log."""

    source: Source
    kind: ProxyEventKind
    teller: str = ""
    time: float | None = None
    """Seconds since 1970 UTC."""
    connection: str = ""
    """Envoy's connection id, as in `[C12]`; the node in an xDS push of istiod."""
    stream: str = ""
    """Envoy's stream id, as in `[S34]`."""
    text: str = ""
    """The deciding words: the reason, the header, the cluster, the codec's complaint."""
    raw: str = ""
    """The line, at most 2,000 characters, secrets masked."""
