"""Stale connection: a pooled connection had lost its peer, and the next request found out.

## What happens
Envoy keeps upstream connections for an hour of idleness. Something between the two ends forgets the
connection earlier, without telling anybody: a NAT or load balancer drops the idle flow (AWS NLB
after 350 s, Azure after 4 min, conntrack), a node dies, a pod's address is given to another pod.
The next request on the connection is answered with a reset (`503 UC`, at once) or with silence: it
hangs until a timeout (`504 UT`) or until the caller gives up. In ambient mode the gateways' and
waypoints' pooled HBONE connections (`envoy://connect_originate/...`) meet this when a network
plugin gives a freed pod address to a new pod within a minute.

## How to tell
* The caller's proxy tells of it and the server's proxy has **no line** of the request: it never
  arrived. (In the idle race the server's own proxy logs the UC.)
* The connection had been idle for minutes; busy connections and new ones do well.
* `503 UC` after 0-1 ms, or `504 UT` after exactly the timeout while other requests take
  milliseconds; in the debug log the pooled connection is taken and then reset, or given up by the
  kernel a quarter of an hour later (`read error: Connection timed out`).
* The server still counts the connection as open (`downstream_cx_active`).

## What to do
Make the proxy notice or let go first: TCP keep-alive with a time below the forgetful device's idle
limit (`connectionPool.tcp.tcpKeepalive`), or `connectionPool.http.idleTimeout` below it. Retries on
`reset` hide the resets; for silence only a per-try timeout helps. Both also repeat requests that
did arrive and were slow or cut: only for those that may run twice.

## References
* Measured on two Envoys 1.40.0 with flows dropped silently and with RST.
* Istio DestinationRule API, `tcpKeepalive`, `idleTimeout`.
* Istio: idle timeout of the `connect_originate` cluster (after 1.28) and reused pod addresses.
* AWS NLB idle timeout 350 s; Azure Load Balancer 4 min; conntrack.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, unknown_to_server
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
from why503.diagnosis.policy_edit import pool_wanted
from why503.diagnosis.retry_remedy import retry_on_503
from why503.facts import AppEvent, AppEventKind, ProxyEvent, ProxyEventKind
from why503.mesh.armed.pod_setting import late_keepalives, without_keepalive
from why503.mesh.captured import Captured, Shape, captured_on, packets
from why503.mesh.cut_connection import (
    cut_calls,
    cut_off,
    really_all_fail,
    refused,
    reused_while_closing,
    unseen,
    working_time,
)
from why503.mesh.dead_connection import given_up, stuck_together
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import service_name
from why503.mesh.timing import FEW, idle_gaps, short_failures, successes
from why503.support.duration import spell
from why503.support.median import median
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "stale-connection"
TITLE = _("A pooled connection had lost its peer without a word, and the next request showed it")
READS = frozenset({"AppEvent", "ProxyEvent", "TcpConnection"})
SIGNS = frozenset({"UC", "UT", "upstream_reset_before_response_started", "response_timeout"})
AT = At.LEG
ALERT = unknown_to_server("UC", limits=Limits(window="15m", share=0, most=0.5))
# A peer that goes without a word takes a network of its own and the rights of root.
SCENARIO = None

RESET = Clue(
    Weight.HINTS,
    _("{count:request|requests} ended with 503 UC on a connection that leaves the caller's pod."),
)
RESET_TOLD = Clue(
    Weight.HINTS,
    _(
        "{count:error body|error bodies} that the caller noted told that the connection closed "
        "(reset reason: connection termination), which may be the one between two pods."
    ),
)
CALL_CUT = Clue(
    Weight.HINTS,
    _(
        "The connection of {count:call was|calls were} reset under the caller, as one is whose "
        "other end forgot it."
    ),
)
CALLS_HUNG = Clue(
    Weight.HINTS,
    _(
        "Calls of the application to {url} hung until its own time-out, and others were cut off, "
        "as on a connection that something on the way has forgotten."
    ),
)
RESET_INFERRED = Clue(
    Weight.HINTS,
    _(
        "{count:answer has|answers have} the code 503, from behind, and exactly the length of "
        "Envoy's own body for a connection that closed before any answer."
    ),
)
AT_ONCE = Clue(
    Weight.HINTS, _("{share} of them failed within 5 ms: the reset came at once, without any work.")
)
SILENT = Clue(
    Weight.SPEAKS_FOR,
    _("The server's proxy has no line of these requests although its log covers the time."),
)
HUNG = Clue(
    Weight.HINTS,
    _("{count:request|requests} hung until a time-out of {duration}, and the server never saw it."),
)
LONG_IDLE = Clue(
    Weight.SPEAKS_FOR,
    _("Their connections had been idle for {gap}: long enough for a NAT or balancer to forget."),
)
IDLE_BEFORE = Clue(Weight.HINTS, _("Their connections had been idle for {gap} before."))
OTHERS_WELL = Clue(
    Weight.HINTS, _("Other requests to {service} went well meanwhile, on other connections.")
)
HBONE = Clue(
    Weight.SPEAKS_FOR,
    _("They went over a pooled HBONE connection ({host}), kept for an hour by default."),
)
OUTSIDE = Clue(Weight.HINTS, _("The way leads out of the cluster, where NAT forgets idle flows."))
REUSED = Clue(
    Weight.HINTS, _("The proxy took pooled connection [C{connection}] and found it closed.")
)
GIVEN_UP = Clue(
    Weight.SPEAKS_FOR,
    _("The kernel gave up established connection [C{connection}]: its peer was silent ({what})."),
)
RETRANSMITTED = Clue(
    Weight.SPEAKS_FOR,
    _("They ended after {duration}: so long does Linux repeat packets that nobody acknowledges."),
)
STUCK = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request|requests} hung one after the other on one connection ({local}), while "
        "others to {service} went well."
    ),
)
STUCK_FOR_LONG = Clue(
    Weight.HINTS, _("Nothing else passed over that connection from the first of them to the last.")
)
SERVER_SAW = Clue(
    Weight.SPEAKS_AGAINST, _("The server's proxy has its own line of them: they did arrive.")
)
AFTER_WORK = Clue(
    Weight.SPEAKS_AGAINST,
    _("The requests had been under way for {duration} (median) when the connection ended."),
)
SERVER_REFUSED = Clue(
    Weight.RULES_OUT,
    _("The server's proxy refused these connections itself (filter_chain_not_found)."),
)
EVERY_REQUEST = Clue(
    Weight.SPEAKS_AGAINST, _("Every request to {service} fails, also on new connections.")
)

CAPTURED_SILENT = Clue(
    Weight.PROVES,
    _("A packet capture shows requests on open connections, sent {times:time|times}, never taken."),
)
CAPTURED_RESET = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows requests answered with RST by an address that never sent FIN."),
)
CAPTURED_CLOSE = Clue(
    Weight.SPEAKS_AGAINST,
    _("A packet capture shows that the peer was there: it closed the connection itself ({how})."),
)

_FORGETFUL = 200.0
"""Seconds of idleness from which devices on the way are known to forget a flow (Azure: 240)."""
_MOSTLY = 0.5
_HUNG = lazy_re(r"awaiting headers|[Rr]ead timed out|ReadTimeout|SocketTimeout")
_CUT = lazy_re(r"\bEOF\b|[Cc]onnection reset|ECONNRESET|RemoteDisconnected|NoHttpResponse")
_HANGS = (Ending.RESPONSE_TIMEOUT, Ending.PER_TRY_TIMEOUT, Ending.CLIENT_GONE)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Resets and hangs on connections between pods of which the server knows nothing."""
    if hop.leg is Place.UPSTREAM_PROXY_TO_APP:
        return
    if not hop.failures:
        yield from _hung_calls(mesh)
    if calls := cut_calls(hop):
        yield CALL_CUT.hit(*hop.sources(calls), count=len(calls))
    resets = cut_off(hop)
    hangs = hop.having(*_HANGS) if unseen(hop) else ()
    silent = captured_on(hop, mesh, Shape.SILENT)
    yield from _stuck(hop, mesh)
    if not resets and not hangs and not silent:
        return
    yield from _captured(hop, mesh, silent)
    if resets:
        yield from _of_resets(hop, mesh, resets)
    if hangs:
        yield from _of_hangs(hop, hangs)
    yield from _server_account(hop)
    yield from _idle(hop)
    if really_all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=service_name(hop))
    elif unseen(hop) and (groups := successes(hop, mesh)):
        yield OTHERS_WELL.hit(*groups[0].exemplars[:1], service=service_name(hop))
    if found := refused(hop):
        yield SERVER_REFUSED.hit(*hop.sources(found))


