"""Probe failure: Kubernetes' health probe fails although the application would serve.

## What happens
A readiness probe that fails `failureThreshold` times (3) takes the pod's address out of the
endpoints; when no address is left callers get `503 UH`. A liveness (or startup) probe that fails
makes the kubelet kill and restart the container: `UC` for the requests in flight, `UF` until it
listens again, over and over. The probe itself is often at fault: a port or path that is not the
application's, HTTP against HTTPS, one second of `timeoutSeconds` (the default) for an application
that is slow under load, or a check of things that a restart does not mend. In a mesh, plain probes
of the kubelet meet a sidecar: Istio rewrites HTTP probes to port 15020 of its agent; where that is
switched off and mTLS is STRICT, the sidecar closes them.

## How to tell
* Events `Unhealthy`: `Readiness probe failed: ...`; `Killing`: `Container x failed liveness probe,
  will be restarted`.
* Their words: `statuscode: 404` means alive, but asked at the wrong path; `503` that the
  application says itself it is not ready; `context deadline exceeded` too slow for the timeout;
  `connection refused` wrong port, or not started yet; `EOF`, `connection reset by peer` mTLS.
* Restarts come at a regular pace (`periodSeconds` times `failureThreshold`), without any panic.
* Probe failures in a pod's first seconds are normal and mean nothing.

## What to do
Ask the application itself, on its own port, something cheap. Give `timeoutSeconds` 3-5, and slow
starts a startupProbe instead of a long initialDelaySeconds. A liveness probe must not ask other
services. Leave Istio's probe rewriting on.

## References
* Kubernetes probes: periodSeconds 10, timeoutSeconds 1, failureThreshold 3.
* Istio `sidecar.istio.io/rewriteAppHTTPProbers`: on by default in the injector since 1.5.
"""

from collections.abc import Iterator, Sequence

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, probed
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
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario, View
from why503.diagnosis.scenario_part import first_pod
from why503.diagnosis.workload_edit import PATIENCE, mended_probes, patient_probes
from why503.diagnosis.workload_sample import of_container
from why503.mesh.armed import pod_setting, probing
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.mtls import server_mtls
from why503.mesh.naming import namespace_of, service_name, upstream_workload
from why503.mesh.pod_life import LifeEvent, LifeEventKind, life_of, near
from why503.mesh.probe import (
    Answer,
    Probe,
    answer_in,
    looped_back,
    probes_of,
    rewrite_off,
    unknown_port,
)
from why503.mesh.setting import word_of
from why503.mesh.timing import window
from why503.support.text import _

ID = "probe-failure"
TITLE = _("A health probe fails although the application would serve")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "Event", "IstioOperator", "LoadedEndpoint"}
    | {"LoadedListener", "MeshConfig", "PeerAuthentication", "Pod", "ProxyEvent", "ProxyInfo"}
    | {"ReplicaSet", "Service", "StatefulSet", "fragment"}
)
SIGNS = frozenset(
    {
        "UH",
        "Unhealthy",
        "Readiness probe failed",
        "Liveness probe failed",
        "Startup probe failed",
        "will be restarted",
    }
)
AT = At.LEG
ALERT = probed(limits=Limits(window="10m"))
SCENARIO = Scenario(
    summary="The readiness probe asks a path that the application does not have.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(requests=Knob(name="requests", low=10, high=30, whole=True)),
    caller={"endpoints": []},
    objects=(
        first_pod(ready=False),
        """
        apiVersion: v1
        kind: Event
        metadata:
          name: {pod}.17a
          namespace: {namespace}
        type: Warning
        reason: Unhealthy
        message: "Readiness probe failed: HTTP probe failed with statuscode: 404"
        count: 37
        involvedObject: {kind: Pod, name: "{pod}", namespace: "{namespace}"}
        """,
    ),
    modest={
        View.CALLER: "It shows that no endpoint is there, not why none is ready.",
        View.PROXIES: "They show that no endpoint is there, not why none is ready.",
    },
    also=frozenset({"no-healthy-endpoints"}),
    cure=Cure(caller={"endpoints": None}),
)

