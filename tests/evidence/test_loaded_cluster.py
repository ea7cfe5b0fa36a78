from why503.evidence.loaded_cluster import cluster_of, endpoints_of
from why503.facts import Source

AT = Source(path="dump.json", line=3)


def cluster(**fields):
    return cluster_of({"name": "a", **fields}, AT, "desk", state="active", updated=None)


def options(**fields):
    return {"typedExtensionProtocolOptions": {"envoy.upstreams.HttpProtocolOptions": fields}}


def test_what_is_not_named_stays_open():
    bare = cluster()
    assert (bare.type, bare.lb_policy) == ("STATIC", "ROUND_ROBIN")
    assert (bare.idle_timeout, bare.connect_timeout, bare.outlier, bare.tls) == (None,) * 4
    assert not bare.h2


def test_the_spelling_of_istioctl_is_understood():
    found = cluster(
        **options(commonHttpProtocolOptions={"idleTimeout": "50s", "maxRequestsPerConnection": 1}),
        circuitBreakers={"thresholds": [{"maxConnections": 5, "priority": "HIGH"}]},
        outlierDetection={"consecutive5xx": 7},
        clusterType={"name": "envoy.clusters.dns", "typedConfig": {"dnsRefreshRate": "9s"}},
    )
    assert (found.idle_timeout, found.max_requests_per_connection) == (50.0, 1)
    assert (found.thresholds[0].priority, found.thresholds[0].max_connections) == ("HIGH", 5)
    assert found.outlier is not None
    assert found.outlier.consecutive_5xx == 7
    assert (found.type, found.dns_refresh) == ("envoy.clusters.dns", 9.0)


def test_zero_is_not_the_same_as_silence():
    found = cluster(
        **options(commonHttpProtocolOptions={"idleTimeout": "0s"}),
        common_lb_config={"healthy_panic_threshold": {}},
    )
    assert (found.idle_timeout, found.panic_threshold) == (0.0, 0.0)


def test_http2_is_told_in_three_ways():
    explicit = options(explicitHttpConfig={"http2ProtocolOptions": {}})
    assert cluster(**explicit).h2
    assert cluster(http2_protocol_options={}).h2
    follows = cluster(**options(useDownstreamProtocolConfig={"http2ProtocolOptions": {}}))
    assert (follows.h2, follows.follows_downstream) == (False, True)


def test_endpoints_tell_health_priority_and_mesh_tls():
    address = {"address": {"socket_address": {"address": "10.1.0.4", "port_value": 80}}}
    metadata = {
        "filter_metadata": {
            "envoy.transport_socket_match": {"tlsMode": "istio"},
            "istio": {"workload": "shelf;books;shelf;v1;east"},
        }
    }
    part = {"endpoint": address, "health_status": "DRAINING", "metadata": metadata}
    assignment = {"cluster_name": "a", "endpoints": [{"priority": 1, "lb_endpoints": [part]}]}
    (found,) = endpoints_of(assignment, AT, "desk")
    assert (found.address, found.health, found.priority) == ("10.1.0.4:80", "DRAINING", 1)
    assert (found.tls_mode, found.workload) == ("istio", "books/shelf")


def test_a_server_name_that_each_request_brings_is_told():
    assert cluster(**options(upstreamHttpProtocolOptions={"autoSni": True})).auto_sni
    assert not cluster(**options(upstreamHttpProtocolOptions={"autoSni": False})).auto_sni
