"""A failed request as all its witnesses tell it."""

from enum import StrEnum

from why503.facts import Request
from why503.mesh.ending import Ending, Outcome
from why503.support.dataclass import dataclass


class Family(StrEnum):
    """What kind of thing went wrong; failures of one family on one hop are weighed together."""

    CONNECTION = "connection"
    """The connection to the upstream broke or could not be made."""
    ROUTING = "routing"
    """A proxy had nowhere to send the request."""
    LIMIT = "limit"
    """A proxy turned the request away by a limit."""
    TIME = "time"
    """A proxy's clock ran out."""
    POLICY = "policy"
    """A filter of a proxy refused the request or failed."""
    ANSWER = "answer"
    """The application answered with the error."""
    CALLER = "caller"
    """The caller went away, or sent what the proxy refuses."""
    UNKNOWN = "unknown"
    """Nothing tells how it ended, or no failing request was seen at all."""


FAMILY_OF: dict[Ending, Family] = {
    Ending.CONNECTION_TERMINATION: Family.CONNECTION,
    Ending.CONNECTION_REFUSED: Family.CONNECTION,
    Ending.CONNECTION_TIMEOUT: Family.CONNECTION,
    Ending.NO_ROUTE_TO_HOST: Family.CONNECTION,
    Ending.CONNECTION_FAILURE: Family.CONNECTION,
    Ending.TLS_FAILURE: Family.CONNECTION,
    Ending.REMOTE_RESET: Family.CONNECTION,
    Ending.REFUSED_STREAM: Family.CONNECTION,
    Ending.LOCAL_RESET: Family.CONNECTION,
    Ending.PROTOCOL_ERROR: Family.CONNECTION,
    Ending.PROXY_CLOSED: Family.CONNECTION,
    Ending.DNS_FAILURE: Family.ROUTING,
    Ending.NO_HEALTHY_UPSTREAM: Family.ROUTING,
    Ending.NO_ROUTE: Family.ROUTING,
    Ending.NO_CLUSTER: Family.ROUTING,
    Ending.NO_FILTER_CHAIN: Family.ROUTING,
    Ending.BLOCKED: Family.ROUTING,
    Ending.OVERFLOW: Family.LIMIT,
    Ending.RATE_LIMITED: Family.LIMIT,
    Ending.RATE_LIMIT_ERROR: Family.LIMIT,
    Ending.OVERLOAD: Family.LIMIT,
    Ending.RESPONSE_TIMEOUT: Family.TIME,
    Ending.PER_TRY_TIMEOUT: Family.TIME,
    Ending.STREAM_IDLE_TIMEOUT: Family.TIME,
    Ending.MAX_DURATION: Family.TIME,
    Ending.REQUEST_TIMEOUT: Family.TIME,
    Ending.EXT_AUTHZ_DENIED: Family.POLICY,
    Ending.EXT_AUTHZ_ERROR: Family.POLICY,
    Ending.RBAC_DENIED: Family.POLICY,
    Ending.JWT_DENIED: Family.POLICY,
    Ending.FAULT_ABORT: Family.POLICY,
    Ending.FAULT_DELAY: Family.POLICY,
    Ending.FILTER_FAILED: Family.POLICY,
    Ending.DIRECT_RESPONSE: Family.POLICY,
    Ending.VIA_UPSTREAM: Family.ANSWER,
    Ending.CLIENT_GONE: Family.CALLER,
    Ending.DOWNSTREAM_PROTOCOL_ERROR: Family.CALLER,
}
"""Endings that are absent here (`OK`, `UNKNOWN`) belong to `Family.UNKNOWN`."""


class Role(StrEnum):
    """On which side of the hop a witness stands."""

    DOWNSTREAM = "downstream"
    """The caller's proxy, a gateway, or a waypoint."""
    UPSTREAM = "upstream"
    """The server's proxy."""
    CLIENT = "client"
    """The calling application."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One failed request: the account that decides, and the accounts beside it."""

    teller: Request
    """The account that tells best where it broke."""
    role: Role
    outcome: Outcome
    downstream: Request | None = None
    """Account of the caller's proxy."""
    upstream: tuple[Request, ...] = ()
    """Accounts of the server's proxy; several where the caller's proxy tried again."""
    client: Request | None = None
    server_silent: bool | None = None
    """True where the server's proxy log is there, whole, and has no line of this request;
    None where no such log was given."""
    server_refused: Request | None = None
    """The line `NR filter_chain_not_found` that the server's proxy wrote for this connection."""

    @property
    def ending(self) -> Ending:
        """Ending of the deciding account; for a second-hand 5xx what the proxy behind wrote."""
        return self.outcome.behind or self.outcome.ending

    @property
    def family(self) -> Family:
        """Family of its ending."""
        return FAMILY_OF.get(self.ending, Family.UNKNOWN)

    @property
    def time(self) -> float | None:
        """Start of the request as the teller saw it."""
        return self.teller.time

    @property
    def account(self) -> Request:
        """The outermost proxy's account, which knows the service: downstream where there is one."""
        return self.downstream or self.teller
