"""Upstream idle-timeout race: the server closed an idle connection just as the proxy reused it.

## What happens
Envoy keeps upstream connections open for reuse, by default for 1 hour of idleness. Most servers
close an idle connection much earlier (VictoriaMetrics, Tomcat after 60 s, Node.js 5 s, gunicorn
2 s) and say nothing before they do. If a request is written while the server's FIN
is on its way, the server answers it with a reset, and the proxy next to the server logs
`503 UC upstream_reset_before_response_started{connection_termination}`. The request was not
processed. Behind a server's sidecar the caller's proxy shows only `503 - via_upstream`.

## How to tell
* It is rare and scattered, single requests fail, and the very next attempt goes well.
* The failed request ends within a millisecond or two (over a network: within a round trip).
* The connection had been idle for about the server's keep-alive timeout. Low traffic at an
  interval near that timeout (an evaluation every 60 s against a 60 s timeout) hits it most.
* A capture shows the server's FIN, then the request, then a RST.
* `upstream_cx_destroy_remote_with_active_rq` of the cluster next to the application counts them.

## What to do
Make the side that sends give up idle connections first: set the proxy's idle timeout *on the
cluster that talks to the application* below the server's keep-alive timeout (a DestinationRule's
`connectionPool.http.idleTimeout`, which Istio writes into the server's inbound cluster as well, or
`Sidecar.inboundConnectionPool`), or raise the server's timeout above the proxy's. On the caller's
outbound cluster alone it changes nothing where the server has a sidecar. Retries hide the race:
`reset` at the proxy next to the application, `503` at the caller's (in Istio's default until 1.23);
not `reset-before-request`, the inbound default since 1.24, for the request had been written. Envoy
cannot tell this reset from one amid the work: repeat only what may run twice.

## References
* Envoy FAQ and `router.cc` (1.10-1.40): reset reason `connection termination`, flag UC.
* Istio `cluster_builder.go` (1.20-1.31): `connectionPool` on the inbound cluster;
  `Sidecar.inboundConnectionPool` since 1.20.
* Measured with vmalert, two Envoys 1.40.0 and VictoriaMetrics: 6-13 % of the writes failed with
  equal interval and timeout, 0 of 660 with the proxy's idle timeout at half the server's.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import RARE, lasting
from why503.diagnosis.cause import At, Clue, Hit, Missing, Remedy, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.idle_remedy import against_race
from why503.diagnosis.scenario import (
    Answer,
    Cure,
    Knob,
    Load,
    Scenario,
    Seconds,
    Server,
    Times,
    View,
)
from why503.diagnosis.scenario_part import idle_timeout
from why503.mesh import captured, cut_connection
from why503.mesh.armed import idle_ladder, server_idle
from why503.mesh.calling import call_interval, only_first_attempts
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import service_name
from why503.mesh.server import KeepAlive, keepalive_of
from why503.mesh.timing import bunched_at, idle_gaps, only_first_after_idle, short_failures
from why503.mesh.traffic_policy import idle_timeout_upstream
from why503.mesh.workload import WORKLOAD_KINDS, has_sidecar
from why503.support.duration import spell
from why503.support.text import _

ID = "keepalive-race"
TITLE = _("The server closed an idle connection just as the proxy sent the next request on it")
READS = frozenset(
    {*WORKLOAD_KINDS, "VMSingle", "fragment"}
    | {"AppEvent", "BackendTrafficPolicy", "ConfigMap", "Counter", "DestinationRule", "Event"}
    | {"GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster", "LoadedEndpoint"}
    | {"MeshConfig", "Namespace", "ProxyEvent", "ProxyInfo", "Request", "Service"}
    | {"Sidecar", "TcpConnection", "VMAgent", "VMAlert", "VMAuth", "VMCluster", "VMRule"}
)
SIGNS = frozenset({"UC", "upstream_reset_before_response_started", "connection termination"})
AT = At.LEG
ALERT = lasting("UC", milliseconds=5, quick=True, limits=RARE)
_IDLE = Knob(name="idle", low=2.0, high=2.5, seconds=True)
SCENARIO = Scenario(
    summary="The application closes idle connections after the time at which the next call comes.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(Server(answers=(Answer(delay=0.1),), idle_timeout=_IDLE, close_travel=0.03),),
    load=Load(requests=18, workers=6, gap=Times(of=_IDLE, plus=0.015), jitter=0.02),
    modest={View.CALLER: "No idle time between the server and its sidecar is seen there."},
    cure=Cure(callee={"cluster": idle_timeout(Seconds(Times(of=_IDLE, factor=0.5)))}),
)

ENDED_UNANSWERED = Clue(
    Weight.HINTS,
    _("{count:request|requests} ended because the connection closed before any answer (503 UC)."),
)
AT_ONCE = Clue(
    Weight.HINTS,
    _("{share} of them ended within 5 ms: the application had not begun to work on them."),
)
INFERRED = Clue(
    Weight.HINTS,
    _(
        "{count:answer has|answers have} the code 503, from behind, and exactly the length of "
        "Envoy's own body for a connection that closed before any answer."
    ),
)
BESIDE_APP = Clue(
    Weight.HINTS,
    _("It was the connection to the application itself, which closes idle ones without a word."),
)
AFTER_WORK = Clue(
    Weight.SPEAKS_AGAINST,
    _("The requests had been under way for {duration} (median) when the connection ended."),
)
IDLE_LIKE_TIMEOUT = Clue(
    Weight.PROVES,
    _(
        "The failed requests came on connections idle for {gap}; {server} closes idle connections "
        "after {idle}."
    ),
)
IDLE_FITS = Clue(
    Weight.SPEAKS_FOR,
    _("The upstream had been idle for {gap}; {server} closes idle connections after {idle}."),
)
CALLS_LIKE_TIMEOUT = Clue(
    Weight.SPEAKS_FOR,
    _("The caller calls every {gap} ({by}) and {server} closes idle connections after {idle}."),
)
IDLE_LONGEST = Clue(
    Weight.SPEAKS_FOR,
    _("Every failed request came after {gap} of idleness or more; busier connections went well."),
)
IDLE_BUNCHED = Clue(
    Weight.HINTS,
    _("The failed requests came on connections that had all been idle for about {gap}."),
)
CLOSES_FIRST = Clue(
    Weight.HINTS,
    _("{server} closes idle connections after {idle}; the proxy keeps them for {proxy} ({by})."),
)
PROXY_FIRST = Clue(
    Weight.SPEAKS_AGAINST,
    _("The proxy gives up idle connections after {proxy} ({by}), {server} only after {idle}."),
)
NEVER_CLOSES = Clue(
    Weight.SPEAKS_AGAINST, _("{server} does not close connections for being idle by default.")
)
IN_USE = Clue(
    Weight.SPEAKS_AGAINST,
    _("The connections had been in use {gap} before: no server calls that idle."),
)
FIRST_ATTEMPTS = Clue(
    Weight.HINTS, _("Only the first attempt failed ({count:time|times}); the next went well.")
)
REUSED_WHILE_CLOSING = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy took pooled connection [C{connection}] and read its close in the same moment."),
)
AGAIN = Clue(Weight.HINTS, _("That happened on {count:connection|connections}."))
EVERY_REQUEST = Clue(
    Weight.SPEAKS_AGAINST, _("Every request to {service} fails; a race spares most of them.")
)
EACH_IN_TURN = Clue(
    Weight.SPEAKS_AGAINST,
    _(
        "All {count} calls failed, one every {gap}: after a race the next call gets a new "
        "connection and goes well."
    ),
)
SERVER_REFUSED = Clue(
    Weight.RULES_OUT,
    _("The server's proxy refused these connections itself (filter_chain_not_found)."),
)
POD_ENDED = Clue(
    Weight.SPEAKS_AGAINST, _("A pod of {service} stopped or crashed shortly before: {what}.")
)
COUNTED_BESIDE_APP = Clue(
    Weight.HINTS, _("The application closed connections with a request in hand: {name} is {count}.")
)
SERVER_NEVER_SAW = Clue(
    Weight.SPEAKS_AGAINST,
    _("The server's proxy has no line of them: the connection between the proxies broke."),
)
BETWEEN_PROXIES = Clue(
    Weight.SPEAKS_AGAINST,
    _("The connection led to the server's sidecar, which keeps idle ones as long as this proxy."),
)
SAME_COUNT = Clue(
    Weight.SPEAKS_AGAINST,
    _("Each connection had carried exactly {count:request|requests}, which no idleness explains."),
)
CAPTURED = Clue(
    Weight.PROVES,
    _("A packet capture shows the server's {how}, after {idle} idle, and, {gap}, the request."),
)
CAPTURED_CLOSE = Clue(
    Weight.SPEAKS_FOR, _("A packet capture shows the server's {how} and, {gap}, the request.")
)
CAPTURED_BUSY = Clue(
    Weight.SPEAKS_AGAINST,
    _("A packet capture shows {count} of them, and no FIN of the server before any."),
)

_MOSTLY = 0.5
_NEAR = (0.75, 1.25)
"""An idle gap is that of the timeout within these shares of it (Node.js 22 closes 1 s late)."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UC on a reused connection, its idle time, and who closes first."""
    failures = cut_connection.cut_off(hop)
    if hop.family is Family.UNKNOWN and not hop.failures:
        yield from _reused_while_closing(mesh)
    if not failures:
        return
    yield from _ended(hop, failures)
    yield from _captured(hop, mesh)
    if ends := cut_connection.ended_pods(hop, mesh):
        yield POD_ENDED.hit(ends[0].source, service=service_name(hop), what=ends[0].text)
    else:
        yield from _leg(hop, mesh)
        if (working := cut_connection.working_time(hop)) is not None:
            yield AFTER_WORK.hit(*hop.sources(), duration=spell(working / 1000))
        yield from _idle(hop, mesh)
    yield from _reused_while_closing(mesh)
    if attempts := only_first_attempts(hop, mesh):
        yield FIRST_ATTEMPTS.hit(*[e.source for e in attempts[:2]], count=len(attempts))
    yield from _against(hop, mesh)


