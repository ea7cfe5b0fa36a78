"""Request limit of a connection: the server closed it after a fixed number of requests.

## What happens
Many servers close a kept-alive connection after so many requests: nginx `keepalive_requests` (1000,
100 before 1.19.10), Apache `MaxKeepAliveRequests` (100), Tomcat `maxKeepAliveRequests` (100),
gunicorn and uWSGI with `max-requests`, Node.js `maxRequestsPerSocket`. Most of them say so with
`Connection: close` on the last answer, and the proxy then sends nothing more on it: no failure. A
server that closes *without* saying so makes a race: the next request is on its way when the close
arrives, and the proxy beside the server logs
`503 UC upstream_reset_before_response_started{connection_termination}`.

## How to tell
* Each connection dies after exactly the same number of requests: count the log lines per
  `%UPSTREAM_LOCAL_ADDRESS%`, or divide `upstream_rq_total` by `upstream_cx_total`.
* The connections were in steady use; the gap before the failing request is short. (In the idle
  race it is the server's keep-alive timeout.)
* The share of failures is one in N at most and does not depend on pauses.

## What to do
Let the proxy retire connections first: `connectionPool.http.maxRequestsPerConnection` in a
DestinationRule, below the server's limit. Istio writes it into the server's inbound cluster as
well. Or lift the server's limit, or make it announce the close.

## References
* Measured with two Envoys 1.40.0 and a server that closes after N answers without a word.
* nginx `ngx_http_core_module`, Apache `core`, Tomcat HTTP connector documentation.
* Istio DestinationRule API, `ConnectionPoolSettings.HTTPSettings.maxRequestsPerConnection`.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Unseen
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
from why503.diagnosis.idle_remedy import towards_app
from why503.diagnosis.retry_remedy import retry_on_503
from why503.diagnosis.scenario import Answer, Cure, Knob, Load, Scenario, Server, View
from why503.diagnosis.scenario_part import requests_per_connection
from why503.mesh.armed.connection_age import one_request_each
from why503.mesh.capture import connections_of, constant_count
from why503.mesh.captured import IDLE, Shape, captured_on, packets
from why503.mesh.cut_connection import (
    busy_gap,
    carried,
    cut_off,
    ended_pods,
    refused,
    unseen,
    working_time,
)
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import service_name
from why503.mesh.server import keepalive_of
from why503.support.duration import spell
from why503.support.text import _

ID = "keepalive-max-requests"
TITLE = _("The server closes a connection after a fixed number of requests, without announcing it")
READS = frozenset(
    {"AppEvent", "ConfigMap", "DaemonSet", "Deployment", "Event", "Pod"}
    | {"ProxyEvent", "ProxyInfo", "ReplicaSet", "Request", "Service", "StatefulSet"}
    | {"TcpConnection", "VMAgent", "VMAlert", "VMAuth", "VMCluster", "VMSingle"}
)
SIGNS = frozenset({"UC", "upstream_reset_before_response_started", "connection termination"})
AT = At.LEG
ALERT = Unseen(
    reason=_(
        "The cut requests are counted as those of keepalive-race; how many a connection carried "
        "before is not."
    )
)
SCENARIO = Scenario(
    summary="The application closes each connection after so many answers, without announcing it.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    servers=(
        Server(
            answers=(Answer(delay=0.005),),
            max_requests=Knob(name="most", low=8, high=20, whole=True),
            close_travel=0.01,
        ),
    ),
    load=Load(requests=120, gap=0.002),
    modest={View.CALLER: "The connection between the server and its sidecar is not in it."},
    also=frozenset({"keepalive-race"}),
    cure=Cure(callee={"cluster": requests_per_connection(5)}),
)

ENDED_UNANSWERED = Clue(
    Weight.HINTS,
    _(
        "{count:request|requests} ended because the connection closed before any answer came (503 "
        "UC)."
    ),
)
SAME_COUNT = Clue(
    Weight.PROVES,
    _(
        "Each failed request came on a connection that had carried exactly "
        "{count:request|requests} before."
    ),
)
SAME_SMALL_COUNT = Clue(
    Weight.SPEAKS_FOR,
    _("Most failed requests came on connections that had carried {count:request|requests} before."),
)
CAPTURED = Clue(
    Weight.PROVES,
    _(
        "A packet capture shows it: the server closes each connection after "
        "{count:request|requests}."
    ),
)
KNOWN_LIMIT = Clue(
    Weight.SPEAKS_FOR,
    _("{server} closes a connection after {limit:request|requests}, and so it was here."),
)
LIMITED = Clue(Weight.HINTS, _("{server} closes a connection after {limit:request|requests}."))
IN_USE = Clue(
    Weight.HINTS, _("The connections were in steady use: the gap before the failure was {gap}.")
)
AFTER_WORK = Clue(
    Weight.SPEAKS_AGAINST,
    _("The requests had been under way for {duration} (median) when the connection ended."),
)
POD_ENDED = Clue(
    Weight.SPEAKS_AGAINST, _("A pod of {service} stopped or crashed shortly before: {what}.")
)
NOT_THE_SERVER = Clue(
    Weight.RULES_OUT,
    _("The requests never reached the server: its proxy refused or never saw them."),
)

_SURE = 10
"""Requests from which the same number on several connections is no accident."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The number of requests that each cut connection had carried."""
    failures = cut_off(hop)
    keepalive = keepalive_of(mesh, hop.host) if failures else None
    limit = keepalive.max_requests if keepalive is not None else None
    count, gap = carried(hop), busy_gap(hop)
    captured = _captured(hop, mesh) if failures else ()
    if not failures or (count is None and gap is None and limit is None and not captured):
        return
    yield ENDED_UNANSWERED.hit(*hop.sources(failures), count=len(failures))
    if count is not None:
        clue = SAME_COUNT if count >= _SURE else SAME_SMALL_COUNT
        yield clue.hit(*hop.sources(failures), count=count, observation="requests carried")
    yield from captured
    if limit is not None and keepalive is not None:
        clue = KNOWN_LIMIT if count is not None and abs(count - limit) <= 1 else LIMITED
        name = keepalive.server or _("the server")
        yield clue.hit(*keepalive.sources, server=name, limit=limit, observation="limit")
    if gap is not None:
        yield IN_USE.hit(*hop.sources(failures), gap=spell(gap))
    if (working := working_time(hop)) is not None:
        yield AFTER_WORK.hit(*hop.sources(failures), duration=spell(working / 1000))
    for event in ended_pods(hop, mesh)[:1]:
        yield POD_ENDED.hit(event.source, service=service_name(hop), what=event.text)
    if refused(hop) or unseen(hop):
        yield NOT_THE_SERVER.hit(*hop.sources(failures))


