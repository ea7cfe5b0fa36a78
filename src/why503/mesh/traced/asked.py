"""What the user asks about: a method, a URL, where it starts, and what is known of the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from urllib.parse import parse_qsl, urlsplit

from why503.mesh.traced.call import Speech, Tls
from why503.support.dataclass import dataclass
from why503.support.text import _

_SCHEMES: dict[str, tuple[int, Speech, Tls]] = {
    "http": (80, Speech.HTTP, Tls.NONE),
    "https": (443, Speech.HTTP, Tls.TLS),
    "h2c": (80, Speech.HTTP2, Tls.NONE),
    "grpc": (80, Speech.HTTP2, Tls.NONE),
    "grpcs": (443, Speech.HTTP2, Tls.TLS),
    "mtls": (443, Speech.HTTP, Tls.MUTUAL),
    "tcp": (0, Speech.TCP, Tls.NONE),
    "tls": (443, Speech.TCP, Tls.TLS),
}


_GRPC = ("grpc", "grpcs")


class NotAskedError(ValueError):
    """What was given is no request; its text is a sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as it leaves the client."""

    method: str
    host: str
    port: int
    path: str
    speech: Speech
    tls: Tls
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    source: str = ""
    """Workload or gateway that it starts at; ``""``: a client without a proxy."""
    address: str = ""
    """Where it goes; ``""``: what the host's name stands for."""
    sni: str = ""
    """``""``: the host."""

    @property
    def url(self) -> str:
        """Host, port and path, for sentences."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}{self.path if self.speech is not Speech.TCP else ''}"


def asked_of(
    method: str, url: str, headers: Sequence[str], *, source: str, address: str, sni: str
) -> Asked:
    """The request of a command line; raises `NotAskedError` with a sentence where it is none.

    ``method``: ``""`` for the usual one, POST of gRPC and GET of all others.
    """
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as fault:
        message = _("`{url}` is no URL. Give it as http://host:port/path.")
        raise NotAskedError(message.format(url=url[:200])) from fault
    if parts.scheme not in _SCHEMES:
        message = _("`{scheme}` cannot be traced. Use one of {known}.")
        raise NotAskedError(message.format(scheme=parts.scheme[:40], known=", ".join(_SCHEMES)))
    usual, speech, tls = _SCHEMES[parts.scheme]
    host = (parts.hostname or "").rstrip(".")
    if not host or not (port or usual):
        message = _("`{url}` lacks its host or port. Give it as {scheme}://host:port.")
        raise NotAskedError(message.format(url=url[:200], scheme=parts.scheme))
    given = dict(_header(text) for text in headers)
    if parts.scheme in _GRPC:
        given.setdefault("content-type", "application/grpc")
    return Asked(
        method=method.upper() or ("POST" if parts.scheme in _GRPC else "GET"),
        host=host,
        port=port or usual,
        path=parts.path or "/",
        speech=speech,
        tls=tls,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=given,
        source=source,
        address=address,
        sni=sni,
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        message = _("`{text}` is no header. Give it as `name: value`.")
        raise NotAskedError(message.format(text=text[:100]))
    return name.strip().lower(), value.strip()