def _ended(hop: Hop, failures: Sequence[Failure]) -> Iterator[Hit]:
    """How they ended, and that the application had not begun."""
    surmised = all(failure.outcome.behind for failure in failures)
    clue = INFERRED if surmised else ENDED_UNANSWERED
    yield clue.hit(*hop.sources(failures), count=len(failures))
    share = short_failures(hop) if cut_connection.working_time(hop) is None else 0.0
    if share >= _MOSTLY and not surmised and not cut_connection.beside_the_app(hop):
        # Beside the application any end comes at once; a measured idle time says it better.
        yield AT_ONCE.hit(*hop.sources(failures), share=f"{share:.0%}", observation="idle gap")


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The FIN and the request after it; or a close that was no idle one."""
    found = captured.captured_on(hop, mesh, captured.Shape.RACE)
    if found:
        idly = captured.closed_for_idleness(found, hop, mesh)
        idly = idly and not cut_connection.ended_pods(hop, mesh)
        clue = CAPTURED if idly else CAPTURED_CLOSE
        yield clue.hit(*captured.packets(found), **captured.words_of_close(found[0]))
    elif cut := captured.no_idle_close(hop, mesh):
        yield CAPTURED_BUSY.hit(*captured.packets(cut), count=len(cut))


def _leg(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    second_hand = all(failure.outcome.behind for failure in hop.failures)
    if cut_connection.beside_the_app(hop):
        if not second_hand:
            yield BESIDE_APP.hit(*hop.sources(most=1), observation="leg")
    elif cut_connection.unseen(hop):
        yield SERVER_NEVER_SAW.hit(*hop.sources(), observation="leg")
    elif (told := cut_connection.cut_at_app(mesh, hop.host)) is not None:
        yield COUNTED_BESIDE_APP.hit(told.source, name=told.name, count=f"{told.value:.0f}")
    elif hop.role is Role.DOWNSTREAM and has_sidecar(mesh, hop.host):
        yield BETWEEN_PROXIES.hit(*hop.sources(), observation="leg")


def _idle(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    keepalive = keepalive_of(mesh, hop.host)
    brief = keepalive is not None and (keepalive.idle or 2.0) <= 1.0
    if (gap := cut_connection.busy_gap(hop)) is not None and not brief:
        yield IN_USE.hit(*hop.sources(), gap=spell(gap), observation="idle gap")
    elif keepalive is not None and keepalive.idle is None:
        yield NEVER_CLOSES.hit(
            *keepalive.sources,
            server=keepalive.server or _("the server"),
            observation="who closes first",
        )
    elif keepalive is not None and keepalive.idle is not None:
        yield from _known_timeout(hop, mesh, keepalive, keepalive.idle)
    else:
        yield from _unknown_timeout(hop, mesh)


def _known_timeout(hop: Hop, mesh: Mesh, keepalive: KeepAlive, idle: float) -> Iterator[Hit]:
    proxy = idle_timeout_upstream(mesh, hop.host, hop.port)
    told = {"server": keepalive.server or _("the server"), "idle": spell(idle)}
    yield (CLOSES_FIRST if proxy.value >= idle else PROXY_FIRST).hit(
        *keepalive.sources,
        *filter(None, [proxy.source]),
        **told,
        proxy=spell(proxy.value),
        by=proxy.by,
        observation="who closes first",
    )
    low, high = (share * idle for share in _NEAR)
    gap = bunched_at(idle_gaps(hop), tolerance=0.2)
    if gap is not None and low <= gap <= high:
        sources = [*hop.sources(), *keepalive.sources]
        if cut_connection.idle_gaps_tell(hop, mesh):
            yield IDLE_LIKE_TIMEOUT.hit(*sources, **told, gap=spell(gap))
        else:
            yield IDLE_FITS.hit(*sources, **told, gap=spell(gap), observation="who closes first")
        return
    interval = call_interval(mesh, hop)
    if gap is None and interval is not None and low <= interval.value <= high:
        yield CALLS_LIKE_TIMEOUT.hit(
            *filter(None, [interval.source]),
            *keepalive.sources,
            **told,
            gap=spell(interval.value),
            by=interval.by,
            observation="who closes first",
        )
        return
    yield from _unknown_timeout(hop, mesh)


def _unknown_timeout(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Idle gaps where the server's timeout is not known, or is another one."""
    if cut_connection.each_in_turn(hop, mesh) is not None:
        return  # the idle time is that of the calls
    least = only_first_after_idle(hop, mesh)
    gap = bunched_at(idle_gaps(hop), tolerance=0.2)
    if least is not None and least >= 1 and hop.count > 1:
        yield IDLE_LONGEST.hit(*hop.sources(), gap=spell(least), observation="idle gap")
    elif gap is not None and gap >= 1 and hop.count > 1:
        yield IDLE_BUNCHED.hit(*hop.sources(), gap=spell(gap), observation="idle gap")


