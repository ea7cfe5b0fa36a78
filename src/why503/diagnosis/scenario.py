"""How a failure is made to happen, as plain data: who calls whom, who does what, and when.

Nothing here starts anything; the room `proof` does. Numbers and texts may name a `Knob`, so that a
seed varies them: a number is a knob or a `Times` of one, a text holds ``{name}``. Texts may also
name the cast: ``{service} {namespace} {host} {port} {path} {caller} {cluster} {inbound} {pod}
{pod_ip} {pod2_ip} {caller_pod} {caller_ip} {service_ip} {public_host} {external}``.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from why503.mesh.hop import Place
from why503.support.dataclass import dataclass

SECONDS: Mapping[str, bool] = {"seconds": True}
"""Marks a field as a time, which one common factor shortens or stretches."""


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A value that a seed varies; ``{name}`` in texts stands for it."""

    name: str
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    """Drawn as an integer, both ends included."""
    seconds: bool = False
    """A time: it is scaled with all others."""
    choices: tuple[Any, ...] = ()
    """Drawn from these instead of from the range."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """A number that follows a knob: ``of × factor + plus``."""

    of: Knob
    factor: float = 1.0
    plus: float = 0.0


@dataclass(frozen=True)
class Seconds:
    """A duration in an overlay, written as Envoy writes it (`0.250s`), scaled with all others."""

    value: "float | Knob | Times"


Number = float | Knob | Times
Overlay = Mapping[str, Any]
"""What is merged into a proxy's generated configuration, by place.

Merged deeply (a mapping into a mapping; anything else replaces; None removes), into **every**
object of its kind that the proxy has for the service:

* `cluster`, `upstream_tls` (its TLS context), `route`, `virtual_host`, `route_config`
* `listener`, `filter_chain`, `downstream_tls`, `hcm` (HTTP connection manager), `bootstrap`

Added as lists: `routes` (before the default route), `virtual_hosts`, `http_filters` (before the
router), `clusters`, `listeners`. Said otherwise: `endpoints` (of the caller: a list of
`address:port` such as ``{pod_ip}:{target}``, empty for none), `credential` (a `Credential`), `tls`
(an `Upstream` for the caller, an `Inbound` for the callee), `no_cluster` (true: the caller has no
cluster for the service).
"""


class Topology(StrEnum):
    """Who stands between the caller's application and the server."""

    SIDECARS = "sidecar to sidecar"
    GATEWAY = "gateway to sidecar"
    BARE_SERVER = "sidecar to a server without sidecar"
    EXTERNAL = "sidecar to an external service"


class View(StrEnum):
    """Which evidence an answer is asked from."""

    CALLER = "the caller's access log"
    PROXIES = "both proxies' logs"
    BUNDLE = "the whole bundle"


class Credential(StrEnum):
    """What a certificate is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    OTHER_NAME = "made out to another name"
    OTHER_ISSUER = "signed by an unknown issuer"


class Upstream(StrEnum):
    """When the caller's proxy speaks mutual TLS."""

    AUTO = "as the endpoint's label says"
    ALWAYS = "always"
    NEVER = "never"


class Inbound(StrEnum):
    """What the server's proxy accepts, spelled as PeerAuthentication does."""

    STRICT = "STRICT"
    PERMISSIVE = "PERMISSIVE"
    DISABLE = "DISABLE"


class Listening(StrEnum):
    """Whether the server can be reached at the address that is dialled."""

    YES = "yes"
    NO = "nothing listens"
    OTHER_PORT = "it listens on `other_port`"
    LOOPBACK = "it is bound to 127.0.0.1"
    SILENT = "its backlog is full and SYNs go unanswered"


