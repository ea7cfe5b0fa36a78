"""Pod terminating: a pod in shutdown was still sent requests, or stopped before they were done.

## What happens
When a pod is deleted, two things begin at once and in no order: the kubelet stops its containers,
and the control plane takes its endpoint out of every proxy's list. Until a proxy has heard of it
(fractions of a second, seconds under load) it goes on sending requests there.
If the application stops first, the pod's own sidecar answers `503 UF`, connection refused, for
those seconds. If the sidecar stops first (classic sidecars end 5 s after SIGTERM, whatever is
still running), callers see `503 UC` for the requests in flight and `503 UF` after them; the dying
proxy itself logs `0 DC downstream_local_disconnect`.

## How to tell
* All failures went to one address, began at that pod's `deletionTimestamp` (less its grace
  period), Event `Killing`, `received SIGTERM` or `caught ENVOY_SIGTERM`, and ended when the
  endpoint was gone; that address never served again, the others did all the time.
* A recording that ends with SIGTERM of everything after the last failure proves nothing.
* `UF` at the server's proxy: the application went first. `UC` and `UF` at the caller's proxy, and
  no line of the server's: the sidecar (or the pod's network) went first.

## What to do
Keep serving until every proxy knows: a `preStop` sleep of 5-15 s in the application's container,
an application that finishes its requests after SIGTERM, and a sidecar that outlives it: native
sidecars (automatic from Istio 1.27 on Kubernetes 1.33), or EXIT_ON_ZERO_ACTIVE_CONNECTIONS
(Istio 1.12+), or a longer `terminationDrainDuration`. All of it must fit into
`terminationGracePeriodSeconds`.

## References
* Kubernetes pod lifecycle, "Termination of Pods": no order between shutdown and endpoints.
* Istio `pkg/envoy/agent.go` 1.12-1.31: drain, 5 s, EXIT_ON_ZERO_ACTIVE_CONNECTIONS.
* Both orders measured on Envoy 1.40.0; the same roll with a drain first had no failure.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import ending
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Patch,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.graceful_stop import graceful_stop
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.retry_remedy import retry_unconnected
from why503.diagnosis.scenario import Act, Answer, Cure, Knob, Load, Scenario, Server, Step, View
from why503.diagnosis.scenario_part import caller_given
from why503.diagnosis.workload_edit import grace_told, later_stop
from why503.mesh.armed import drain, rollout
from why503.mesh.ending import Ending
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name, upstream_workload
from why503.mesh.pod_life import LifeEvent, LifeEventKind, failing_life, life_of, share_after
from why503.mesh.proxy_end import proxy_ends
from why503.mesh.starting import proxy_changes
from why503.mesh.stopping import (
    gone_for_good,
    kept_serving,
    scaled_to_none,
    terminating_hosts,
)
from why503.mesh.timing import successes, window
from why503.mesh.version import istio_version
from why503.support.duration import clock, spell
from why503.support.text import _

ID = "pod-terminating"
TITLE = _("A pod that was shutting down was still sent requests, or stopped before they were done")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Event", "LoadedEndpoint", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Service", "StatefulSet"}
)
SIGNS = frozenset(
    {"UC", "UF", "downstream_local_disconnect", "caught ENVOY_SIGTERM", "Stopping container"}
    | {"deletionTimestamp", "SIGTERM"}
)
AT = At.LEG
ALERT = ending("UF", "UC")
_STOP = Step(at=Knob(name="stops", low=0.3, high=0.5, seconds=True), act=Act.STOP_SERVER)
SCENARIO = Scenario(
    summary="One of two applications stops at once on SIGTERM while requests still come to it.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(Server(answers=(Answer(delay=0.02),)), Server(answers=(Answer(delay=0.02),))),
    load=Load(requests=80, workers=4, gap=0.02),
    steps=(_STOP,),
    modest={
        View.CALLER: "It shows refused connections, not that the pod was told to stop.",
        View.PROXIES: "They show refused connections, not that the pod was told to stop.",
    },
    also=frozenset({"upstream-reset", "connection-refused"}),
    cure=Cure(steps=(caller_given(0.2, endpoints=["{pod2_ip}:{target}"]), _STOP)),
)

STOPPED = Clue(
    Weight.SPEAKS_FOR, _("Kubernetes was stopping {pod} when they failed ({time}): {what}.")
)
STOP_LOGGED = Clue(
    Weight.SPEAKS_FOR, _("The log of {pod} tells that it was stopping ({time}): {what}.")
)
ITS_ADDRESS = Clue(
    Weight.PROVES,
    _("{address}, to which the failed requests went, is {pod}, and that pod was being deleted."),
)
GONE = Clue(
    Weight.SPEAKS_FOR,
    _("{address} had served until then and never did again; the other endpoints went on."),
)
PROXY_DYING = Clue(
    Weight.SPEAKS_FOR,
    _("The server's proxy closed these connections itself: downstream_local_disconnect."),
)
PROXY_CLOSED = Clue(
    Weight.HINTS,
    _(
        "{count:connection was|connections were} closed by the proxy itself (0 DC, local "
        "disconnect)."
    ),
)
LISTED = Clue(Weight.HINTS, _("{pod} is being terminated: {what}."))
KILLED_SOMETIME = Clue(
    Weight.SPEAKS_FOR,
    _("An event without a time tells that Kubernetes stopped {pod}, which fits a refusal: {what}."),
)
SCALED_TO_NONE = Clue(
    Weight.SPEAKS_FOR, _("A replica set of {workload} was scaled down to no pod: {what}.")
)
STILL_SERVING = Clue(
    Weight.SPEAKS_AGAINST, _("{address} served on after the failures without a new start.")
)
BEFORE_IT = Clue(
    Weight.SPEAKS_AGAINST, _("Most of the failures came without any pod stopping before them.")
)
OWN_PROXY_AWAY = Clue(
    Weight.SPEAKS_FOR,
    _("Its own proxy refused the caller's calls for {gap}; before and after it they went well."),
)
OWN_PROXY_ENDED = Clue(
    Weight.SPEAKS_FOR, _("The caller's own proxy stopped or started just then ({time}): {what}.")
)
CRASHED = Clue(Weight.SPEAKS_AGAINST, _("It did not stop in good order: {what}."))

_CUT = (
    Ending.CONNECTION_TERMINATION,
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_FAILURE,
    Ending.CONNECTION_TIMEOUT,
    Ending.NO_ROUTE_TO_HOST,
    Ending.REMOTE_RESET,
    Ending.REFUSED_STREAM,
    Ending.PROXY_CLOSED,
)
_BY_KUBERNETES = frozenset({LifeEventKind.TERMINATING, LifeEventKind.EVICTED})
_BY_LOG = frozenset({LifeEventKind.SHUTDOWN_LOGGED, LifeEventKind.PROXY_SHUTDOWN})
_DEATHS = frozenset({LifeEventKind.CRASHED, LifeEventKind.OOM_KILLED, LifeEventKind.CRASH_LOGGED})
_HALF = 0.5


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What was stopping when connections were cut or refused, and whether it came back."""
    failures = hop.having(*_CUT)
    if not failures:
        yield from () if hop.failures else _proxy_ended(mesh)
        return
    if hop.role is Role.CLIENT:
        yield from _callers_proxy(hop, mesh)
        return
    life = failing_life(hop, mesh)
    stops = [event for event in life if event.kind in _BY_KUBERNETES | _BY_LOG]
    yield from _proxy_closed(hop)
    yield from _stops(hop, stops)
    gone = gone_for_good(hop, mesh)
    if stops and gone:
        yield GONE.hit(*hop.sources(), address=gone)
    yield from _deleted(hop, mesh, has_stops=bool(stops))
    serving = kept_serving(hop, mesh, life)
    if serving:
        yield STILL_SERVING.hit(*hop.sources(), address=serving)
    for event in life:
        if event.kind in _DEATHS:
            yield CRASHED.hit(event.source, what=event.text)
            return


