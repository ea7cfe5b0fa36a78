"""How a proxy ended by its own log: after a drain that was long enough, or in the midst of one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.mesh import Mesh
from why503.mesh.pod_life import LifeEventKind, life_of
from why503.support.dataclass import dataclass
from why503.support.duration import seconds_of
from why503.support.pattern import lazy_re

_STILL = lazy_re(r"There are still (?P<open>[1-9]\d{0,8}) active connections")
_NONE = "There are no more active connections"
_PERIOD = lazy_re(r"Graceful termination period is (?P<period>[\d.hms]{1,20})[,. ]")
_NEARLY = 0.9
"""Share of the drain's length from which it was not cut short."""
_FORCED = lazy_re(r"Graceful termination period complete|Abort|caught (?:ENVOY_)?SIG")
_TOLD = lazy_re(r"caught (?:ENVOY_)?SIG")
_ENDS = frozenset({ProxyEventKind.DRAINING, ProxyEventKind.SHUTDOWN})


@dataclass(frozen=True, kw_only=True)
class ProxyEnd:
    """The end of one proxy, or of a pod with its proxy."""

    proxy: str
    """Teller of the log, or the pod's name."""
    time: float | None
    """Seconds since 1970."""
    text: str
    """The deciding words of the log, or of the event."""
    cut: bool
    """True where connections were still open, or the drain had not lasted as long as planned."""
    sources: tuple[Source, ...]


def proxy_ends(mesh: Mesh) -> tuple[ProxyEnd, ...]:
    """Ends of proxies that did not wait for their last connection; those cut short come first.

    Last come pods of which only Kubernetes tells that they are being stopped.
    """
    told: dict[str, list[ProxyEvent]] = defaultdict(list)
    for event in mesh.facts(ProxyEvent):
        if event.kind in _ENDS:
            told[event.teller].append(event)
    found = [end for events in told.values() for end in _ends(events)]
    return (*sorted(found, key=lambda end: not end.cut), *_stopped(mesh))


def _stopped(mesh: Mesh) -> Iterator[ProxyEnd]:
    """Pods that Kubernetes tells to stop, and not because a probe failed."""
    for event in life_of(mesh, ""):
        if event.kind is LifeEventKind.TERMINATING:
            yield ProxyEnd(
                proxy=event.pod,
                time=event.time,
                text=event.text,
                cut=False,
                sources=(event.source,),
            )


def _ends(events: Sequence[ProxyEvent]) -> Iterator[ProxyEnd]:
    """The one end that a proxy's log tells, from its drain to the line that stopped it."""
    drain: ProxyEvent | None = None
    for event in events:
        if event.text.startswith(_NONE):
            return
        if event.kind is ProxyEventKind.DRAINING:
            if drain is None or _STILL.match(event.text) or _PERIOD.match(event.text):
                drain = event
        elif _FORCED.match(event.text) and (drain is not None or _TOLD.match(event.text)):
            before = () if drain is None else (drain,)
            yield ProxyEnd(
                proxy=event.teller,
                time=event.time,
                text="; ".join(told.text for told in (*before, event)),
                cut=drain is not None and _cut(drain, event),
                sources=tuple(told.source for told in (*before, event)),
            )
            return


def _cut(drain: ProxyEvent, end: ProxyEvent) -> bool:
    if _STILL.match(drain.text):
        return True
    period = _PERIOD.match(drain.text)
    planned = seconds_of(period["period"]) if period is not None else None
    if planned is None or drain.time is None or end.time is None:
        return False
    return 0.0 <= end.time - drain.time < planned * _NEARLY
