from why503.evidence.loaded_listener import inline_routes, listener_of
from why503.facts import Source

HTTP = {
    "name": "envoy.filters.network.http_connection_manager",
    "typedConfig": {
        "@type": "type.googleapis.com/x.v3.HttpConnectionManager",
        "statPrefix": "outbound",
        "rds": {"routeConfigName": "8080"},
        "streamIdleTimeout": "0s",
        "httpFilters": [
            {"name": "envoy.filters.http.fault"},
            {"name": "envoy.filters.http.router"},
        ],
    },
}
TCP = {
    "name": "envoy.filters.network.tcp_proxy",
    "typedConfig": {"@type": "type.googleapis.com/x.v3.TcpProxy", "cluster": "a"},
}
LISTENER = {
    "name": "0.0.0.0_8080",
    "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 8080}},
    "trafficDirection": "OUTBOUND",
    "filterChains": [
        {
            "filterChainMatch": {"transportProtocol": "raw_buffer", "destinationPort": 80},
            "filters": [HTTP],
        }
    ],
    "defaultFilterChain": {"filters": [TCP]},
}


def test_a_listener_tells_its_chains_the_default_last():
    found = listener_of(LISTENER, Source(path="l.json"), "desk", state="draining", updated=None)
    http, tcp = found.chains
    assert (found.address, found.direction, found.state) == ("0.0.0.0:8080", "OUTBOUND", "draining")
    assert (http.transport_protocol, http.port) == ("raw_buffer", 80)
    assert http.http is not None
    assert (http.http.route_config, http.http.stream_idle_timeout) == ("8080", 0.0)
    assert http.http.filters == ("envoy.filters.http.fault", "envoy.filters.http.router")
    assert (tcp.http, tcp.clusters) == (None, ("a",))


def test_routes_that_stand_in_the_listener_are_handed_on():
    config = {"name": "inline"}
    chain = {"filters": [{"typed_config": {"route_config": config}}]}
    assert list(inline_routes({"filter_chains": [chain]})) == [config]


def _filter(name, kind, **fields):
    url = f"type.googleapis.com/envoy.extensions.filters.http.{kind}"
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": url, **fields}}


def test_services_that_filters_ask_are_told_with_their_timeouts():
    grpc = {"envoy_grpc": {"cluster_name": "guard"}, "timeout": "0.5s"}
    uri = {"cluster": "door", "uri": "http://door", "timeout": "2s"}
    limit = {"grpc_service": {"envoy_grpc": {"cluster_name": "quota"}}}
    filters = [
        _filter("ext_authz", "ext_authz.v3.ExtAuthz", grpc_service=grpc, failure_mode_allow=True),
        _filter("ext_authz", "ext_authz.v3.ExtAuthz", http_service={"server_uri": uri}),
        _filter("ratelimit", "ratelimit.v3.RateLimit", rate_limit_service=limit, timeout="0.02s"),
        _filter("router", "router.v3.Router"),
    ]
    url = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
    manager = {"@type": f"{url}.HttpConnectionManager", "http_filters": filters}
    listener = {"name": "a", "filter_chains": [{"filters": [{"typed_config": manager}]}]}
    found = listener_of(listener, Source(path="l.json"), "desk", state="active", updated=None)
    http = found.chains[0].http
    assert http is not None
    assert [(c.cluster, c.timeout, c.denies) for c in http.calls] == [
        ("guard", 0.5, False),
        ("door", 2.0, True),
        ("quota", 0.02, False),
    ]


def test_ranges_and_the_default_chain_are_told():
    ranges = {"prefixRanges": [{"addressPrefix": "10.9.0.0", "prefixLen": 16}]}
    told = {
        "filter_chains": [{"filter_chain_match": ranges, "filters": [TCP]}],
        "default_filter_chain": {"filters": [TCP]},
    }
    found = listener_of({"name": "x", **told}, Source(path="d"), "desk", state="", updated=None)
    assert [(chain.ranges, chain.default) for chain in found.chains] == [
        (("10.9.0.0/16",), False),
        ((), True),
    ]


def test_the_shares_of_tcp_are_kept():
    told = [{"name": "a", "weight": 3}, {"name": "b", "weight": 1}]
    config = {**TCP["typedConfig"], "weighted_clusters": {"clusters": told}}
    config.pop("cluster")
    split = {**LISTENER, "defaultFilterChain": {"filters": [{**TCP, "typedConfig": config}]}}
    found = listener_of(split, Source(path="l.json"), "desk", state="active", updated=None)
    assert (found.chains[1].clusters, found.chains[1].weights) == (("a", "b"), (3, 1))
    whole = listener_of(LISTENER, Source(path="l.json"), "desk", state="active", updated=None)
    assert whole.chains[1].weights == ()