def _hung_calls(mesh: Mesh) -> Iterator[Hit]:
    """One address to which an application's calls hang at times, and are cut at others."""
    told = [e for e in mesh.events(AppEvent, AppEventKind.CALL_FAILED) if e.url]
    for hung in told:
        cut = [e for e in told if e.url == hung.url and _CUT.search(e.text)]
        if cut and _HUNG.search(hung.text):
            yield CALLS_HUNG.hit(hung.source, cut[0].source, url=hung.url)
            return


def _stuck(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """One connection on which everything hangs, where a new one works at once."""
    if hung := stuck_together(hop, mesh):
        local, service = hung[0].teller.upstream_local, service_name(hop)
        yield STUCK.hit(*hop.sources(hung), count=len(hung), local=local, service=service)
        if len(hung) >= FEW:
            yield STUCK_FOR_LONG.hit(*hop.sources(hung, 1))


def _captured(hop: Hop, mesh: Mesh, silent: tuple[Captured, ...]) -> Iterator[Hit]:
    """Whether the peer ever answered the request, and how."""
    lost = captured_on(hop, mesh, Shape.LOST)
    closed = captured_on(hop, mesh, Shape.RACE, Shape.CUT)
    if silent:
        times = 1 + max(found.connection.from_client.retransmissions for found in silent)
        yield CAPTURED_SILENT.hit(*packets(silent), times=times, observation="capture")
    elif lost:
        yield CAPTURED_RESET.hit(*packets(lost), observation="capture")
    elif closed:
        yield CAPTURED_CLOSE.hit(*packets(closed), how=closed[0].how, observation="capture")


def _server_account(hop: Hop) -> Iterator[Hit]:
    if unseen(hop):
        yield SILENT.hit(*hop.sources(), observation="server's account")
    elif any(failure.server_silent is False for failure in hop.failures):
        yield SERVER_SAW.hit(*hop.sources(), observation="server's account")
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        yield OUTSIDE.hit(*hop.sources())


def _of_resets(hop: Hop, mesh: Mesh, resets: tuple[Failure, ...]) -> Iterator[Hit]:
    clue = RESET
    if hop.role is Role.CLIENT:
        clue = RESET_TOLD
    elif all(failure.outcome.behind for failure in resets):
        clue = RESET_INFERRED
    yield clue.hit(*hop.sources(resets), count=len(resets))
    hosts = [failure.teller.upstream_host or "" for failure in resets]
    repeated = all(failure.outcome.retried for failure in resets)
    host = next((host for host in hosts if "connect_originate/" in host), "")
    if host and not repeated:  # a repetition would have found another connection
        yield HBONE.hit(*hop.sources(resets), host=host)
    if (waited := given_up(resets)) is not None:
        yield RETRANSMITTED.hit(*hop.sources(resets), duration=spell(waited))
    elif (working := working_time(hop)) is not None:
        yield AFTER_WORK.hit(*hop.sources(resets), duration=spell(working / 1000))
    elif (share := short_failures(hop)) >= _MOSTLY and unseen(hop):
        yield AT_ONCE.hit(*hop.sources(resets), share=f"{share:.0%}")
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.READ_TIMED_OUT:
            yield GIVEN_UP.hit(event.source, connection=event.connection, what=event.text)
            break
    for start, end in reused_while_closing(mesh)[:1]:
        yield REUSED.hit(start.source, end.source, connection=start.connection)


def _of_hangs(hop: Hop, hangs: tuple[Failure, ...]) -> Iterator[Hit]:
    told = [failure.teller.duration for failure in hangs if failure.teller.duration is not None]
    took = spell(median(told) / 1000) if told else "-"
    yield HUNG.hit(*hop.sources(hangs), count=len(hangs), duration=took)


def _idle(hop: Hop) -> Iterator[Hit]:
    gaps = idle_gaps(hop)
    if not gaps:
        return
    gap = median(gaps)
    if gap >= _FORGETFUL:
        yield LONG_IDLE.hit(*hop.sources(), gap=spell(gap), observation="idle gap")
    elif gap >= 1 and unseen(hop):
        yield IDLE_BEFORE.hit(*hop.sources(), gap=spell(gap), observation="idle gap")


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The server's proxy log decides: did the request arrive."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "keepalive-race", "mtls-mismatch"),
        question.pods(hop, mesh, ID, "pod-terminating", "upstream-crash"),
        question.capture(hop, mesh, ID, "upstream-reset"),
    )


