"""Upstream idle-timeout race: the server closed an idle connection just as the proxy reused it.

## What happens
Envoy keeps upstream connections open for reuse, by default for 1 hour of idleness. Most servers
close an idle connection much earlier (VictoriaMetrics and Tomcat after 60 s, Node.js after 5 s,
gunicorn after 2 s) and say nothing before they do. If a request is written while the server's FIN
is on its way, the server answers it with a reset, and the proxy next to the server logs
`503 UC upstream_reset_before_response_started{connection_termination}`. The request was not
processed. Behind a server's sidecar the caller's proxy shows only `503 - via_upstream`.

## How to tell
* It is rare and scattered, single requests fail, and the very next attempt goes well.
* The failed request ends within a millisecond or two (over a network: within a round trip).
* The connection had been idle for about the server's keep-alive timeout. Low traffic at an
  interval near that timeout (an evaluation every 60 s against a 60 s timeout) hits it most.
* A capture shows the server's FIN, then the request, then a RST.
* The counter `upstream_cx_destroy_remote_with_active_rq` of the cluster next to the application
  counts exactly these.

## What to do
Make the side that sends give up idle connections first: set the proxy's idle timeout *on the
cluster that talks to the application* below the server's keep-alive timeout (a DestinationRule's
`connectionPool.http.idleTimeout`, which Istio writes into the server's inbound cluster as well, or
`Sidecar.inboundConnectionPool`), or raise the server's timeout above the proxy's. On the caller's
outbound cluster alone it changes nothing where the server has a sidecar. Retries hide the race:
`reset` repeats it at the proxy next to the application; `reset-before-request`, Istio's inbound
default since 1.24, does not, for the request had been written already.

## References
* Envoy FAQ and `router.cc` (1.10-1.40): reset reason `connection termination`, flag UC.
* Istio `cluster_builder.go` (1.20-1.31): `connectionPool` on the inbound cluster;
  `Sidecar.inboundConnectionPool` since 1.20.
* Measured with vmalert, two Envoys 1.40.0 and VictoriaMetrics: 6-13 % of the writes failed with equal
  interval and timeout, 0 of 660 with the proxy's idle timeout at half the server's.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Patch,
    Remedy,
    RemedyKind,
    Weight,
)
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.pod_life import failing_life
from why503.mesh.server import KeepAlive, keepalive_of
from why503.mesh.timing import all_fail, bunched_at, durations, idle_gaps, short_failures
from why503.mesh.traffic_policy import idle_timeout_upstream
from why503.support.duration import spell
from why503.support.text import _

ID = "keepalive-race"
TITLE = _("The server closed an idle connection just as the proxy sent the next request on it")
READS = frozenset({"ProxyEvent", "Deployment", "StatefulSet", "DestinationRule", "Service", "Sidecar"})
SIGNS = frozenset({"UC", "upstream_reset_before_response_started", "connection termination"})
AT = At.LEG

ENDED_UNANSWERED = Clue(
    Weight.HINTS,
    _("{count} requests ended with 503 UC: the connection closed before any answer came."),
)
AT_ONCE = Clue(
    Weight.HINTS,
    _("They failed within milliseconds ({share} of them in 5 ms): the application had not begun to work on them."),
)
AFTER_WORK = Clue(
    Weight.SPEAKS_AGAINST,
    _("The application had been working for {duration} (median) when the connection ended."),
)
IDLE_LIKE_TIMEOUT = Clue(
    Weight.PROVES,
    _("The failed requests came on connections idle for {gap}; {server} closes idle connections after {idle}."),
)
IDLE_BUNCHED = Clue(
    Weight.SPEAKS_FOR,
    _("The failed requests came on connections that had all been idle for about {gap}."),
)
CLOSES_FIRST = Clue(
    Weight.SPEAKS_FOR,
    _("{server} closes idle connections after {idle}; the proxy keeps them for {proxy} ({by})."),
)
PROXY_FIRST = Clue(
    Weight.SPEAKS_AGAINST,
    _("The proxy gives up idle connections after {proxy} ({by}), before {server} does after {idle}."),
)
REUSED_WHILE_CLOSING = Clue(
    Weight.PROVES,
    _("The proxy took pooled connection [C{connection}] and read its close in the same moment."),
)
EVERY_REQUEST = Clue(
    Weight.SPEAKS_AGAINST,
    _("Every request to {service} fails; a race spares most of them."),
)
SERVER_REFUSED = Clue(
    Weight.RULES_OUT,
    _("The server's proxy refused these connections itself (filter_chain_not_found)."),
)
POD_CHANGED = Clue(
    Weight.SPEAKS_AGAINST,
    _("A pod of {service} stopped or crashed just then: {what}."),
)
SERVER_NEVER_SAW = Clue(
    Weight.SPEAKS_AGAINST,
    _("The server's proxy has no line of these requests: the connection between the proxies broke, not the one to the application."),
)

_RACY = (Ending.CONNECTION_TERMINATION,)
_REUSED_WITHIN = 0.01
"""Seconds between taking a pooled connection and reading its close."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UC on a reused connection, its idle time, and who closes first."""
    yield from _reused_while_closing(mesh)
    failures = hop.having(*_RACY)
    if not failures:
        return
    yield ENDED_UNANSWERED.hit(*hop.sources(failures), count=len(failures))
    if any(failure.server_refused for failure in failures):
        yield SERVER_REFUSED.hit(*hop.sources(failures))
    if hop.leg is Place.PROXY_TO_PROXY and all(failure.server_silent for failure in failures):
        yield SERVER_NEVER_SAW.hit(*hop.sources(failures))
    yield from _duration(hop)
    yield from _idle(hop, mesh)
    if all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=service_name(hop))
    for event in failing_life(hop, mesh)[:1]:
        yield POD_CHANGED.hit(event.source, service=service_name(hop), what=event.text)


