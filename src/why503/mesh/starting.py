"""What was starting while a hop failed: the application behind it, or the caller's own proxy."""

from why503.facts import AppEvent, ProxyEvent, ProxyEventKind, Source
from why503.mesh.crash_shape import refusals
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.pod_life import LifeEvent, LifeEventKind, life_of, other_pods
from why503.mesh.setting import word_of
from why503.support.pattern import lazy_re

SLOW_START = 600.0
"""Seconds that an application may take from its container's start until it listens."""
_SLACK = 0.5
"""Seconds by which the clocks of two logs, or a line and what it tells of, may differ."""
_AROUND = 10.0
_START_OF_PROXY = 60.0
"""Seconds that a sidecar may take until it is ready."""
_PROXY = "istio-proxy"
_READINESS_PORTS = (":15021/", ":15020/healthz/ready")
_PROXY_CHANGES = frozenset({ProxyEventKind.STARTED, ProxyEventKind.SHUTDOWN})
_BEGINS = frozenset({LifeEventKind.STARTED})
_NOT_AWAITED = lazy_re(
    r"timeout waiting for Envoy proxy to become ready|"
    r"pilot-agent wait\b.{0,200}(?:failed|exited with|[Ee]rror)"
)
_MOST = 300
"""Most characters of an event that a sentence repeats."""


def _span(hop: Hop) -> tuple[float, float] | None:
    times = [failure.time for failure in refusals(hop) if failure.time is not None]
    return (min(times), max(times)) if times else None


def listening_after(hop: Hop, mesh: Mesh) -> LifeEvent | None:
    """The first time that the failing application listened, where all failures came before it.

    None where it had listened before, in the same log, or no log tells.
    """
    span = _span(hop)
    if span is None:
        return None
    others = other_pods(hop, mesh)
    begins = [
        event
        for event in life_of(mesh, hop.host)
        if event.kind is LifeEventKind.LISTENING_LOGGED
        and event.time is not None
        and event.pod not in others
    ]
    if not begins or begins[0].time is None:
        return None
    late = span[1] - _SLACK <= begins[0].time <= span[1] + SLOW_START
    return begins[0] if late and begins[0].time > span[0] else None


def begun_before(hop: Hop, mesh: Mesh) -> LifeEvent | None:
    """The start of a failing pod or container shortly before its first failure; else None."""
    span = _span(hop)
    if span is None:
        return None
    others = other_pods(hop, mesh)
    found = [
        event
        for event in life_of(mesh, hop.host)
        if event.kind in _BEGINS
        and event.time is not None
        and event.pod not in others
        and span[0] - SLOW_START <= event.time <= span[0] + 1.0 + _SLACK
    ]
    return found[-1] if found else None


def proxy_began_after(hop: Hop, mesh: Mesh) -> tuple[float, tuple[Source, ...]] | None:
    """When the caller's own proxy began, where that was after all its refused calls.

    From its log (`Envoy proxy is ready`), else from the first line of its access log.
    """
    span = _span(hop)
    tellers = {failure.teller.teller for failure in hop.failures}
    started = {event.teller for event in mesh.events(ProxyEvent, ProxyEventKind.STARTED)}
    if not mesh.logs and not started & tellers and len(started) == 1:
        tellers |= started  # one proxy's log beside one application's: those of one pod
    if span is None:
        return None
    ready = [
        (event.time, (event.source,))
        for event in mesh.events(ProxyEvent, ProxyEventKind.STARTED)
        if event.time is not None and event.teller in tellers
    ]
    lines = [
        (log.first, (log.source,))
        for log in mesh.logs
        if log.teller in tellers and log.first is not None
    ]
    began = min(ready or lines, default=None)
    return began if began is not None and began[0] >= span[1] - _SLACK else None


def proxy_unready(hop: Hop, mesh: Mesh) -> tuple[LifeEvent, ...]:
    """Failed readiness probes of a sidecar, none later than a minute before the refused calls."""
    span = _span(hop)
    return tuple(
        event
        for event in life_of(mesh, "")
        if event.kind is LifeEventKind.PROBE_FAILED
        and _of_sidecar(event)
        and (span is None or event.time is None or abs(event.time - span[0]) <= _START_OF_PROXY)
    )


def proxy_not_awaited(mesh: Mesh) -> tuple[tuple[str, Source], ...]:
    """Waits for a sidecar (`pilot-agent wait`) that ended before it was ready: words and place.

    The kubelet then starts the application beside a proxy that does not work yet, or kills the pod.
    """
    told = [(word_of(event.get("message")), event.source) for event in mesh.manifests("Event")]
    told += [(event.text, event.source) for event in mesh.facts(AppEvent)]
    return tuple((text[:_MOST], source) for text, source in told if _NOT_AWAITED.search(text))


def _of_sidecar(event: LifeEvent) -> bool:
    """Whether a probe was the sidecar's own: by its container, or by the port of its agent."""
    return event.container == _PROXY or any(port in event.text for port in _READINESS_PORTS)


def proxy_changes(hop: Hop, mesh: Mesh) -> tuple[ProxyEvent, ...]:
    """Stops and starts of the caller's own proxy around its refused calls, in order of the log."""
    span = _span(hop)
    tellers = {failure.teller.teller for failure in hop.failures}
    if span is None:
        return ()
    return tuple(
        event
        for event in mesh.events(ProxyEvent, *_PROXY_CHANGES)
        if event.teller in tellers
        and event.time is not None
        and span[0] - _AROUND <= event.time <= span[1] + _AROUND
    )
