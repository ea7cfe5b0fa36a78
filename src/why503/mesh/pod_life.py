"""What happened to the pods behind a host: started, ready, stopped, killed, crashed, and when."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from why503.facts import AppEvent, AppEventKind, Manifest, ProxyEvent, ProxyEventKind
from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.life_event import ENDS, STOPS, LifeEvent, LifeEventKind
from why503.mesh.log_index import log_index
from why503.mesh.mesh import Mesh
from why503.mesh.pod_name import is_pod_of
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.teller import (
    pods_of,
    serving_tellers,
    tellers_of,
    workload_names,
)
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re

__all__ = [
    "ENDS",
    "STOPS",
    "LifeEvent",
    "LifeEventKind",
    "failing_life",
    "life_of",
    "near",
    "other_pods",
    "share_after",
]

SKEW = 0.1
"""Seconds by which the clocks of two logs may differ."""
_PROXY = "istio-proxy"


AFTERMATH = 30.0
"""Seconds for which the end of a pod goes on to make requests fail."""
_LATE = 5.0
"""Seconds by which a crash may be dated after the failure it made: Kubernetes notices it late."""
_AGAIN = 1.0
"""Seconds from which a second line of listening on one address is a second start."""


def life_of(mesh: Mesh, host: str) -> tuple[LifeEvent, ...]:
    """What happened to the pods behind a host, in order of time, events without a time last.

    From Pods, Events, the logs of its applications and its proxies. All pods for the host ``""``.
    """
    return mesh.kept(f"life of {host}", lambda: _life(mesh, host))


def _life(mesh: Mesh, host: str) -> tuple[LifeEvent, ...]:
    pods = pods_of(mesh, host)
    found = [event for pod in pods for event in _of_pod(pod)]
    found += _of_events(mesh, host, pods)
    found += _of_logs(mesh, host)
    last = float("inf")
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda event: last if event.time is None else event.time))


def near(
    events: Sequence[LifeEvent],
    failures_window: tuple[float, float] | None,
    before: float,
    after: float,
) -> tuple[LifeEvent, ...]:
    """Events from ``before`` seconds before the first to ``after`` seconds after the last failure.

    An orderly stop after the last failure does not count: it caused none of them, and the recording
    may just have ended. Nothing is near where no failure, or an event, has no time.
    """
    if failures_window is None:
        return ()
    first, last = failures_window
    return tuple(
        event
        for event in events
        if event.time is not None
        and first - before <= event.time <= last + (SKEW if event.kind in STOPS else after)
    )


def failing_life(hop: Hop, mesh: Mesh) -> tuple[LifeEvent, ...]:
    """Life events of the hop's pods shortly before one of its failures, in order of time.

    An orderly stop after a failure does not count, as in `near`; nor does what happened to another
    pod than those that failed, where the evidence tells them apart.
    """
    life = life_of(mesh, hop.host)
    others = other_pods(hop, mesh)
    return tuple(
        event
        for event in life
        if event.pod not in others and any(_led_to(event, *span) for span in hop.spans)
    )


def other_pods(hop: Hop, mesh: Mesh) -> frozenset[str]:
    """Pods, and tellers of logs, of the same host to which none of the failures went."""
    failing = {split_host(host)[0] for host in hop.upstream_hosts}
    if not failing or any(address.startswith("127.") for address in failing):
        pods = frozenset[str]()
    else:
        addressed = {
            pod.name: word_of(pod.get("status", "podIP")) for pod in pods_of(mesh, hop.host)
        }
        known = failing & set(addressed.values())
        pods = frozenset(
            name for name, address in addressed.items() if known and address not in {"", *known}
        )
    tellers = serving_tellers(mesh)
    told = {f.teller.teller for f in hop.failures} & tellers
    told |= {request.teller for f in hop.failures for request in f.upstream}
    senders = log_index(mesh).senders
    answering = frozenset[str]().union(*(senders.get(address, ()) for address in failing))
    return pods | (tellers - told - answering if told else frozenset())


def share_after(hop: Hop, events: Sequence[LifeEvent]) -> float:
    """Share, 0 to 1, of the hop's failures shortly before which one of ``events`` happened."""
    met = sum(any(_led_to(event, *span) for event in events) for span in hop.spans)
    return met / hop.count if hop.count else 0.0


