"""Listeners in Istio's shapes: outbound and gateway by port, inbound by chains for TLS and none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from why503.diagnosis.scenario import Inbound, Topology
from why503.proof.cast import Cast
from why503.proof.cluster import tcp_proxy
from why503.proof.log_format import LogFormat, envoy_format
from why503.proof.overlay import merged
from why503.proof.proto import extension, from_file, socket_address, typed
from why503.proof.tls_context import downstream_tls

GATEWAY_PORT = 8080
OUTBOUND_PORT = 15001

_LISTENER = "envoy.config.listener.v3.Listener"
_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_FILTERS = "envoy.extensions.filters.http"
_INSPECTORS = "envoy.extensions.filters.listener"


class Files:
    """The files of a proxy: its dynamic resources, and its access log in some format."""

    def __init__(self, folder: Path, log_format: LogFormat) -> None:
        """Everything of the proxy stands under ``folder``."""
        self.xds = folder / "xds"
        self._path = folder / "access.log"
        self._format = log_format

    def entries(self, *, only_unrouted: bool = False) -> list[dict[str, Any]]:
        """The access loggers of a filter, or of a listener that tells of unmatched connections."""
        kind = "envoy.extensions.access_loggers.file.v3.FileAccessLog"
        logger = extension(
            "envoy.access_loggers.file",
            kind,
            path=str(self._path),
            log_format=envoy_format(self._format),
        )
        if only_unrouted:
            logger = {"filter": {"response_flag_filter": {"flags": ["NR"]}}, **logger}
        return [logger]


def outbound_listeners(
    cast: Cast, files: Files, route_name: str, over: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The caller's listeners: the port of the service, and the one for all else."""
    gateway = cast.topology is Topology.GATEWAY
    port = GATEWAY_PORT if gateway else cast.port
    manager = _manager(f"outbound_0.0.0.0_{port}", files, over)
    manager["rds"] = {
        "config_source": from_file(files.xds / "rds.json"),
        "route_config_name": route_name,
    }
    if gateway:
        manager["use_remote_address"] = True
    listener = typed(
        _LISTENER,
        name=f"0.0.0.0_{port}",
        address=socket_address(cast.caller.ip if gateway else cast.service_ip, port),
        filter_chains=[_chain({}, manager, over)],
        traffic_direction="OUTBOUND",
        access_log=files.entries(only_unrouted=True),
    )
    served = dict(merged(listener, over.get("listener", {})))
    extra = [typed(_LISTENER, **entry) for entry in over.get("listeners", ())]
    return [served, *([] if gateway else [_virtual_outbound(cast.caller.ip, files)]), *extra]


def inbound_listeners(
    cast: Cast,
    pod_ip: str,
    files: Files,
    routes: Mapping[str, Any],
    over: Mapping[str, Any],
    mode: Inbound,
) -> list[dict[str, Any]]:
    """The server's listeners: its port with or without TLS as ``mode`` says."""
    manager = _manager(f"inbound_0.0.0.0_{cast.target}", files, over)
    manager |= {
        "route_config": routes,
        "forward_client_cert_details": "APPEND_FORWARD",
        "set_current_client_cert_details": {"subject": True, "dns": True, "uri": True},
    }
    chains = []
    if mode is not Inbound.DISABLE:
        match = {"destination_port": cast.target, "transport_protocol": "tls"}
        secure = downstream_tls(files.xds, over.get("downstream_tls", {}))
        chains.append({**_chain(match, manager, over), "transport_socket": secure})
    if mode is not Inbound.STRICT:
        match = {"destination_port": cast.target, "transport_protocol": "raw_buffer"}
        chains.append(_chain(match, manager, over))
    names = ("tls", "http")
    listener = typed(
        _LISTENER,
        name="virtualInbound",
        address=socket_address(pod_ip, cast.target),
        filter_chains=[{**chain, "name": f"0.0.0.0_{cast.target}"} for chain in chains[:1]]
        + [{**chain, "name": f"0.0.0.0_{cast.target}_plain"} for chain in chains[1:]],
        listener_filters=[
            extension(
                f"envoy.filters.listener.{name}_inspector",
                f"{_INSPECTORS}.{name}_inspector.v3.{name.capitalize()}Inspector",
            )
            for name in names
        ],
        listener_filters_timeout="0s",
        continue_on_listener_filters_timeout=True,
        traffic_direction="INBOUND",
        access_log=files.entries(only_unrouted=True),
    )
    extra = [typed(_LISTENER, **entry) for entry in over.get("listeners", ())]
    return [
        dict(merged(listener, over.get("listener", {}))),
        _virtual_outbound(pod_ip, files),
        *extra,
    ]


def _virtual_outbound(pod_ip: str, files: Files) -> dict[str, Any]:
    chain = {
        "name": "virtualOutbound-catchall-tcp",
        "filters": [tcp_proxy("PassthroughCluster", files.entries())],
    }
    return typed(
        _LISTENER,
        name="virtualOutbound",
        address=socket_address(pod_ip, OUTBOUND_PORT),
        filter_chains=[chain],
        traffic_direction="OUTBOUND",
        access_log=files.entries(only_unrouted=True),
    )


def _chain(
    match: Mapping[str, Any], manager: Mapping[str, Any], over: Mapping[str, Any]
) -> dict[str, Any]:
    whole = merged(manager, over.get("hcm", {}))
    chain: dict[str, Any] = {
        "filters": [extension("envoy.filters.network.http_connection_manager", _MANAGER, **whole)]
    }
    if match:
        chain["filter_chain_match"] = dict(match)
    return dict(merged(chain, over.get("filter_chain", {})))


def _manager(prefix: str, files: Files, over: Mapping[str, Any]) -> dict[str, Any]:
    filters = [
        extension("envoy.filters.http.fault", f"{_FILTERS}.fault.v3.HTTPFault"),
        extension("envoy.filters.http.cors", f"{_FILTERS}.cors.v3.Cors"),
        *over.get("http_filters", ()),
        extension("envoy.filters.http.router", f"{_FILTERS}.router.v3.Router"),
    ]
    return {
        "stat_prefix": prefix,
        "http_filters": filters,
        "server_name": "istio-envoy",
        "access_log": files.entries(),
        "use_remote_address": False,
        "generate_request_id": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "stream_idle_timeout": "0s",
        "normalize_path": True,
    }
