"""What a proxy has loaded, as its configuration dump tells: clusters, routes, listeners, endpoints.

Times are seconds. A time that the dump does not name is None, and Envoy's own default (told under
the field) applies; 0 turns most of them off.
"""

from collections.abc import Mapping
from dataclasses import field

from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class TlsContext:
    """TLS of a cluster's connections or of a filter chain. Keys are never kept."""

    sni: str = ""
    alpn: tuple[str, ...] = ()
    sans: tuple[str, ...] = ()
    """Names, one of which the peer's certificate must carry; a prefix or suffix ends in its
    matcher's name: `example.com (suffix)`."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets (SDS) of its own certificate, or the file that holds it."""
    trust: str = ""
    """Name of the secret or file of the trusted authority; ``""``: the peer is not verified."""
    require_client_certificate: bool = False


@dataclass(frozen=True, kw_only=True)
class Transport:
    """How a cluster connects to endpoints whose metadata has all of ``match``."""

    match: Mapping[str, str] = field(default_factory=dict)
    """`{"tlsMode": "istio"}`; empty: every endpoint that no earlier transport took."""
    tls: TlsContext | None = None
    """None: plain text."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Circuit breaker of one priority; None is Envoy's default (1024; 3 retries)."""

    priority: str = "DEFAULT"
    max_connections: int | None = None
    max_pending_requests: int | None = None
    max_requests: int | None = None
    max_retries: int | None = None
    retry_budget: bool = False
    """Retries are bound by a share of the active requests instead of `max_retries`."""


@dataclass(frozen=True, kw_only=True)
class OutlierDetection:
    """When an endpoint is ejected; None is Envoy's default."""

    consecutive_5xx: int | None = None
    """5 by default; 0 never."""
    consecutive_gateway_failure: int | None = None
    interval: float | None = None
    """10 s by default."""
    base_ejection_time: float | None = None
    """30 s by default."""
    max_ejection_percent: int | None = None
    """10 by default."""
    split_external_local_origin_errors: bool = False


@dataclass(frozen=True, kw_only=True)
class LoadedCluster:
    """One cluster as loaded."""

    source: Source
    teller: str
    name: str
    """`outbound|8080|v1|orders.shop.svc.cluster.local`, or whatever plain Envoy calls it."""
    type: str = ""
    """`EDS`, `STRICT_DNS`, `ORIGINAL_DST`, ..., or the name of a custom type."""
    state: str = "active"
    """`static`, `active` or `warming` (not used yet)."""
    connect_timeout: float | None = None
    """5 s by default."""
    idle_timeout: float | None = None
    """After this long without a request a connection is closed: 1 h by default, 0 never."""
    max_connection_duration: float | None = None
    max_requests_per_connection: int | None = None
    """None or 0: without limit."""
    h2: bool = False
    """HTTP/2 is spoken whatever the downstream speaks."""
    auto_sni: bool = False
    """TLS towards it names the host of each request where `sni` does not name one."""
    follows_downstream: bool = False
    """The protocol of the downstream request is spoken upstream too."""
    tcp_keepalive: bool = False
    thresholds: tuple[Threshold, ...] = ()
    outlier: OutlierDetection | None = None
    transports: tuple[Transport, ...] = ()
    """Asked in this order; empty: plain text to every endpoint."""
    lb_policy: str = ""
    """`ROUND_ROBIN` where nothing is named."""
    panic_threshold: float | None = None
    """Percent of healthy endpoints below which all are used: 50 by default, 0 never."""
    health_checks: int = 0
    """Active health checks configured."""
    dns_refresh: float | None = None
    """5 s by default (a DNS cluster only)."""
    respect_dns_ttl: bool = False
    endpoints: tuple[str, ...] = ()
    """`address:port` of every endpoint that stands in the cluster itself (not EDS)."""
    updated: float | None = None
    """Seconds since 1970 at which it was loaded; None where that is not told."""

    @property
    def tls(self) -> TlsContext | None:
        """The first TLS context among its transports; None where all are plain text."""
        return next((found.tls for found in self.transports if found.tls is not None), None)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """When and how often a route tries again."""

    retry_on: tuple[str, ...] = ()
    """Conditions, split at the commas."""
    num_retries: int | None = None
    """1 by default."""
    status_codes: tuple[int, ...] = ()
    per_try_timeout: float | None = None
    """None: the route's timeout holds for all tries together."""
    per_try_idle_timeout: float | None = None


