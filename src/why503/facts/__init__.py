"""What was seen: the words of the mesh as plain frozen data, each with its source.

Parses nothing, weighs nothing, imports no other room.
"""

from why503.facts.access_log import AccessLog, Misread, RequestGroup
from why503.facts.analysis import Analysis
from why503.facts.app_event import AppEvent, AppEventKind
from why503.facts.certificate import Certificate
from why503.facts.counter import Counter
from why503.facts.flag import ResponseFlag
from why503.facts.ignore import Ignore
from why503.facts.listening import DnsAnswer, Listening
from why503.facts.loaded import (
    FilterCall,
    FilterChain,
    HttpSettings,
    LoadedCluster,
    LoadedEndpoint,
    LoadedFault,
    LoadedListener,
    LoadedRoute,
    OutlierDetection,
    RejectedConfig,
    RetryPolicy,
    Threshold,
    TlsContext,
    Transport,
)
from why503.facts.manifest import Manifest
from why503.facts.proxy_config import ProxyCluster, ProxyEndpoint
from why503.facts.proxy_event import ProxyEvent, ProxyEventKind
from why503.facts.proxy_info import ProxyInfo
from why503.facts.proxy_sync import ProxySync
from why503.facts.reading import Bundle, Fact, Input, Unread
from why503.facts.request import Request, Witness
from why503.facts.series import Series, SeriesKind
from why503.facts.source import Source
from why503.facts.tcp_connection import (
    CapturedRequest,
    CloseKind,
    Closing,
    Direction,
    Handshake,
    Peer,
    Speech,
    TcpConnection,
    TlsAlert,
)
from why503.facts.tunnel import Tunnel

__all__ = [
    "AccessLog",
    "Analysis",
    "AppEvent",
    "AppEventKind",
    "Bundle",
    "CapturedRequest",
    "Certificate",
    "CloseKind",
    "Closing",
    "Counter",
    "Direction",
    "DnsAnswer",
    "Fact",
    "FilterCall",
    "FilterChain",
    "Handshake",
    "HttpSettings",
    "Ignore",
    "Input",
    "Listening",
    "LoadedCluster",
    "LoadedEndpoint",
    "LoadedFault",
    "LoadedListener",
    "LoadedRoute",
    "Manifest",
    "Misread",
    "OutlierDetection",
    "Peer",
    "ProxyCluster",
    "ProxyEndpoint",
    "ProxyEvent",
    "ProxyEventKind",
    "ProxyInfo",
    "ProxySync",
    "RejectedConfig",
    "Request",
    "RequestGroup",
    "ResponseFlag",
    "RetryPolicy",
    "Series",
    "SeriesKind",
    "Source",
    "Speech",
    "TcpConnection",
    "Threshold",
    "TlsAlert",
    "TlsContext",
    "Transport",
    "Tunnel",
    "Unread",
    "Witness",
]
