"""Clusters and endpoints of a configuration dump as facts."""

from collections.abc import Iterator

from why503.evidence.loaded_tls import transports_of
from why503.evidence.proto_json import (
    Json,
    address_of,
    get,
    message,
    messages,
    number,
    seconds,
    truth,
    word,
)
from why503.facts.loaded import LoadedCluster, LoadedEndpoint, OutlierDetection, Threshold
from why503.facts.source import Source

_HTTP = "HttpProtocolOptions"


def cluster_of(
    cluster: Json, source: Source, teller: str, *, state: str, updated: float | None
) -> LoadedCluster:
    """One `envoy.config.cluster.v3.Cluster`."""
    http = _http_options(cluster)
    common = message(http, "common_http_protocol_options") or message(
        cluster, "common_http_protocol_options"
    )
    explicit = message(http, "explicit_http_config")
    own_limit = number(cluster, "max_requests_per_connection")
    limit = number(common, "max_requests_per_connection")
    return LoadedCluster(
        source=source,
        teller=teller,
        name=word(cluster, "name"),
        type=_type(cluster),
        state=state,
        connect_timeout=seconds(cluster, "connect_timeout"),
        idle_timeout=seconds(common, "idle_timeout"),
        max_connection_duration=seconds(common, "max_connection_duration"),
        max_requests_per_connection=own_limit if limit is None else limit,
        h2=any(get(part, "http2_protocol_options") is not None for part in (explicit, cluster)),
        auto_sni=truth(message(http, "upstream_http_protocol_options"), "auto_sni"),
        follows_downstream=get(http, "use_downstream_protocol_config") is not None,
        tcp_keepalive=get(message(cluster, "upstream_connection_options"), "tcp_keepalive")
        is not None,
        thresholds=tuple(_thresholds(cluster)),
        outlier=_outlier(cluster),
        transports=transports_of(cluster),
        lb_policy=_balancer(cluster),
        panic_threshold=_panic(cluster),
        health_checks=sum(1 for _check in messages(cluster, "health_checks")),
        dns_refresh=_dns(cluster),
        respect_dns_ttl=truth(cluster, "respect_dns_ttl"),
        endpoints=tuple(
            address
            for _priority, endpoint in _endpoints(message(cluster, "load_assignment"))
            if (address := address_of(message(endpoint, "endpoint", "address")))
        ),
        updated=updated,
    )


def endpoints_of(assignment: Json, source: Source, teller: str) -> Iterator[LoadedEndpoint]:
    """The endpoints of one `ClusterLoadAssignment`."""
    name = word(assignment, "cluster_name")
    for priority, endpoint in _endpoints(assignment):
        metadata = message(endpoint, "metadata", "filter_metadata")
        workload = word(message(metadata, "istio"), "workload").split(";")
        yield LoadedEndpoint(
            source=source,
            teller=teller,
            cluster=name,
            address=address_of(message(endpoint, "endpoint", "address")),
            health=word(endpoint, "health_status") or "UNKNOWN",
            weight=number(endpoint, "load_balancing_weight"),
            priority=priority,
            tls_mode=word(message(metadata, "envoy.transport_socket_match"), "tlsMode"),
            workload=f"{workload[1]}/{workload[0]}" if len(workload) > 1 else "",
        )


def _endpoints(assignment: Json) -> Iterator[tuple[int, Json]]:
    """Endpoints with the priority of their locality."""
    for locality in messages(assignment, "endpoints"):
        priority = number(locality, "priority") or 0
        for endpoint in messages(locality, "lb_endpoints"):
            yield priority, endpoint


def _http_options(cluster: Json) -> Json:
    for name, options in message(cluster, "typed_extension_protocol_options").items():
        if name.endswith(_HTTP) and isinstance(options, dict):
            return options
    return {}


def _type(cluster: Json) -> str:
    kind = word(cluster, "type") or word(message(cluster, "cluster_type"), "name")
    if kind:
        return kind
    return "EDS" if get(cluster, "eds_cluster_config") is not None else "STATIC"


def _balancer(cluster: Json) -> str:
    """The policy; of the newer extension form the last part of its name, in capitals."""
    for policy in messages(message(cluster, "load_balancing_policy"), "policies"):
        name = word(message(policy, "typed_extension_config"), "name")
        if name:
            return name.rpartition(".")[2].upper()
    return word(cluster, "lb_policy") or "ROUND_ROBIN"


def _thresholds(cluster: Json) -> Iterator[Threshold]:
    for part in messages(message(cluster, "circuit_breakers"), "thresholds"):
        yield Threshold(
            priority=word(part, "priority") or "DEFAULT",
            max_connections=number(part, "max_connections"),
            max_pending_requests=number(part, "max_pending_requests"),
            max_requests=number(part, "max_requests"),
            max_retries=number(part, "max_retries"),
            retry_budget=get(part, "retry_budget") is not None,
        )


def _outlier(cluster: Json) -> OutlierDetection | None:
    found = get(cluster, "outlier_detection")
    if not isinstance(found, dict):
        return None
    return OutlierDetection(
        consecutive_5xx=number(found, "consecutive_5xx"),
        consecutive_gateway_failure=number(found, "consecutive_gateway_failure"),
        interval=seconds(found, "interval"),
        base_ejection_time=seconds(found, "base_ejection_time"),
        max_ejection_percent=number(found, "max_ejection_percent"),
        split_external_local_origin_errors=truth(found, "split_external_local_origin_errors"),
    )


def _panic(cluster: Json) -> float | None:
    """Percent; the message is empty for 0."""
    found = get(message(cluster, "common_lb_config"), "healthy_panic_threshold")
    if not isinstance(found, dict):
        return None
    value = found.get("value", 0.0)
    return float(value) if isinstance(value, int | float) else None


def _dns(cluster: Json) -> float | None:
    """The refresh rate, of the newer cluster extension too."""
    own = seconds(cluster, "dns_refresh_rate")
    return (
        own
        if own is not None
        else seconds(message(cluster, "cluster_type", "typed_config"), "dns_refresh_rate")
    )
