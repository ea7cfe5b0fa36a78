"""Listener drain: new configuration replaced a listener and cut the connections it still had.

## What happens
When the control plane changes a listener in a way that cannot be done in place, Envoy starts the
new one and drains the old: HTTP/1.1 answers get `Connection: close`, HTTP/2 a GOAWAY, and when the
drain time is over (`drainDuration`, 45 s in Istio) whatever is left is closed by force. If only
filter chains differ, only theirs are drained. Short requests never notice. Long ones do:
streams, long polls, WebSockets, TCP and gRPC connections, and clients that ignore the close. The
proxy logs them with `downstream_local_disconnect`; its peer sees `UC` or a GOAWAY. No pod changes.

## How to tell
* Many connections end in the same instant, with very different durations.
* `lds: add/update listener ...` in the proxy's log, or an LDS push in istiod's, one drain time
  before it; a Gateway, EnvoyFilter, Sidecar, PeerAuthentication or a Service port was changed then.
* `0 DC` with `downstream_local_disconnect`, no SIGTERM, no restart, the same pods before and after.
* Counters `listener_manager.listener_modified`, `total_listeners_draining`.

## What to do
Make fewer changes that rebuild listeners, and at quiet times: an EnvoyFilter, a new port or another
certificate on a shared gateway touches everybody's connections. Raise `drainDuration` above the
longest stream, and let clients of long streams reconnect by themselves.

## References
* Envoy documentation, "Draining" and listener discovery (in-place filter chain update since 1.15).
* Istio `drainDuration`, 45 s, strategy immediate: `pkg/envoy/proxy.go` 1.31.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, drained
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
from why503.diagnosis.scenario import (
    Act,
    Answer,
    Call,
    Cure,
    Knob,
    Load,
    Scenario,
    Server,
    Step,
    View,
)
from why503.facts import Counter, ProxyEvent, ProxyEventKind
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.pod_life import ENDS, failing_life
from why503.mesh.timing import durations, window
from why503.support.duration import clock, spell
from why503.support.text import _

ID = "listener-drain"
TITLE = _("New configuration replaced a listener and cut the connections it still had")
READS = frozenset(
    {"AppEvent", "Counter", "DaemonSet", "Deployment", "Event", "Pod", "ProxyEvent", "ProxyInfo"}
    | {"ReplicaSet", "Service", "StatefulSet"}
)
SIGNS = frozenset(
    {"DC", "UC", "downstream_local_disconnect", "lds: add/update listener", "draining"}
)
AT = At.LEG
ALERT = drained("DC", limits=Limits(least=10, holds="0m"))
_LONG = Knob(name="long", low=2.4, high=3.0, seconds=True)
SCENARIO = Scenario(
    summary="The server's listener is replaced under requests that outlive the drain.",
    hop=Place.PROXY_TO_PROXY,
    servers=(Server(answers=(Answer(path="{path}/watch", delay=_LONG), Answer())),),
    load=Load(calls=(Call(), Call(path="{path}/watch")), requests=8, workers=8),
    steps=(Step(at=0.5, act=Act.CHANGE, overlay={"hcm": {"server_name": "istio-envoy-next"}}),),
    modest={View.CALLER: "It shows cut connections, not that a listener was replaced."},
    also=frozenset({"upstream-reset"}),
    cure=Cure(steps=()),
)

CLOSED_BY_PROXY = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy closed {count:connection|connections} itself: downstream_local_disconnect."),
)
CHAIN_REMOVED = Clue(
    Weight.PROVES,
    _("The proxy says why it closed {count:connection|connections}: its filter chain was removed."),
)
GONE = Clue(
    Weight.HINTS,
    _(
        "{count:long connection|long connections} ended (DC) when the old listener's drain was "
        "over."
    ),
)
CUT = Clue(
    Weight.HINTS,
    _("{count:request|requests} ended with UC: the connection was closed."),
)
LISTENER_CHANGED = Clue(
    Weight.SPEAKS_FOR,
    _("A listener was replaced {gap} before they ended ({time}): {what}."),
)
DRAIN_TIME = Clue(
    Weight.SPEAKS_FOR, _("They ended just one drain time ({gap}) after the listener was replaced.")
)
AT_ONCE = Clue(
    Weight.HINTS,
    _(
        "{count:connection|connections} of different ages ended within {gap}: one act ended them "
        "all."
    ),
)
LONG = Clue(Weight.HINTS, _("The cut requests were long ones ({duration} median)."))
DRAINS_NOW = Clue(
    Weight.SPEAKS_FOR,
    _("{count:listener of that proxy was|listeners of that proxy were} being drained ({name})."),
)
POD_ENDED = Clue(Weight.SPEAKS_AGAINST, _("A pod or its proxy was ending just then: {what}."))
QUICK = Clue(
    Weight.SPEAKS_AGAINST,
    _("They were short ({duration} median); a drain lets short requests end."),
)

_LISTENER = frozenset({ProxyEventKind.LISTENER_UPDATE})
_DRAINING = "total_listeners_draining"
_DRAIN = 45.0
"""Seconds: Istio's default for `drainDuration`."""
_LONGEST = 660.0
"""Seconds: Envoy's own default drain time of 10 min, and a little more."""
_TOGETHER = 1.0
_LONG_STREAM = 5000.0
"""Milliseconds from which a request outlives what a drain lets pass."""
_REMOVED = "filter_chain_is_being_removed"
"""What Envoy adds to the details of the connections that it closes at the end of a drain."""
_AT_THE_DRAIN = 1.0
"""Seconds by which the end of a drain and that of the connections it cuts may differ."""
_SHORT_REQUEST = 50.0
_SEVERAL = 3
_BESIDE = 0.1
"""Share by which the measured drain may differ from the setting."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Connections that a proxy closed itself after a listener was replaced, no pod ending."""
    if not hop.failures:
        yield from _draining(mesh)
        return
    closed = hop.having(Ending.PROXY_CLOSED)
    cut = _cut(hop)
    changes = _listener_changes(hop, mesh)
    gone = () if closed or cut else _gone_with_the_drain(hop, changes)
    told = [r for r in hop.accounts() if _REMOVED in (r.details or "")]
    if not closed and not (cut and (changes or told)) and not gone:
        return
    if told:
        yield CHAIN_REMOVED.hit(*(r.source for r in told[:3]), count=len(told))
    if closed:
        yield CLOSED_BY_PROXY.hit(*hop.sources(closed), count=len(closed), observation="ending")
    elif gone:
        yield GONE.hit(*hop.sources(gone), count=len(gone), observation="ending")
    else:
        yield CUT.hit(*hop.sources(cut), count=len(cut), observation="ending")
    yield from _changed(hop, changes)
    yield from _ages(hop)
    for event in failing_life(hop, mesh):
        if event.kind in ENDS:
            yield POD_ENDED.hit(event.source, what=event.text)
            return


