"""One TCP connection as a packet capture shows it: who opened, asked, answered and closed it.

Where the evidence is a capture file, a line is a packet's number, counted from 1. Times are seconds
since 1970 UTC where `TcpConnection.dated`, else seconds since midnight or since the first packet.
"""

from enum import StrEnum

from why503.facts.source import Source
from why503.support.dataclass import dataclass


class Peer(StrEnum):
    """An end of a connection."""

    CLIENT = "client"
    SERVER = "server"


class CloseKind(StrEnum):
    """The segment that ends a connection."""

    FIN = "FIN"
    RST = "RST"


class Speech(StrEnum):
    """What an end of a connection speaks, told from its first bytes."""

    NOTHING = ""
    """It sent no payload that was captured."""
    HTTP1 = "HTTP/1"
    HTTP2 = "HTTP/2"
    TLS = "TLS"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """The opening of a connection whose SYN was captured."""

    line: int
    time: float
    """When the first SYN was sent."""
    syns: int = 1
    """SYNs of the client, repeated ones too."""
    answered: float | None = None
    """When the SYN-ACK came; None where none came."""
    answer_line: int = 0
    refused: float | None = None
    """When the server answered the SYN with RST; None where it did not."""
    refused_line: int = 0
    unreachable: str = ""
    """What ICMP said of the address (`port unreachable`, `admin prohibited`), or ``""``."""
    unreachable_line: int = 0
    unreachable_by: str = ""
    """Address of the router or host that sent the ICMP message."""

    @property
    def took(self) -> float | None:
        """Seconds from the first SYN to the SYN-ACK; None where none came."""
        return None if self.answered is None else self.answered - self.time


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedRequest:
    """One plain HTTP/1 request and its answer, as far as they were captured."""

    line: int
    time: float
    """When its first byte was sent."""
    method: str
    path: str
    """Target as sent, secrets masked, at most 2,000 characters."""
    host: str = ""
    request_id: str = ""
    """`x-request-id`, or ``""`` where the header was not sent or not captured."""
    status: int | None = None
    """None where no answer was captured."""
    answer_line: int = 0
    answered: float | None = None
    """When the first byte of the answer's head was sent."""
    end: float | None = None
    """When the last captured byte of the answer was sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """How a connection ended: the first FIN or RST, and what crossed it."""

    line: int
    time: float
    by: Peer
    how: CloseKind
    idle: float | None = None
    """Seconds since the last payload that the closing end had sent or acknowledged; None where
    none was captured."""
    request_open: bool = False
    """True where the closing end had received a request that was not answered to its end. For
    other speech than HTTP/1: where the last payload was the client's and had arrived."""
    late_bytes: int = 0
    """Bytes of the other end that the closing end did not know of when it closed: sent after the
    FIN or RST, or sent before and not acknowledged by it."""
    late_line: int = 0
    late_time: float | None = None
    """When the first of the late bytes was sent; None where there are none. Earlier than `time`
    where they were under way."""
    late_request: bool = False
    """True where a request begins in the late bytes: the proof of the race."""
    late_idle: float | None = None
    """Seconds that the connection had been without payload before the late bytes."""
    reset: float | None = None
    """When the RST came that followed a FIN; None where none came, or RST came first."""
    reset_line: int = 0
    reset_by: Peer | None = None

    @property
    def late_after(self) -> float | None:
        """Seconds from the close to the late bytes, negative where they were under way."""
        return None if self.late_time is None else self.late_time - self.time


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """What one end of a connection sent."""

    payload: int = 0
    """Bytes, each counted once."""
    speech: Speech = Speech.NOTHING
    retransmissions: int = 0
    """Segments with payload (or FIN) sent again; repeated SYNs are counted in `Handshake`."""
    zero_windows: int = 0
    """Segments in which it said that it takes no more bytes."""
    zero_window_line: int = 0
    unacknowledged: int = 0
    """Bytes that the other end never acknowledged in this capture."""
    silence: float | None = None
    """Seconds from sending the first of them to the last packet of the whole capture."""
    silence_line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsAlert:
    """A TLS alert record."""

    line: int
    time: float
    by: Peer
    level: str = ""
    """`warning` or `fatal`; ``""`` where the alert is encrypted."""
    description: str = ""
    """RFC 8446's name, such as `unknown_ca`; ``""`` where the alert is encrypted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpConnection:
    """One connection, summarised."""

    source: Source
    """The capture and the connection's first packet."""
    teller: str = ""
    """Where it was captured: the folder or the file's name."""
    client: str
    """`address:port` of who opened it."""
    server: str
    client_known: bool
    """True where the SYN, the SYN-ACK or the first words told who is the client; False where the
    higher port was taken for it."""
    interfaces: tuple[str, ...] = ()
    """Names or numbers of the interfaces that it was captured on; empty where not told."""
    first: float
    last: float
    """Times of its first and its last packet."""
    captured_until: float
    """Time of the last packet of the whole capture."""
    dated: bool = True
    """False where times are of a day or since the start only (see the module)."""
    packets: int = 0
    handshake: Handshake | None = None
    """None where it was opened before the capture began."""
    requests: tuple[CapturedRequest, ...] = ()
    """Plain HTTP/1 requests, at most the last 1,000."""
    request_count: int = 0
    """Plain HTTP/1 requests seen, also those that are not kept in `requests`."""
    closing: Closing | None = None
    """None where no end closed it in the capture."""
    from_client: Direction = Direction()
    from_server: Direction = Direction()
    client_hello: bool = False
    """True where the client began a TLS handshake."""
    server_name: str = ""
    """SNI of the ClientHello."""
    alerts: tuple[TlsAlert, ...] = ()
    plain_answer_line: int = 0
    """Packet in which the server answered a ClientHello with something that is no TLS; 0 where
    it did not."""
    malformed: str = ""
    """What is wrong with the first HTTP/1 head that no parser takes, secrets masked."""
    malformed_line: int = 0
    malformed_by: Peer | None = None

    def place(self, line: int) -> Source:
        """A packet of this capture."""
        return Source(path=self.source.path, line=line)