def _stops(hop: Hop, stops: Sequence[LifeEvent]) -> Iterator[Hit]:
    for clue, kinds in ((STOPPED, _BY_KUBERNETES), (STOP_LOGGED, _BY_LOG)):
        for event in [event for event in stops if event.kind in kinds][:1]:
            time = clock(event.time) if event.time is not None else "-"
            observation = "deletion" if clue is STOPPED else "log"
            yield clue.hit(
                event.source, pod=event.pod, time=time, what=event.text, observation=observation
            )
    if stops and share_after(hop, stops) < _HALF:
        yield BEFORE_IT.hit(*hop.sources())


def _proxy_ended(mesh: Mesh) -> Iterator[Hit]:
    """What a proxy's log alone tells: it stopped before its requests were done, or it stopped."""
    for end in proxy_ends(mesh)[:1]:
        clue, time = STOP_LOGGED if end.cut else LISTED, clock(end.time) if end.time else "-"
        yield clue.hit(*end.sources, pod=end.proxy, time=time, what=end.text)


def _proxy_closed(hop: Hop) -> Iterator[Hit]:
    closed = [
        request
        for request in hop.accounts()
        if (request.details or "").startswith("downstream_local_disconnect")
    ]
    if not closed:
        return
    other = any(request is not failure.teller for failure in hop.failures for request in closed)
    if hop.role is Role.DOWNSTREAM and other and hop.having(Ending.CONNECTION_TERMINATION):
        yield PROXY_DYING.hit(*(request.source for request in closed[:3]), observation="closed")
    else:
        sources = [request.source for request in closed[:3]]
        yield PROXY_CLOSED.hit(*sources, count=len(closed), observation="closed")


