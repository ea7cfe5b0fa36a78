"""Overload manager: Envoy shed the request because the proxy itself ran short.

## What happens
The overload manager watches the proxy's own resources: heap against `max_heap_size_bytes`, active
downstream connections, CPU. Above a threshold it acts: it stops accepting requests (503, body
`envoy overloaded`), resets the streams that use most memory (flag OM), closes idle connections, or
refuses new connections. The upstream is never asked. Istio's own bootstrap sheds no requests: a
custom bootstrap set the thresholds there; other products may bring some of their own.

## How to tell
* Details `overload`, body `envoy overloaded` (16 bytes), or flag OM with `overload manager reset`.
* Every route of that proxy is hit, not one service.
* Refused connections: `listener.*.downstream_global_cx_overflow`, in the proxy's log `global
  downstream connection limit`.
* Counters `overload.<action>.active`, `http.*.downstream_rq_overload_close`,
  `overload.envoy.resource_monitors.fixed_heap.pressure`.
* DO and UDO are something else: a drop policy that came with the endpoints (EDS `drop_overloads`).
  So are `reached_concurrency_limit` and `denied_by_admission_control`: filters that look at the
  upstream's health.

## What to do
Give the proxy what it lacks: a higher memory limit together with a higher `max_heap_size_bytes`,
more replicas of the gateway, fewer connections or buffered bytes per proxy.

## References
* Envoy documentation, "Overload manager" (actions, load shed points).
* `router.cc`, `conn_manager_impl.cc`: texts `envoy overloaded`, details `overload` (1.11-1.40).
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, standing
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
from why503.diagnosis.scenario import Cure, Load, Scenario
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import telling_pod
from why503.mesh.proxy_state import counters
from why503.support.text import _

ID = "overload-manager"
TITLE = _("The proxy itself ran short of memory or connections and shed the request")
READS = frozenset({"Counter", "EnvoyFilter", "ProxyEvent", "fragment"})
SIGNS = frozenset({"OM", "overload", "envoy overloaded", "overload_manager_reset"})
AT = At.PROXY
ALERT = standing(
    '__name__=~"envoy_overload_.+_active"',
    1,
    _("Envoy's overload manager acts at {pod} in {namespace}."),
    stat="overload.",
    limits=Limits(holds="2m", urgency=Urgency.CRITICAL),
    at_rest=0,
)
SCENARIO = Scenario(
    summary="The caller's proxy is over its share of memory and takes no more requests.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(requests=20, start=0.6),
    caller={
        "bootstrap": {
            "overload_manager": {
                "refresh_interval": "0.1s",
                "resource_monitors": [
                    {
                        "name": "envoy.resource_monitors.fixed_heap",
                        "typed_config": {
                            "@type": "type.googleapis.com/"
                            "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                            "max_heap_size_bytes": 1048576,
                        },
                    }
                ],
                "actions": [
                    {
                        "name": "envoy.overload_actions.stop_accepting_requests",
                        "triggers": [
                            {
                                "name": "envoy.resource_monitors.fixed_heap",
                                "threshold": {"value": 0.95},
                            }
                        ],
                    }
                ],
            }
        }
    },
    cure=Cure(caller={"bootstrap": None}),
)

SHED = Clue(
    Weight.PROVES,
    _("{count:request was|requests were} shed by the proxy's overload manager ({word})."),
)
SHED_EVENT = Clue(Weight.SPEAKS_FOR, _("The proxy's own log tells of overload: {text}."))
REFUSED_COUNTED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "It counts {count:connection|connections} refused at its global limit "
        "(downstream_global_cx_overflow)."
    ),
)
ACTIONS_SET = Clue(Weight.HINTS, _("{by} sets up the overload manager."))

_CONNECTIONS = "downstream_global_cx_overflow"
_WORDS = frozenset({"overload", "overload manager reset", "envoy overloaded"})
_ACTIVE = ("active", "saturated", "shed", "scal", "rejected")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """OM, `overload` and the body; or the proxy's own log where no request was seen."""
    shed = tuple(filter(_is_shed, hop.having(Ending.OVERLOAD)))
    if shed:
        word = shed[0].outcome.detail or "OM"
        yield SHED.hit(*hop.sources(shed), count=len(shed), word=word)
    if not shed and hop.failures:
        return
    for event in mesh.events(ProxyEvent, ProxyEventKind.OVERLOADED):
        if _is_active(event.text):
            yield SHED_EVENT.hit(event.source, text=event.text)
            break
    for counter in counters(mesh, _CONNECTIONS):
        if counter.value > 0:
            yield REFUSED_COUNTED.hit(counter.source, count=f"{counter.value:.0f}")
            break
    for setting in envoy_settings(mesh, "overload_manager")[:1]:
        sources = [setting.source] if setting.source else []
        yield ACTIONS_SET.hit(*sources, by=setting.by)


def _is_shed(failure: Failure) -> bool:
    """True for the overload manager's own; a drop policy or a concurrency filter is none."""
    flags = failure.teller.flags or frozenset()
    return failure.outcome.detail.lower() in _WORDS or (
        not failure.outcome.detail and "OM" in flags
    )


def _is_active(text: str) -> bool:
    lower = text.lower()
    return "inactive" not in lower and any(word in lower for word in _ACTIVE)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The proxy's counters of overload, and its pods' life."""
    namespace, pod = telling_pod(hop, mesh)
    yield Missing(
        what=_("the overload counters of the proxy that answered"),
        command=f"kubectl -n {namespace} exec {pod} -c istio-proxy -- "
        "pilot-agent request GET 'stats?filter=overload'",
        decides=(ID, "upstream-overloaded"),
    )
    yield from question.given(question.pods(hop, mesh, ID, "upstream-crash"))


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: thresholds are a protection; whether they bite depends on the load alone."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """More room for the proxy now; thresholds that fit its limits; an alert on pressure."""
    yield Remedy(
        title=_("Add replicas of the proxy that sheds, to spread its connections and memory"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=("kubectl -n <gateway-namespace> scale deploy/<gateway> --replicas=<more>",),
        verify=_("`overload.*.active` of every replica is 0."),
    )
    yield Remedy(
        title=_("Raise the proxy's memory limit and `max_heap_size_bytes` together"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        risks=(
            _("A heap limit above the container's limit ends in an out-of-memory kill instead."),
        ),
        verify=_("The pressure of `fixed_heap` stays below the thresholds at peak load."),
    )
    yield Remedy(
        title=_("Alert on the overload manager's pressure before an action becomes active"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
