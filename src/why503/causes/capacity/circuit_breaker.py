"""Circuit breaker: a limit of the connection pool was reached, and the proxy turned the rest away.

## What happens
Envoy limits, per cluster, connections, requests that wait for one, parallel requests and retries.
A request over a limit is answered at once, without any upstream: `503 UO`, details
`upstream_reset_before_response_started{overflow}`, header `x-envoy-overloaded: true`, a body of
81 bytes. Istio sets the limits to 2^32-1 since 1.4, so a limit that bites was set by somebody: a
DestinationRule's `connectionPool`, a BackendTrafficPolicy, or (Istio 1.1-1.3, plain Envoy) Envoy's
own 1024.

## How to tell
* Flag UO, duration 0, no upstream host chosen for most of them; other requests go well.
* The share grows with the number of parallel requests and stops when the burst is over.
* Counters `upstream_rq_pending_overflow`, `upstream_cx_overflow`, and from Envoy 1.38
  `upstream_rq_active_overflow` for the parallel-request limit.
* An overflow is never retried, and it does not count for outlier detection.
* Istio writes `connectionPool` into the server's inbound cluster, too. If the limit bites there,
  the UO stands in the log of the server's proxy and the caller's has `503 - via_upstream`.

## What to do
Find the limit and ask whether it is meant. Raise it to what the upstream bears, add replicas, or
let callers slow down. `http1MaxPendingRequests` and `maxConnections` go together: HTTP/1 needs a
connection for each parallel request; HTTP/2 is limited by `http2MaxRequests`.

## References
* Envoy circuit breaking documentation; `retry_state_impl.cc`: overflow is not retried.
* Istio DestinationRule API, `connectionPool`; defaults 1.0-1.31 read in `cluster.go`.
* Envoy 1.38 release notes: `upstream_rq_active_overflow`.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import ANYBODY, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.limit_edit import limits_raised
from why503.diagnosis.scenario import Answer, Cure, Knob, Load, Scenario, Server
from why503.diagnosis.scenario_part import destination_rule
from why503.diagnosis.standing_object import POLICY_SETTERS, edit_command
from why503.facts import Counter, LoadedCluster
from why503.mesh.armed.concurrency import limits_below_workers
from why503.mesh.armed.rollout import limits_below_replicas
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import called_hosts
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name, telling_pod
from why503.mesh.pasted_limit import pasted_limits
from why503.mesh.proxy_state import counters
from why503.mesh.setting import Setting
from why503.mesh.traffic_policy import limits_set
from why503.mesh.written import as_written
from why503.support.text import _

ID = "circuit-breaker"
TITLE = _("A limit of the connection pool was reached and the proxy turned the surplus away")
READS = frozenset(
    {"BackendTrafficPolicy", "Counter", "DaemonSet", "Deployment", "DestinationRule"}
    | {"GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster", "LoadedEndpoint"}
    | {"MeshConfig", "Pod", "ProxyInfo", "ReplicaSet", "Service", "Sidecar", "StatefulSet"}
    | {"fragment"}
)
SIGNS = frozenset({"UO", "overflow", "upstream_reset_before_response_started", "maintenance_mode"})
AT = At.PROXY
ALERT = flagged("UO", teller=ANYBODY)
_PENDING = Knob(name="pending", low=1, high=3, whole=True)
SCENARIO = Scenario(
    summary="More requests at once than the connection pool may hold and queue.",
    hop=Place.DOWNSTREAM_PROXY,
    servers=(Server(answers=(Answer(delay=0.15),)),),
    load=Load(requests=60, workers=Knob(name="workers", low=8, high=14, whole=True)),
    caller={
        "cluster": {
            "circuit_breakers": {
                "thresholds": [
                    {
                        "max_connections": 1,
                        "max_pending_requests": _PENDING,
                        "track_remaining": True,
                    }
                ]
            }
        }
    },
    objects=(
        destination_rule(
            """
            connectionPool:
              tcp:
                maxConnections: 1
              http:
                http1MaxPendingRequests: {pending}
            """
        ),
    ),
    cure=Cure(caller={"cluster": {"circuit_breakers": None}}),
)

OVERFLOW = Clue(
    Weight.PROVES,
    _(
        "{count:request was|requests were} turned away by the proxy itself: the connection pool is "
        "full (UO)."
    ),
)
OVERFLOW_BY_LENGTH = Clue(
    Weight.SPEAKS_FOR,
    _("{count:answer has|answers have} exactly the length of Envoy's overflow body (81 bytes)."),
)
COUNTED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy counts {count:request|requests} turned away by a limit ({name})."),
)
NOTHING_ELSE = Clue(
    Weight.HINTS, _("Of the answers 503 nothing says how they came about but {name}.")
)
LIMIT_SET = Clue(Weight.SPEAKS_FOR, _("{by} sets {limit}."))
LIMITS_SET = Clue(Weight.SPEAKS_FOR, _("These limits are set: {limits}."))
LIMITS_TOGETHER = Clue(
    Weight.SPEAKS_FOR,
    _(
        "These limits are set: {limits}. Over HTTP/1 a request is turned away when every "
        "connection is in use and the queue of those that wait is full."
    ),
)
PASTED = Clue(
    Weight.HINTS,
    _(
        "{count:answer|answers} 503 came without a word of why; a piece of Envoy's configuration "
        "allows no more than {limit} ({name}) at a time."
    ),
)

_OVERFLOWS = ("upstream_rq_pending_overflow", "upstream_rq_active_overflow")
_TOGETHER = frozenset({"http1MaxPendingRequests", "maxConnections"})
_UNAVAILABLE = 503
SMALL = 1000
"""A limit above this is no circuit breaker that a small burst would meet."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UO, and the limit that was set."""
    failures = hop.having(Ending.OVERFLOW)
    if not failures:
        yield from _counted(hop, mesh)
        return
    surmised = all(failure.outcome.surmised or failure.outcome.behind for failure in failures)
    clue = OVERFLOW_BY_LENGTH if surmised else OVERFLOW
    yield clue.hit(*hop.sources(failures), count=len(failures))
    for counter in _overflows(hop, mesh)[:1]:
        yield COUNTED.hit(counter.source, count=f"{counter.value:.0f}", name=counter.name)
    yield from _limits(hop, mesh)


