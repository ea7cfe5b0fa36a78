"""What a proxy is configured with, as far as it decides about one request.

The same shapes are made from YAML (as istiod would) and taken from a configuration dump.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from why503.facts import Source
from why503.mesh.setting import Setting
from why503.support.dataclass import dataclass

WILDCARD = "0.0.0.0"


class Made(NamedTuple):
    """Who made a piece of configuration."""

    by: str
    """`VirtualService shop/orders`, or what stands for Istio's own: `Istio's default`."""
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class ChainMatch:
    """What a connection must be to get a filter chain; an empty field asks for nothing."""

    port: int | None = None
    ranges: tuple[str, ...] = ()
    """Destination addresses as `10.0.0.0/8`."""
    server_names: tuple[str, ...] = ()
    transport: str = ""
    """`tls` or `raw_buffer`."""
    alpn: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Terminates:
    """TLS that ends at a filter chain."""

    client_certificate: bool = False
    """Whoever shows none is turned away."""
    mesh: bool = False
    """The certificate is the workload's own of the mesh."""
    refused: str = ""
    """A sentence why there is no certificate; ``""`` where nothing speaks against it."""


@dataclass(frozen=True, kw_only=True)
class StringMatch:
    """One condition on a text."""

    kind: str
    """`exact`, `prefix`, `suffix`, `regex`, `present` or `segments` (a prefix that ends at `/`)."""
    value: str = ""
    ignore_case: bool = False
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class RouteMatch:
    """All that a request must be to get a route."""

    path: StringMatch | None = None
    """None: any."""
    headers: tuple[tuple[str, StringMatch], ...] = ()
    """Also `:method`, `:authority` and `:scheme`."""
    query: tuple[tuple[str, StringMatch], ...] = ()


class Mirror(NamedTuple):
    """A cluster that gets a copy of requests."""

    cluster: str
    share: float = 100.0
    """Percent of the requests."""
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route of a virtual host."""

    made: Made
    name: str = ""
    match: RouteMatch = field(default_factory=RouteMatch)
    clusters: tuple[tuple[str, int], ...] = ()
    """Names with weights; several: one is drawn."""
    places: tuple[Source | None, ...] = ()
    """Lines that name the clusters, in their order; empty where they have none of their own."""
    refusals: tuple[str, ...] = ()
    """Sentences why a cluster is no valid destination, in their order; ``""`` where it is one."""
    redirect: int | None = None
    """Status of a redirect."""
    answer: int | None = None
    """Status that the proxy answers by itself."""
    fault: Setting[Mapping[str, Any]] | None = None
    timeout: Setting[float] | None = None
    """Seconds; 0: none."""
    retries: Setting[Mapping[str, Any]] | None = None
    mirrors: tuple[Mirror, ...] = ()
    not_found: int = 503
    """Status where the cluster does not exist; 500 for routes of the Gateway API."""


@dataclass(frozen=True, kw_only=True)
class VirtualHost:
    """Routes of some hosts."""

    name: str
    domains: tuple[str, ...]
    routes: Sequence[Route]
    made: Made
    requires_tls: bool = False
    """Plain text is redirected to https."""


@dataclass(frozen=True, kw_only=True)
class RouteConfig:
    """Virtual hosts that one port's HTTP goes through."""

    name: str
    hosts: tuple[VirtualHost, ...]


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A filter chain."""

    made: Made
    name: str = ""
    match: ChainMatch = field(default_factory=ChainMatch)
    tls: Terminates | None = None
    """None: TLS is not ended here."""
    routes: str = ""
    """Name of the route configuration that HTTP goes through."""
    inline: RouteConfig | None = None
    """The route configuration where it stands in the chain itself."""
    clusters: tuple[tuple[str, int], ...] = ()
    """Where TCP goes, with weights."""
    refusals: tuple[str, ...] = ()
    """As of a route."""

    @property
    def http(self) -> bool:
        """Whether HTTP is spoken here."""
        return bool(self.routes) or self.inline is not None


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """Ports at which a listener filter looks into the first bytes."""

    usually: bool = False
    unlike: frozenset[int] = frozenset()
    """Ports for which it is the other way round."""

    def looks(self, port: int) -> bool:
        """Whether it looks at connections for ``port``."""
        return self.usually != (port in self.unlike)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listener."""

    name: str
    address: str
    port: int
    made: Made
    chains: tuple[Chain, ...]
    default: Chain | None = None
    """Taken where no chain fits."""
    inbound: bool = False
    virtual: bool = False
    """It takes what no other listener of its direction takes."""
    tls_inspector: Inspector = Inspector()
    http_inspector: Inspector = Inspector()


@dataclass(frozen=True, kw_only=True)
class ProxyConfig:
    """Listeners and routes of one proxy, or what of them one port needs."""

    listeners: tuple[Listener, ...]
    routes: Mapping[str, RouteConfig]
