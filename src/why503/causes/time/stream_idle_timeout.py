"""Stream idle timeout: no byte moved in either direction for so long that the proxy gave up.

## What happens
Envoy's HTTP connection manager ends a stream on which nothing has moved, up or down, for
`stream_idle_timeout` (or the route's `idle_timeout`, which overrides it). Before headers went out
the caller gets 504 with the body `stream timeout`, or 408 if its own request was not complete;
after that the answer is cut off and its code stays (`200 SI`). Plain Envoy's default is 5 minutes.
Istio switches it off (0), so in a mesh somebody set it: an EnvoyFilter, a ProxyConfig's
`connectionSettings.httpStreamIdleTimeout` (API of 1.31; its EDGE profile brings 5 min), or another
product's defaults (Envoy Gateway, Contour).

## How to tell
* Flag SI, details `stream_idle_timeout`; 504, 408, or any code with a cut body.
* For requests that were silent from the start the duration is the timeout: 300 s is Envoy's own.
* Long polls, server-sent events, WebSockets, gRPC streams and slow reports are hit, others not.
* The server's proxy logs `0 DC` at the same moment. Counter `downstream_rq_idle_timeout`.

## What to do
Let long streams send something (a ping, a comment line) more often than the timeout, or raise it
for those routes. 408 means that the caller stopped sending: look there first.

## References
* Envoy `http_connection_manager.proto` (`stream_idle_timeout`), FAQ "How do I configure timeouts?".
* Istio `listener_builder.go` 1.31 (0); `connection_settings.go` 1.31.0-rc.0.
* `504 SI` and `200 SI` measured on Envoy 1.40.0.
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
from why503.diagnosis.edit import New
from why503.diagnosis.scenario import Cure, Knob, Scenario, Seconds
from why503.diagnosis.scenario_part import slow_half
from why503.facts import Witness
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.failure import Role
from why503.mesh.gateway import is_gateway
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import stream_idle_limits
from why503.mesh.mesh import Mesh
from why503.mesh.naming import failing_namespace, service_name
from why503.mesh.timing import bunched_at
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "stream-idle-timeout"
TITLE = _("No byte moved for the stream idle timeout, and the proxy ended the stream")
READS = frozenset({"EnvoyFilter", "LoadedListener", "LoadedRoute", "fragment"})
SIGNS = frozenset({"SI", "stream_idle_timeout", "stream timeout"})
AT = At.PROXY
ALERT = flagged("SI", code="504", teller=ANYBODY)
_LIMIT = Knob(name="limit", low=0.2, high=0.4, seconds=True)
SCENARIO = Scenario(
    summary="The application says nothing for longer than a stream may be silent.",
    hop=Place.DOWNSTREAM_PROXY,
    **slow_half("events", _LIMIT),
    caller={"hcm": {"stream_idle_timeout": Seconds(_LIMIT)}},
    cure=Cure(caller={"hcm": {"stream_idle_timeout": "0s"}}),
)

IDLE = Clue(
    Weight.PROVES,
    _("{count:stream was|streams were} ended by the proxy because nothing moved any more (SI)."),
)
BODY = Clue(Weight.SPEAKS_FOR, _("The caller got Envoy's text for idle streams: `stream timeout`."))
ENVOY_DEFAULT = Clue(
    Weight.HINTS,
    _("They were ended after {duration}: Envoy's own limit for idle streams is 5 min."),
)
SET = Clue(Weight.HINTS, _("{by} sets `stream_idle_timeout` to {timeout}."))
LIKE_THE_LOADED = Clue(
    Weight.PROVES,
    _("They were ended after {duration}, the idle limit that {by} gives a stream."),
)
CALLER_STOPPED = Clue(
    Weight.HINTS,
    _("{count} of them ended with 408: the caller had not sent its whole request."),
)

ENVOY_LIMIT = 300.0
"""Seconds: Envoy's default."""
_NEAR = 0.02


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """SI, how long it took, and who set the limit."""
    failures = hop.having(Ending.STREAM_IDLE_TIMEOUT)
    if not failures:
        return
    told = [failure for failure in failures if failure.teller.witness is not Witness.CLIENT]
    clue = IDLE if told else BODY
    yield clue.hit(*hop.sources(told or failures), count=len(told), observation="SI")
    stopped = [failure for failure in failures if failure.teller.code == 408]
    if stopped:
        yield CALLER_STOPPED.hit(*hop.sources(stopped), count=len(stopped))
    took = [f.teller.duration / 1000 for f in failures if f.teller.duration is not None]
    usual = bunched_at(took, _NEAR)
    if usual is not None and abs(usual - ENVOY_LIMIT) <= _NEAR * ENVOY_LIMIT:
        yield ENVOY_DEFAULT.hit(*hop.sources(failures), duration=spell(usual))
    tellers = frozenset(failure.teller.teller for failure in failures)
    for limit in stream_idle_limits(mesh, hop.host, tellers):
        if usual is not None and abs(usual - limit.value) <= _NEAR * limit.value:
            sources = [limit.source] if limit.source else []
            yield LIKE_THE_LOADED.hit(
                *hop.sources(failures), *sources, duration=spell(usual), by=limit.by
            )
            break
    for setting in envoy_settings(mesh, "stream_idle_timeout", "httpStreamIdleTimeout")[:1]:
        sources = [setting.source] if setting.source else []
        yield SET.hit(*sources, by=setting.by, timeout=str(setting.value))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Who sets the limit, and whether the application had gone quiet."""
    yield from question.given(
        question.istio_objects(hop, mesh, "EnvoyFilter", decides=(ID,)),
        question.server_proxy_log(hop, mesh, ID, "stale-connection"),
        question.server_app_log(hop, mesh, ID, "upstream-overloaded"),
    )


SHORT_IDLE = Rule(
    "short-stream-idle",
    Severity.WARNING,
    _(
        "{by} ends streams on which nothing moves for {limit}: long polls, "
        "events and slow reports are cut off."
    ),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Limits shorter than Envoy's own, which end long polls and quiet streams."""
    for setting in envoy_settings(mesh, "stream_idle_timeout"):
        seconds = seconds_of(setting.value)
        if seconds and seconds < ENVOY_LIMIT and setting.source is not None:
            yield SHORT_IDLE.at(setting.source, by=setting.by, limit=spell(seconds))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Raise the limit for now; let long streams send something."""
    name, namespace = service_name(hop), failing_namespace(hop, mesh)
    context = "SIDECAR_INBOUND" if hop.role is Role.UPSTREAM else "SIDECAR_OUTBOUND"
    if any(is_gateway(failure.teller) for failure in hop.failures):
        context = "GATEWAY"
    yield Remedy(
        title=_("Raise the stream idle timeout of this proxy above the longest silence"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=(New(data=idle_filter(f"{name.strip('<>')}-stream-idle", namespace, context)),),
        risks=(
            _(
                "It holds for every stream of the proxies in that namespace; dead streams stay "
                "longer. At a gateway the context is GATEWAY, in the gateway's namespace."
            ),
        ),
        verify=_("`downstream_rq_idle_timeout` stops growing."),
        undo=f"kubectl -n {namespace} delete envoyfilter {name.strip('<>')}-stream-idle",
    )
    yield Remedy(
        title=_("Let {service} or its callers send something more often than the limit").format(
            service=name
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("Pings keep streams alive that nobody reads any more."),),
        verify=_("Lines with SI stop while long streams go on."),
    )


_MANAGER = "envoy.filters.network.http_connection_manager"
_TYPE = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."


def idle_filter(name: str, namespace: str, context: str) -> dict[str, object]:
    """An EnvoyFilter that lets streams be quiet for an hour."""
    chain = {"filterChain": {"filter": {"name": _MANAGER}}}
    setting = {"@type": f"{_TYPE}HttpConnectionManager", "stream_idle_timeout": "3600s"}
    change = {
        "applyTo": "NETWORK_FILTER",
        "match": {"context": context, "listener": chain},
        "patch": {"operation": "MERGE", "value": {"typed_config": setting}},
    }
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"configPatches": [change]},
    }
