"""Small parts that Envoy's configuration is made of."""

from pathlib import Path
from typing import Any

_TYPE = "type.googleapis.com/"
_NO_LIMIT = 4294967295
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def typed(kind: str, **parts: Any) -> dict[str, Any]:
    """A message that carries its type."""
    return {"@type": _TYPE + kind, **parts}


def extension(name: str, kind: str, **parts: Any) -> dict[str, Any]:
    """An extension by its name, with its configuration."""
    return {"name": name, "typed_config": typed(kind, **parts)}


def from_file(path: Path) -> dict[str, Any]:
    """A source of dynamic resources: a file, read again whenever another is moved over it."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}


def socket_address(address: str, port: int) -> dict[str, Any]:
    """`address:port`."""
    return {"socket_address": {"address": address, "port_value": port}}


def no_limits() -> dict[str, Any]:
    """Istio's circuit breakers where no DestinationRule sets any."""
    kinds = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {"thresholds": [{**dict.fromkeys(kinds, _NO_LIMIT), "track_remaining": True}]}


def http_options(protocol: str = "http_protocol_options") -> dict[str, Any]:
    """How a cluster speaks HTTP; ``http2_protocol_options`` for HTTP/2."""
    explicit: dict[str, Any] = {"explicit_http_config": {protocol: {}}}
    return {HTTP_OPTIONS: typed(HTTP_OPTIONS, **explicit)}