def _led_to(event: LifeEvent, start: float, end: float) -> bool:
    late = SKEW if event.kind in STOPS else _LATE
    return event.time is not None and start - AFTERMATH <= event.time <= end + late


def _moment(value: object) -> float | None:
    return moment_of(str(value)) if value else None


_STATUS_WORDS = {
    "CrashLoopBackOff": LifeEventKind.BACK_OFF,
    "ImagePullBackOff": LifeEventKind.BACK_OFF,
    "OOMKilled": LifeEventKind.OOM_KILLED,
    "Error": LifeEventKind.CRASHED,
    "Evicted": LifeEventKind.EVICTED,
    "Preempting": LifeEventKind.EVICTED,
    "Terminating": LifeEventKind.TERMINATING,
    "NodeLost": LifeEventKind.KILLED,
    "Shutdown": LifeEventKind.TERMINATING,
}
"""Reason of a pod's or a waiting container's status (the STATUS column of a table)."""


def _of_pod(pod: Manifest) -> Iterator[LifeEvent]:
    """What a Pod object tells of its own life."""
    reason = str(pod.get("status", "reason") or "")
    if pod.get("metadata", "deletionTimestamp") is not None:
        moment = _deleted(pod)
        where = ("metadata", "deletionTimestamp")
        yield _told(pod, LifeEventKind.TERMINATING, moment, "deletionTimestamp", *where)
        if reason == "Evicted":
            yield _told(pod, LifeEventKind.EVICTED, None, reason, "status", "reason")
    elif reason in _STATUS_WORDS:
        yield _told(pod, _STATUS_WORDS[reason], None, reason, "status", "reason")
    if (start := _moment(pod.get("status", "startTime"))) is not None:
        yield _told(pod, LifeEventKind.STARTED, start, "startTime", "status", "startTime")
    yield from _of_conditions(pod)
    for section in ("containerStatuses", "initContainerStatuses"):
        for index, status in pod.items("status", section):
            if isinstance(status, Mapping):
                yield from _of_container(pod, status, ("status", section, index))


def _deleted(pod: Manifest) -> float | None:
    """When a pod was told to stop: its deletionTimestamp is the end of the grace period."""
    moment = _moment(pod.get("metadata", "deletionTimestamp"))
    grace = whole_number(pod.get("metadata", "deletionGracePeriodSeconds"))
    return moment - grace if moment is not None and grace is not None else moment


def _of_conditions(pod: Manifest) -> Iterator[LifeEvent]:
    """The Ready condition: not ready at all, or ready since a moment that is told."""
    for index, condition in pod.items("status", "conditions"):
        if mapping_of(condition).get("type") != "Ready":
            continue
        ready = str(condition.get("status")) == "True"
        moment = _moment(condition.get("lastTransitionTime"))
        if ready and moment is None:
            continue
        kind = LifeEventKind.READY if ready else LifeEventKind.NOT_READY
        text = str(condition.get("message") or condition.get("reason") or "Ready")
        yield _told(pod, kind, moment, text, "status", "conditions", index)


def _told(
    pod: Manifest, kind: LifeEventKind, time: float | None, text: str, *path: str | int
) -> LifeEvent:
    """An event of the pod as a whole, told by its field at ``path``."""
    where = pod.where(*path)
    return LifeEvent(kind=kind, pod=pod.name, container="", time=time, text=text, source=where)


