"""The listener of a sidecar towards its own application, as istiod makes it of YAML."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from why503.mesh.address import BLACK_HOLE, INBOUND_PASSTHROUGH
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.traced.config import (
    WILDCARD,
    Chain,
    ChainMatch,
    Inspector,
    Listener,
    Made,
    ProxyConfig,
    Route,
    RouteConfig,
    Terminates,
    VirtualHost,
)
from why503.mesh.traced.peer import PeerModes, peer_modes
from why503.mesh.traced.proxy import Proxy, targets_of
from why503.mesh.traced.push import Push
from why503.mesh.traced.registry import HTTP
from why503.mesh.traced.scope import sidecar_for
from why503.support.dataclass import dataclass
from why503.support.text import _

LISTEN_PORT = 15006
_PLAIN = ("http/1.1", "h2c")
_MESH_HTTP = ("istio-http/1.0", "istio-http/1.1", "istio-h2")
_MESH_TCP = ("istio-peer-exchange", "istio")
_MESH_ALL = ("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2")
_AFTER_TLS = {"https": "http", "tls": "tcp"}
_TLS_ON_INGRESS = "ENABLE_TLS_ON_SIDECAR_INGRESS"


class _Option(NamedTuple):
    """One filter chain that a port gets."""

    http: bool
    transport: str = ""
    alpn: tuple[str, ...] = ()
    ends_tls: bool = False


_MTLS_HTTP = _Option(http=True, transport="tls", alpn=_MESH_HTTP, ends_tls=True)
_ANY_TLS_HTTP = _Option(http=True, transport="tls", ends_tls=True)
_ANY_TLS_TCP = _Option(http=False, transport="tls", ends_tls=True)
_PLAIN_HTTP = _Option(http=True, transport="raw_buffer", alpn=_PLAIN)
_OPTIONS: dict[tuple[str, str], tuple[_Option, ...]] = {
    ("STRICT", "http"): (_ANY_TLS_HTTP,),
    ("STRICT", "tcp"): (_ANY_TLS_TCP,),
    ("STRICT", ""): (_MTLS_HTTP, _ANY_TLS_TCP),
    ("PERMISSIVE", "http"): (
        _Option(http=True, transport="tls", alpn=_MESH_ALL, ends_tls=True),
        _Option(http=True, transport="raw_buffer"),
    ),
    ("PERMISSIVE", "tcp"): (
        _Option(http=False, transport="tls", alpn=_MESH_ALL, ends_tls=True),
        _Option(http=False, transport="raw_buffer"),
        _Option(http=False, transport="tls"),
    ),
    ("PERMISSIVE", ""): (
        _MTLS_HTTP,
        _PLAIN_HTTP,
        _Option(http=False, transport="tls", alpn=_MESH_TCP, ends_tls=True),
        _Option(http=False, transport="raw_buffer"),
        _Option(http=False, transport="tls"),
    ),
    ("DISABLE", "http"): (_Option(http=True),),
    ("DISABLE", "tcp"): (_Option(http=False),),
    ("DISABLE", ""): (_Option(http=True, alpn=_PLAIN), _Option(http=False)),
}
"""Filter chains by mTLS mode and by what the port's protocol comes down to (``""``: sniffed)."""


@dataclass(frozen=True, kw_only=True)
class _Port:
    """A port of the pod that requests are taken for."""

    number: int
    service_port: int
    protocol: str
    bind: str
    made: Made
    tls: Mapping[str, Any] | None = None
    """TLS that a Sidecar's ingress ends by itself."""


def inbound_config(push: Push, proxy: Proxy) -> ProxyConfig:
    """What a sidecar has for connections into its pod."""
    modes = peer_modes(push, proxy)
    ports = list(_ports(push, proxy))
    chains = [_loop(), *_passing(modes, {port.number for port in ports})]
    for port in sorted(ports, key=lambda one: one.number):
        chains += _chains(port, modes.at(port.number))
    listener = Listener(
        name="virtualInbound",
        address=WILDCARD,
        port=LISTEN_PORT,
        made=Made(_("Istio's default")),
        chains=tuple(chains),
        inbound=True,
        virtual=True,
        tls_inspector=tls_inspector(chains),
        http_inspector=http_inspector(chains),
    )
    return ProxyConfig(listeners=(listener,), routes={})


