"""Upstream reset: the server closed or reset the connection while it served the request.

## What happens
The connection was there, the request was sent, the server had begun to work, and then the
connection ended: the application closed the socket, its framework gave up a request (a worker's
timeout, a body too large, an exception that aborts the connection), a proxy inside the pod or a
packet filter reset it. Envoy logs `503 UC
upstream_reset_before_response_started{connection_termination}` where no answer had begun, keeps
code 200 with UC, UR or UPE (`upstream_reset_after_response_started{...}`) where it had, and
`503 UR ...{remote_reset}` where an HTTP/2 server reset only the stream.

## How to tell
* The failed requests had been under way for as long as the application works, tens of milliseconds
  and more, and not all for the same time. (An idle connection that dies fails in 0-2 ms.)
* `upstream_reset_after_response_started`: part of the answer was already out.
* The process lives on: no restart, no SIGTERM. Otherwise look at `upstream-crash`,
  `pod-terminating`.
* This is the name for a reset without a known deeper reason; the application's log at that very
  moment, or a packet capture (who sends FIN or RST), finds the reason.

## What to do
Read the application's log at the time of a failure, capture FIN and RST beside the application,
and mend what closes the connection. Retry only what may run twice: the application had begun.
Resets of large transfers inside the pod: Istio 1.13 and later can drop packets that conntrack
calls invalid (`INVALID_DROP`) instead of letting the kernel answer them with RST.

## References
* Envoy `router.cc`, `codec_client.cc` (1.10-1.40): reset reasons and response code details.
* Measured on Envoy 1.40.0: a body with content-length cut by FIN or RST gives
  `200 UPE upstream_reset_after_response_started{protocol_error}`.
* Istio 1.13 release notes: `INVALID_DROP`.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import lasting
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
from why503.diagnosis.scenario import Answer, Cure, Deed, Knob, Load, Scenario, Server
from why503.facts import Witness
from why503.mesh.captured import Shape, at_work, captured_on, cut_together, packets
from why503.mesh.crash_shape import refusals
from why503.mesh.cut_connection import (
    busy_gap,
    carried,
    cut_off,
    ended_pods,
    really_all_fail,
    refused,
    unseen,
    working_time,
)
from why503.mesh.dead_connection import given_up
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, server_pod, service_name
from why503.mesh.timing import FEW, short_failures
from why503.support.duration import spell
from why503.support.text import _

ID = "upstream-reset"
TITLE = _("The server closed or reset the connection while it was serving the request")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Event", "LoadedEndpoint", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Service", "StatefulSet", "TcpConnection"}
)
SIGNS = frozenset(
    {
        "UC",
        "UR",
        "LR",
        "upstream_reset_before_response_started",
        "upstream_reset_after_response_started",
        "remote_reset",
        "remote reset",
        "connection termination",
    }
)
AT = At.LEG
ALERT = lasting("UC", "UR", milliseconds=25, quick=False)
SCENARIO = Scenario(
    summary="The application breaks the connection while it works on some requests.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(
        Server(
            answers=(
                Answer(
                    share=Knob(name="share", low=0.3, high=0.5),
                    deed=Deed.RESET,
                    delay=Knob(name="work", low=0.2, high=0.4, seconds=True),
                ),
                Answer(delay=0.02),
            )
        ),
    ),
    load=Load(requests=30, workers=3),
    cure=Cure(servers=(Server(),)),
)

CUT = Clue(
    Weight.HINTS,
    _(
        "{count:request|requests} ended because the connection to the upstream closed before the "
        "answer."
    ),
)
STREAM_RESET = Clue(
    Weight.SPEAKS_FOR, _("The upstream reset {count:stream|streams} itself (remote reset).")
)
STREAM_REFUSED = Clue(
    Weight.HINTS,
    _("The upstream refused {count:stream|streams} before any work."),
)
LOCAL = Clue(Weight.HINTS, _("{count:stream was|streams were} reset on the proxy's own side (LR)."))
ANSWER_CUT = Clue(
    Weight.SPEAKS_FOR,
    _("The upstream cut off {count:answer|answers} that had begun (code {code})."),
)
AFTER_WORK = Clue(
    Weight.SPEAKS_FOR,
    _("The requests had been under way for {duration} (median): the application was at work."),
)
AFTER_WORK_INFERRED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:answer has|answers have} the code 503, from behind, and exactly the length of "
        "Envoy's own body for a connection that closed; the requests had been under way for "
        "{duration} (median)."
    ),
)
CAPTURED = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows the server's {how} {duration} after it had taken the request."),
)
CAPTURED_TOGETHER = Clue(
    Weight.HINTS,
    _(
        "A packet capture shows that the server cut {count:connection|connections} with requests "
        "in one moment."
    ),
)
CAPTURED_UNTAKEN = Clue(
    Weight.SPEAKS_AGAINST,
    _("A packet capture shows the server's close, and only after it the request."),
)
VARIED = Clue(
    Weight.HINTS, _("They had been under way for {least} to {most}: no clock ended them.")
)
STEADY_USE = Clue(
    Weight.HINTS, _("The connections had been in use {gap} before: idleness is not the reason.")
)
AT_ONCE = Clue(
    Weight.SPEAKS_AGAINST,
    _("{share} of them failed within 5 ms, before the application can have worked on them."),
)
UNHEARD = Clue(
    Weight.SPEAKS_AGAINST,
    _("They ended when the kernel gave up repeating packets: nobody was there to reset anything."),
)
POD_ENDED = Clue(
    Weight.SPEAKS_AGAINST, _("A pod of {service} stopped or crashed shortly before: {what}.")
)
SERVER_REFUSED = Clue(
    Weight.RULES_OUT,
    _("The server's proxy refused these connections itself (filter_chain_not_found)."),
)
SERVER_NEVER_SAW = Clue(
    Weight.SPEAKS_AGAINST, _("The server's proxy has no line of them: they never got that far.")
)
SAME_COUNT = Clue(
    Weight.SPEAKS_AGAINST, _("Each connection had carried exactly {count:request|requests} before.")
)
THEN_REFUSED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The same upstream refused connections as well: more than a connection was gone."),
)
EVERY_REQUEST = Clue(
    Weight.SPEAKS_AGAINST, _("Every request to {service} fails: something is wrong in general.")
)

_MOSTLY = 0.5
_SPREAD = 1.3
"""Longest by shortest duration from which no single clock can have ended them."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Connections that ended while the server was at work, streams that it reset."""
    found = [*_before_the_answer(hop), *_streams(hop), *_cut_answers(hop)]
    if not found:
        return
    yield from found
    yield from _captured(hop, mesh)
    if really_all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=service_name(hop))
    for event in ended_pods(hop, mesh)[:1]:
        yield POD_ENDED.hit(event.source, service=service_name(hop), what=event.text)
    if gone := refusals(hop):
        yield THEN_REFUSED.hit(*hop.sources(gone))
    if told := refused(hop):
        yield SERVER_REFUSED.hit(*hop.sources(told))
    elif unseen(hop):
        yield SERVER_NEVER_SAW.hit(*hop.sources())


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Whether the server had taken the requests when it closed."""
    cut = captured_on(hop, mesh, Shape.CUT)
    if (taken := at_work(cut)) is not None:
        if cut_together(cut):
            yield CAPTURED_TOGETHER.hit(*packets(cut), count=len(cut))
        else:
            alone = all(f.teller.witness is Witness.CAPTURE for f in hop.failures)
            yield CAPTURED.hit(
                *packets(cut),
                how=cut[0].how,
                duration=spell(taken),
                observation="end" if alone else "capture",
            )
    elif not cut and (late := captured_on(hop, mesh, Shape.RACE)):
        yield CAPTURED_UNTAKEN.hit(*packets(late))


def _before_the_answer(hop: Hop) -> Iterator[Hit]:
    failures = cut_off(hop)
    if not failures:
        return
    # What CUT says, AFTER_WORK says as well: one observation, whose duration adds the rest.
    yield CUT.hit(*hop.sources(failures), count=len(failures), observation="end")
    times = [f.teller.duration for f in failures if f.teller.duration is not None]
    if given_up(failures) is not None:
        yield UNHEARD.hit(*hop.sources(failures), observation="duration")
    elif (working := working_time(hop)) is not None:
        told: dict[str, str | int] = {"duration": spell(working / 1000)}
        clue = AFTER_WORK
        if all(failure.outcome.behind and failure.outcome.surmised for failure in failures):
            clue, told["count"] = AFTER_WORK_INFERRED, len(failures)
        yield clue.hit(*hop.sources(failures), observation="end", **told)
        if len(times) >= FEW and max(times) > _SPREAD * min(times):
            least, most = spell(min(times) / 1000), spell(max(times) / 1000)
            yield VARIED.hit(*hop.sources(failures), least=least, most=most)
    elif (share := short_failures(hop)) >= _MOSTLY:
        yield AT_ONCE.hit(*hop.sources(failures), share=f"{share:.0%}", observation="duration")
    if (count := carried(hop)) is not None:
        yield SAME_COUNT.hit(*hop.sources(failures), count=count)
    elif (gap := busy_gap(hop)) is not None:
        yield STEADY_USE.hit(*hop.sources(failures), gap=spell(gap))


def _streams(hop: Hop) -> Iterator[Hit]:
    for clue, ending in (
        (STREAM_RESET, Ending.REMOTE_RESET),
        (STREAM_REFUSED, Ending.REFUSED_STREAM),
        (LOCAL, Ending.LOCAL_RESET),
    ):
        failures = [f for f in hop.having(ending) if not f.outcome.after_headers]
        if failures:
            yield clue.hit(*hop.sources(failures), count=len(failures))


_CUTS = (
    Ending.CONNECTION_TERMINATION,
    Ending.REMOTE_RESET,
    Ending.PROTOCOL_ERROR,
    Ending.LOCAL_RESET,
)


def _cut_answers(hop: Hop) -> Iterator[Hit]:
    failures: list[Failure] = [f for f in hop.having(*_CUTS) if f.outcome.after_headers]
    if failures:
        code = failures[0].teller.code
        yield ANSWER_CUT.hit(*hop.sources(failures), count=len(failures), code=code)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The application's log, the pods' life, the server's proxy, a capture."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "stale-connection", "mtls-mismatch"),
        question.server_app_log(hop, mesh, ID, "upstream-crash", "upstream-overloaded"),
        question.pods(hop, mesh, ID, "upstream-crash", "pod-terminating"),
        question.capture(hop, mesh, ID, "keepalive-race", "keepalive-max-requests"),
    )


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: nothing in a configuration shows that a server will reset connections."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Find out who closes, then mend it there."""
    namespace, pod = namespace_of(hop, mesh), server_pod(hop, mesh)
    yield Remedy(
        title=_("Find what closes the connection: the application's log at that moment, a capture"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(
            f"kubectl -n {namespace} logs {pod} --since=1h --timestamps",
            question.capture_command(hop, mesh),
        ),
        verify=_("The proxy beside the application logs no more UC, UR or cut answers."),
    )
    yield Remedy(
        title=_("Repeat at the caller only what may run twice: the application had begun to work"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(_("A blind retry doubles work that was done already."),),
    )