def _deleted(hop: Hop, mesh: Mesh, *, has_stops: bool) -> Iterator[Hit]:
    """A failing address that is a pod in deletion; a pod whose end is listed without a time."""
    for address, event in terminating_hosts(hop, mesh):
        if event.time is None or has_stops:
            yield ITS_ADDRESS.hit(
                *hop.sources(),
                event.source,
                address=address,
                pod=event.pod,
                observation="deletion",
            )
            return
    if has_stops:
        return
    for event in life_of(mesh, hop.host):
        if event.kind in _BY_KUBERNETES and event.time is None:
            fits = event.text.startswith("Stopping container") and not successes(hop, mesh)
            clue = KILLED_SOMETIME if fits else LISTED
            yield clue.hit(event.source, pod=event.pod, what=event.text)
            break
    for name, text, source in scaled_to_none(mesh, hop.host)[:1]:
        if not successes(hop, mesh):
            yield SCALED_TO_NONE.hit(source, workload=name, what=text)


def _callers_proxy(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Calls refused in the caller's own pod while its proxy was stopped and started again."""
    span = window(hop)
    good = successes(hop, mesh)
    begins = [group.first for group in good if group.first is not None]
    ends = [group.last for group in good if group.last is not None]
    if span is None or not begins or not ends:
        return
    if min(begins) < span[0] and max(ends) > span[1]:
        yield OWN_PROXY_AWAY.hit(*hop.sources(), gap=spell(span[1] - span[0]))
        for event in proxy_changes(hop, mesh)[:1]:
            time = clock(event.time) if event.time is not None else "-"
            yield OWN_PROXY_ENDED.hit(event.source, time=time, what=event.text)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The pods' life, both logs of the server at that time."""
    yield from question.given(
        question.pods(hop, mesh, ID, "upstream-crash", "stale-connection"),
        question.server_proxy_log(hop, mesh, ID, "upstream-reset"),
        question.server_app_log(hop, mesh, ID, "upstream-crash"),
    )


ARMED: dict[Finder, Rule] = {
    rollout.without_pre_stop: Rule(
        "no-pre-stop",
        Severity.NOTE,
        _(
            "No container of {workload} has a preStop hook: it can stop while it is "
            "still sent requests."
        ),
    ),
    drain.short_pre_stops: Rule(
        "pre-stop-too-short",
        Severity.NOTE,
        _("preStop of {workload} sleeps only {sleep}; until proxies know of the end takes longer."),
    ),
    rollout.killed_in_pre_stop: Rule(
        "grace-too-short",
        Severity.ERROR,
        _(
            "preStop of {workload} sleeps {sleep} and the grace period is {grace}: the container "
            "is killed while it works."
        ),
    ),
    drain.shutdowns_beyond_grace: Rule(
        "shutdown-exceeds-grace",
        Severity.WARNING,
        _(
            "{workload} sleeps {sleep} in preStop and may take {shutdown} for its end "
            "({setting}); the grace period is {grace}."
        ),
    ),
    rollout.proxies_gone_first: Rule(
        "proxy-stops-first",
        Severity.WARNING,
        _(
            "{workload} serves for {sleep} more after its end was asked for, its proxy stops "
            "after {drain}."
        ),
    ),
    drain.drains_beyond_grace: Rule(
        "drain-exceeds-grace",
        Severity.WARNING,
        _(
            "{field} lets the proxy of {workload} drain for {drain}; the grace period of {grace} "
            "ends it before."
        ),
    ),
    rollout.without_budget: Rule(
        "no-disruption-budget",
        Severity.NOTE,
        _(
            "{workload} has {replicas} replicas and no PodDisruptionBudget: a node's drain may "
            "take all at once."
        ),
    ),
    drain.budgets_that_block: Rule(
        "budget-blocks-drain",
        Severity.WARNING,
        _("{budget} lets no pod be evicted ({how}): a node's drain waits until it is forced."),
    ),
    rollout.abrupt_scalers: Rule(
        "scales-in-at-once",
        Severity.WARNING,
        _(
            "{scaler} scales in without waiting: a dip in the load takes pods that are still in "
            "use."
        ),
    ),
    rollout.replaced_at_once: Rule(
        "replaced-at-once",
        Severity.WARNING,
        _("A roll-out of {workload} takes all pods away before new ones are ready ({how})."),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Clocks at a pod's end that do not fit, and pods that are taken away all at once."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry meanwhile; wait before stopping; let the sidecar outlive the application."""
    namespace, name = namespace_of(hop, mesh), service_name(hop)
    workload = upstream_workload(hop, mesh)
    deployment = workload.partition("/")[2] or name
    version = istio_version(mesh)
    edits = later_stop(mesh, hop.host, version.value if version is not None else None)
    yield retry_unconnected(
        hop,
        mesh,
        title=_("Let callers repeat requests whose connection was not made (connect-failure)"),
        verify=_("Callers see no 503 during the next roll."),
    )
    yield Remedy(
        title=_("Keep {workload} serving for some seconds after its endpoint is taken out").format(
            workload=workload
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        patches=() if edits else (Patch(yaml=graceful_stop(deployment, namespace, name)),),
        derived=(grace_told(),),
        risks=(
            _("Rolls take longer; the grace period must cover the sleep and the longest request."),
            _("`sleep` needs Kubernetes 1.30 or newer; before it, `exec` a sleep of the image."),
            _(
                "EXIT_ON_ZERO_ACTIVE_CONNECTIONS does nothing with native sidecars, which "
                "need no such help."
            ),
        ),
        verify=_("A rolling restart under load shows no 503 UF or UC at {service}.").format(
            service=name
        ),
        undo=f"kubectl -n {namespace} rollout undo {workload}",
    )
    yield Remedy(
        title=_("Let the application finish its requests after SIGTERM, and run native sidecars"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