def _captured(hop: Hop, mesh: Mesh) -> tuple[Hit, ...]:
    """The same number of requests on every connection, and then a close without any pause."""
    near = connections_of(mesh, hop)
    count = constant_count(near)
    late = captured_on(hop, mesh, Shape.RACE, Shape.LOST)
    at_once = all(failed.idle is not None and failed.idle < IDLE for failed in late)
    if count is None or count <= 1 or not late or not at_once:
        return ()
    return (CAPTURED.hit(*packets(late), count=count, observation="requests carried"),)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The log of the proxy beside the server, its settings, a capture."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "keepalive-race", "upstream-reset"),
        question.workload(hop, mesh, ID, "keepalive-race"),
        question.capture(hop, mesh, ID, "keepalive-race", "upstream-reset"),
    )


ONE_EACH = Rule(
    "connection-per-request",
    Severity.NOTE,
    _(
        "{rule} opens a connection to {host}, with its handshake, for every single request: "
        "under load ports and CPU run out."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Connections for one request; servers whose limit is known announce the close."""
    yield from ONE_EACH.each(one_request_each(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Retry now; let the proxy retire connections first; announce the close."""
    keepalive = keepalive_of(mesh, hop.host)
    known = keepalive.max_requests if keepalive is not None else None
    limit = known or carried(hop) or 100
    ours = max(1, limit * 4 // 5)
    wanted, where = towards_app(hop, mesh, ("http", "maxRequestsPerConnection", ours))
    yield retry_on_503(hop, mesh)
    yield Remedy(
        title=_("Retire connections after {ours} requests, before the server does").format(
            ours=ours
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=wanted.edits,
        commands=wanted.commands,
        derived=(
            _("The server closes after {limit} requests: {limit} × 4/5 = {ours}.").format(
                limit=limit, ours=ours
            ),
        )
        if known or carried(hop)
        else (),
        risks=(_("Connections are opened more often; a low number costs latency."), *where),
        verify=_("upstream_cx_destroy_remote_with_active_rq of the inbound cluster stops growing."),
        undo=wanted.undo,
    )
    yield Remedy(
        title=_("Lift the server's limit, or make it send `Connection: close` before it closes"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
