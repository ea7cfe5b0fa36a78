"""Upstream returned 5xx: the application itself answered with the error.

## What happens
The application, or something it runs behind, answered 500, 502, 503 or 504, and the proxies passed
the answer on. Nothing in the mesh failed. Envoy logs no flag (`-`), details `via_upstream`, and a
number for the upstream's service time.

## How to tell
* No flag and `via_upstream` at *both* proxies, the server's one included. The caller's proxy alone
  shows the same for an error that the server's sidecar wrote (503 UC, UF, UAEX ... over there).
* The body is the application's own. Envoy's have fixed lengths: 95 bytes `...connection
  termination`, 91 `...connection timeout`, 81 `...overflow`, 19 `no healthy upstream`, 24 `upstream
  request timeout`; Envoy 1.16-1.38 adds the transport failure's reason, and a retry 23 bytes.
* The application's log has an error at that moment, and says why.

## What to do
Go to the application's log. If it is a gateway itself (vmauth, nginx, an API gateway) its own
upstream is the next hop to look at. Let a server that cannot serve say so by its readiness instead,
and retry on 503 only what may run twice.

## References
* Envoy `%RESPONSE_CODE_DETAILS%`: `via_upstream` (1.11 and later), `%UPSTREAM_SERVICE_TIME%`.
* Lengths of Envoy's own bodies measured on 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, answered
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
from why503.diagnosis.scenario import Answer, Cure, Knob, Load, Scenario, Server
from why503.facts import AppEventKind
from why503.mesh.ending import Ending
from why503.mesh.envoy_body import is_length_of_a_body
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.server_words import server_said
from why503.support.text import _

ID = "upstream-returned-5xx"
TITLE = _("The application itself answered with the error, and the proxies passed it on")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet"}
    | {"Service", "StatefulSet"}
)
SIGNS = frozenset({"via_upstream"})
AT = At.APP
ALERT = answered("5..", limits=Limits(share=0.05))
SCENARIO = Scenario(
    summary="The application answers a share of the requests with an error of its own.",
    hop=Place.UPSTREAM_APP,
    servers=(
        Server(
            answers=(
                Answer(
                    share=Knob(name="share", low=0.2, high=0.5),
                    status=Knob(name="status", choices=(500, 503)),
                    delay=0.005,
                    body='{"error": "the database does not answer"}',
                    log="ERROR request failed: the database does not answer",
                ),
                Answer(delay=0.01),
            )
        ),
    ),
    load=Load(requests=40),
    cure=Cure(servers=(Server(),)),
)

TOLD_BY_SERVER = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The server's own proxy got {count:answer|answers} {codes} from the application "
        "(via_upstream)."
    ),
)
NO_PROXY_BETWEEN = Clue(
    Weight.SPEAKS_FOR,
    _("{count:answer|answers} {codes} came from the upstream, and no other proxy stands between."),
)
PASSED_ON = Clue(
    Weight.HINTS,
    _(
        "{count:answer|answers} {codes} came from the upstream; the caller's proxy only passed on "
        "what it got."
    ),
)
SERVICE_TIME = Clue(Weight.HINTS, _("The upstream took {time} ms to answer: it was reached."))
OWN_BODY = Clue(
    Weight.HINTS, _("The body has {length} bytes, which none of Envoy's own error bodies has.")
)
OWN_WORDS = Clue(Weight.SPEAKS_FOR, _("The body is the application's own: {body}"))
APP_SAYS = Clue(Weight.SPEAKS_FOR, _("The application logged at that moment: {text}"))
CODE_500 = Clue(
    Weight.HINTS, _("Code 500 is an answer of applications; Envoy itself hardly ever gives it.")
)
OWN_CODE = Clue(Weight.SPEAKS_FOR, _("Code {code} is none that Envoy gives: it is the upstream's."))
HIDDEN_PROXY = Clue(
    Weight.SPEAKS_AGAINST,
    _("The body is empty: the server's sidecar may have refused the request itself."),
)

_OF_ENVOY = frozenset({500, 501, 502, 503, 504, 505})
"""Errors of servers that a proxy gives by itself, too."""
_ERRORS = frozenset({AppEventKind.ERROR, AppEventKind.CALL_FAILED, AppEventKind.CONNECTION_REFUSED})


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Answers 5xx that came from the application."""
    failures = tuple(f for f in hop.having(Ending.VIA_UPSTREAM) if (f.teller.code or 0) >= 500)
    failures += _bodies(hop)
    if not failures:
        return
    yield _who_says(hop, failures)
    yield from _traces(hop, failures)
    for event in server_said(hop, mesh, _ERRORS)[:1]:
        yield APP_SAYS.hit(event.source, text=event.text or event.raw[:200])


