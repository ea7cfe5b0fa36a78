"""Fields that circulate and do not exist: what is meant, and where it belongs."""

from why503.facts.manifest import Path

_DR = "DestinationRule"
_VS = "VirtualService"
_TRAFFIC = "spec.trafficPolicy"
_TCP = f"{_TRAFFIC}.connectionPool.tcp"
_HTTP = f"{_TRAFFIC}.connectionPool.http"
_OF_TCP = ("maxConnections", "connectTimeout", "tcpKeepalive", "maxConnectionDuration")
_OF_HTTP = (
    "http1MaxPendingRequests", "http2MaxRequests", "maxRequestsPerConnection", "maxRetries",
    "h2UpgradePolicy", "useClientProtocol", "maxConcurrentStreams", "idleTimeout",
)  # fmt: skip
_OF_ROUTE = ("timeout", "retries", "route", "match", "fault", "rewrite", "mirror", "headers")
_IDLE = "connectionPool.http.idleTimeout"

_INSTEAD: dict[tuple[str, str, str], str] = {
    ("Sidecar", "spec", "inbound"): (
        "spec.ingress[] (one entry per port, with connectionPool) or spec.inboundConnectionPool"
    ),
    ("Sidecar", "spec", "outbound"): "spec.egress[]",
    ("Sidecar", "spec", "inboundTrafficPolicy"): "meshConfig.inboundTrafficPolicy",
    ("Sidecar", "spec", "connectionPool"): "spec.inboundConnectionPool",
    ("Sidecar", "spec.egress", "connectionPool"): f"{_TRAFFIC}.connectionPool of a {_DR}",
    ("Sidecar", "spec.egress", "timeout"): f"spec.http[].timeout of a {_VS}",
    ("Sidecar", "spec.egress", "idleTimeout"): f"{_HTTP}.idleTimeout of a {_DR}",
    ("Sidecar", "spec.ingress", "idleTimeout"): f"spec.ingress[].{_IDLE}",
    ("Sidecar", "spec.ingress", "timeout"): f"spec.http[].timeout of a {_VS}",
    **{
        (_DR, "spec", name): f"{_TRAFFIC}.{name}"
        for name in ("connectionPool", "outlierDetection", "loadBalancer", "tls")
    },
    (_DR, "spec", "portLevelSettings"): f"{_TRAFFIC}.portLevelSettings",
    (_DR, "spec", "timeout"): f"spec.http[].timeout of a {_VS}",
    (_DR, "spec", "retries"): f"spec.http[].retries of a {_VS}",
    (_DR, _TRAFFIC, "timeout"): f"spec.http[].timeout of a {_VS}",
    (_DR, _TRAFFIC, "retries"): f"spec.http[].retries of a {_VS}",
    (_DR, _TRAFFIC, "idleTimeout"): f"{_HTTP}.idleTimeout",
    (_DR, _TRAFFIC, "outlierdetection"): f"{_TRAFFIC}.outlierDetection",
    **{
        (_DR, place, name): f"{_TCP}.{name}"
        for name in _OF_TCP
        for place in (_TRAFFIC, f"{_TRAFFIC}.connectionPool", _HTTP)
    },
    **{
        (_DR, place, name): f"{_HTTP}.{name}"
        for name in _OF_HTTP
        for place in (_TRAFFIC, f"{_TRAFFIC}.connectionPool", _TCP)
    },
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutive5xx"): "consecutive5xxErrors",
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutiveGatewayFailure"): "consecutiveGatewayErrors",
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutiveGatewayErrors5xx"): "consecutive5xxErrors",
    **{(_VS, "spec", name): f"spec.http[].{name}" for name in _OF_ROUTE},
    (_VS, "spec", "host"): "spec.hosts",
    (_VS, "spec", "gateway"): "spec.gateways",
    (_VS, "spec", "trafficPolicy"): f"{_TRAFFIC} of a {_DR}",
    (_VS, "spec", "subsets"): f"spec.subsets of a {_DR}",
    (_VS, "spec.http", "idleTimeout"): f"{_HTTP}.idleTimeout of a {_DR}",
    (_VS, "spec.http", "retryPolicy"): "spec.http[].retries",
    (_VS, "spec.http", "retry"): "spec.http[].retries",
    (_VS, "spec.http", "connectionPool"): f"{_TRAFFIC}.connectionPool of a {_DR}",
    (_VS, "spec.http", "destination"): "spec.http[].route[].destination",
    (_VS, "spec.http", "perTryTimeout"): "spec.http[].retries.perTryTimeout",
    (_VS, "spec.http.retries", "numRetries"): "attempts",
    (_VS, "spec.http.retries", "retries"): "attempts",
    (_VS, "spec.http.retries", "retryBackOff"): "backoff (Istio 1.27 and later)",
    (_VS, "spec.http.retries", "timeout"): "perTryTimeout",
    (_VS, "spec.http.retries", "perTryIdleTimeout"): "perTryTimeout",
    (_VS, "spec.http.retries", "backoff"): "nothing: the field came later (Istio 1.27)",
    (_VS, "spec.http.route", "timeout"): "spec.http[].timeout",
    (_VS, "spec.http.route", "retries"): "spec.http[].retries",
    (_VS, "spec.http.route", "host"): "spec.http[].route[].destination.host",
    (_VS, "spec.http.route", "subset"): "spec.http[].route[].destination.subset",
    (_VS, "spec.http.route.destination", "weight"): "spec.http[].route[].weight",
    (_VS, "spec.http.match", "path"): "spec.http[].match[].uri",
    (_VS, "spec.http.match", "prefix"): "spec.http[].match[].uri.prefix",
    ("PeerAuthentication", "spec", "mode"): "spec.mtls.mode",
    ("PeerAuthentication", "spec", "peers"): "spec.mtls (the old Policy's field)",
    ("ServiceEntry", "spec", "host"): "spec.hosts",
    ("Gateway", "spec.servers", "host"): "spec.servers[].hosts",
}
"""Right place by kind, path of the parent without indexes, and name."""
_ANYWHERE = {
    "httpProtocolOptions": f"{_IDLE} (`httpProtocolOptions` is a name of Envoy)",
    "commonHttpProtocolOptions": f"{_IDLE} (`commonHttpProtocolOptions` is a name of Envoy)",
    "common_http_protocol_options": f"{_IDLE} (that is a name of Envoy)",
    "circuitBreakers": f"{_TRAFFIC}.connectionPool of a {_DR} (that is a name of Envoy)",
    "keepAlive": f"{_TCP}.tcpKeepalive of a {_DR}",
    "tcpKeepAlive": f"{_TCP}.tcpKeepalive of a {_DR}",
    "keepaliveTimeout": f"{_HTTP}.idleTimeout of a {_DR}",
}
"""Right place of names that are wrong everywhere."""
_OF_SPEC = frozenset(
    {"hosts", "host", "http", "tcp", "tls", "gateways", "exportTo", "trafficPolicy", "subsets"}
    | {"servers", "selector", "egress", "ingress", "workloadSelector", "outboundTrafficPolicy"}
    | {"ports", "resolution", "location", "endpoints", "addresses", "mtls", "portLevelMtls"}
    | {"rules", "action", "jwtRules", "configPatches"}
)


def instead_of(kind: str, parent: Path, name: str) -> str | None:
    """What the unknown field ``name`` below ``parent`` should be; None where nothing is known."""
    if not parent and name in _OF_SPEC:
        return f"spec.{name}"
    plain = ".".join(str(step) for step in parent if not isinstance(step, int))
    if kind == _DR and plain.startswith("spec.subsets.trafficPolicy"):
        plain = plain.removeprefix("spec.subsets.").replace("trafficPolicy", _TRAFFIC, 1)
    return _INSTEAD.get((kind, plain, name)) or _ANYWHERE.get(name)