def _of_container(
    pod: Manifest, status: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[LifeEvent]:
    """What a container's status tells: its state, its last state, its restarts."""
    name = str(status.get("name") or "")
    is_init = "initContainerStatuses" in path

    def tell(kind: LifeEventKind, time: float | None, text: str, *below: str) -> LifeEvent:
        where = pod.where(*path, *below)
        return LifeEvent(
            kind=kind, pod=pod.name, container=name, time=time, text=text, source=where
        )

    state, last = mapping_of(status.get("state")), mapping_of(status.get("lastState"))
    begun = _moment(mapping_of(state.get("running")).get("startedAt"))
    if begun is not None:
        yield tell(LifeEventKind.STARTED, begun, "startedAt", "state", "running", "startedAt")
    waiting = str(mapping_of(state.get("waiting")).get("reason") or "")
    if waiting in _STATUS_WORDS:
        yield tell(_STATUS_WORDS[waiting], None, waiting, "state", "waiting")
    for label, holder in (("state", state), ("lastState", last)):
        ended = mapping_of(holder.get("terminated"))
        kind = _end_of(ended)
        if kind is not None:
            text = f"{ended.get('reason') or 'terminated'}, exit code {ended.get('exitCode', '-')}"
            yield tell(kind, _moment(ended.get("finishedAt")), text, label, "terminated")
    restarts = whole_number(status.get("restartCount"))
    if restarts:
        finished = _moment(mapping_of(last.get("terminated")).get("finishedAt"))
        moments = [moment for moment in (begun, finished) if moment is not None]
        moment = max(moments) if moments else None
        yield tell(LifeEventKind.RESTARTED, moment, f"restartCount {restarts}", "restartCount")
    if status.get("ready") is False and not is_init and pod.get("status", "phase") == "Running":
        yield tell(LifeEventKind.NOT_READY, None, "ready: false", "ready")


def _end_of(ended: Mapping[str, Any]) -> LifeEventKind | None:
    """How a container ended; None where it has not, or ended well."""
    if not ended:
        return None
    reason, code = str(ended.get("reason") or ""), whole_number(ended.get("exitCode"))
    if reason == "OOMKilled":
        return LifeEventKind.OOM_KILLED
    if code in {137, 143} or whole_number(ended.get("signal")) in {9, 15}:
        return LifeEventKind.KILLED
    if code in {0, None} and reason in {"Completed", ""}:
        return None
    return LifeEventKind.CRASHED


_REASONS = {
    "Killing": LifeEventKind.TERMINATING,
    "BackOff": LifeEventKind.BACK_OFF,
    "Unhealthy": LifeEventKind.PROBE_FAILED,
    "ProbeWarning": LifeEventKind.PROBE_FAILED,
    "Evicted": LifeEventKind.EVICTED,
    "TaintManagerEviction": LifeEventKind.EVICTED,
    "Preempting": LifeEventKind.EVICTED,
    "Preempted": LifeEventKind.EVICTED,
    "OOMKilling": LifeEventKind.OOM_KILLED,
    "SystemOOM": LifeEventKind.OOM_KILLED,
    "Created": LifeEventKind.STARTED,
    "Started": LifeEventKind.STARTED,
}
_FIELD = lazy_re(r"[cC]ontainers\{(?P<name>[A-Za-z0-9][\w.-]{0,62})\}")
_CONTAINER = lazy_re(r"\b[Cc]ontainer:? \"?(?P<name>[a-z0-9][a-z0-9-]{0,62})\b")


def _of_events(mesh: Mesh, host: str, pods: Sequence[Manifest]) -> Iterator[LifeEvent]:
    """What Kubernetes Events tell of the pods of a host, and of memory on their nodes."""
    names = workload_names(mesh, host) if host else frozenset()
    known = {pod.name for pod in pods}
    nodes = {str(pod.get("spec", "nodeName")) for pod in pods} - {"None"}
    for event in mesh.manifests("Event"):
        about = mapping_of(event.get("involvedObject") or event.get("regarding"))
        kind, name = str(about.get("kind") or ""), str(about.get("name") or "")
        if kind == "Node":
            mine = name in nodes or not host
        else:
            mine = kind in {"Pod", ""} and (
                not host
                or name in known
                or not (kind or name)  # pasted without the page they belong to
                or any(is_pod_of(name, one) for one in names)
            )
        if mine:
            yield from _of_event(event, "" if kind == "Node" else name)


def _of_event(event: Manifest, pod: str) -> Iterator[LifeEvent]:
    """One Event; a repeated one at its first and at its last time."""
    text = str(event.get("message") or event.get("note") or "")
    kind = _REASONS.get(str(event.get("reason") or ""))
    if kind is None:
        return
    if kind is LifeEventKind.TERMINATING and "probe" in text:
        kind = LifeEventKind.KILLED
    about = mapping_of(event.get("involvedObject") or event.get("regarding"))
    container = _FIELD.search(str(about.get("fieldPath") or "")) or _CONTAINER.search(text)
    last = (
        _moment(event.get("lastTimestamp"))
        or _moment(event.get("series", "lastObservedTime"))
        or _moment(event.get("eventTime"))
    )
    first = _moment(event.get("firstTimestamp")) or _moment(event.get("eventTime")) or last
    for time in dict.fromkeys((first, last)):
        yield LifeEvent(
            kind=kind,
            pod=pod,
            container=container["name"] if container else "",
            time=time,
            text=text,
            source=event.source,
        )


_APP = {
    AppEventKind.SHUTDOWN: LifeEventKind.SHUTDOWN_LOGGED,
    AppEventKind.CRASH: LifeEventKind.CRASH_LOGGED,
    AppEventKind.LISTENING: LifeEventKind.LISTENING_LOGGED,
}
_PROXY_LIFE = {
    ProxyEventKind.SHUTDOWN: LifeEventKind.PROXY_SHUTDOWN,
    ProxyEventKind.DRAINING: LifeEventKind.PROXY_SHUTDOWN,
    ProxyEventKind.PROBE_FAILED: LifeEventKind.PROBE_FAILED,
}


def _of_logs(mesh: Mesh, host: str) -> Iterator[LifeEvent]:
    """What the host's applications and proxies logged of their own life."""
    tellers = tellers_of(mesh, host)
    told_by_app = [event for event in mesh.facts(AppEvent) if event.teller in tellers]
    for event in told_by_app:
        if event.kind in _APP:
            yield _logged(event, _APP[event.kind])
    for event in _starts_again(told_by_app):
        yield _logged(event, LifeEventKind.RESTARTED)
    for told in mesh.facts(ProxyEvent):
        if told.kind in _PROXY_LIFE and told.teller in tellers:
            kind = _PROXY_LIFE[told.kind]
            killed = "out of memory" in told.text
            yield LifeEvent(
                kind=LifeEventKind.OOM_KILLED if killed else kind,
                pod=told.teller,
                container="" if kind is LifeEventKind.PROBE_FAILED else _PROXY,
                time=told.time,
                text=told.text,
                source=told.source,
            )


def _logged(event: AppEvent, kind: LifeEventKind) -> LifeEvent:
    return LifeEvent(
        kind=kind,
        pod=event.teller,
        container="",
        time=event.time,
        text=event.text or event.raw,
        source=event.source,
    )


def _starts_again(events: Sequence[AppEvent]) -> Iterator[AppEvent]:
    """Lines in which a program listens once more on an address without having been told to stop."""
    begun: dict[tuple[str, str], float] = {}
    for event in events:
        if event.kind is AppEventKind.SHUTDOWN:
            begun = {key: at for key, at in begun.items() if key[0] != event.teller}
        elif event.kind is AppEventKind.LISTENING and event.time is not None:
            key = (event.teller, event.text)
            if key in begun and event.time - begun[key] >= _AGAIN:
                yield event
            begun[key] = event.time
