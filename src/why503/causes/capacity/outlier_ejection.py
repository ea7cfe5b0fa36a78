"""Outlier ejection: passive health checking took endpoints out, and too few or none were left.

## What happens
With `outlierDetection` in a DestinationRule each calling proxy counts the errors of every endpoint
and ejects one after `consecutive5xxErrors` in a row (5 in Istio once the block is there) for
`baseEjectionTime` (30 s) times the number of its ejections. `maxEjectionPercent` (10) limits the
share that is out; a generous value lets all go. Envoy 1.28 and later (Istio 1.20) never go beyond
it: 10 % of fewer than ten endpoints is none. Before, one went in any case. Istio sets the panic
threshold to 0 with this block (`minHealthPercent`), so with all ejected every request gets `503
UH`, `no_healthy_upstream`, while Kubernetes calls the pods ready. With a `minHealthPercent` set,
Envoy below it ignores the ejections, and the application's own errors go on.

## How to tell
* The application's 5xx, or UF/UC, at the same destination first; then UH, duration 0.
* UH lasts about `baseEjectionTime`, or a multiple of it, and ends by itself.
* `failed_outlier_check` in `/clusters`; `FAILED` under OUTLIER CHECK in `istioctl proxy-config
  endpoint`; the EndpointSlice shows the same addresses ready.
* Each proxy ejects for itself: one caller sees UH while others do not.
* Counters `outlier_detection.ejections_active`, `ejections_enforced_consecutive_5xx`.

## What to do
Mend the errors that lead to it: they are the cause's cause. Make the ejection gentler:
`maxEjectionPercent` 30-50, more endpoints, `consecutiveGatewayErrors` (502, 503, 504 only) in place
of `consecutive5xxErrors`, or a `minHealthPercent` above 0.

## References
* Istio DestinationRule API, `outlierDetection`: defaults up to 1.31.
* Envoy outlier detection; locally originated errors count as 5xx. Release notes 1.28:
  `max_ejection_percent` is always respected.
* Measured on Envoy 1.40.0: some 500s, then UH until the ejection ended; with the panic threshold
  no UH and the application's 503 went on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.diagnosis import question
from why503.diagnosis.alert_later import ejected
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
from why503.diagnosis.policy_edit import policy_wanted
from why503.diagnosis.scenario import Answer, Call, Cure, Knob, Load, Scenario, Server, View
from why503.diagnosis.scenario_part import destination_rule
from why503.mesh.address import cluster_name
from why503.mesh.armed.pod_setting import traffic_policies
from why503.mesh.armed.rollout import ejecting_the_only_one
from why503.mesh.ejection import (
    BASE_EJECTION,
    MAX_EJECTION,
    bursts,
    ejected_endpoints,
    errors_before,
    wholly_ejected,
)
from why503.mesh.ending import Ending
from why503.mesh.endpoint import kubernetes_endpoints
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import calling_clusters
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_proxy, namespace_of, service_name
from why503.mesh.proxy_state import counters
from why503.mesh.setting import Setting, whole_number
from why503.mesh.timing import recovered, successes
from why503.mesh.traffic_policy import destination_rules_for, outlier_detection
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "outlier-ejection"
TITLE = _("Outlier detection took endpoints out of load balancing, and too few or none were left")
READS = frozenset(
    {"BackendTrafficPolicy", "Counter", "DaemonSet", "Deployment", "DestinationRule"}
    | {"EndpointSlice", "Endpoints", "GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster"}
    | {"LoadedEndpoint", "MeshConfig", "Pod", "ProxyEndpoint", "ProxyInfo", "ReplicaSet"}
    | {"Service", "StatefulSet", "fragment"}
)
SIGNS = frozenset({"UH", "no_healthy_upstream", "failed_outlier_check", "no healthy upstream"})
AT = At.PROXY
ALERT = ejected(0.5)
SCENARIO = Scenario(
    summary="Some answers of 500 in a row, and outlier detection takes the only endpoint out.",
    hop=Place.DOWNSTREAM_PROXY,
    servers=(
        Server(
            answers=(
                Answer(path="{path}/broken", status=500, body="boom", log="ERROR handler failed"),
                Answer(),
            )
        ),
    ),
    load=Load(
        calls=(Call(), Call(path="{path}/broken", share=Knob(name="broken", low=2, high=4))),
        requests=40,
        gap=0.03,
    ),
    caller={
        "cluster": {
            "outlier_detection": {
                "consecutive_5xx": 3,
                "interval": "0.1s",
                "base_ejection_time": "30s",
                "max_ejection_percent": 100,
                "enforcing_consecutive_5xx": 100,
                "enforcing_success_rate": 0,
            }
        }
    },
    objects=(
        destination_rule(
            """
            outlierDetection:
              consecutive5xxErrors: 3
              interval: 100ms
              baseEjectionTime: 30s
              maxEjectionPercent: 100
            """
        ),
    ),
    modest={
        View.CALLER: "That endpoints were ejected is counted, not logged.",
        View.PROXIES: "That endpoints were ejected is counted, not logged.",
    },
    also=frozenset({"upstream-returned-5xx"}),
    cure=Cure(caller={"cluster": None}, servers=(Server(),)),
)

NONE_LEFT = Clue(
    Weight.HINTS,
    _("The proxy had no endpoint left to choose ({count:request|requests} ended with UH)."),
)
EJECTED = Clue(Weight.PROVES, _("The proxy has ejected {address} (outlier check failed)."))
ALL_EJECTED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy has ejected every endpoint that it lists for {cluster} ({count}): none is left."),
)
EJECTED_YET_USED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy has ejected {address} and sends to it all the same: too many are ejected."),
)
COUNTED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy counts {count:endpoint|endpoints} as ejected now (ejections_active)."),
)
COUNTED_ALL = Clue(
    Weight.SPEAKS_FOR, _("That leaves none: membership_healthy of the same cluster is 0.")
)
RULE = Clue(
    Weight.SPEAKS_FOR,
    _("{by} has outlierDetection: out after {errors} errors in a row, for {base} at a time."),
)
NO_RULE = Clue(
    Weight.SPEAKS_AGAINST,
    _(
        "The DestinationRules given for {service} have no outlierDetection, which is off "
        "without it."
    ),
)
NOT_LOADED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The cluster for {service} as the proxy {proxy} has loaded it has no outlier detection."),
)
ERRORS_BEFORE = Clue(
    Weight.SPEAKS_FOR,
    _("Right before it {count:request|requests} to the same endpoints had ended with errors."),
)
NO_ERRORS = Clue(
    Weight.SPEAKS_AGAINST,
    _("Requests went well up to the first UH: no error for which an endpoint is ejected."),
)
LASTS = Clue(
    Weight.SPEAKS_FOR,
    _("It lasted {gap} and ended by itself; endpoints are ejected for {base} at a time."),
)
READY = Clue(
    Weight.HINTS,
    _("Kubernetes lists {count:endpoint|endpoints} as ready: not one was gone."),
)
NOT_READY = Clue(
    Weight.SPEAKS_AGAINST, _("Kubernetes itself lists no ready endpoint of {service}.")
)

_ACTIVE = "outlier_detection.ejections_active"
_NONE = 503
_ERRORS = 5
"""Istio's default for `consecutive5xxErrors`."""
_NEAR = 0.25
"""Share by which the measured time may differ from a multiple of `baseEjectionTime`."""
_GENEROUS = 50


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UH after errors, the rule that ejects, and what the proxy and Kubernetes list."""
    failures = hop.having(Ending.NO_HEALTHY_UPSTREAM)
    ejected = ejected_endpoints(mesh, hop.host) if hop.host or not hop.failures else ()
    if not failures:
        if ejected and (hop.having(Ending.VIA_UPSTREAM) or not hop.failures):
            yield EJECTED_YET_USED.hit(ejected[0].source, address=ejected[0].address)
        elif not hop.failures:
            yield from _counted(hop, mesh)
        else:
            yield from _unexplained(hop, mesh)
        return
    yield NONE_LEFT.hit(*hop.sources(failures), count=len(failures))
    if ejected:
        yield EJECTED.hit(ejected[0].source, address=ejected[0].address)
    else:
        yield from _counted(hop, mesh)
    rule = outlier_detection(mesh, hop.host, hop.port)
    yield from _rule(hop, mesh, rule)
    if rule is not None or ejected or not destination_rules_for(mesh, hop.host):
        yield from _errors(hop, mesh)
        yield from _lasts(hop, mesh, rule)
    yield from _kubernetes(hop, mesh)


def _unexplained(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """503 of which a client saw no more than the code, while a whole cluster is ejected."""
    bare = [f for f in hop.having(Ending.UNKNOWN) if f.teller.code == _NONE and not f.teller.body]
    if hop.role is not Role.CLIENT or not bare:
        return
    for cluster, count, source in wholly_ejected(mesh, hop.host):
        yield ALL_EJECTED.hit(source, cluster=cluster, count=count)
        name = cluster_name(cluster)
        if name is not None:
            rule = outlier_detection(mesh, name.host, name.port)
            if rule is not None:
                yield from _rule(hop, mesh, rule)
        return


def _counted(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The proxy's own count of endpoints that are out now, and whether any is left."""
    active = [c for c in counters(mesh, _ACTIVE, host=hop.host) if c.value > 0]
    for counter in active[:1]:
        yield COUNTED.hit(counter.source, count=f"{counter.value:.0f}", observation="ejected")
        cluster = counter.name.removesuffix(_ACTIVE)
        for healthy in counters(mesh, "membership_healthy", host=hop.host):
            if healthy.name == f"{cluster}membership_healthy" and healthy.value == 0:
                yield COUNTED_ALL.hit(healthy.source, counter.source, observation="healthy")