def _bodies(hop: Hop) -> tuple[Failure, ...]:
    """Errors that a client saw with a body that is no proxy's."""
    if hop.role is not Role.CLIENT:
        return ()
    unknown = hop.having(Ending.UNKNOWN)
    return tuple(f for f in unknown if (f.teller.code or 0) >= 500 and _words(f))


def _words(failure: Failure) -> str:
    """The body where it is an application's (JSON, or its own sentence), else ``""``."""
    body = (failure.teller.body or "").strip()
    return body if body.startswith(("{", "[")) and failure.outcome.behind is None else ""


def _is_its_own(length: int, hop: Hop) -> bool:
    """True where a proxy logged a body that is as long as none of Envoy's."""
    return hop.role is not Role.CLIENT and not is_length_of_a_body(length)


def _who_says(hop: Hop, failures: tuple[Failure, ...]) -> Hit:
    codes = ", ".join(sorted({str(failure.teller.code) for failure in failures}))
    if hop.role is Role.UPSTREAM:
        clue = TOLD_BY_SERVER
    elif hop.leg in {Place.PROXY_TO_APP, Place.PROXY_TO_EXTERNAL}:
        clue = NO_PROXY_BETWEEN
    else:
        clue = PASSED_ON
    return clue.hit(*hop.sources(failures), count=len(failures), codes=codes)


def _traces(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    first = failures[0].teller
    times = [f.teller.upstream_service_time for f in failures]
    if (time := next((time for time in times if time is not None), None)) is not None:
        yield SERVICE_TIME.hit(*hop.sources(failures), time=f"{time:g}", observation="code")
    strange = next((f for f in failures if f.teller.code not in _OF_ENVOY), None)
    if strange is not None:
        yield OWN_CODE.hit(strange.teller.source, code=strange.teller.code, observation="code")
    elif any(failure.teller.code == 500 for failure in failures):
        yield CODE_500.hit(*hop.sources(failures), observation="code")
    if words := next((words for words in map(_words, failures) if words), ""):
        yield OWN_WORDS.hit(*hop.sources(failures), body=words[:200], observation="body")
    elif first.bytes_sent and first.body is None and _is_its_own(first.bytes_sent, hop):
        yield OWN_BODY.hit(*hop.sources(failures), length=first.bytes_sent, observation="body")
    elif first.bytes_sent == 0 and hop.role is Role.DOWNSTREAM:
        yield HIDDEN_PROXY.hit(*hop.sources(failures), observation="body")


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The server's proxy (did it write the error itself) and the application's log."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "keepalive-race", "ext-authz-failure"),
        question.server_app_log(hop, mesh, ID, "upstream-overloaded"),
    )


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: that an application will answer 5xx stands in no configuration."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """The application's log, then its readiness."""
    yield Remedy(
        title=_("Read why the application answered so, in its log at that moment"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=tuple(
            asked.command for asked in question.given(question.server_app_log(hop, mesh, ID))
        ),
        verify=_("The server's proxy logs no more 5xx with via_upstream."),
    )
    yield Remedy(
        title=_("Let the readiness probe fail while the application cannot serve"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("A probe that asks for dependencies can take all pods out at once."),),
    )
