"""Upstream overloaded: the application is saturated or too slow; it queues or sheds load.

## What happens
More work arrives than the application gets done: its worker threads, connection pool or queue are
full, its CPU is throttled, its own database is slow. It answers 503 or 429 on purpose ("too many
requests", "queue full"), or answers so late that a timeout on the way ends the request (`504 UT`,
`0 DC`). VictoriaMetrics says `cannot process insert request for N seconds because all the M
concurrent ... are executed` and `couldn't start executing the request in ... seconds`.

## How to tell
* The application's own log says so at that moment; this decides.
* The server's proxy has the request, and the application was still at work when the caller's side
  ended it (`0 DC` there). Durations of the requests that go well rise towards the timeout before.
* A supervisor that loses patience with a busy worker (gunicorn `WORKER TIMEOUT`, uWSGI `HARAKIRI`)
  kills it: `503 UC` after exactly that patience.
* Many requests at once, at the hours of load; a new pod relieves it.

## What to do
Add replicas or CPU (look at throttling before the limits), find the slow dependency, bound the
parallel requests (`connectionPool.http.http2MaxRequests`, `-maxConcurrentInserts`), so that the
surplus is refused early instead of late. Retries make it worse: limit them (`retries.attempts: 1`,
a retry budget), repeat only with back-off.

## References
* VictoriaMetrics: `-maxConcurrentInserts`, `-insert.maxQueueDuration`,
  `-search.maxConcurrentRequests`.
* Envoy: overload and retry documentation; Kubernetes: CPU throttling of containers with limits.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import slower
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.diagnosis.scenario import Answer, Cure, Knob, Load, Scenario, Server, View
from why503.facts import AppEventKind
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.metrics import memory_use, throttled
from why503.mesh.naming import namespace_of, upstream_workload
from why503.mesh.node_load import nodes_full
from why503.mesh.server_words import server_said
from why503.mesh.timing import durations, successes
from why503.support.duration import spell
from why503.support.text import _

ID = "upstream-overloaded"
TITLE = _("The application is saturated or too slow: it queues, answers late or sheds load")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "LoadedEndpoint", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Series", "Service", "StatefulSet"}
)
SIGNS = frozenset({"via_upstream", "response_timeout", "UT", "downstream_remote_disconnect"})
AT = At.APP
ALERT = slower("DC", milliseconds=1000)
SCENARIO = Scenario(
    summary="The application sheds what is above its limit, and says so.",
    hop=Place.UPSTREAM_APP,
    servers=(
        Server(
            answers=(
                Answer(
                    share=Knob(name="share", low=0.3, high=0.6),
                    status=503,
                    delay=0.3,
                    headers={"retry-after": "1"},
                    body="server is overloaded: too many concurrent requests",
                    log="WARN too many concurrent requests, the queue is full: request rejected",
                ),
                Answer(delay=0.15),
            )
        ),
    ),
    load=Load(requests=60, workers=8, gap=0.0),
    modest={
        View.CALLER: "The body, which says it, is in no access log.",
        View.PROXIES: "The body, which says it, is in no access log.",
    },
    also=frozenset({"upstream-returned-5xx"}),
    cure=Cure(servers=(Server(),)),
)

SHEDS = Clue(
    Weight.SPEAKS_FOR, _("{count:answer|answers} {code} came from the application itself.")
)
LATE = Clue(
    Weight.HINTS,
    _("{count:request|requests} waited for an answer of the application until a clock ended."),
)
GIVEN_UP = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request was|requests were} cut only after a while of work (UC): the application "
        "gave up."
    ),
)
APP_SAYS = Clue(Weight.SPEAKS_FOR, _("The application says that it is saturated: {text}"))
SAYS_OFTEN = Clue(Weight.HINTS, _("It said so {count:time|times} around the failures."))
BODY_SAYS = Clue(Weight.SPEAKS_FOR, _("The answer says that it is saturated: {text}"))
STILL_AT_WORK = Clue(
    Weight.HINTS, _("The server's proxy has these requests: the application was still at work.")
)
GROWING = Clue(
    Weight.SPEAKS_FOR,
    _("Answers became slower and slower before it: {before} in its first minute, {late} at last."),
)
NEAR_THE_LIMIT = Clue(
    Weight.HINTS, _("Requests that went well took up to {slow}, close to what ended the others.")
)
THROTTLED = Clue(
    Weight.HINTS,
    _(
        "Container {container} of {pod} got no more CPU in {share} % of its periods (throttled at "
        "its limit)."
    ),
)
MEMORY_FULL = Clue(
    Weight.HINTS,
    _("Container {container} of {pod} uses {share} % of the memory that it may use."),
)
NODES_FULL = Clue(
    Weight.SPEAKS_FOR,
    _("{full} of {total} nodes use all of their CPU (up to {share} %): what runs there waits."),
)
SOME_NODES_FULL = Clue(
    Weight.HINTS, _("{full} of {total} nodes use all of their CPU (up to {share} %).")
)
NEVER_ARRIVED = Clue(
    Weight.RULES_OUT, _("The server's proxy has no line of them: they never arrived.")
)

_CODES = frozenset({429, 503, 529})
_WORDS = (
    "too many",
    "overload",
    "queue full",
    "queue is full",
    "throttl",
    "concurrency limit",
    "cannot process insert request",
    "couldn't start executing",
    "server busy",
    "server is busy",
    "try again later",
    "at capacity",
    "maxConcurrent",
)
_LATE = (Ending.RESPONSE_TIMEOUT, Ending.PER_TRY_TIMEOUT, Ending.CLIENT_GONE)
_GROWTH = 3.0
_CLOSE = 0.6
_MINUTES = 3
_THROTTLED = 0.25
"""Share of CPU periods from which a container's throttling slows its answers."""
_FULL = 0.9
"""Share of its memory limit from which a container is short of it."""
_LONG = 500.0
"""Milliseconds below which a wait tells nothing of load."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Late or shed answers, and the application's own words."""
    shed = [f for f in hop.having(Ending.VIA_UPSTREAM) if f.teller.code in _CODES]
    late = hop.having(*_LATE)
    cut = hop.having(Ending.CONNECTION_TERMINATION) if not shed and not late else ()
    if not shed and not late and not cut:
        yield from () if hop.failures else _busy_nodes(mesh)
        return
    said = server_said(hop, mesh, frozenset({AppEventKind.OVERLOADED}), around=30.0)
    body = next((f.teller.body for f in shed if _admits(f.teller.body)), "")
    slow = list(_slow(hop, mesh)) if late else []
    scarce = [*_scarce(hop, mesh), *_busy_nodes(mesh)] if late or shed else []
    if not said and not body and not slow and not scarce:
        return
    if shed and (said or body):
        code = shed[0].teller.code
        yield SHEDS.hit(*hop.sources(shed), count=len(shed), code=code)
    if late:
        yield LATE.hit(*hop.sources(late), count=len(late))
    if cut and min(durations(hop), default=0.0) >= _LONG:
        yield GIVEN_UP.hit(*hop.sources(cut), count=len(cut))
    for event in said[:1]:
        yield APP_SAYS.hit(event.source, text=event.text or event.raw[:200])
    if len(said) > 1:
        yield SAYS_OFTEN.hit(*[event.source for event in said[1:3]], count=len(said))
    if body:
        yield BODY_SAYS.hit(*hop.sources(shed), text=body[:200])
    yield from slow
    yield from scarce