def _limits(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The limits that were set, all in one sentence, for one request met them together."""
    limits = _in_order(hop, mesh)
    by = ", ".join(f"{limit.by}: {limit.value}" for limit in limits)
    places = [limit.source for limit in limits if limit.source]
    if {limit.by.split(" ")[0].rpartition(".")[2] for limit in limits} >= _TOGETHER:
        yield LIMITS_TOGETHER.hit(*places, limits=by)
    elif len(limits) > 1:
        yield LIMITS_SET.hit(*places, limits=by)
    elif limits:
        yield LIMIT_SET.hit(*places, by=limits[0].by, limit=limits[0].value)


def _in_order(hop: Hop, mesh: Mesh) -> list[Setting[int]]:
    """The limits that a request can meet, that of the waiting ones first, which refuses."""
    return sorted(limits_set(mesh, hop.host, hop.port), key=lambda s: "Pending" not in s.by)


def _overflows(hop: Hop, mesh: Mesh) -> list[Counter]:
    """Counts of requests that a limit turned away, the greatest first."""
    found = [c for name in _OVERFLOWS for c in counters(mesh, name, host=hop.host) if c.value > 0]
    return sorted(found, key=lambda counter: -counter.value)


def _counted(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Where no request tells how it ended: the proxy's own count of what it turned away."""
    unknown = hop.having(Ending.UNKNOWN)
    if len(unknown) < hop.count:
        return
    found = _overflows(hop, mesh)
    if not found:
        yield from _pasted(hop, mesh)
        return
    most = found[0]
    count, name = f"{most.value:.0f}", most.name
    yield COUNTED.hit(most.source, count=count, name=name)
    if unknown and all(failure.teller.code == _UNAVAILABLE for failure in unknown):
        yield NOTHING_ELSE.hit(*hop.sources(unknown), name=name)
    yield from _limits(hop, mesh)


def _pasted(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A small limit in a piece of Envoy's configuration, beside 503 that nothing explains."""
    bare = [
        failure
        for failure in hop.having(Ending.UNKNOWN)
        if failure.teller.code == _UNAVAILABLE and not failure.teller.body
    ]
    if not bare or len(bare) < hop.count:
        return
    for limit in pasted_limits(mesh, SMALL)[:1]:
        places = [limit.source] if limit.source else []
        yield PASTED.hit(
            *places, *hop.sources(bare, 1), count=len(bare), limit=limit.value, name=limit.by
        )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The rule that sets the limit; where no flag tells, what the proxy loaded and counted."""
    yield from question.given(question.istio_objects(hop, mesh, "DestinationRule", decides=(ID,)))
    if any(not failure.outcome.surmised for failure in hop.having(Ending.OVERFLOW)):
        return
    if not _overflows(hop, mesh):
        namespace, pod = telling_pod(hop, mesh)
        yield Missing(
            what=_("what the calling proxy counted as turned away"),
            command=f"kubectl -n {namespace} exec {pod} -c istio-proxy -- "
            "pilot-agent request GET stats | grep overflow",
            decides=(ID,),
        )
    if not mesh.facts(LoadedCluster):
        yield question.proxy_loaded(hop, mesh, "clusters", ID)


SMALL_LIMIT = Rule(
    "small-limit",
    Severity.WARNING,
    _("{by} allows {limit}: {beyond}."),
)
BELOW_REPLICAS = Rule(
    "below-replicas",
    Severity.WARNING,
    _(
        "{rule} allows {field} {limit} for {replicas} replicas: most of them stay idle while "
        "requests wait or get 503 UO."
    ),
)
BELOW_WORKERS = Rule(
    "below-workers",
    Severity.NOTE,
    _(
        "{rule} allows each caller's proxy {field} {limit}; the workers of {workload} take "
        "{slots} requests at once."
    ),
)


def _beyond(by: str) -> str:
    """What becomes of a request above the limit that ``by`` names."""
    field = by.partition(" ")[0].rpartition(".")[2]
    if field in ("maxRetries", "maxParallelRetries", "max_retries"):
        return _("parallel retries above it are not made, and the caller gets the failure (UO)")
    if field in ("maxConnections", "max_connections"):
        return _("HTTP/1.1 requests above it wait, TCP connections above it are closed (UO)")
    return _("parallel requests above it are answered 503 UO")


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Small limits in DestinationRules and in what proxies have loaded."""
    rules = mesh.manifests("DestinationRule")
    hosts = [*(str(rule.get("spec", "host", default="")) for rule in rules), *called_hosts(mesh)]
    yield from dict.fromkeys(
        SMALL_LIMIT.at(limit.source, by=limit.by, limit=limit.value, beyond=_beyond(limit.by))
        for host in dict.fromkeys(hosts)
        for limit in limits_set(mesh, host, None)
        if limit.value <= SMALL and limit.source is not None
    )
    yield from BELOW_REPLICAS.each(limits_below_replicas(mesh))
    yield from BELOW_WORKERS.each(limits_below_workers(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Raise the limit to what the upstream bears, or lower the load."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    limits = _in_order(hop, as_written(mesh)) or _in_order(hop, mesh)
    setters = tuple(dict.fromkeys(limit.by for limit in limits))
    raised = limits_raised(hop, mesh, limits)
    where = ", ".join(setters) or _("the DestinationRule of {service}").format(service=name)
    yield Remedy(
        title=_("Raise the limit in {where} to the parallel requests that {service} bears").format(
            where=where, service=name
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=raised.edits,
        commands=(edit_command(mesh, POLICY_SETTERS, setters, namespace),),
        derived=raised.derived,
        risks=(_("The limit protected the upstream: measure what it bears before raising it."),),
        verify=_("upstream_rq_pending_overflow and upstream_cx_overflow stop growing."),
        undo=_("Set the former limits again."),
    )
    yield Remedy(
        title=_("Alert on overflow, and load-test with the limit in place"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
