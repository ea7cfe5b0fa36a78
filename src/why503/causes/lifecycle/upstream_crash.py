"""Upstream crash: the application's process died while it should have served.

## What happens
The process is killed (out of memory, a signal) or ends by itself (panic, unhandled error, failed
start). Its kernel closes every connection it held: requests in flight end with `503 UC`
(`connection_termination`). Nothing listens until the container runs again, so the proxy beside it
answers `503 UF`, `delayed connect error: Connection refused` (111), within a millisecond. The
sidecar lives on, for only the application's container restarts; the caller's proxy therefore
shows a plain `503 via_upstream`. The kubelet waits 10 s before the second restart and doubles that
up to 5 min, and as long as all pods wait the proxies answer `503 UH`.

## How to tell
* UC on the requests in flight, their durations showing how far they had come; right after it UF
  refused on the same upstream; then successes, without any change of configuration.
* `lastState.terminated` of the container: `OOMKilled`, `Error`, exit code 137 (SIGKILL, also out
  of memory), 139 (SIGSEGV), 134 (abort), 1 or 2 (the program's own); `restartCount` grows.
* The application's log ends in a panic or an OutOfMemoryError, and begins again without a line of
  an orderly shutdown. `kubectl logs --previous` has the end of the run before.
* A process inside the container can die alone (a worker, a Java thread): no restart is counted.

## What to do
Read the log of the run that died, and the container's memory limit against its use. A JVM, Node.js
or Go program must be told its limit (`-XX:MaxRAMPercentage`, `--max-old-space-size`, `GOMEMLIMIT`).
A second replica and a retry on connection failures hide single crashes from callers. Those retries
are safe; retries of the requests in flight (`reset`, 503) may run a request twice.

## References
* Kubernetes pod lifecycle: container states, restart back-off.
* Envoy `router.cc`: reset reasons `connection termination` (UC), `remote connection failure` (UF;
  before Envoy 1.27 `connection failure`).
* Measured on Envoy 1.40.0 with a process killed under load: UC first, then UF until the restart.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import restarted
from why503.diagnosis.cause import At, Clue, Disposition, Hit, Missing, Remedy, RemedyKind, Weight
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.scenario import (
    Act,
    Answer,
    Cure,
    Knob,
    Load,
    Scenario,
    Server,
    Step,
    Times,
    View,
)
from why503.diagnosis.workload_edit import more_replicas
from why503.mesh.address import split_host
from why503.mesh.crash_shape import back_in_service, cut_then_refused, refusals
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.metrics import Restart, out_of_memory, restarts
from why503.mesh.naming import namespace_of, server_pod, service_name, upstream_workload
from why503.mesh.pod_life import LifeEvent, LifeEventKind, failing_life, life_of
from why503.mesh.server_words import last_words
from why503.mesh.timing import durations, successes
from why503.support.duration import spell
from why503.support.text import _

ID = "upstream-crash"
TITLE = _("The application's process died when it should have served")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Event", "LoadedEndpoint", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Series", "Service", "StatefulSet"}
)
SIGNS = frozenset(
    {"UC", "UF", "OOMKilled", "CrashLoopBackOff", "OutOfMemoryError", "panic", "Connection refused"}
)
AT = At.APP
ALERT = restarted("UC", "UF")
_DIES = Knob(name="dies", low=0.3, high=0.6, seconds=True)
SCENARIO = Scenario(
    summary="The application panics under load and is started again a moment later.",
    hop=Place.UPSTREAM_APP,
    servers=(Server(answers=(Answer(delay=0.05),)),),
    load=Load(requests=60, workers=3, gap=0.02),
    steps=(
        Step(at=_DIES, act=Act.LOG, lines=("FATAL panic: runtime error: index out of range",)),
        Step(at=_DIES, act=Act.CRASH_SERVER),
        Step(at=Times(of=_DIES, plus=0.5), act=Act.START_SERVER),
    ),
    modest={
        View.CALLER: "It shows broken connections, not that the process died.",
        View.PROXIES: "They show broken connections, not that the process died.",
    },
    cure=Cure(steps=()),
)

LOGGED = Clue(Weight.SPEAKS_FOR, _("The application's log tells of its end just then: {what}."))
LAST_WORDS = Clue(
    Weight.SPEAKS_FOR, _("The application's log tells of its end, without a time: {what}.")
)
ENDED = Clue(Weight.SPEAKS_FOR, _("Container {container} of {pod} had ended just then: {what}."))
KILLED = Clue(
    Weight.HINTS,
    _(
        "Container {container} of {pod} was killed just then ({what}); the kubelet does that, too, "
        "for a failed probe or a stop that takes too long."
    ),
)
RESTARTED = Clue(Weight.HINTS, _("The application was started again: {what}."))
LISTENS_AGAIN = Clue(Weight.HINTS, _("The application listens again on {what}."))
COUNTED = Clue(
    Weight.HINTS,
    _("Metrics count a restart of container {container} of {pod} just then."),
)
KILL_COUNTED = Clue(
    Weight.SPEAKS_FOR,
    _("Metrics give the reason of that restart of {pod}: container {container} was OOMKilled."),
)
MEMORY_COUNTED = Clue(
    Weight.HINTS,
    _("Metrics tell that container {container} of {pod} was killed for its memory at some time."),
)
CUT_THEN_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "Requests under way were cut (UC), then {host} refused every connection for {gap}, "
        "then it served again: a process that died and came back."
    ),
)
REFUSED_FOR_A_WHILE = Clue(
    Weight.HINTS,
    _("{host} had served before, refused every connection for {gap}, and served again."),
)
DIED_AND_REFUSED = Clue(
    Weight.PROVES,
    _("It died ({what}), and for that time its address refused what it served before and after."),
)
REFUSED = Clue(
    Weight.HINTS,
    _("Nothing listened at the application's address ({count:connection|connections} failed)."),
)
NONE_LEFT = Clue(
    Weight.HINTS,
    _("No pod was left to send to ({count:request|requests} ended with UH)."),
)
UNDER_WAY = Clue(
    Weight.HINTS, _("The cut requests had been under way for {duration} (median), not idle.")
)
LOOPING = Clue(Weight.SPEAKS_FOR, _("{pod} fails again and again: {what}."))
NEVER_SERVED = Clue(
    Weight.SPEAKS_AGAINST,
    _("No request to {service} went well at any time: it may never have listened there."),
)
TOLD_TO_STOP = Clue(Weight.SPEAKS_AGAINST, _("It had been told to stop before: {what}."))
PROBE_KILLED = Clue(Weight.SPEAKS_AGAINST, _("The kubelet killed it for a failed probe: {what}."))

_BROKEN = (
    Ending.CONNECTION_TERMINATION,
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_FAILURE,
    Ending.REMOTE_RESET,
    Ending.NO_HEALTHY_UPSTREAM,
    Ending.UNKNOWN,
)
_LOGS = frozenset({LifeEventKind.CRASH_LOGGED})
_STATES = frozenset({LifeEventKind.CRASHED, LifeEventKind.OOM_KILLED, LifeEventKind.KILLED})
_AGAIN = frozenset({LifeEventKind.RESTARTED, LifeEventKind.BACK_OFF})
_STOPS = frozenset(
    {LifeEventKind.TERMINATING, LifeEventKind.SHUTDOWN_LOGGED, LifeEventKind.EVICTED}
)
_AFTERMATH = 30.0
"""Seconds for which a restart goes on to make requests fail."""
_SKEW = 1.0
"""Seconds by which clocks may differ."""
_LONG = 60.0
"""Milliseconds from which a cut request had been worked on."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What died and when, and connections cut, refused, and accepted again."""
    failures = hop.having(*_BROKEN)
    if hop.failures and not failures:
        return
    if not hop.failures:
        yield from _looping(life_of(mesh, hop.host))
        yield from _counted(hop, mesh)
        return
    life = failing_life(hop, mesh)
    yield from _endings(hop, failures, died=bool(_of(life, _LOGS | _STATES | _AGAIN)))
    yield from _deaths(life)
    if not _of(life, _LOGS | _STOPS):
        for said in last_words(hop, mesh)[:1]:
            yield LAST_WORDS.hit(said.source, what=said.text)
    yield from _counted(hop, mesh)
    if refusals(hop) and not _of(life, _LOGS | _STATES | _AGAIN | _STOPS):
        yield from _waits(hop, mesh)
    yield from _shape(hop, mesh, life)
    yield from _against(hop, mesh, life)