@dataclass(frozen=True, kw_only=True)
class LoadedFault:
    """Faults that a route makes on purpose."""

    status: int | None = None
    """Status of the abort; None: nothing is aborted, or with a gRPC status."""
    abort_percent: float = 0.0
    delay: float | None = None
    """Seconds; None: nothing is delayed."""
    delay_percent: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LoadedRoute:
    """One route of one virtual host as loaded."""

    source: Source
    teller: str
    config: str
    """Name of the route configuration."""
    virtual_host: str
    domains: tuple[str, ...]
    name: str = ""
    match: str = ""
    """`prefix /api`, `path /login`, `regex ...`; then ` + header x`, ` + query y` where asked."""
    headers: tuple[tuple[str, str], ...] = ()
    """What headers must be: name, and `exact x`, `prefix x`, `suffix x`, `regex x` or `present`,
    with `not` in front where it must not be so; secrets masked."""
    query: tuple[tuple[str, str], ...] = ()
    """What query parameters must be, as for headers."""
    cluster: str = ""
    """``""`` where it is weighted, named by a header, or where nothing is forwarded."""
    weighted: tuple[tuple[str, int], ...] = ()
    """Clusters with their weights."""
    timeout: float | None = None
    """15 s by default, 0 none."""
    idle_timeout: float | None = None
    """Overrides the listener's stream idle timeout."""
    max_stream_duration: float | None = None
    retry: RetryPolicy | None = None
    """The route's own policy, else its virtual host's."""
    direct_response: int | None = None
    """Status that the proxy answers by itself."""
    redirect: bool = False
    redirect_status: int = 301
    requires_tls: bool = False
    """Its virtual host redirects plain HTTP to https."""
    mirrors: tuple[tuple[str, float], ...] = ()
    """Clusters that get a copy, with the percent of the requests."""
    fault: LoadedFault | None = None

    @property
    def clusters(self) -> tuple[str, ...]:
        """Every cluster that it can forward to."""
        return (self.cluster,) if self.cluster else tuple(name for name, _weight in self.weighted)


@dataclass(frozen=True, kw_only=True)
class FilterCall:
    """A service that an HTTP filter asks before it lets a request pass."""

    filter: str
    """Name of the filter: `envoy.filters.http.ext_authz`."""
    cluster: str
    timeout: float | None = None
    """None: the filter's default (200 ms for ext_authz, 20 ms for ratelimit)."""
    denies: bool = True
    """Where it cannot be asked, requests are turned away."""


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """An HTTP connection manager."""

    stat_prefix: str = ""
    route_config: str = ""
    """Name of the route configuration that it asks for (RDS) or holds."""
    codec: str = "AUTO"
    filters: tuple[str, ...] = ()
    """HTTP filters by name, in order."""
    calls: tuple[FilterCall, ...] = ()
    idle_timeout: float | None = None
    """Of a downstream connection without requests: 1 h by default, 0 never."""
    stream_idle_timeout: float | None = None
    """5 min by default, 0 never."""
    request_timeout: float | None = None
    """For the whole request to arrive; None or 0: none."""
    request_headers_timeout: float | None = None
    drain_timeout: float | None = None
    """5 s by default."""
    delayed_close_timeout: float | None = None
    """1 s by default."""
    max_connection_duration: float | None = None
    max_stream_duration: float | None = None
    max_requests_per_connection: int | None = None
    max_request_headers_kb: int | None = None
    """60 by default."""


@dataclass(frozen=True, kw_only=True)
class FilterChain:
    """One filter chain of a listener with what a connection must be to get it."""

    name: str = ""
    transport_protocol: str = ""
    """`tls`, `raw_buffer`; ``""``: either."""
    server_names: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    port: int | None = None
    """Original destination port; None: any."""
    ranges: tuple[str, ...] = ()
    """Original destination addresses as `10.0.0.0/8`; empty: any."""
    default: bool = False
    """It takes what no other chain takes."""
    tls: TlsContext | None = None
    """None: plain text."""
    network_filters: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    """Clusters of a TCP proxy."""
    weights: tuple[int, ...] = ()
    """Of the clusters, in their order; empty where there is one only."""
    tcp_idle_timeout: float | None = None
    """Of a TCP proxy: 1 h by default, 0 never."""
    http: HttpSettings | None = None
    """None: the chain is no HTTP."""


@dataclass(frozen=True, kw_only=True)
class LoadedListener:
    """One listener as loaded."""

    source: Source
    teller: str
    name: str
    address: str = ""
    """`address:port`, or a path."""
    state: str = "active"
    """`static`, `active`, `warming` (not open yet) or `draining`."""
    direction: str = ""
    """`INBOUND`, `OUTBOUND` or ``""``."""
    drain_type: str = ""
    """`MODIFY_ONLY`, or ``""`` for Envoy's default."""
    chains: tuple[FilterChain, ...] = ()
    """The default chain comes last."""
    listener_filters: tuple[str, ...] = ()
    updated: float | None = None


@dataclass(frozen=True, kw_only=True)
class LoadedEndpoint:
    """One endpoint of a cluster (`config_dump?include_eds`), or a workload that ztunnel knows."""

    source: Source
    teller: str
    cluster: str
    """``""`` for a workload of ztunnel."""
    address: str
    """`address:port`; without a port for a workload of ztunnel."""
    health: str = "UNKNOWN"
    """`HEALTHY`, `UNHEALTHY`, `DRAINING`, `TIMEOUT`, `DEGRADED`, `UNKNOWN`."""
    weight: int | None = None
    priority: int = 0
    tls_mode: str = ""
    """`istio`: it is called with mesh TLS; `HBONE`: through a tunnel; ``""``: in plain text."""
    workload: str = ""
    """`namespace/name`; ``""`` where it is not told."""


@dataclass(frozen=True, kw_only=True)
class RejectedConfig:
    """A resource whose newest version the proxy has refused."""

    source: Source
    teller: str
    kind: str
    """`cluster`, `listener`, `route`, `endpoint`, `secret` or another word of the dump."""
    resource: str
    details: str
    """Envoy's own sentence, secrets masked."""
    version: str = ""
    time: float | None = None
    """Seconds since 1970 of the last attempt; None where it is not told."""
