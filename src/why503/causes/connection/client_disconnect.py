"""Client disconnect: the caller went away before the answer was complete.

## What happens
The caller's own timeout ran out, a user closed the page, a job was cancelled, a client library gave
a pooled connection up. Envoy has nobody left to answer: code 0, flag DC, details
`downstream_remote_disconnect` (a reset HTTP/2 stream: DR, `http2.remote_reset`, since 1.30); where
the answer had begun its code stays and only the flag shows it. Istio's metrics counted such
requests as 500 in early releases. Both proxies log it, for the caller's proxy ends its own upstream
request, and the server's sees a client that went away.

## How to tell
* Code 0 with DC or DR, or code 0 with no flags in formats or releases without them.
* Most of them took the same time: that is the caller's timeout (0.5 s, 1 s, 5 s, 30 s ...).
* The caller's log says `context deadline exceeded`, `timeout awaiting response headers`,
  `socket hang up`, `canceled`.
* Where the upstream fails at the same time by its own flags (UT, UF), the caller's leaving is only
  a consequence and is counted there.
* `200 DC` within milliseconds is a client that did not read to the end, and no failure.

## What to do
Ask first why the answer takes longer than the caller waits; then let the clocks fit: the caller's
timeout longer than the route's timeout with its retries, the route's longer than the server's work.

## References
* Envoy access log documentation: DC, DR; `downstream_remote_disconnect` (1.12 and later).
* Istio issue "response_code 500 without a 500" (Mixer telemetry): status 0 was reported as 500.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, flagged
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
from why503.diagnosis.scenario import Cure, Knob, Scenario, Server
from why503.diagnosis.scenario_part import slow_half
from why503.facts import AppEvent, AppEventKind, Witness
from why503.mesh.capture import within_pod
from why503.mesh.captured import Shape, captured_on
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.repeated import given_up_tries
from why503.mesh.timing import FEW, bunched_at, durations, successes
from why503.support.duration import spell
from why503.support.text import _

ID = "client-disconnect"
TITLE = _("The caller gave up or closed its connection before the answer was complete")
READS = frozenset({"AppEvent", "TcpConnection"})
SIGNS = frozenset({"DC", "DR", "downstream_remote_disconnect"})
AT = At.FRONT
ALERT = flagged("DC", "DR", code="0", limits=Limits(share=0.05, urgency=Urgency.INFO))
_LIMIT = Knob(name="limit", low=0.2, high=0.4, seconds=True)
SCENARIO = Scenario(
    summary="The caller hangs up before some answers are ready.",
    hop=Place.APP_TO_PROXY,
    **slow_half("report", _LIMIT, timeout=_LIMIT),
    cure=Cure(servers=(Server(),)),
)

TRIED_AGAIN = Clue(
    Weight.RULES_OUT,
    _("The caller's proxy has {count:that request|these requests} as answered: it tried again."),
)
GONE = Clue(
    Weight.SPEAKS_FOR,
    _("{count:request|requests} ended because the caller closed the connection ({words})."),
)
GONE_UNTOLD = Clue(
    Weight.HINTS,
    _("{count:request has|requests have} code 0 and no flag: nothing was left to be answered to."),
)
NOTHING_SENT = Clue(Weight.HINTS, _("Not one byte of an answer had been sent."))
CAPTURED = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows the caller's {how} {duration} after its request, still unanswered."),
)
CAPTURED_PROXY = Clue(
    Weight.HINTS,
    _("A packet capture shows the proxy's {how} {duration} after the request: its caller left."),
)
SAME_PATIENCE = Clue(
    Weight.SPEAKS_FOR, _("Most of them ended after {duration}: that is how long the caller waits.")
)
ROUND_PATIENCE = Clue(
    Weight.HINTS, _("It ended after {duration}, a round time as callers have for a timeout.")
)
CALLER_SAYS = Clue(Weight.SPEAKS_FOR, _("The caller says that it gave up: {text}."))
SLOWER = Clue(
    Weight.HINTS, _("Answers to other requests took less than {duration}, so the caller got those.")
)

_SAME = 0.05
_ROUND = 0.02
"""Share by which a duration may miss a whole number of seconds."""
_LONG_STREAM = 5000.0
"""Milliseconds from which a stream can be cut by the end of a listener's drain."""
_SHORTEST = 100.0
"""Milliseconds below which nobody sets a timeout."""
_GAVE_UP = (
    "deadline exceeded",
    "awaiting headers",
    "request canceled",
    "socket hang up",
    "timed out",
    "timeout exceeded",
    "ETIMEDOUT",
    "ECONNABORTED",
    "SocketTimeoutException",
    "ReadTimeout",
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Callers that went away, and how long they waited."""
    failures = hop.having(Ending.CLIENT_GONE)
    if not failures:
        return
    tries = given_up_tries(hop, mesh)
    if len(tries) == hop.count:
        yield TRIED_AGAIN.hit(*hop.sources(tries), count=len(tries))
    yield from _captured(hop, mesh)
    yield from _gone(hop, failures)
    times = [f.teller.duration for f in failures if f.teller.duration is not None]
    waited = bunched_at(times, _SAME) if len(times) >= FEW else None
    if waited is not None and waited >= _SHORTEST:
        yield SAME_PATIENCE.hit(
            *hop.sources(failures), duration=spell(waited / 1000), observation="duration"
        )
        yield from _others(hop, mesh, waited)
    elif times and len(times) < FEW and all(map(_is_round, times)):
        yield ROUND_PATIENCE.hit(
            *hop.sources(failures), duration=spell(times[0] / 1000), observation="duration"
        )
    yield from _caller_says(mesh)


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Who closed, and how long after the request."""
    for left in captured_on(hop, mesh, Shape.CLIENT_LEFT)[:1]:
        waited = left.time - left.request.time if left.request is not None else 0.0
        clue = CAPTURED_PROXY if within_pod(left.connection) else CAPTURED
        yield clue.hit(*left.sources, how=left.how, duration=spell(waited))


def _gone(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    told = [f for f in failures if f.teller.details or f.teller.flags]
    if told:
        teller = told[0].teller
        words = " ".join([*sorted(teller.flags or ()), teller.details or ""]).strip()
        yield GONE.hit(*hop.sources(told), count=len(failures), words=words)
        return
    if all(f.teller.witness is Witness.CAPTURE for f in failures):
        return
    yield GONE_UNTOLD.hit(*hop.sources(failures), count=len(failures))
    if all(not f.teller.bytes_sent for f in failures):
        yield NOTHING_SENT.hit(*hop.sources(failures, 1))


def _is_round(duration: float) -> bool:
    """True for a whole number of seconds, or half a second, within 2 %."""
    seconds = duration / 1000
    nearest = 0.5 if seconds < 0.75 else round(seconds)  # noqa: PLR2004  (half of 0.5 and 1)
    return abs(seconds - nearest) <= _ROUND * nearest


def _others(hop: Hop, mesh: Mesh, waited: float) -> Iterator[Hit]:
    slowest = [g.duration_p99 for g in successes(hop, mesh) if g.duration_p99 is not None]
    if slowest and max(slowest) <= waited * (1 + _SAME):
        yield SLOWER.hit(duration=spell(waited / 1000))


def _caller_says(mesh: Mesh) -> Iterator[Hit]:
    for event in mesh.facts(AppEvent):
        said = f"{event.text} {event.raw}"
        if event.kind is AppEventKind.CALL_FAILED and any(words in said for words in _GAVE_UP):
            yield CALLER_SAYS.hit(event.source, text=event.text or event.raw[:200])
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The server's account (was it still at work) and the caller's own words."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "upstream-overloaded", "route-timeout"),
        question.server_app_log(hop, mesh, ID, "upstream-overloaded"),
    )
    if max(durations(hop), default=0.0) >= _LONG_STREAM:
        yield question.listener_updates(hop, mesh, ID, "listener-drain")


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: callers' timeouts stand in their code, not in the mesh."""
    yield from ()


def remedies(hop: Hop, _mesh: Mesh) -> Iterator[Remedy]:
    """Fit the clocks, or make the answer faster; after a moment no clock had run out."""
    took = durations(hop)
    if took and max(took) < _SHORTEST:
        yield Remedy(
            title=_(
                "Find out why the caller hangs up after {duration} already: it was stopped, "
                "dropped the request itself, or has a very short deadline"
            ).format(duration=spell(max(took) / 1000)),
            kind=RemedyKind.FIX,
            disposition=Disposition.OUTSIDE_MESH,
            risks=(_("A closed page or a cancelled call is no fault of the server."),),
            verify=_("The share of requests with code 0 falls."),
        )
        return
    yield Remedy(
        title=_("Find out why the answer takes longer than the caller waits, and speed it up"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        verify=_("The share of requests with code 0 falls."),
    )
    yield Remedy(
        title=_("Let the caller wait longer than the route's timeout with all its retries"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("Callers that wait longer hold more requests open when the server is slow."),),
    )
