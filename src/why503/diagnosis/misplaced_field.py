"""Fields that circulate and do not exist: what is meant, and where it belongs."""

from collections.abc import Iterator, Mapping

from why503.facts.manifest import Path
from why503.support.pattern import lazy_re

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
_POOLS = (
    (_DR, f"{_TRAFFIC}.connectionPool"),
    (_DR, f"{_TRAFFIC}.portLevelSettings[].connectionPool"),
    ("Sidecar", "spec.inboundConnectionPool"),
    ("Sidecar", "spec.ingress[].connectionPool"),
)
"""Where the settings of connections stand."""
_OF_ENVOY = ("httpProtocolOptions", "commonHttpProtocolOptions", "common_http_protocol_options")


def _settings_of_pools() -> Iterator[tuple[tuple[str, str, str], str]]:
    """Settings of a pool one level too high, or among those of the other protocol."""
    for kind, pool in _POOLS:
        plain = pool.replace("[]", "")
        holder = plain.rpartition(".")[0]
        for part, other, names in (("tcp", "http", _OF_TCP), ("http", "tcp", _OF_HTTP)):
            for name in names:
                for place in (holder, plain, f"{plain}.{other}"):
                    yield (kind, place, name), f"{pool}.{part}.{name}"
        for name in _OF_ENVOY:
            for place in (holder, plain, f"{plain}.http"):
                yield (kind, place, name), f"{pool}.http.idleTimeout (`{name}` is a name of Envoy)"


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
    ("Sidecar", "spec.ingress", "timeout"): f"spec.http[].timeout of a {_VS}",
    **{
        ("Sidecar", place, name): f"{_HTTP}.idleTimeout of a {_DR} (`{name}` is a name of Envoy)"
        for place in ("spec.egress", "spec.outboundTrafficPolicy")
        for name in _OF_ENVOY
    },
    **{
        ("Sidecar", "spec.inboundTrafficPolicy", name): (
            f"spec.inboundConnectionPool.http.idleTimeout (`{name}` is a name of Envoy)"
        )
        for name in _OF_ENVOY
    },
    **dict(_settings_of_pools()),
    **{
        (_DR, "spec", name): f"{_TRAFFIC}.{name}"
        for name in ("connectionPool", "outlierDetection", "loadBalancer", "tls")
    },
    (_DR, "spec", "portLevelSettings"): f"{_TRAFFIC}.portLevelSettings",
    (_DR, "spec", "timeout"): f"spec.http[].timeout of a {_VS}",
    (_DR, "spec", "retries"): f"spec.http[].retries of a {_VS}",
    (_DR, _TRAFFIC, "timeout"): f"spec.http[].timeout of a {_VS}",
    (_DR, _TRAFFIC, "retries"): f"spec.http[].retries of a {_VS}",
    **{(_DR, "spec", name): f"{_TCP}.{name}" for name in _OF_TCP},
    **{(_DR, "spec", name): f"{_HTTP}.{name}" for name in _OF_HTTP},
    (_DR, f"{_TRAFFIC}.outlierDetection", "idleTimeout"): f"{_HTTP}.idleTimeout",
    (_DR, _TRAFFIC, "outlierdetection"): f"{_TRAFFIC}.outlierDetection",
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutive5xx"): "consecutive5xxErrors",
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutiveGatewayFailure"): "consecutiveGatewayErrors",
    (_DR, f"{_TRAFFIC}.outlierDetection", "consecutiveGatewayErrors5xx"): "consecutive5xxErrors",
    **{(_VS, "spec", name): f"spec.http[].{name}" for name in _OF_ROUTE},
    (_VS, "spec", "host"): "spec.hosts",
    (_VS, "spec", "gateway"): "spec.gateways",
    (_VS, "spec", "trafficPolicy"): f"{_TRAFFIC} of a {_DR}",
    (_VS, "spec", "subsets"): f"spec.subsets of a {_DR}",
    **{
        (_VS, place, "idleTimeout"): f"{_HTTP}.idleTimeout of a {_DR}"
        for place in (
            "spec",
            "spec.http",
            "spec.http.retries",
            "spec.http.route",
            "spec.http.route.destination",
        )
    },
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
    ("ServiceEntry", "spec", "connectionPool"): f"{_TRAFFIC}.connectionPool of a {_DR}",
    ("ServiceEntry", "spec", "idleTimeout"): f"{_HTTP}.idleTimeout of a {_DR}",
    ("Gateway", "spec.servers", "idleTimeout"): (
        "ISTIO_META_IDLE_TIMEOUT in the environment of the gateway's proxy"
    ),
    ("Gateway", "spec.servers", "host"): "spec.servers[].hosts",
}
"""Right place by kind, path of the parent without indexes, and name."""
_ANYWHERE = {
    **{name: f"{_IDLE} (`{name}` is a name of Envoy)" for name in _OF_ENVOY},
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


_OF_SUBSET = "spec.subsets.trafficPolicy"
_PLACE = lazy_re(r"spec(?:\.\w{1,60}(?:\[\])?){1,12}")
_EVERYTHING = 2_000
"""Values below one unknown field that are looked at."""


def instead_of(kind: str, parent: Path, name: str) -> str | None:
    """What the unknown field ``name`` below ``parent`` should be; None where nothing is known."""
    if not parent:
        return f"spec.{name}" if name in _OF_SPEC else instead_of(kind, ("spec",), name)
    plain = ".".join(str(step) for step in parent if not isinstance(step, int))
    of_subset = kind == _DR and plain.startswith(_OF_SUBSET)
    if of_subset:
        plain = plain.replace(_OF_SUBSET, _TRAFFIC, 1)
    found = _INSTEAD.get((kind, plain, name)) or _ANYWHERE.get(name)
    if found is None or not of_subset:
        return found
    return found.replace(_TRAFFIC, "spec.subsets[].trafficPolicy", 1)


def place_of(kind: str, parent: Path, name: str, value: object) -> Path | None:
    """The path below which the fields in ``value`` belong; None where that is another object.

    A list has the index 0, since it may not exist yet.
    """
    text = instead_of(kind, parent, name) or ""
    if (kind, name) == ("Sidecar", "inbound") and parent in {(), ("spec",)}:
        text = "spec.ingress[]"
    if text.isidentifier():
        return (*parent, text) if parent else ("spec", text)
    if not _PLACE.fullmatch(text):
        return None
    steps: list[str | int] = []
    for step in text.split("."):
        steps += [step.removesuffix("[]"), 0] if step.endswith("[]") else [step]
    if steps[-1] == 0 and isinstance(value, list):
        steps.pop()
    return tuple(steps)


def wrong_names(value: object) -> Iterator[tuple[Path, str]]:
    """Names below ``value`` that are wrong wherever they stand, each with the path above it."""
    waiting: list[tuple[Path, object]] = [((), value)]
    for _turn in range(_EVERYTHING):
        if not waiting:
            return
        path, part = waiting.pop()
        if isinstance(part, Mapping):
            yield from ((path, name) for name in part if name in _ANYWHERE)
            waiting += [((*path, name), inner) for name, inner in part.items()]
        elif isinstance(part, list):
            waiting += [((*path, index), inner) for index, inner in enumerate(part)]
