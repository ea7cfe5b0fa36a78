"""Listeners of a configuration dump as facts."""

from collections.abc import Iterator

from why503.evidence.loaded_tls import tls_of
from why503.evidence.proto_json import (
    Json,
    address_of,
    message,
    messages,
    number,
    seconds,
    truth,
    typed,
    word,
    words,
)
from why503.facts.loaded import FilterCall, FilterChain, HttpSettings, LoadedListener
from why503.facts.source import Source


def listener_of(
    listener: Json, source: Source, teller: str, *, state: str, updated: float | None
) -> LoadedListener:
    """One `envoy.config.listener.v3.Listener`."""
    return LoadedListener(
        source=source,
        teller=teller,
        name=word(listener, "name"),
        address=address_of(message(listener, "address")),
        state=state,
        direction=word(listener, "traffic_direction"),
        drain_type=word(listener, "drain_type"),
        chains=tuple(
            _chain(chain, default=chain is message(listener, "default_filter_chain"))
            for chain in _chains(listener)
        ),
        listener_filters=tuple(
            word(part, "name") for part in messages(listener, "listener_filters")
        ),
        updated=updated,
    )


def inline_routes(listener: Json) -> Iterator[Json]:
    """Route configurations that stand in the listener itself."""
    for chain in _chains(listener):
        for part in messages(chain, "filters"):
            found = message(part, "typed_config", "route_config")
            if found:
                yield found


def _chains(listener: Json) -> Iterator[Json]:
    yield from messages(listener, "filter_chains")
    default = message(listener, "default_filter_chain")
    if default:
        yield default


def _chain(chain: Json, *, default: bool) -> FilterChain:
    match = message(chain, "filter_chain_match")
    filters = list(messages(chain, "filters"))
    configs = [message(part, "typed_config") for part in filters]
    http = next((part for part in configs if typed(part, "HttpConnectionManager")), None)
    tcp = next((part for part in configs if typed(part, "TcpProxy")), {})
    weighted = messages(message(tcp, "weighted_clusters"), "clusters")
    shares = [(word(tcp, "cluster"), 1)]
    shares += [(word(part, "name"), number(part, "weight") or 0) for part in weighted]
    named = [(name, weight) for name, weight in shares if name]
    return FilterChain(
        name=word(chain, "name"),
        transport_protocol=word(match, "transport_protocol"),
        server_names=words(match, "server_names"),
        alpn=words(match, "application_protocols"),
        port=number(match, "destination_port"),
        ranges=tuple(
            f"{word(part, 'address_prefix')}/{number(part, 'prefix_len') or 0}"
            for part in messages(match, "prefix_ranges")
        ),
        default=default,
        tls=tls_of(message(chain, "transport_socket")),
        network_filters=tuple(word(part, "name") for part in filters),
        clusters=tuple(name for name, _weight in named),
        weights=tuple(weight for _name, weight in named) if len(named) > 1 else (),
        tcp_idle_timeout=seconds(tcp, "idle_timeout"),
        http=None if http is None else _http(http),
    )


def _http(manager: Json) -> HttpSettings:
    common = message(manager, "common_http_protocol_options")
    return HttpSettings(
        stat_prefix=word(manager, "stat_prefix"),
        route_config=word(message(manager, "rds"), "route_config_name")
        or word(message(manager, "route_config"), "name"),
        codec=word(manager, "codec_type") or "AUTO",
        filters=tuple(word(part, "name") for part in messages(manager, "http_filters")),
        calls=tuple(_calls(manager)),
        idle_timeout=seconds(common, "idle_timeout"),
        stream_idle_timeout=seconds(manager, "stream_idle_timeout"),
        request_timeout=seconds(manager, "request_timeout"),
        request_headers_timeout=seconds(manager, "request_headers_timeout"),
        drain_timeout=seconds(manager, "drain_timeout"),
        delayed_close_timeout=seconds(manager, "delayed_close_timeout"),
        max_connection_duration=seconds(common, "max_connection_duration"),
        max_stream_duration=seconds(common, "max_stream_duration"),
        max_requests_per_connection=number(common, "max_requests_per_connection"),
        max_request_headers_kb=number(manager, "max_request_headers_kb"),
    )


def _calls(manager: Json) -> Iterator[FilterCall]:
    """Services that `ext_authz` and `ratelimit` ask."""
    for part in messages(manager, "http_filters"):
        config = message(part, "typed_config")
        if typed(config, "ext_authz.v3.ExtAuthz"):
            denies = not truth(config, "failure_mode_allow")
            service = message(config, "grpc_service")
        elif typed(config, "ratelimit.v3.RateLimit"):
            denies = truth(config, "failure_mode_deny")
            service = message(config, "rate_limit_service", "grpc_service")
        else:
            continue
        uri = message(config, "http_service", "server_uri")
        cluster = word(message(service, "envoy_grpc"), "cluster_name") or word(uri, "cluster")
        times = (seconds(config, "timeout"), seconds(service, "timeout"), seconds(uri, "timeout"))
        if cluster:
            yield FilterCall(
                filter=word(part, "name"),
                cluster=cluster,
                timeout=next((time for time in times if time is not None), None),
                denies=denies,
            )