FAILED = Clue(Weight.SPEAKS_FOR, _("Kubernetes reports of {pod}: {what}."))
FAILED_REFUSED = Clue(
    Weight.HINTS,
    _("Kubernetes reports of {pod}: {what}; nothing listened at the probed port."),
)
AGENT_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "pilot-agent asked the application in place of the kubelet and was refused: it listens "
        "only at the pod's address, at another port, or not yet ({what})."
    ),
)
ALIVE = Clue(
    Weight.SPEAKS_FOR,
    _("The application answered the probe, so it was alive, but not as the probe wants: {what}."),
)
TOO_SLOW = Clue(Weight.SPEAKS_FOR, _("The probe gave up after {timeout} s ({by}): {what}."))
KILLED = Clue(
    Weight.SPEAKS_FOR, _("The kubelet killed {pod} because of its probe, not a crash: {what}.")
)
WRONG_PORT = Clue(
    Weight.SPEAKS_FOR,
    _("{kind} of {workload} asks port {port}, which its container does not declare."),
)
LOOPED_BACK = Clue(
    Weight.SPEAKS_FOR,
    _("{kind} names the host {host}: the kubelet asks its own node there and never the pod."),
)
REWRITE_OFF = Clue(
    Weight.SPEAKS_FOR,
    _(
        "Istio's rewriting of HTTP probes is off while mTLS is STRICT: the sidecar closes "
        "the probe."
    ),
)
NONE_READY = Clue(Weight.HINTS, _("No pod was ready ({count:request|requests} ended with UH)."))
GONE_MEANWHILE = Clue(
    Weight.HINTS,
    _("{count:connection was|connections were} cut or refused while its containers restarted."),
)
CRASHED = Clue(Weight.SPEAKS_AGAINST, _("It ended by itself as well: {what}."))
UNWELL = Clue(
    Weight.SPEAKS_AGAINST, _("The application itself answered the probe with an error: {what}.")
)

_ENDINGS = (
    Ending.NO_HEALTHY_UPSTREAM,
    Ending.CONNECTION_TERMINATION,
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_FAILURE,
    Ending.UNKNOWN,
)
_DEATHS = frozenset({LifeEventKind.CRASHED, LifeEventKind.OOM_KILLED, LifeEventKind.CRASH_LOGGED})
_AGENT = "Request to probe app failed"
_BEFORE = 900.0
"""Seconds for which a failed probe keeps a pod out: its Event is dated once, at the last time."""
_AFTER = 60.0


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Failed probes around the failures, what they say, and how the probe is set."""
    failures = hop.having(*_ENDINGS)
    if hop.failures and not failures:
        return
    if not hop.failures or hop.having(Ending.NO_HEALTHY_UPSTREAM):
        for kind, host, source in looped_back(mesh, hop.host)[:1]:
            yield LOOPED_BACK.hit(source, kind=kind, host=host)
    life = life_of(mesh, hop.host)
    if hop.failures and (span := window(hop)) is not None:
        dated = near(life, span, _BEFORE, _AFTER)
        life = (*dated, *(event for event in life if event.time is None))
    failed = [
        event
        for event in life
        if event.kind is LifeEventKind.PROBE_FAILED and not _of_starting_sidecar(event)
    ]
    killed = [e for e in life if e.kind is LifeEventKind.KILLED and "probe" in e.text]
    if not failed and not killed:
        return
    yield from _endings(hop)
    yield from _told(failed, killed, hop, mesh)
    yield from _settings(hop, mesh)
    for event in life:
        if event.kind in _DEATHS:
            yield CRASHED.hit(event.source, what=event.text)
            return


def _of_starting_sidecar(event: LifeEvent) -> bool:
    """True for the sidecar's own readiness, refused: so it is at every start, until it listens."""
    return ":15021/" in event.text and "refused" in event.text


def _endings(hop: Hop) -> Iterator[Hit]:
    none = hop.having(Ending.NO_HEALTHY_UPSTREAM)
    if none:
        yield NONE_READY.hit(*hop.sources(none), count=len(none), observation="ending")
    elif hop.failures:
        yield GONE_MEANWHILE.hit(*hop.sources(), count=hop.count, observation="ending")


def _told(
    failed: Sequence[LifeEvent], killed: Sequence[LifeEvent], hop: Hop, mesh: Mesh
) -> Iterator[Hit]:
    """The kubelet's own words."""
    answers = {answer_in(event.text): event for event in reversed(failed)}
    shown = next(
        (
            answers[a]
            for a in (Answer.ALIVE, Answer.SLOW, Answer.CUT, Answer.OTHER, Answer.UNWELL)
            if a in answers
        ),
        None,
    )
    if shown is not None:
        yield FAILED.hit(shown.source, pod=shown.pod or "-", what=shown.text)
    elif failed and failed[0].text.startswith(_AGENT):
        yield AGENT_REFUSED.hit(failed[0].source, what=failed[0].text)
    elif failed:
        yield FAILED_REFUSED.hit(failed[0].source, pod=failed[0].pod or "-", what=failed[0].text)
    if Answer.ALIVE in answers:
        event = answers[Answer.ALIVE]
        yield ALIVE.hit(event.source, what=event.text)
    elif Answer.SLOW in answers:
        yield from _slow(answers[Answer.SLOW], hop, mesh)
    elif Answer.UNWELL in answers:
        yield UNWELL.hit(answers[Answer.UNWELL].source, what=answers[Answer.UNWELL].text)
    for event in killed[:1]:
        yield KILLED.hit(event.source, pod=event.pod or "-", what=event.text)


