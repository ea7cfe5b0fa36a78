"""Maximum duration: a connection or stream reached the age that it was allowed.

## What happens
Envoy has several limits of age, all of them off unless set: `max_stream_duration` of a route or of
the HTTP connection manager (504, no flag, details `max_duration_timeout`), `max_stream_duration` of
a cluster (504 UMSDR, `upstream_max_stream_duration_reached`), and the age of a connection
(`max_connection_duration`; flag DT for TCP; HTTP connections are drained first). When headers are
out the answer is cut off and its code stays: `200` with UMSDR, or with no flag at all. Activity
does not help: unlike an idle timeout it ends streams that are busy.

## How to tell
* Details or flag name it; the durations of the ended streams lie at one value.
* The proxy in front sees the broken answer as `200 UPE` or `200 UR`, so look for the innermost one.
* Counters `downstream_rq_max_duration_reached`, `upstream_rq_max_duration_reached`,
  `downstream_cx_max_duration_reached`.
* gRPC servers have such a limit of their own (`MaxConnectionAge` and its grace): callers note a
  GOAWAY with the debug data `max_age`.
* gRPC: a caller's `grpc-timeout` header turns into the same limit where the route honours it.

## What to do
Find who set the limit (EnvoyFilter, ProxyConfig `connectionSettings`, another product's route) and
raise it for streams that are meant to be long, or let the client open a new stream in time.

## References
* Envoy `protocol.proto` and `route_components.proto`: `max_stream_duration` and its kin.
* Flags and codes of each limit measured on Envoy 1.40.0; UMSDR since 1.15, DT since 1.16.
"""

from collections.abc import Iterator
from dataclasses import replace

from why503.diagnosis import question
from why503.diagnosis.age_edit import ages_dropped
from why503.diagnosis.alert_later import ANYBODY, flagged
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
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.scenario import Cure, Knob, Scenario, Seconds
from why503.diagnosis.scenario_part import slow_half
from why503.mesh.armed import connection_age
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import duration_limits
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.server_words import sent_away_for_age
from why503.mesh.setting import Setting, mapping_of
from why503.mesh.timing import bunched_at
from why503.mesh.traffic_policy import connection_pool
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "max-duration"
TITLE = _("A connection or stream reached the age that it was allowed")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "DestinationRule", "EnvoyFilter", "IstioOperator"}
    | {"LoadedCluster", "LoadedListener", "LoadedRoute", "MeshConfig", "Pod", "ReplicaSet"}
    | {"Service", "StatefulSet", "fragment"}
)
SIGNS = frozenset(
    {
        "UMSDR",
        "DT",
        "max_duration_timeout",
        "upstream_max_stream_duration_reached",
        "duration_timeout",
    }
)
AT = At.PROXY
ALERT = flagged("UMSDR", "DT", code="504", teller=ANYBODY)
_LIMIT = Knob(name="limit", low=0.2, high=0.4, seconds=True)
SCENARIO = Scenario(
    summary="A stream may last no longer than a fixed time, however busy it is.",
    hop=Place.DOWNSTREAM_PROXY,
    **slow_half("watch", _LIMIT),
    caller={"route": {"route": {"max_stream_duration": {"max_stream_duration": Seconds(_LIMIT)}}}},
    cure=Cure(caller={"route": {"route": {"max_stream_duration": None}}}),
)

TOO_OLD = Clue(
    Weight.PROVES,
    _("{count:stream was|streams were} ended at the age that this proxy allows ({word})."),
)
CONNECTION_TOO_OLD = Clue(
    Weight.PROVES,
    _("The proxy closed {count:connection|connections} at the longest duration it allows."),
)
GOAWAY_LOGGED = Clue(
    Weight.PROVES,
    _("The caller was told GOAWAY for the age of its connection (`max_age`): {text}"),
)
SAME_AGE = Clue(Weight.HINTS, _("They were all ended after about {duration}."))
AT_LIMIT = Clue(
    Weight.SPEAKS_FOR,
    _("{count:connection|connections} ended at the age of {duration} that {by} allows ({name})."),
)
LIKE_THE_LOADED = Clue(
    Weight.PROVES,
    _("They were ended after {duration}, the longest duration that {by} allows."),
)
SET = Clue(Weight.HINTS, _("{by} sets `{name}` to {limit}."))