def _endings(hop: Hop, failures: Sequence[Failure], *, died: bool) -> Iterator[Hit]:
    refused = refusals(hop)
    none = hop.having(Ending.NO_HEALTHY_UPSTREAM)
    if refused:
        yield REFUSED.hit(*hop.sources(refused), count=len(refused), observation="ending")
    elif none and died:
        yield NONE_LEFT.hit(*hop.sources(none), count=len(none), observation="ending")
    cut = [f for f in failures if f.ending is Ending.CONNECTION_TERMINATION]
    times = sorted(durations(hop))
    if cut and not refused and times and times[len(times) // 2] >= _LONG:
        yield UNDER_WAY.hit(*hop.sources(cut), duration=spell(times[len(times) // 2] / 1000))


def _deaths(life: Sequence[LifeEvent]) -> Iterator[Hit]:
    for event in _of(life, _LOGS)[:1]:
        yield LOGGED.hit(event.source, what=event.text)
    for event in _ended(life)[:1]:
        container = event.container or "-"
        clue = KILLED if _killed(event) else ENDED
        yield clue.hit(
            event.source,
            container=container,
            pod=event.pod,
            what=event.text,
            observation="container",
        )
    for event in _of(life, _AGAIN)[-1:]:
        is_socket = split_host(event.text)[1] is not None
        if is_socket:
            yield LISTENS_AGAIN.hit(event.source, what=event.text)
        else:
            yield RESTARTED.hit(event.source, what=event.text, observation="container")


def _counted(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Restarts and kills for memory that only metrics tell of."""
    found = [one for one in restarts(mesh, hop.host) if not hop.failures or _is_near(hop, one)]
    for restart in found[:1]:
        container = restart.container or "-"
        yield COUNTED.hit(restart.source, container=container, pod=restart.pod or "-")
    pods = {restart.pod for restart in found}
    killed = sorted(out_of_memory(mesh, hop.host), key=lambda one: one.label("pod") not in pods)
    for series in killed[:1]:
        clue = KILL_COUNTED if series.label("pod") in pods else MEMORY_COUNTED
        container = series.label("container") or "-"
        yield clue.hit(series.source, container=container, pod=series.label("pod") or "-")


def _is_near(hop: Hop, restart: Restart) -> bool:
    """True where it can have happened within the failures, or shortly before them."""
    times = [failure.time for failure in hop.failures if failure.time is not None]
    near = (time for time in times if restart.after - _SKEW <= time <= restart.before + _AFTERMATH)
    return next(near, None) is not None


def _ended(life: Sequence[LifeEvent]) -> tuple[LifeEvent, ...]:
    """Ends of containers that nobody asked for: neither SIGTERM (143) nor a failed probe."""
    asked = _probe_kills(life)
    return tuple(
        event
        for event in _of(life, _STATES)
        if "probe" not in event.text
        and not event.text.endswith("exit code 143")
        and not (asked and event.kind is LifeEventKind.KILLED)
    )


def _killed(event: LifeEvent) -> bool:
    """True for SIGKILL without a word of memory: its sender is not known."""
    return event.kind is not LifeEventKind.OOM_KILLED and event.text.endswith("exit code 137")


def _probe_kills(life: Sequence[LifeEvent]) -> tuple[LifeEvent, ...]:
    return tuple(event for event in _of(life, _STATES) if "probe" in event.text)


def _shape(hop: Hop, mesh: Mesh, life: Sequence[LifeEvent]) -> Iterator[Hit]:
    """Whether one upstream served, was gone for a while, and served again."""
    gone = back_in_service(hop, mesh)
    if gone is None:
        return
    died = [*_of(life, _LOGS), *(event for event in _ended(life) if not _killed(event))]
    stopped = _of(life, _STOPS)
    sources = hop.sources(refusals(hop))
    if died and not stopped:
        first = died[0]
        yield DIED_AND_REFUSED.hit(first.source, *sources, what=first.text, observation="ending")
    clue = CUT_THEN_REFUSED if cut_then_refused(hop) else REFUSED_FOR_A_WHILE
    yield clue.hit(*sources, host=gone.host, gap=spell(gone.seconds), observation="ending")


def _against(hop: Hop, mesh: Mesh, life: Sequence[LifeEvent]) -> Iterator[Hit]:
    for event in _of(life, _STOPS)[:1]:
        yield TOLD_TO_STOP.hit(event.source, what=event.text)
    for event in _probe_kills(life)[:1]:
        yield PROBE_KILLED.hit(event.source, what=event.text)
    died = _of(life, _LOGS | _STATES | _AGAIN)
    if refusals(hop) and not died and hop.count > 1 and not successes(hop, mesh):
        yield NEVER_SERVED.hit(service=service_name(hop))


def _waits(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A container of the host that waits for its next start, where no time is told of it.

    Where the host is not told either, the only workload that does so.
    """
    life = life_of(mesh, hop.host)
    if not hop.host:
        only = server_pod(hop, mesh)
        life = tuple(event for event in life if event.pod == only)
    for event in _of(life, frozenset({LifeEventKind.BACK_OFF})):
        if event.time is None and "Image" not in event.text:
            yield LOOPING.hit(event.source, pod=event.pod, what=event.text)
            for again in _of(life, frozenset({LifeEventKind.RESTARTED}))[:1]:
                yield RESTARTED.hit(again.source, what=again.text)
            return


def _looping(life: Sequence[LifeEvent]) -> Iterator[Hit]:
    """Without any failing request: containers that wait for their next start, and how they end."""
    waiting = _of(life, frozenset({LifeEventKind.BACK_OFF}))
    for event in waiting[:1]:
        if "Image" not in event.text:
            yield LOOPING.hit(event.source, pod=event.pod, what=event.text)
    kinds = {event.kind for event in life}
    if waiting or LifeEventKind.OOM_KILLED in kinds or LifeEventKind.CRASH_LOGGED in kinds:
        yield from _deaths([event for event in life if event.kind in _STATES | _LOGS])
    for event in _probe_kills(life)[:1]:
        yield PROBE_KILLED.hit(event.source, what=event.text)


def _of(life: Sequence[LifeEvent], kinds: frozenset[LifeEventKind]) -> tuple[LifeEvent, ...]:
    return tuple(event for event in life if event.kind in kinds)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The pods' life, the application's log of its last run, the server's proxy log."""
    yield from question.given(
        question.pods(hop, mesh, ID, "pod-terminating", "connection-refused"),
        question.pod_events(hop, mesh, ID, "probe-failure", "pod-terminating"),
        question.service(hop, mesh, ID, "xds-stale", "connection-refused"),
        question.server_app_log(hop, mesh, ID, "upstream-reset", "connection-refused"),
        question.server_proxy_log(hop, mesh, ID, "pod-terminating"),
    )


CRASH_LOOP = Rule(
    "crash-loop",
    Severity.ERROR,
    _("{pod} crashes again and again ({what}); while it waits it serves none."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Containers that wait for their next start after a crash."""
    for event in life_of(mesh, ""):
        if event.kind is LifeEventKind.BACK_OFF and "Image" not in event.text:
            yield CRASH_LOOP.at(event.source, pod=event.pod or "-", what=event.text)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Read why it died; give it what it needs; survive the next time."""
    namespace, workload = namespace_of(hop, mesh), upstream_workload(hop, mesh)
    pod, name = server_pod(hop, mesh), service_name(hop)
    if not _of(life_of(mesh, hop.host), frozenset({LifeEventKind.BACK_OFF})):
        # Every new pod of a workload that loops would loop, too.
        yield Remedy(
            title=_(
                "Run {service} with more than one replica, so that one crash takes no service down"
            ).format(service=name),
            kind=RemedyKind.STOP_GAP,
            disposition=Disposition.NEEDS_REVIEW,
            edits=more_replicas(mesh, hop.host, 2),
            commands=(f"kubectl -n {namespace} scale {workload} --replicas=2",),
            risks=(
                _(
                    "Only for services that may run twice; "
                    "requests in flight are lost all the same."
                ),
            ),
            verify=_("503 UF no longer lasts until the restart: other pods answer."),
            undo=f"kubectl -n {namespace} scale {workload} --replicas=1",
        )
    yield Remedy(
        title=_("Find why it died, and mend that: its last log lines, exit code and memory limit"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(
            f"kubectl -n {namespace} logs {pod} --previous --tail=100",
            f"kubectl -n {namespace} describe pods -l app={name}",
            f"kubectl -n {namespace} top pods --containers -l app={name}",
        ),
        risks=(_("A higher memory limit only delays the end where memory leaks."),),
        verify=_("restartCount stays as it is through a peak of load."),
    )
    yield Remedy(
        title=_("Alert on restarts and on memory near the limit"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
