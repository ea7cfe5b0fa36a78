"""What can happen to a pod: the words for it, and one such event."""

from enum import StrEnum

from why503.facts import Source
from why503.support.dataclass import dataclass


class LifeEventKind(StrEnum):
    """What happened to a pod or to one of its containers."""

    STARTED = "started"
    READY = "ready"
    NOT_READY = "not ready"
    TERMINATING = "terminating"
    """It was told to stop: deletion, or an orderly stop by the kubelet."""
    KILLED = "killed"
    """By a signal: a liveness probe that failed, or the end of the grace period."""
    CRASHED = "crashed"
    """It ended by itself with an error."""
    OOM_KILLED = "out of memory"
    RESTARTED = "restarted"
    PROBE_FAILED = "probe failed"
    BACK_OFF = "back-off"
    EVICTED = "evicted"
    SHUTDOWN_LOGGED = "shutdown logged"
    LISTENING_LOGGED = "listening logged"
    CRASH_LOGGED = "crash logged"
    PROXY_SHUTDOWN = "proxy shutdown"


STOPS = frozenset(
    {LifeEventKind.SHUTDOWN_LOGGED, LifeEventKind.PROXY_SHUTDOWN, LifeEventKind.TERMINATING}
)
"""Orderly ends: they can cause what comes after them, never what came before."""

ENDS = STOPS | {
    LifeEventKind.KILLED,
    LifeEventKind.CRASHED,
    LifeEventKind.CRASH_LOGGED,
    LifeEventKind.OOM_KILLED,
    LifeEventKind.EVICTED,
    LifeEventKind.RESTARTED,
}
"""What ends a process and with it the connections it holds."""


@dataclass(frozen=True, kw_only=True)
class LifeEvent:
    """One thing that happened to a pod."""

    kind: LifeEventKind
    pod: str
    """Name of the pod; of the log's teller for what a log says."""
    container: str
    """``""`` where it concerns the pod as a whole, or is not told."""
    time: float | None
    """Seconds since 1970."""
    text: str
    """The deciding words: reason, message, log line."""
    source: Source