def _reused_while_closing(mesh: Mesh) -> Iterator[Hit]:
    found = cut_connection.reused_while_closing(mesh)
    for start, end in found[:1]:
        yield REUSED_WHILE_CLOSING.hit(start.source, end.source, connection=start.connection)
    for start, end in found[1:2]:
        yield AGAIN.hit(start.source, end.source, count=len(found))


def _against(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What shows another reason for the closed connections."""
    if found := cut_connection.refused(hop):
        yield SERVER_REFUSED.hit(*hop.sources(found))
    if (count := cut_connection.carried(hop)) is not None:
        yield SAME_COUNT.hit(*hop.sources(), count=count)
    if cut_connection.really_all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=service_name(hop))
    elif (pace := cut_connection.each_in_turn(hop, mesh)) is not None:
        yield EACH_IN_TURN.hit(*hop.sources(), count=hop.count, gap=spell(pace))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The other proxy's account, the server's keep-alive setting, the pods' life, a capture."""
    yield from question.given(
        question.workload(hop, mesh, ID, "upstream-reset", "keepalive-max-requests"),
        question.server_proxy_log(hop, mesh, ID, "mtls-mismatch", "stale-connection"),
        question.pods(hop, mesh, ID, "upstream-crash", "pod-terminating"),
        question.capture(hop, mesh, ID, "upstream-reset", "keepalive-max-requests"),
    )


_FIRST = _(
    "{server} behind {service} closes idle connections after {idle} ({how}), the proxy "
    "keeps them for {proxy} ({by}): a request that meets the close fails with 503 UC."
)
ARMED: dict[Finder, Rule] = {
    server_idle.proxies_above_server: Rule("proxy-idle-above-server", Severity.WARNING, _FIRST),
    idle_ladder.for_callers_only: Rule(
        "idle-timeout-for-callers-only",
        Severity.WARNING,
        _(
            "{rule} reaches callers' proxies only: they give up idle connections after {proxy}, "
            "that beside {service} after {kept}; {server} closes them after {idle} ({how})."
        ),
    ),
    idle_ladder.proxies_above_next_proxy: Rule(
        "proxy-idle-above-next-proxy", Severity.WARNING, _FIRST
    ),
    idle_ladder.clients_above_proxy: Rule(
        "client-idle-above-proxy",
        Severity.WARNING,
        _(
            "{workload} keeps idle connections for {kept} ({setting}), its own proxy closes them "
            "after {idle} ({by}): the client sees a reset when a request meets the close."
        ),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Rungs of the ladder at which the sender keeps idle connections longer than the receiver."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry now; close idle connections first at the proxy; or let the server wait longer."""
    yield from against_race(hop, mesh)
