"""Startup race: requests came before the application, or its sidecar, was listening.

## What happens
*The server's start.* Without a readinessProbe Kubernetes calls a container ready as soon as its
process runs, and publishes its address. Until the program listens, its own sidecar answers
`503 UF`, `delayed connect error: Connection refused`; so does every new pod of a roll.
*The caller's start.* In a pod with a classic sidecar all outbound connections go to the sidecar.
An application that calls out before Envoy listens gets `connection refused` from its own pod.
There is no access log line for it, for no proxy ran.

## How to tell
* Failures at one address only, all of them before that address's first success; the other
  endpoints serve all the time.
* `listening on ...` in the application's log comes after the failures; the container's `startedAt`
  comes just before them; the Deployment has no readinessProbe.
* Caller's start: refused calls in the application's log, at times before `Envoy proxy is ready` or
  the first line of the sidecar's access log; after it everything goes well.
* It looks like a wrong port for the first seconds. A wrong port never goes away.

## What to do
Give the container a readinessProbe that asks the application itself (and a startupProbe where it
starts slowly). At the caller set `holdApplicationUntilProxyStarts: true` (Istio 1.7+), or use
native sidecars (automatic from Istio 1.27 on Kubernetes 1.33), which start first by themselves.

## References
* Kubernetes: a container without readinessProbe counts as ready; native sidecars stable in 1.33.
* Istio injection template 1.7-1.31: holdApplicationUntilProxyStarts, off by default.
* Both starts measured on Envoy 1.40.0.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import young
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.retry_remedy import retry_unconnected
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario, Server, View
from why503.diagnosis.workload_edit import (
    CONFIG,
    HELD,
    added_readiness,
    calling_workload,
    held_application,
    readiness,
)
from why503.diagnosis.workload_sample import of_container, of_template
from why503.facts import Manifest
from why503.mesh.armed.pod_setting import starts_before_proxy
from why503.mesh.crash_shape import refusals
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import (
    caller_namespace,
    caller_pod,
    namespace_of,
    service_name,
    upstream_workload,
)
from why503.mesh.pod_life import LifeEventKind, failing_life
from why503.mesh.probe import without_readiness
from why503.mesh.starting import (
    begun_before,
    listening_after,
    proxy_began_after,
    proxy_not_awaited,
    proxy_unready,
)
from why503.mesh.timing import all_fail, only_at_start, successes
from why503.mesh.workload import containers_of
from why503.support.duration import clock, spell
from why503.support.text import _

ID = "startup-race"
TITLE = _("Requests came before the application, or its sidecar, was listening")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Event", "LoadedEndpoint", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Service", "StatefulSet"}
)
SIGNS = frozenset({"UF", "Connection refused", "delayed_connect_error", "ECONNREFUSED"})
AT = At.LEG
ALERT = young("UF", seconds=300)
SCENARIO = Scenario(
    summary="Requests come while the application has not begun to listen.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(Server(start_delay=Knob(name="late", low=0.5, high=0.9, seconds=True)),),
    load=Load(requests=50, workers=2, gap=0.05),
    modest={
        View.CALLER: "It shows refused connections; why nobody listened yet is not in it.",
        View.PROXIES: "They show refused connections; why nobody listened yet is not in them.",
    },
    cure=Cure(servers=(Server(),)),
)

REFUSED = Clue(
    Weight.HINTS,
    _("Nothing listened at the application's address ({count:connection|connections} failed)."),
)
ONLY_BEFORE_FIRST = Clue(
    Weight.SPEAKS_FOR,
    _("Every failure at {host} came before the first request that went well there."),
)
LISTENS_LATER = Clue(
    Weight.SPEAKS_FOR,
    _("The application began to listen ({address}) only {gap} after the first failure."),
)
STARTED_JUST_BEFORE = Clue(
    Weight.SPEAKS_FOR, _("{pod} had started {gap} before its first failure.")
)
START_SEEN = Clue(
    Weight.PROVES,
    _("It failed up to the moment when the application listened ({time}) and not once after it."),
)
NO_READINESS = Clue(
    Weight.HINTS,
    _("{workload} has no readinessProbe: its pods get traffic as soon as their process runs."),
)
OWN_PROXY = Clue(
    Weight.HINTS,
    _(
        "{count:call was|calls were} refused before any HTTP: in a pod with a sidecar, by its own "
        "proxy."
    ),
)
BEFORE_PROXY = Clue(
    Weight.SPEAKS_FOR,
    _("The caller's own proxy began to work only at {time}, after the refused calls."),
)
PROXY_UNREADY = Clue(
    Weight.SPEAKS_FOR,
    _("Kubernetes reports of the caller's own sidecar that it was not ready yet: {what}."),
)
WELL_AFTER = Clue(Weight.SPEAKS_FOR, _("Afterwards the same calls went well."))
NEVER_LISTENED = Clue(
    Weight.SPEAKS_AGAINST, _("No request to {service} went well at any time: no start, then.")
)
SERVED_BEFORE = Clue(
    Weight.SPEAKS_AGAINST, _("{host} had served before the failures: it was no first start.")
)
ENDED = Clue(Weight.SPEAKS_AGAINST, _("It had crashed or stopped just before: {what}."))

_ENDS = frozenset(
    {
        LifeEventKind.CRASHED,
        LifeEventKind.OOM_KILLED,
        LifeEventKind.CRASH_LOGGED,
        LifeEventKind.TERMINATING,
        LifeEventKind.SHUTDOWN_LOGGED,
        LifeEventKind.RESTARTED,
        LifeEventKind.BACK_OFF,
    }
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Refused connections before the first success, and what was starting just then."""
    failures = refusals(hop)
    if not failures:
        yield from () if hop.failures else _not_awaited(mesh)
        return
    if hop.role is Role.CLIENT:
        yield from _callers_start(hop, mesh, failures)
        return
    if len(failures) < hop.count or not only_at_start(hop, mesh):
        yield REFUSED.hit(*hop.sources(failures), count=len(failures))
    yield from _servers_start(hop, mesh, failures)
    yield from _against(hop, mesh, failures)


