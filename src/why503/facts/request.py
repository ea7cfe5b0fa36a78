"""One request as one witness tells it: a proxy's log, a client, or a packet capture."""

from enum import StrEnum

from why503.facts.source import Source
from why503.support.dataclass import dataclass


class Witness(StrEnum):
    """Who tells of a request."""

    ACCESS_LOG = "access-log"
    """A proxy's access log line."""
    PROXY_LOG = "proxy-log"
    """Lines of a proxy's own (debug) log that tell how it ended a stream."""
    CLIENT = "client"
    """What a caller saw: curl, an application's error line, vmalert's retry line."""
    CAPTURE = "capture"
    """A packet capture: the request, or the attempt to connect, as it was on the wire."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request in the words of one witness.

    Text fields: ``None`` means that this witness's format does not have the field; ``""`` means
    that it has the field and the value was missing (``-``, ``null``).
    """

    source: Source
    witness: Witness = Witness.ACCESS_LOG
    teller: str = ""
    """Name of the proxy or program that tells: the pod where a log prefix or folder names it, else
    the file's path without its ending."""
    time: float | None = None
    """Start of the request, seconds since 1970 UTC; None where the line has no time."""
    code: int | None = None
    """HTTP status; 0 where Envoy never started an answer; None where it is not told."""
    flags: frozenset[str] | None = None
    """Response flags without ``-``; empty where none was set; None where the format has none."""
    details: str | None = None
    """`%RESPONSE_CODE_DETAILS%` as written."""
    termination_details: str | None = None
    """`%CONNECTION_TERMINATION_DETAILS%`."""
    transport_failure: str | None = None
    """`%UPSTREAM_TRANSPORT_FAILURE_REASON%`, as written (spaces or underscores)."""
    method: str | None = None
    path: str | None = None
    protocol: str | None = None
    """`HTTP/1.1`, `HTTP/2`, ...; ``""`` in TCP lines."""
    bytes_received: int | None = None
    bytes_sent: int | None = None
    duration: float | None = None
    """Milliseconds from the first byte received to the last byte sent."""
    upstream_service_time: float | None = None
    """Milliseconds that the upstream took; None where no answer of it came."""
    forwarded_for: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    authority: str | None = None
    upstream_host: str | None = None
    """`address:port` of the chosen upstream host."""
    upstream_cluster: str | None = None
    upstream_local: str | None = None
    """Local `address:port` of the upstream connection: tells connections apart."""
    downstream_local: str | None = None
    downstream_remote: str | None = None
    server_name: str | None = None
    """`%REQUESTED_SERVER_NAME%` (SNI)."""
    route: str | None = None
    body: str | None = None
    """Body of the answer as a client saw it; None where it was not seen."""
    idle: float | None = None
    """Seconds between the end of the request before it on the same upstream connection (where the
    connection is not told: to the same upstream host) and this one; None where there was none."""
    idle_by_connection: bool = False
    """True where `idle` was measured on the very connection, False where per upstream host."""
    requests_before: int | None = None
    """Requests seen before on the same upstream connection; None where the connection is not told.
    Less than it carried where the log begins later than the connection."""
    server: str | None = None
    """`Server` header (else `Via`) of the answer as a client saw it; None where it was not seen."""
    stands_for: int = 1
    """Requests of its kind that it stands for: more than one where a log holds so many failures
    that only a share of them is kept."""
    raw: str = ""
    """The line as written, at most 2,000 characters, secrets masked."""

    @property
    def end(self) -> float | None:
        """When it ended, seconds since 1970; None where start or duration is not told."""
        if self.time is None or self.duration is None:
            return self.time
        return self.time + self.duration / 1000