class Deed(StrEnum):
    """What the server does with a request."""

    ANSWER = "answer"
    CLOSE = "close without a word"
    RESET = "reset without a word"
    CLOSE_MIDWAY = "head and part of the body, then close"
    RESET_MIDWAY = "head and part of the body, then reset"
    STALL = "never answer"
    STALL_MIDWAY = "head and part of the body, then silence"
    GARBAGE = "bytes that are no HTTP"
    BAD_FRAMING = "content-length and chunked at once"
    BAD_HEADER = "a header name with a blank"
    BIG_HEADERS = "`size` bytes of headers"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server does with requests of one kind; the first that matches and is drawn."""

    path: str = ""
    """Prefix of the request's path; ``""`` for all."""
    share: Number = 1.0
    """Part of the matching requests, 0 to 1, that are treated so; the others go on to the next."""
    deed: Deed | Knob = Deed.ANSWER
    status: Number = 200
    body: str = ""
    """The body; ``""`` for `size` bytes of filler."""
    size: Number = 64
    """Bytes of the body, or of the headers for BIG_HEADERS."""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: Number = field(default=0.0, metadata=SECONDS)
    pause: Number = field(default=0.0, metadata=SECONDS)
    """Between the head and the body."""
    log: str = ""
    """Line of the application's log, `LEVEL message`; ``""`` for none."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One pod's application."""

    answers: tuple[Answer, ...] = (Answer(),)
    listening: Listening = Listening.YES
    other_port: int = 8000
    start_delay: Number = field(default=0.0, metadata=SECONDS)
    """After the proxies are up: until then the port is refused."""
    idle_timeout: Number | None = field(default=None, metadata=SECONDS)
    """After which it closes an idle connection; None for never."""
    close_travel: Number = field(default=0.0, metadata=SECONDS)
    """How long its FIN is on the way; what arrives meanwhile is answered with a reset."""
    max_requests: Number | None = None
    """Answers after which it closes a connection without announcing it; None for no limit."""
    max_age: Number | None = field(default=None, metadata=SECONDS)
    """After which it closes a connection, whatever it does; None for never."""
    tls: Credential | None = None
    """It speaks TLS with such a certificate; None for plain text."""
    http2_only: bool = False
    """It answers HTTP/1 with HTTP/2 frames and hangs up."""
    grace: Number = field(default=0.0, metadata=SECONDS)
    """After it was told to stop: how long it goes on answering what it has accepted."""
    log: tuple[str, ...] = ()
    """Lines `LEVEL message` that its log begins with, after the one that says where it listens."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One kind of request."""

    share: Number = 1.0
    """Its part of the load, against the other calls' shares."""
    method: str = "GET"
    path: str = "{path}"
    host: str = ""
    """Host header; ``""`` for the service's."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Number = 0
    """Bytes."""
    protocol: str = "HTTP/1.1"
    raw: str | Knob = ""
    """Bytes, as Latin-1, that are sent instead of a request."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the caller's application asks, and how patiently."""

    calls: tuple[Call, ...] = (Call(),)
    requests: Number = 30
    """Of all workers together."""
    workers: Number = 1
    """That call at the same time, each on a connection of its own."""
    gap: Number = field(default=0.01, metadata=SECONDS)
    """From an answer to the same worker's next request."""
    jitter: Number = field(default=0.0, metadata=SECONDS)
    """The gap varies by up to this much, either way."""
    timeout: Number = field(default=5.0, metadata=SECONDS)
    """After which the caller hangs up."""
    start: Number = field(default=0.0, metadata=SECONDS)


class Act(StrEnum):
    """What may happen at a moment of the scenario."""

    STOP_SERVER = "the server is told to stop (SIGTERM)"
    CRASH_SERVER = "the server dies; its connections are reset"
    START_SERVER = "the server starts (again)"
    KILL_PROXY = "the proxy dies (SIGKILL)"
    DRAIN_PROXY = "the proxy drains and stops (SIGTERM)"
    CHANGE = "the proxy is given another configuration"
    LOG = "the application says something"


class Side(StrEnum):
    """Whose proxy or application."""

    CALLER = "caller"
    CALLEE = "callee"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happens at a moment."""

    at: Number = field(metadata=SECONDS)
    """Seconds after the first request may go."""
    act: Act
    side: Side = Side.CALLEE
    pod: int = 0
    """Which of the server's pods, counted from 0."""
    overlay: Overlay = field(default_factory=dict)
    """For CHANGE: merged on top of what the proxy has."""
    lines: tuple[str, ...] = ()
    """`LEVEL message` lines that the application logs at this moment."""


@dataclass(frozen=True, kw_only=True)
class Cure:
    """What removes the failure: the overlays are laid on top, the rest takes the other's place.

    None for what stays as it is. In an overlay None also takes away a list that was added.
    """

    caller: Overlay = field(default_factory=dict)
    callee: Overlay = field(default_factory=dict)
    servers: tuple[Server, ...] | None = None
    load: Load | None = None
    steps: tuple[Step, ...] | None = None
    caller_tls: Upstream | None = None
    callee_tls: Inbound | None = None
    callee_credential: Credential | None = None
    target_port: int | None = None
    """0 for the port on which the application listens."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A failure that a real Envoy shows, and the part of its cause that a program can carry out."""

    summary: str
    """What happens, one sentence; it goes into the bundle's truth."""
    hop: Place
    """Where the failure is made."""
    topology: Topology = Topology.SIDECARS
    servers: tuple[Server, ...] = (Server(),)
    """One for each pod of the service."""
    load: Load = Load()
    caller: Overlay = field(default_factory=dict)
    """Of the caller's proxy (the gateway, where one stands in front)."""
    callee: Overlay = field(default_factory=dict)
    """Of the server's proxies."""
    caller_tls: Upstream = Upstream.AUTO
    callee_tls: Inbound = Inbound.PERMISSIVE
    caller_credential: Credential = Credential.GOOD
    callee_credential: Credential = Credential.GOOD
    target_port: int | None = None
    """The port that the Service sends to, where it is not the one of the container."""
    steps: tuple[Step, ...] = ()
    objects: tuple[str, ...] = ()
    """YAML of the Istio and Kubernetes objects that stand for this state, one object each, beside
    the Service, Deployments, Pods, EndpointSlice and PeerAuthentication that every bundle has, or
    in place of those of its kind."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """What somebody asked by hand, for the bundle: file name to command and output."""
    modest: Mapping[View, str] = field(default_factory=dict)
    """Views from which the cause cannot be told for sure, each with the reason."""
    also: frozenset[str] = frozenset()
    """Ids of the causes that this evidence shows as well, or that an expert may name instead."""
    cure: Cure | None = None
    """None where nothing in mesh or server removes it."""