_FIELDS = ("max_stream_duration", "max_connection_duration", "max_downstream_connection_duration")
_NEAR = 0.02


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Details or flag of an age limit, and who set it."""
    if not hop.failures:
        yield from _goaway(mesh)
        return
    old = hop.having(Ending.MAX_DURATION)
    closed = tuple(filter(_aged, hop.having(Ending.PROXY_CLOSED)))
    if old:
        yield TOO_OLD.hit(*hop.sources(old), count=len(old), word=_word(old[0]))
    if closed:
        yield CONNECTION_TOO_OLD.hit(*hop.sources(closed), count=len(closed))
    if not old and not closed:
        yield from _at_limit(hop, mesh)
        return
    took = [f.teller.duration / 1000 for f in (*old, *closed) if f.teller.duration is not None]
    usual = bunched_at(took, _NEAR)
    if usual is not None and len(took) > 1:
        yield SAME_AGE.hit(*hop.sources((*old, *closed)), duration=spell(usual))
    tellers = frozenset(failure.teller.teller for failure in (*old, *closed))
    for allowed in duration_limits(mesh, hop.host, tellers):
        if usual is not None and abs(usual - allowed.value) <= _NEAR * allowed.value:
            sources = [allowed.source] if allowed.source else []
            yield LIKE_THE_LOADED.hit(
                *hop.sources((*old, *closed)), *sources, duration=spell(usual), by=allowed.by
            )
            break
    for name in _FIELDS:
        for setting in envoy_settings(mesh, name)[:1]:
            sources = [setting.source] if setting.source else []
            limit = setting.value if isinstance(setting.value, str) else "..."
            yield SET.hit(*sources, by=setting.by, name=name, limit=limit)


def _goaway(mesh: Mesh) -> Iterator[Hit]:
    """Without any failing request: what a caller's gRPC library noted."""
    for event in sent_away_for_age(mesh)[:1]:
        yield GOAWAY_LOGGED.hit(event.source, text=event.text[:200])


def _at_limit(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Connections that ended at the age that a rule allows, as the other proxy tells it."""
    ended = hop.having(Ending.CONNECTION_TERMINATION)
    for limit in _age_limits(hop, mesh):
        aged = tuple(
            f
            for f in ended
            if f.teller.duration is not None
            and abs(f.teller.duration / 1000 - limit.value) <= _NEAR * limit.value
        )
        if aged:
            sources = [limit.source] if limit.source else []
            yield AT_LIMIT.hit(
                *hop.sources(aged),
                *sources,
                count=len(aged),
                duration=spell(limit.value),
                by=limit.by,
                name="maxConnectionDuration",
            )
            return


def _age_limits(hop: Hop, mesh: Mesh) -> Iterator[Setting[float]]:
    """Seconds for which a rule, or Envoy's own configuration, lets a connection live."""
    pool = connection_pool(mesh, hop.host, hop.port)
    told = mapping_of(pool.value.get("tcp")).get("maxConnectionDuration") if pool else None
    if pool is not None and (seconds := seconds_of(told)):
        yield Setting(value=seconds, source=pool.source, default=False, by=pool.by)
    for setting in envoy_settings(mesh, "max_connection_duration"):
        if seconds := seconds_of(setting.value):
            yield replace(setting, value=seconds)


def _aged(failure: Failure) -> bool:
    return "max_connection_duration" in failure.outcome.detail


def _word(failure: Failure) -> str:
    flags = failure.teller.flags or frozenset()
    return failure.teller.details or ",".join(sorted(flags)) or failure.outcome.detail


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Who sets the limit."""
    yield from question.given(
        question.istio_objects(hop, mesh, "EnvoyFilter", decides=(ID,)),
        question.server_proxy_log(hop, mesh, ID, "upstream-reset"),
    )


ENDS_STREAMS = Rule(
    "ends-every-stream", Severity.WARNING, _("{by} ends every stream after {limit}, busy or not.")
)
ARMED: dict[Finder, Rule] = {
    connection_age.cut_tcp_connections: Rule(
        "ends-tcp-connections",
        Severity.WARNING,
        _(
            "{rule} ends connections to port {port} of {service} after {limit}, busy or not: "
            "the port is declared {protocol}, so the proxy sees no pause between requests."
        ),
    ),
    connection_age.graces_below_timeout: Rule(
        "grace-below-route-timeout",
        Severity.WARNING,
        _(
            "{workload} ends old gRPC connections {grace} after it has announced it, and {route} "
            "lets calls take {timeout}: longer ones are cut off."
        ),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Limits of age for streams and connections, which end busy ones too."""
    for setting in envoy_settings(mesh, "max_stream_duration"):
        value = setting.value
        if isinstance(value, dict):
            value = value.get("max_stream_duration")
        seconds = seconds_of(value)
        if seconds and setting.source is not None:
            yield ENDS_STREAMS.at(setting.source, by=setting.by, limit=spell(seconds))
    yield from met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Raise the limit where long streams are meant; let the client begin anew in time."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    found = envoy_settings(mesh, *_FIELDS)
    where = found[0].by if found else _("the configuration of the proxy that ends the streams")
    yield Remedy(
        title=_(
            "Raise or remove the limit of age in {where} for the long streams of {service}"
        ).format(where=where, service=name),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=ages_dropped(mesh, hop, _FIELDS),
        commands=(
            "kubectl get envoyfilters -A -o yaml | grep -n -E 'max_(stream|connection)_duration'",
            f"kubectl -n {namespace} get envoyfilters",
        ),
        risks=(_("Without a limit old streams keep old pods and old configuration in use."),),
        verify=_("The counters `*_max_duration_reached` stop growing."),
        undo=_("Set the former limit again."),
    )
    yield Remedy(
        title=_("Let the client open a new stream before the limit, and go on where it stopped"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