def _reused_while_closing(mesh: Mesh) -> Iterator[Hit]:
    taken: dict[str, ProxyEvent] = {}
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.REUSED_CONNECTION:
            taken[event.connection] = event
        elif event.kind is ProxyEventKind.REMOTE_CLOSE and event.connection in taken:
            start = taken[event.connection]
            if event.time is None or start.time is None or event.time - start.time <= _REUSED_WITHIN:
                yield REUSED_WHILE_CLOSING.hit(start.source, event.source, connection=event.connection)
                return


def _duration(hop: Hop) -> Iterator[Hit]:
    times = sorted(durations(hop))
    if not times:
        return
    share = short_failures(hop)
    if share >= 0.5:
        yield AT_ONCE.hit(share=f"{share:.0%}", observation="duration")
    elif times[len(times) // 2] >= 50:
        yield AFTER_WORK.hit(
            *hop.sources(), duration=spell(times[len(times) // 2] / 1000), observation="duration"
        )


def _idle(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    keepalive = keepalive_of(mesh, hop.host)
    gap = bunched_at(idle_gaps(hop), tolerance=0.2)
    if keepalive is not None and keepalive.idle is not None:
        yield from _who_closes_first(hop, mesh, keepalive, keepalive.idle)
        if gap is not None and 0.75 * keepalive.idle <= gap <= 1.25 * keepalive.idle:
            yield IDLE_LIKE_TIMEOUT.hit(
                *hop.sources(),
                *keepalive.sources,
                gap=spell(gap),
                server=keepalive.server,
                idle=spell(keepalive.idle),
                observation="idle gap",
            )
            return
    if gap is not None and gap >= 1:
        yield IDLE_BUNCHED.hit(*hop.sources(), gap=spell(gap), observation="idle gap")


def _who_closes_first(hop: Hop, mesh: Mesh, keepalive: KeepAlive, idle: float) -> Iterator[Hit]:
    proxy = idle_timeout_upstream(mesh, hop.host, hop.port)
    clue = CLOSES_FIRST if proxy.value >= idle else PROXY_FIRST
    sources = [*keepalive.sources, *([proxy.source] if proxy.source else [])]
    yield clue.hit(
        *sources,
        server=keepalive.server,
        idle=spell(idle),
        proxy=spell(proxy.value),
        by=proxy.by,
        observation="who closes first",
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The other proxy's account, the server's keep-alive setting, the pods' life, a capture."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "mtls-mismatch", "stale-connection"),
        question.workload(hop, mesh, ID, "upstream-reset"),
        question.pods(hop, mesh, ID, "upstream-crash", "pod-terminating"),
        question.capture(hop, mesh, ID, "upstream-reset", "keepalive-max-requests"),
    )


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Services whose server closes idle connections before the proxy does."""
    for service in mesh.manifests("Service"):
        host = f"{service.name}.{service.namespace}" if service.namespace else service.name
        keepalive = keepalive_of(mesh, host)
        if keepalive is None or keepalive.idle is None:
            continue
        proxy = idle_timeout_upstream(mesh, host, None)
        if proxy.value >= keepalive.idle:
            yield Hazard(
                sentence=_("{server} closes idle connections after {idle}, the proxy keeps them for {proxy}."),
                source=proxy.source or service.source,
                values=(
                    ("idle", spell(keepalive.idle)),
                    ("proxy", spell(proxy.value)),
                    ("server", keepalive.server),
                ),
            )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry now; close idle connections first at the proxy; or let the server wait longer."""
    keepalive = keepalive_of(mesh, hop.host)
    idle = keepalive.idle if keepalive is not None and keepalive.idle else 60.0
    ours = shorter_than(idle)
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    yield Remedy(
        title=_("Let the caller repeat the request, where it is safe to repeat"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(_("A retry can run a request twice; safe for reads and for remote write, not for every POST."),),
        verify=_("Failures seen by the caller stop, while 503 UC at the server's proxy goes on."),
    )
    yield Remedy(
        title=_("Give up idle connections after {ours}, before the server does at {idle}").format(
            ours=spell(ours), idle=spell(idle)
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.SAFE,
        patches=(Patch(yaml=idle_timeout_rule(name, namespace, hop.host or name, ours)),),
        risks=(_("A few more connections are opened; a rule for this host that exists already must be extended instead."),),
        verify=_("upstream_cx_destroy_remote_with_active_rq of the inbound cluster stops growing."),
        undo=f"kubectl -n {namespace} delete destinationrule {name}",
    )
    yield Remedy(
        title=_("Or raise the server's keep-alive timeout above the proxy's idle timeout"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("The server holds more idle connections."),),
    )


def shorter_than(idle: float) -> float:
    """Idle timeout for the proxy, seconds: five sixths of the server's, whole seconds where they fit."""
    ours = idle * 5 / 6
    return float(int(ours)) if ours >= 2 else round(idle / 2, 3)


def idle_timeout_rule(name: str, namespace: str, host: str, seconds: float) -> str:
    """A DestinationRule that limits the idle time of the proxy's connections to a service."""
    return (
        "apiVersion: networking.istio.io/v1\n"
        "kind: DestinationRule\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        f"  host: {host}\n"
        "  trafficPolicy:\n"
        "    connectionPool:\n"
        "      http:\n"
        f"        idleTimeout: {seconds:g}s\n"
    )