def _cut(hop: Hop) -> tuple[Failure, ...]:
    """What a proxy behind may have cut; a server's proxy tells of its application, not of one."""
    if hop.role is Role.UPSTREAM:
        return ()
    return hop.having(Ending.CONNECTION_TERMINATION, Ending.REMOTE_RESET)


def _draining(mesh: Mesh) -> Iterator[Hit]:
    """What a proxy's statistics say, where no failed request is told of."""
    for counter in mesh.facts(Counter):
        if counter.name.endswith(_DRAINING) and counter.value >= 1:
            yield DRAINS_NOW.hit(counter.source, count=int(counter.value), name=_DRAINING)
            return


def _listener_changes(hop: Hop, mesh: Mesh) -> tuple[ProxyEvent, ...]:
    """Listener updates in the proxies' logs (LDS pushes in istiod's) before the first cut."""
    span = window(hop)
    if span is None:
        return ()
    begin = min((f.teller.end for f in hop.failures if f.teller.end is not None), default=span[0])
    found = []
    for event in mesh.events(ProxyEvent, ProxyEventKind.XDS_PUSH, *_LISTENER):
        if (event.kind in _LISTENER or event.text == "LDS") and event.time is not None:
            start = event.raw.find("removed listener") < 0
            if start and begin - _LONGEST <= event.time <= begin + _TOGETHER:
                found.append(event)
    return tuple(found)