def _not_awaited(mesh: Mesh) -> Iterator[Hit]:
    """A hook that held the application back for its proxy, and gave up."""
    for text, source in proxy_not_awaited(mesh)[:1]:
        yield PROXY_UNREADY.hit(source, what=text, observation="proxy")


def _servers_start(hop: Hop, mesh: Mesh, failures: Sequence[Failure]) -> Iterator[Hit]:
    first = min((f.time for f in failures if f.time is not None), default=None)
    at_start = len(failures) == hop.count and only_at_start(hop, mesh)
    if at_start:
        host = ", ".join(hop.upstream_hosts) or hop.host
        yield ONLY_BEFORE_FIRST.hit(*hop.sources(failures), host=host, observation="beginning")
    listens = listening_after(hop, mesh)
    if listens is not None and first is not None and listens.time is not None:
        gap = spell(listens.time - first)
        yield LISTENS_LATER.hit(
            listens.source, address=listens.text, gap=gap, observation="beginning"
        )
        if at_start:
            time = clock(listens.time)
            yield START_SEEN.hit(
                listens.source, *hop.sources(failures), time=time, observation="beginning"
            )
    begun = begun_before(hop, mesh)
    if begun is not None and first is not None and begun.time is not None:
        gap = spell(max(0.0, first - begun.time))
        yield STARTED_JUST_BEFORE.hit(begun.source, pod=begun.pod, gap=gap)
    for workload, source in without_readiness(mesh, hop.host)[:1]:
        yield NO_READINESS.hit(source, workload=workload)


def _against(hop: Hop, mesh: Mesh, failures: Sequence[Failure]) -> Iterator[Hit]:
    if all_fail(hop, mesh):
        yield NEVER_LISTENED.hit(service=service_name(hop), observation="successes")
    served = _served_before(hop, mesh, failures)
    if served:
        yield SERVED_BEFORE.hit(*hop.sources(failures), host=served, observation="successes")
    for event in failing_life(hop, mesh):
        if event.kind in _ENDS:
            yield ENDED.hit(event.source, what=event.text)
            return


def _served_before(hop: Hop, mesh: Mesh, failures: Sequence[Failure]) -> str:
    """A failing address with a success before its first failure; ``""`` for none."""
    first: dict[str, float] = {}
    for failure in failures:
        host = failure.teller.upstream_host
        if host and failure.time is not None:
            first[host] = min(failure.time, first.get(host, failure.time))
    for group in successes(hop, mesh):
        host = group.upstream_host or ""
        if host in first and group.first is not None and group.first < first[host]:
            return host
    return ""


