"""Routes in Istio's shapes."""

from collections.abc import Mapping
from typing import Any

from why503.diagnosis.scenario import Topology
from why503.proof.cast import Cast
from why503.proof.era import Era
from why503.proof.overlay import merged
from why503.proof.proto import typed

_CONFIGURATION = "envoy.config.route.v3.RouteConfiguration"


def outbound_name(cast: Cast) -> str:
    """Name of the caller's route configuration."""
    return "http.8080" if cast.topology is Topology.GATEWAY else str(cast.port)


def outbound_routes(cast: Cast, era: Era, over: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's route configuration: one virtual host for the service."""
    route = {
        "name": "default",
        "match": {"prefix": "/"},
        "route": {
            "cluster": cast.cluster,
            "timeout": "0s",
            "retry_policy": era.outbound_retry,
            "max_grpc_timeout": "0s",
        },
        "decorator": {"operation": f"{cast.host}:{cast.port}/*"},
    }
    gateway = cast.topology is Topology.GATEWAY
    short = cast.host.removesuffix(".svc.cluster.local")
    names = {cast.host, short, short.split(".")[0], f"{short}.svc", cast.service_ip}
    host = {
        "name": f"{cast.public_host}:8080" if gateway else f"{cast.host}:{cast.port}",
        "domains": [cast.public_host] if gateway else sorted(names),
        "routes": [*over.get("routes", ()), merged(route, over.get("route", {}))],
        "include_request_attempt_count": True,
    }
    host = merged(host, over.get("virtual_host", {}))
    base = typed(
        _CONFIGURATION,
        name=outbound_name(cast),
        virtual_hosts=[*over.get("virtual_hosts", ()), host, *([] if gateway else [_any()])],
        validate_clusters=False,
        max_direct_response_body_size_bytes=1048576,
        ignore_port_in_host_matching=True,
    )
    return dict(merged(base, over.get("route_config", {})))


def inbound_routes(cast: Cast, era: Era, over: Mapping[str, Any]) -> dict[str, Any]:
    """The server's routes: everything goes to its own application."""
    action: dict[str, Any] = {
        "cluster": cast.inbound,
        "timeout": "0s",
        "max_stream_duration": {"max_stream_duration": "0s", "grpc_timeout_header_max": "0s"},
    }
    if era.inbound_retry:
        action["retry_policy"] = era.inbound_retry
    route = {
        "name": "default",
        "match": {"prefix": "/"},
        "route": action,
        "decorator": {"operation": f"{cast.host}:{cast.port}/*"},
    }
    host = {
        "name": f"inbound|http|{cast.port}",
        "domains": ["*"],
        "routes": [*over.get("routes", ()), merged(route, over.get("route", {}))],
    }
    base = {
        "name": cast.inbound,
        "virtual_hosts": [merged(host, over.get("virtual_host", {}))],
        "validate_clusters": False,
    }
    return dict(merged(base, over.get("route_config", {})))


def _any() -> dict[str, Any]:
    route = {"cluster": "PassthroughCluster", "timeout": "0s", "max_grpc_timeout": "0s"}
    return {
        "name": "allow_any",
        "domains": ["*"],
        "routes": [{"name": "allow_any", "match": {"prefix": "/"}, "route": route}],
        "include_request_attempt_count": True,
    }