def _gone_with_the_drain(hop: Hop, changes: Sequence[ProxyEvent]) -> tuple[Failure, ...]:
    """Long requests that seem to be given up by the caller just one drain time after a change."""
    return tuple(
        failure
        for failure in hop.having(Ending.CLIENT_GONE)
        if (end := failure.teller.end) is not None
        and (failure.teller.duration or 0.0) >= _LONG_STREAM
        and any(abs(end - (change.time or 0.0) - _DRAIN) <= _AT_THE_DRAIN for change in changes)
    )


def _changed(hop: Hop, changes: Sequence[ProxyEvent]) -> Iterator[Hit]:
    ends = [f.teller.end for f in hop.failures if f.teller.end is not None]
    if not changes or not ends:
        return
    last = min(changes[::-1], key=lambda change: abs(min(ends) - (change.time or 0.0) - _DRAIN))
    gap = max(0.0, min(ends) - (last.time or 0.0))
    if abs(gap - _DRAIN) > _BESIDE * _DRAIN:
        last = changes[-1]
        gap = max(0.0, min(ends) - (last.time or 0.0))
    time = clock(last.time or 0.0)
    yield LISTENER_CHANGED.hit(last.source, gap=spell(gap), time=time, what=last.text or last.raw)
    if abs(gap - _DRAIN) <= _BESIDE * _DRAIN:
        yield DRAIN_TIME.hit(last.source, *hop.sources(), gap=spell(gap))


def _ages(hop: Hop) -> Iterator[Hit]:
    """How old the cut requests were, and whether they ended together."""
    times = sorted(durations(hop))
    if not times:
        return
    middle = times[len(times) // 2]
    if middle >= _LONG_STREAM:
        yield LONG.hit(*hop.sources(), duration=spell(middle / 1000), observation="age")
    elif middle <= _SHORT_REQUEST:
        yield QUICK.hit(*hop.sources(), duration=spell(middle / 1000), observation="age")
    ends = sorted(f.teller.end for f in hop.failures if f.teller.end is not None)
    if len(ends) < _SEVERAL or ends[-1] - ends[0] > _TOGETHER:
        return
    if times[-1] - times[0] >= _TOGETHER * 1000:
        yield AT_ONCE.hit(*hop.sources(), count=len(ends), gap=spell(ends[-1] - ends[0]))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The log of the proxy that closed, and the pods' life."""
    yield question.listener_updates(hop, mesh, ID, "pod-terminating", "upstream-reset")
    yield from question.given(question.pods(hop, mesh, ID, "pod-terminating", "upstream-crash"))


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: every listener can be replaced; only a change at the wrong time does harm."""
    yield from ()


def remedies(_hop: Hop, _mesh: Mesh) -> Iterator[Remedy]:
    """Hold changes back; drain longer; let clients reconnect."""
    yield Remedy(
        title=_("Hold back changes that rebuild listeners until the long requests are done"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.OUTSIDE_MESH,
        verify=_("listener_manager.listener_modified stays as it is."),
    )
    yield Remedy(
        title=_("Let replaced listeners drain for longer than the longest request"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        patches=(
            Patch(
                yaml=(
                    "apiVersion: install.istio.io/v1alpha1\n"
                    "kind: IstioOperator\n"
                    "spec:\n"
                    "  meshConfig:\n"
                    "    defaultConfig:\n"
                    "      drainDuration: 300s\n"
                )
            ),
        ),
        risks=(
            _("Proxies read it at their start: the pods must be restarted."),
            _("Old configuration serves its connections for that long as well."),
        ),
        verify=_("The next change cuts no connection younger than the drain time."),
    )
    yield Remedy(
        title=_("Let clients of long streams reconnect and resume by themselves"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
