"""What reading the evidence gave: facts, the inputs they came from, and what stayed unread."""

from why503.facts.access_log import AccessLog
from why503.facts.analysis import Analysis
from why503.facts.app_event import AppEvent
from why503.facts.certificate import Certificate
from why503.facts.counter import Counter
from why503.facts.ignore import Ignore
from why503.facts.listening import DnsAnswer, Listening
from why503.facts.loaded import (
    LoadedCluster,
    LoadedEndpoint,
    LoadedListener,
    LoadedRoute,
    RejectedConfig,
)
from why503.facts.manifest import Manifest
from why503.facts.proxy_config import ProxyCluster, ProxyEndpoint
from why503.facts.proxy_event import ProxyEvent
from why503.facts.proxy_info import ProxyInfo
from why503.facts.proxy_sync import ProxySync
from why503.facts.request import Request
from why503.facts.series import Series
from why503.facts.source import Source
from why503.facts.tcp_connection import TcpConnection
from why503.facts.tunnel import Tunnel
from why503.support.dataclass import dataclass

Fact = (
    AccessLog
    | Request
    | ProxyEvent
    | AppEvent
    | Manifest
    | ProxyEndpoint
    | ProxyCluster
    | Listening
    | DnsAnswer
    | Analysis
    | Tunnel
    | TcpConnection
    | LoadedCluster
    | LoadedRoute
    | LoadedListener
    | LoadedEndpoint
    | RejectedConfig
    | Certificate
    | Counter
    | ProxyInfo
    | ProxySync
    | Series
    | Ignore
)


@dataclass(frozen=True, kw_only=True)
class Input:
    """One file (or member, or standard input) and what was read from it."""

    path: str
    kinds: tuple[str, ...]
    """Names of the readers that understood part of it, best first; empty where none did."""
    lines: int
    facts: int
    unread_lines: int
    """Lines that no reader understood (blank lines do not count)."""
    first: float | None = None
    """Earliest moment of its facts, seconds since 1970; None where none has a time."""
    last: float | None = None
    """Latest moment of its facts, seconds since 1970."""
    tellers: tuple[str, ...] = ()
    """Who tells in it, the first few."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something that could not be read, in a sentence that names the remedy."""

    source: Source
    reason: str
    count: int = 1
    """Lines it stands for."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """All that was read of the files of one diagnosis."""

    inputs: tuple[Input, ...] = ()
    facts: tuple[Fact, ...] = ()
    unread: tuple[Unread, ...] = ()