def _callers_start(hop: Hop, mesh: Mesh, failures: Sequence[Failure]) -> Iterator[Hit]:
    """Calls that the caller's own pod refused, told by the caller alone."""
    yield OWN_PROXY.hit(*hop.sources(failures), count=len(failures))
    began = proxy_began_after(hop, mesh)
    if began is not None:
        moment, sources = began
        yield BEFORE_PROXY.hit(*sources, time=clock(moment), observation="proxy")
    for event in proxy_unready(hop, mesh)[:1]:
        yield PROXY_UNREADY.hit(event.source, what=event.text, observation="proxy")
    last = max((f.time for f in failures if f.time is not None), default=None)
    good = [g for g in successes(hop, mesh) if g.first is not None]
    if last is not None and good and min(g.first or 0.0 for g in good) > last:
        yield WELL_AFTER.hit(*good[0].exemplars[:1])
    elif good and last is not None:
        yield SERVED_BEFORE.hit(*hop.sources(failures), host=hop.host)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """When the application, or the caller's own proxy, began, and what was asked of it before."""
    if hop.role is Role.CLIENT:
        yield Missing(
            what=_("when the caller's own proxy became ready"),
            command=f"kubectl -n {caller_namespace(hop, mesh)} logs {caller_pod(hop, mesh)} "
            "-c istio-proxy | grep -m1 'Envoy proxy is ready'",
            decides=(ID, "pod-terminating", "connection-refused"),
        )
        return
    yield from question.given(
        question.server_app_log(hop, mesh, ID, "connection-refused", "upstream-crash"),
        question.pods(hop, mesh, ID, "upstream-crash", "pod-terminating"),
        question.workload(hop, mesh, ID, "connection-refused"),
    )


NO_READINESS_ARMED = Rule(
    "no-readiness-probe",
    Severity.NOTE,
    _("{workload} has no readinessProbe: a new pod gets traffic before it listens."),
)
STARTS_FIRST = Rule(
    "app-before-proxy",
    Severity.NOTE,
    _(
        "{workload} starts beside its proxy: its first calls fail until the proxy is ready "
        "(holdApplicationUntilProxyStarts)."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Deployments without any readinessProbe."""
    for deployment in mesh.manifests("Deployment"):
        if _probeless(deployment):
            yield NO_READINESS_ARMED.at(
                deployment.where("spec", "template", "spec", "containers"), workload=deployment.name
            )
    yield from STARTS_FIRST.each(starts_before_proxy(mesh))


def _probeless(deployment: Manifest) -> bool:
    containers = [fields for path, fields in containers_of(deployment) if "containers" in path]
    return (
        not deployment.partial
        and bool(containers)
        and not any("readinessProbe" in fields for fields in containers)
    )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry meanwhile; publish a pod only when it listens; start the sidecar first."""
    namespace, name = namespace_of(hop, mesh), service_name(hop)
    workload = upstream_workload(hop, mesh)
    if hop.role is Role.CLIENT:
        yield _hold_application(hop, mesh)
        return
    edits = added_readiness(mesh, hop.host, hop.port)
    probe = {"readinessProbe": readiness({"tcpSocket": {"port": hop.port or "<port>"}})}
    deployment = workload.partition("/")[2] or name
    yield retry_unconnected(
        hop,
        mesh,
        title=_("Let callers repeat requests whose connection was not made (connect-failure)"),
        verify=_("Callers see no 503 when the next pod starts."),
    )
    yield Remedy(
        title=_("Give {workload} a readinessProbe that asks the application").format(
            workload=workload
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        patches=() if edits else (of_container(deployment, namespace, name, probe),),
        risks=(
            _("A port that takes connections can be too early: a path that answers 200 is better."),
            _("The pods are rolled."),
        ),
        verify=_("The next new pod shows no 503 UF in its first seconds."),
        undo=f"kubectl -n {namespace} rollout undo {workload}",
    )


def _hold_application(hop: Hop, mesh: Mesh) -> Remedy:
    edits = held_application(calling_workload(hop, mesh))
    return Remedy(
        title=_("Start the caller's application only when its sidecar is ready"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        patches=() if edits else (of_template("<caller>", {CONFIG: HELD}),),
        risks=(
            _("The pod takes as long to start as its sidecar needs for its first configuration."),
        ),
        verify=_("The application's first calls go well after a restart."),
        undo=_("Take the annotation away."),
    )
