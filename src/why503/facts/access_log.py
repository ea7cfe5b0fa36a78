"""An access log read as groups: what was counted, kept line by line, and not understood."""

from why503.facts.request import Request
from why503.facts.source import Source
from why503.support.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class RequestGroup:
    """Requests of one minute that look alike. Groups of one key add up exactly."""

    teller: str
    """The proxy that wrote the lines (see `Request.teller`)."""
    upstream_cluster: str | None
    upstream_host: str | None
    authority: str | None
    code: int | None
    flags: frozenset[str] | None
    details: str | None
    transport_failure: str | None
    method: str | None
    protocol: str | None
    minute: int | None
    """Minutes since 1970 of the start; None where the lines have no time, and where a large log has
    so many groups that its minutes are added up."""
    count: int
    first: float | None
    """Start of the earliest request, seconds since 1970; of the first line in a large log."""
    last: float | None
    """Start of the latest request, seconds since 1970; of the last line in a large log."""
    duration_p50: float | None
    """Milliseconds."""
    duration_p99: float | None
    """Milliseconds."""
    idle_p50: float | None
    """Median of `Request.idle`, seconds, of a sample in a large log; None where no idle time could
    be measured."""
    exemplars: tuple[Source, ...]
    """Up to three of its lines."""


@dataclass(frozen=True, kw_only=True)
class Misread:
    """Lines of one kind that were not understood as access log lines."""

    kind: str
    """`blank`, `cut`, `other program`, `not text`, ..."""
    count: int
    lines: tuple[int, ...]
    """The first few line numbers."""


@dataclass(frozen=True, kw_only=True)
class AccessLog:
    """One proxy's access log: understood + misread = lines, always."""

    source: Source
    teller: str
    formats: tuple[str, ...]
    """Names of the formats met, most frequent first."""
    lines: int
    understood: int
    misread: tuple[Misread, ...]
    first: float | None
    last: float | None
    groups: tuple[RequestGroup, ...]
    failures: tuple[Request, ...]
    """Requests that failed or carry a flag (code 0 or >= 400, or a response flag), in file order,
    at most `FAILURES_KEPT`; all are counted in `groups`."""
    request_ids: frozenset[str]
    """Every request id seen, failed or not, as long as `request_ids_complete`."""
    request_ids_complete: bool
