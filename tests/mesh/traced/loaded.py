"""What a desk's proxy has loaded: HTTP on 9080 to the quay, the rest passed through."""

from typing import Any

from why503.facts import (
    Fact,
    FilterChain,
    HttpSettings,
    LoadedCluster,
    LoadedEndpoint,
    LoadedListener,
    LoadedRoute,
    ProxyInfo,
    Source,
    TlsContext,
    Transport,
)

HERE = Source(path="dump.json", line=5)
TELLER = "desk-dump"
CLUSTER = "outbound|9080||quay.shop.svc.cluster.local"
MESH_TLS = TlsContext(alpn=("istio",), secrets=("default",), require_client_certificate=True)


def info(**fields: Any) -> ProxyInfo:
    told = {"kind": "sidecar", "workload": "desk", "namespace": "shop", "teller": TELLER}
    return ProxyInfo(source=HERE, **{**told, **fields})


def listener(*chains: FilterChain, name: str = "0.0.0.0_9080", **fields: Any) -> LoadedListener:
    told = {"address": name.replace("_", ":"), "teller": TELLER, "direction": "OUTBOUND"}
    filters = ("envoy.filters.listener.tls_inspector", "envoy.filters.listener.http_inspector")
    return LoadedListener(
        source=HERE, name=name, chains=chains, **{"listener_filters": filters, **told, **fields}
    )


def http(routes: str = "9080", **fields: Any) -> FilterChain:
    told = {"transport_protocol": "raw_buffer", "alpn": ("http/1.1", "h2c")}
    return FilterChain(http=HttpSettings(route_config=routes), **{**told, **fields})


PASSING = FilterChain(name="PassthroughFilterChain", clusters=("PassthroughCluster",), default=True)


def route(**fields: Any) -> LoadedRoute:
    told = {
        "teller": TELLER,
        "config": "9080",
        "virtual_host": "quay:9080",
        "domains": ("quay",),
        "name": "default",
        "match": "prefix /",
        "cluster": CLUSTER,
        "timeout": 0.0,
    }
    return LoadedRoute(source=HERE, **{**told, **fields})


def cluster(**fields: Any) -> LoadedCluster:
    told = {"teller": TELLER, "name": CLUSTER, "type": "EDS"}
    auto = (Transport(match={"tlsMode": "istio"}, tls=MESH_TLS), Transport())
    return LoadedCluster(source=HERE, **{"transports": auto, **told, **fields})


def endpoint(address: str = "10.1.0.7:8080", **fields: Any) -> LoadedEndpoint:
    told = {"teller": TELLER, "cluster": CLUSTER, "address": address}
    return LoadedEndpoint(source=HERE, **{"health": "HEALTHY", **told, **fields})


def dump(*more: Fact) -> tuple[Fact, ...]:
    """Who it is, a listener, a route and a cluster; further facts behind them."""
    return (info(), listener(http(), PASSING), route(), cluster(), *more)
