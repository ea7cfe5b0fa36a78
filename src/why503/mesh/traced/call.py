"""One request as a proxy sees it come in."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from why503.support.dataclass import dataclass


class Way(StrEnum):
    """Where a request meets a proxy."""

    OUTBOUND = "outbound"
    """Caught on its way out of the caller's pod (port 15001)."""
    INBOUND = "inbound"
    """Caught on its way into the server's pod (port 15006)."""
    GATEWAY = "gateway"
    """At a port that a gateway has open."""


class Speech(StrEnum):
    """What is spoken, inside TLS where there is TLS."""

    HTTP = "http"
    HTTP2 = "http2"
    TCP = "tcp"


class Tls(StrEnum):
    """What is around it on the wire."""

    NONE = "none"
    TLS = "tls"
    """One-sided: the client shows no certificate."""
    MUTUAL = "mutual"
    """The client shows a certificate of its own, which is not the mesh's."""
    MESH = "mesh"
    """Mutual TLS between proxies of the mesh."""


_MESH_ALPN = {Speech.HTTP: "istio-http/1.1", Speech.HTTP2: "istio-h2", Speech.TCP: "istio"}
_TLS_ALPN = {Speech.HTTP: "http/1.1", Speech.HTTP2: "h2", Speech.TCP: ""}
_SNIFFED = {Speech.HTTP: "http/1.1", Speech.HTTP2: "h2c", Speech.TCP: ""}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, or for TCP the connection."""

    way: Way
    address: str
    """Address that the connection was meant for, before it was caught."""
    port: int
    speech: Speech = Speech.HTTP
    tls: Tls = Tls.NONE
    host: str = ""
    """Host header, or `:authority`; a port in it is ignored."""
    path: str = "/"
    """Without the query."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    query: Mapping[str, str] = field(default_factory=dict)
    sni: str = ""
    alpn: str = ""
    """``""``: what such a client usually offers."""

    @property
    def offered(self) -> str:
        """The protocol offered in the TLS handshake; ``""`` for none."""
        if self.alpn or self.tls is Tls.NONE:
            return self.alpn
        return (_MESH_ALPN if self.tls is Tls.MESH else _TLS_ALPN)[self.speech]

    @property
    def sniffed(self) -> str:
        """What Envoy's HTTP inspector says of plain text; ``""`` where it is no HTTP."""
        return _SNIFFED[self.speech]

    @property
    def is_http(self) -> bool:
        """Whether it is HTTP, in TLS or not."""
        return self.speech is not Speech.TCP
