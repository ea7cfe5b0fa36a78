"""A line of an application's log that says what happened to it or to its calls."""

from enum import StrEnum

from why503.facts.source import Source
from why503.support.dataclass import dataclass


class AppEventKind(StrEnum):
    """What an application's line tells."""

    LISTENING = "listening"
    """`text` is the `address:port` it listens on."""
    SHUTDOWN = "shutdown"
    """It was told to stop or says that it stops."""
    CRASH = "crash"
    """Panic, fatal error, unhandled exception, out of memory, killed."""
    WRITE_FAILED = "remote write attempt failed"
    """vmalert/vmagent: one attempt failed; see `attempt`, `code`, `url`, `retriable`."""
    WRITE_DROPPED = "remote write dropped"
    """vmalert/vmagent: data was given up; `amount` series or blocks."""
    QUEUE_FULL = "remote write queue full"
    QUERY_FAILED = "query failed"
    """vmalert: a rule's query failed; that evaluation is lost."""
    CALL_FAILED = "call failed"
    """Any client: a call ended with an error; `code` and `text` tell which."""
    CONNECTION_REFUSED = "connection refused"
    """The program's own call was refused before any HTTP."""
    MALFORMED_REQUEST = "malformed request"
    """A server got bytes that are no HTTP of its kind (a TLS hello, an HTTP/2 preface)."""
    OVERLOADED = "overloaded"
    """It says that it is saturated: queue full, too many requests at once, no thread left."""
    ERROR = "error"
    """Another line at level error or above."""
    FLAG = "flag"
    """A start-up line that names a setting: `name` = `text`."""
    SETTING = "server setting"
    """A pasted configuration line of a server: `name` is `SERVER idle` or `SERVER requests`."""
    VERSION = "version"
    """`text` is the version that the program names."""


@dataclass(frozen=True, kw_only=True)
class AppEvent:
    """One telling line of an application's log."""

    source: Source
    kind: AppEventKind
    teller: str = ""
    """The pod or folder the log belongs to."""
    program: str = ""
    """`vmalert`, `vminsert`, `victoria-metrics`, ... where the lines tell; else ``""``."""
    time: float | None = None
    """Seconds since 1970 UTC."""
    text: str = ""
    name: str = ""
    code: int | None = None
    """HTTP status that the program got."""
    url: str = ""
    """URL as written, blanks and all, without user and password."""
    attempt: int | None = None
    retriable: bool | None = None
    """What the line says; None where it does not say."""
    amount: int | None = None
    raw: str = ""
    """The line, at most 2,000 characters, secrets masked."""