FORGOTTEN = 240.0
"""Seconds after which the first cloud load balancers forget an idle connection."""
LATE_KEEPALIVE = Rule(
    "keepalive-after-idle-limit",
    Severity.WARNING,
    _(
        "{rule} sends the first TCP keepalive after {time}; cloud load balancers forget idle "
        "connections after 240 to 350 s."
    ),
)

NO_KEEPALIVE = Rule(
    "no-keepalive-to-outside",
    Severity.NOTE,
    _(
        "Nothing keeps idle connections to port {port} of {entry} alive (no tcpKeepalive, no "
        "short idleTimeout); NAT gateways of clouds forget them after 240 s or more."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """TCP keepalives that begin later than devices forget a connection, or not at all."""
    yield from LATE_KEEPALIVE.each(late_keepalives(mesh, FORGOTTEN))
    yield from NO_KEEPALIVE.each(without_keepalive(mesh, FORGOTTEN))


_SOON = 120
"""Seconds: below what balancers and firewalls of the clouds forget idle connections after."""


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry now; TCP keep-alive or an idle timeout below the forgetful device's limit."""
    gaps = idle_gaps(hop)
    limit = min(gaps) if gaps else 240.0
    ours = max(1, min(int(limit / 2), _SOON))
    probes = pool_wanted(
        hop,
        mesh,
        ("tcp", "tcpKeepalive", "time", f"{ours}s"),
        ("tcp", "tcpKeepalive", "interval", f"{max(1, ours // 4)}s"),
    )
    shortest = _(
        "The shortest pause before a failure was {gap}: half of it, at most 2 min: {ours}."
    )
    derived = (shortest.format(gap=spell(limit), ours=spell(ours)),) if gaps else ()
    yield retry_on_503(hop, mesh)
    yield Remedy(
        title=_("Keep connections alive with TCP probes after {ours} of idleness").format(
            ours=spell(ours)
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=probes.edits,
        commands=probes.commands,
        derived=derived,
        risks=(_("Probes also wake connections that nobody needs any more."),),
        verify=_("Requests after a long pause go well, and the server's proxy logs them."),
        undo=probes.undo,
    )
    idle = pool_wanted(hop, mesh, ("http", "idleTimeout", f"{ours}s"))
    yield Remedy(
        title=_("Or give up idle connections after {ours}").format(ours=spell(ours)),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        edits=idle.edits,
        commands=idle.commands,
        derived=derived,
        risks=(_("A few more connections are opened."),),
        verify=_("Requests after a long pause go well, on a new connection."),
        undo=idle.undo,
    )