def _slow(event: LifeEvent, hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A probe that timed out, and the time it was given."""
    kind = f"{event.text.split(' ', 1)[0].lower()}Probe"
    for probe in probes_of(mesh, hop.host):
        if probe.kind == kind:
            by = probe.workload.full_name
            yield TOO_SLOW.hit(
                event.source, probe.source, timeout=f"{probe.timeout:g}", by=by, what=event.text
            )
            return


def _settings(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    for probe in probes_of(mesh, hop.host):
        port = unknown_port(probe)
        if port is not None:
            workload = probe.workload.full_name
            yield WRONG_PORT.hit(probe.source, kind=probe.kind, workload=workload, port=port)
            break
    off = rewrite_off(mesh, hop.host)
    mode = server_mtls(mesh, hop.host, hop.port) if off is not None else None
    if off is not None and mode is not None and mode.value == "STRICT":
        yield REWRITE_OFF.hit(off)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The pods' events and the probes of the workload."""
    yield from question.given(
        question.workload(hop, mesh, ID, "no-healthy-endpoints"),
        question.pod_events(hop, mesh, ID, "upstream-crash", "no-healthy-endpoints"),
    )


NO_SUCH_PORT = Rule(
    "port-not-declared",
    Severity.WARNING,
    _("{kind} of {workload} asks port {port}, which no container declares."),
)
IMPATIENT = Rule(
    "short-liveness-timeout",
    Severity.NOTE,
    _("{kind} of {workload} waits only 1 s: under load it kills the container."),
)
ARMED: dict[Finder, Rule] = {
    pod_setting.probes_of_another_port: Rule(
        "readiness-of-another-port",
        Severity.NOTE,
        _("The readinessProbe of {workload} asks port {port}; requests go to {ports}."),
    ),
    probing.refused_by_sidecar: Rule(
        "rewrite-off-with-strict-mtls",
        Severity.ERROR,
        _(
            "{workload} keeps its probes from being rewritten and {by} demands mutual TLS: its "
            "sidecar refuses the kubelet's {kind}."
        ),
    ),
    probing.answered_by_sidecar: Rule(
        "sidecar-answers-tcp-probe",
        Severity.WARNING,
        _(
            "{workload} keeps its probes from being rewritten: the sidecar takes the connection "
            "of the {kind} itself, whether the application listens or not."
        ),
    ),
    probing.copied_liveness: Rule(
        "liveness-as-readiness",
        Severity.NOTE,
        _(
            "livenessProbe of {workload} asks what the readinessProbe asks ({asked}) and acts "
            "after {liveness} s, that after {readiness} s: pods restart that should only rest."
        ),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Probes of ports that nobody declares, and liveness probes with a short patience."""
    for probe in probes_of(mesh, ""):
        port = unknown_port(probe)
        if port is not None:
            yield _hazard(probe, NO_SUCH_PORT, port)
        elif probe.kind == "livenessProbe" and probe.http and probe.timeout <= 1:
            yield _hazard(probe, IMPATIENT, port)
    yield from met(ARMED, mesh)


def _hazard(probe: Probe, rule: Rule, port: object) -> Hazard:
    name = probe.workload.full_name
    return rule.at(probe.source, kind=probe.kind, workload=name, port=word_of(port))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Give the probe patience; let it ask the right thing; watch it."""
    namespace, workload = namespace_of(hop, mesh), upstream_workload(hop, mesh)
    name = workload.partition("/")[2] or service_name(hop)
    kinds = [probe.kind for probe in probes_of(mesh, hop.host)] or ["readinessProbe"]
    edits, patience = patient_probes(mesh, hop.host), dict.fromkeys(kinds, PATIENCE)
    yield Remedy(
        title=_("Give the probes of {workload} more time and more tries").format(workload=workload),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=edits,
        patches=() if edits else (of_container(name, namespace, name, patience),),
        risks=(_("A pod that is really dead is noticed later."), _("The pods are rolled.")),
        verify=_("No new Unhealthy event, and the endpoints stay."),
        undo=f"kubectl -n {namespace} rollout undo {workload}",
    )
    yield Remedy(
        title=_(
            "Let the probe ask the application's own port and a path that is cheap and answers 200"
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=mended_probes(mesh, hop.host),
        commands=(
            f"kubectl -n {namespace} get {workload} -o yaml",
            f"kubectl -n {namespace} exec {workload} -- curl -i localhost:<port><path>",
        ),
        risks=(_("Leave sidecar.istio.io/rewriteAppHTTPProbers on where mTLS is STRICT."),),
        verify=_("The command answers 200 as quickly as the probe asks."),
        undo=f"kubectl -n {namespace} rollout undo {workload}",
    )
    yield Remedy(
        title=_(
            "Keep checks of other services out of liveness probes; use a startupProbe for "
            "slow starts"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