def _scarce(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """CPU and memory at their limits, by metrics."""
    for clue, found, least in (
        (THROTTLED, throttled(mesh, hop.host), _THROTTLED),
        (MEMORY_FULL, memory_use(mesh, hop.host), _FULL),
    ):
        for use in found[:1]:
            if use.share >= least:
                yield clue.hit(
                    *use.sources,
                    container=use.container or "-",
                    pod=use.pod or "-",
                    share=round(use.share * 100),
                )


def _busy_nodes(mesh: Mesh) -> Iterator[Hit]:
    """Nodes without CPU for what runs on them, its proxies included."""
    busy = nodes_full(mesh)
    if busy is not None:
        share = round(busy.highest * 100)
        clue = NODES_FULL if busy.most else SOME_NODES_FULL
        yield clue.hit(*busy.sources, full=busy.full, total=busy.total, share=share)


def _admits(body: str | None) -> bool:
    text = (body or "").lower()
    return any(words.lower() in text for words in _WORDS)


def _slow(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What shows that the application was at work, and ever slower."""
    if any(failure.server_silent is True for failure in hop.failures):
        yield NEVER_ARRIVED.hit(*hop.sources(), observation="server's account")
    elif any(failure.upstream and failure.downstream for failure in hop.failures):
        yield STILL_AT_WORK.hit(*hop.sources(), observation="server's account")
    minutes: dict[int, float] = {}
    for group in successes(hop, mesh):
        if group.minute is not None and group.duration_p50 is not None:
            before = minutes.get(group.minute, 0.0)
            minutes[group.minute] = max(before, group.duration_p50)
    ordered = [minutes[minute] for minute in sorted(minutes)]
    if len(ordered) >= _MINUTES and ordered[-1] >= _GROWTH * max(ordered[0], 1.0):
        yield GROWING.hit(
            *hop.sources(), before=spell(ordered[0] / 1000), late=spell(ordered[-1] / 1000)
        )
    waited = durations(hop)
    slowest = max((g.duration_p99 or 0.0 for g in successes(hop, mesh)), default=0.0)
    if waited and min(waited) >= _LONG and slowest >= _CLOSE * min(waited):
        yield NEAR_THE_LIMIT.hit(*hop.sources(), slow=spell(slowest / 1000))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The application's log, and how busy its pods are."""
    yield from question.given(
        question.server_app_log(hop, mesh, ID, "upstream-returned-5xx", "route-timeout"),
        question.server_proxy_log(hop, mesh, ID, "stale-connection"),
        Missing(
            what=_("CPU and memory of the server's pods, with their limits"),
            command=f"kubectl -n {namespace_of(hop, mesh)} top pods --containers",
            decides=(ID, "upstream-returned-5xx"),
        ),
    )


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: how much an application bears stands in no configuration."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """More replicas now, then the reason for the slowness."""
    workload, namespace = upstream_workload(hop, mesh), namespace_of(hop, mesh)
    yield Remedy(
        title=_("Add replicas, and keep callers from repeating in a storm"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl -n {namespace} scale {workload} --replicas=<more>",),
        risks=(_("More pods also ask more of what stands behind them, a database for instance."),),
        verify=_("Durations fall, and the application no longer says that it is saturated."),
    )
    yield Remedy(
        title=_("Find what is scarce: CPU (throttling), threads, connections, a slow dependency"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(f"kubectl -n {namespace} top pods --containers",),
    )
    yield Remedy(
        title=_("Bound the parallel requests, so that the surplus is refused early"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(_("A limit below what the application bears makes errors of its own (503 UO)."),),
    )