def _ports(push: Push, proxy: Proxy) -> Iterator[_Port]:
    sidecar = sidecar_for(push, proxy)
    listed = sidecar.items("spec", "ingress") if sidecar is not None else []
    seen: set[int] = set()
    if sidecar is None or not listed:
        for target in targets_of(push, proxy):
            if target.number not in seen and target.port.protocol != "udp":
                seen.add(target.number)
                yield _Port(
                    number=target.number,
                    service_port=target.port.number,
                    protocol=target.port.protocol,
                    bind=WILDCARD,
                    made=Made(target.service.manifest.full_name, target.port.source),
                )
        return
    ends_tls = push.istiod_has(_TLS_ON_INGRESS)
    for index, told in listed:
        fields = mapping_of(told)
        port = mapping_of(fields.get("port"))
        number = whole_number(port.get("number"))
        if number is None or number in seen:
            continue
        seen.add(number)
        protocol = word_of(port.get("protocol")).lower()
        tls = mapping_of(fields.get("tls")) if ends_tls else {}
        yield _Port(
            number=number,
            service_port=number,
            protocol=_AFTER_TLS.get(protocol, protocol) if tls else protocol,
            bind=word_of(fields.get("bind")) or next(iter(proxy.addresses), WILDCARD),
            made=Made(sidecar.full_name, sidecar.where("spec", "ingress", index)),
            tls=tls or None,
        )


def _sort(protocol: str) -> str:
    """`http`, `tcp` or ``""`` (sniffed)."""
    return "http" if protocol in HTTP else "tcp" if protocol else ""


def _chains(port: _Port, mode: Setting[str]) -> Iterator[Chain]:
    sort = _sort(port.protocol)
    options = _OPTIONS[mode.value, sort]
    ends = Terminates(client_certificate=True, mesh=True)
    if port.tls is not None and mode.value == "DISABLE":
        options = (_ANY_TLS_TCP,) if sort == "tcp" else (_ANY_TLS_HTTP,)
        mutual = word_of(port.tls.get("mode")).upper() in ("MUTUAL", "ISTIO_MUTUAL")
        ends = Terminates(client_certificate=mutual)
    for option in options:
        yield Chain(
            made=port.made,
            name=f"{port.bind}_{port.number}",
            match=ChainMatch(port=port.number, transport=option.transport, alpn=option.alpn),
            tls=ends if option.ends_tls else None,
            inline=_routes(port) if option.http else None,
            clusters=() if option.http else ((f"inbound|{port.number}||", 100),),
        )


def _routes(port: _Port) -> RouteConfig:
    name = f"inbound|{port.number}||"
    none = Setting(value=0.0, source=None, default=True, by=_("Istio's default"))
    route = Route(made=port.made, name="default", clusters=((name, 100),), timeout=none)
    host = VirtualHost(
        name=f"inbound|http|{port.service_port}", domains=("*",), routes=(route,), made=port.made
    )
    return RouteConfig(name=name, hosts=(host,))


def _loop() -> Chain:
    return Chain(
        made=Made(_("Istio's default")),
        name="virtualInbound-blackhole",
        match=ChainMatch(port=LISTEN_PORT),
        clusters=((BLACK_HOLE, 100),),
    )


def _passing(modes: PeerModes, known: set[int]) -> Iterator[Chain]:
    """Chains for ports that no service has, by the mode of the workload and of such ports."""
    yield from _passing_at(modes.usual, None)
    for number, mode in modes.ports.items():
        if number not in known:
            yield from _passing_at(mode, number)


def _passing_at(mode: Setting[str], port: int | None) -> Iterator[Chain]:
    made = Made(mode.by, mode.source)
    cluster = ((INBOUND_PASSTHROUGH[0], 100),)
    route = Route(made=made, name="default", clusters=cluster)
    host = VirtualHost(name="inbound|http|0", domains=("*",), routes=(route,), made=made)
    config = RouteConfig(name=INBOUND_PASSTHROUGH[0], hosts=(host,))
    for option in _OPTIONS[mode.value, ""]:
        yield Chain(
            made=made,
            name="virtualInbound-catchall-http" if option.http else "virtualInbound",
            match=ChainMatch(port=port, transport=option.transport, alpn=option.alpn),
            tls=Terminates(client_certificate=True, mesh=True) if option.ends_tls else None,
            inline=config if option.http else None,
            clusters=() if option.http else cluster,
        )


def tls_inspector(chains: Sequence[Chain]) -> Inspector:
    """Looked for on the ports that tell TLS apart."""
    needing = {chain.match.port for chain in chains if chain.match.transport == "tls"}
    ports = {chain.match.port for chain in chains} - {None}
    usually = None in needing
    if usually:
        return Inspector(usually=True, unlike=frozenset(p for p in ports - needing if p))
    return Inspector(usually=False, unlike=frozenset(p for p in needing if p))


def http_inspector(chains: Sequence[Chain]) -> Inspector:
    """Looked for on every port but those that do not sniff."""
    needing = {chain.match.port for chain in chains if set(_PLAIN) & set(chain.match.alpn)}
    ports = {chain.match.port for chain in chains} - {None}
    return Inspector(usually=True, unlike=frozenset(p for p in ports - needing if p))