def _rule(hop: Hop, mesh: Mesh, rule: Setting[Mapping[str, Any]] | None) -> Iterator[Hit]:
    clusters = calling_clusters(mesh, hop.host, hop.port) if rule is None else ()
    for cluster in clusters[:1]:
        yield NOT_LOADED.hit(
            cluster.source, service=service_name(hop), proxy=cluster.teller, observation="rule"
        )
    if rule is None:
        rules = [r for r in destination_rules_for(mesh, hop.host) if not r.partial]
        for manifest in rules[:1]:
            yield NO_RULE.hit(manifest.source, service=service_name(hop), observation="rule")
        return
    errors = whole_number(rule.value.get("consecutive5xxErrors"))
    sources = [rule.source] if rule.source else []
    base = spell(_base(rule))
    shown = _ERRORS if errors is None else errors
    yield RULE.hit(*sources, by=rule.by, errors=shown, base=base)


def _base(rule: Setting[Mapping[str, Any]] | None) -> float:
    written = seconds_of(rule.value.get("baseEjectionTime")) if rule is not None else None
    return written or BASE_EJECTION


def _errors(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    count, sources = errors_before(hop, mesh)
    if count:
        yield ERRORS_BEFORE.hit(*sources[:3], count=count, observation="before")
    elif successes(hop, mesh):
        yield NO_ERRORS.hit(*hop.sources(), observation="before")


def _lasts(hop: Hop, mesh: Mesh, rule: Setting[Mapping[str, Any]] | None) -> Iterator[Hit]:
    base = _base(rule)
    if not recovered(hop, mesh):
        return
    for length in bursts(hop):
        times = round(length / base)
        if times >= 1 and abs(length - times * base) <= _NEAR * base:
            yield LASTS.hit(*hop.sources(), gap=spell(length), base=spell(base))
            return


def _kubernetes(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    endpoints = kubernetes_endpoints(mesh, hop.host)
    if endpoints is None:
        return
    ready = [endpoint for endpoint in endpoints if endpoint.ready]
    if ready:
        yield READY.hit(ready[0].source, count=len(ready), observation="kubernetes")
    else:
        sources = [endpoint.source for endpoint in endpoints[:1]]
        yield NOT_READY.hit(*sources, service=service_name(hop), observation="kubernetes")


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """What the calling proxy lists as ejected; the rule that ejects; Kubernetes' own list."""
    if not ejected_endpoints(mesh, hop.host):
        yield Missing(
            what=_("which endpoints the calling proxy has ejected (OUTLIER CHECK)"),
            command=f"istioctl proxy-config endpoint {caller_proxy(hop, mesh)} "
            f"| grep {service_name(hop)}",
            decides=(ID, "no-healthy-endpoints", "canary-ordering"),
        )
    yield from question.given(
        question.istio_objects(hop, mesh, "DestinationRule", decides=(ID, "no-healthy-endpoints")),
        question.service(hop, mesh, ID, "no-healthy-endpoints"),
    )


EJECTS_ALL = Rule(
    "can-eject-all",
    Severity.WARNING,
    _("{name} lets up to {share} % of the endpoints be ejected: then 503 UH for all."),
)
ONLY_ONE = Rule(
    "ejects-the-only-one",
    Severity.WARNING,
    _("{rule} may eject the one replica of {workload}: then every request to {host} gets 503 UH."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Rules that may eject most or all endpoints with nothing to stop them."""
    for manifest in mesh.manifests("DestinationRule"):
        for base in traffic_policies(manifest):
            path = (*base, "outlierDetection")
            share = whole_number(manifest.get(*path, "maxEjectionPercent"))
            if share is None or share <= _GENEROUS or manifest.get(*path, "minHealthPercent"):
                continue
            where = manifest.where(*path, "maxEjectionPercent")
            yield EJECTS_ALL.at(where, name=manifest.full_name, share=share)
    yield from ONLY_ONE.each(ejecting_the_only_one(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Eject fewer at a time; mend the errors that eject; watch the ejections."""
    namespace, name = namespace_of(hop, mesh), service_name(hop)
    rule = outlier_detection(mesh, hop.host, hop.port)
    share = MAX_EJECTION if rule is None else _GENEROUS
    wanted = policy_wanted(hop, mesh, ("outlierDetection", "maxEjectionPercent", share))
    yield Remedy(
        title=_("Let {share} % of the endpoints be ejected at most").format(share=share),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=wanted.edits,
        commands=wanted.commands,
        risks=(
            _("Endpoints that fail stay in use: callers see the application's own errors again."),
            _("Before Envoy 1.28 (Istio 1.20) one endpoint goes whatever the share is."),
        ),
        verify=_("503 UH stops; outlier_detection.ejections_overflow grows in place of it."),
        undo=wanted.undo,
    )
    yield Remedy(
        title=_("Mend the errors of {service} for which its endpoints are ejected").format(
            service=name
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(f"kubectl -n {namespace} logs -l app={name} --since=1h --prefix",),
        verify=_("outlier_detection.ejections_active stays 0."),
    )
    yield Remedy(
        title=_(
            "Run enough endpoints that the loss of a few leaves enough, and alert on ejections"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
