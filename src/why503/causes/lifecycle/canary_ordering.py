"""Canary ordering: a rollout sent traffic to a version before, or after, it was there to serve.

## What happens
A weighted rollout needs three things in order: pods of the new version that are ready, a subset
in the DestinationRule that selects them, and only then a VirtualService that names the subset.
On the way back the order is the reverse. Istio pushes each object on its own, so for the seconds
in which the order is wrong the share of requests that goes to the version in question fails:
`503 NC`, `cluster_not_found`, while the subset has no cluster (subset removed first, or route
pushed first), `503 UH`, `no_healthy_upstream`, while it has no ready pod. Then all is well again.

## How to tell
* NC or UH for a share of the requests (the weight) and for a window of seconds; before and after
  it the same requests go well. A subset that is missing for good never recovers.
* VirtualService, DestinationRule or Deployment changed in that window (`creationTimestamp`,
  managed fields, an annotation of the deployment tool), in an order that leaves a gap.
* Requests before the window name a subset in their cluster (`outbound|80|v1|...`) that the
  DestinationRule no longer has.
* With UH: the first pods of the new version became ready after the failures.

## What to do
Make before break: add pods and subset, wait until they are known, then move the weight; move the
weight away and wait before removing the subset. Argo Rollouts and Flagger do it in that order;
with GitOps use sync waves. Applying both objects in one command is no help:
proxies still learn of them one after the other.

## References
* Istio documentation, traffic management: "Avoid 503 errors while reconfiguring service routes".
* Envoy: `cluster_not_found` (NC since 1.18), `no_healthy_upstream` (UH).
* Both orders measured on Envoy 1.40.0.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, newly
from why503.diagnosis.cause import At, Clue, Disposition, Hit, Missing, Remedy, RemedyKind, Weight
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.scenario import Act, Cure, Knob, Load, Scenario, Side, Step, Times, View
from why503.diagnosis.scenario_part import subsets, virtual_service
from why503.diagnosis.standing_object import edit_route
from why503.mesh.address import cluster_name
from why503.mesh.change import changes_near, rollout_objects, versions_of
from why503.mesh.destination import Destination, all_destinations
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.pod_life import LifeEventKind, life_of
from why503.mesh.readiness import on_its_way
from why503.mesh.route import subset_labels
from why503.mesh.timing import recovered, share_failed, successes, window
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.workload import same_host
from why503.support.duration import clock, spell
from why503.support.text import _

ID = "canary-ordering"
TITLE = _("The steps of a rollout came in the wrong order: traffic went to a version not there yet")
READS = frozenset(
    {"AppEvent", "Canary", "DaemonSet", "Deployment", "DestinationRule", "Event", "GRPCRoute"}
    | {"HTTPRoute", "LoadedEndpoint", "Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet", "Rollout"}
    | {"Service", "StatefulSet", "VirtualService"}
)
SIGNS = frozenset({"NC", "UH", "cluster_not_found", "no_healthy_upstream"})
AT = At.PROXY
ALERT = newly("NC", "UH", before="15m", limits=Limits(most=0.95, holds="1m"))
_SHARE = Knob(name="share", low=20, high=60, whole=True)
_NEW = "outbound|{port}|v2|{host}"
SCENARIO = Scenario(
    summary="The route gives a share to the new version before any of its pods is there.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(requests=60, gap=0.02),
    caller={"clusters": [{"name": _NEW, "type": "STATIC", "connect_timeout": "10s"}]},
    steps=(
        Step(
            at=Knob(name="shift", low=0.3, high=0.5, seconds=True),
            act=Act.CHANGE,
            side=Side.CALLER,
            overlay={
                "route": {
                    "route": {
                        "cluster": None,
                        "weighted_clusters": {
                            "clusters": [
                                {
                                    "name": "{cluster}",
                                    "weight": Times(of=_SHARE, factor=-1, plus=100),
                                },
                                {"name": _NEW, "weight": _SHARE},
                            ]
                        },
                    }
                }
            },
        ),
    ),
    objects=(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {service}-v2
          namespace: {namespace}
        spec:
          replicas: 1
          selector:
            matchLabels: {app: "{service}", version: v2}
          template:
            metadata:
              labels: {app: "{service}", version: v2}
            spec:
              containers:
              - name: {service}
                image: registry.example/{service}:2.0.0
        status:
          replicas: 1
          unavailableReplicas: 1
        """,
        subsets("v1", "v2"),
        virtual_service(
            """
            - route:
              - destination:
                  host: {host}
                  subset: v1
              - destination:
                  host: {host}
                  subset: v2
                weight: {share}
            """
        ),
    ),
    modest={
        View.CALLER: "It shows a version without endpoints, not that it is a new one.",
        View.PROXIES: "They show a version without endpoints, not that it is a new one.",
    },
    cure=Cure(steps=()),
)

NO_CLUSTER = Clue(
    Weight.HINTS,
    _("{count:request was|requests were} routed to a cluster that did not exist (NC)."),
)
NO_POD = Clue(
    Weight.HINTS,
    _("{count:request was|requests were} routed to a version without a ready pod (UH)."),
)
PASSED = Clue(
    Weight.SPEAKS_FOR,
    _("It lasted {gap}; before and after it requests to {service} went well."),
)
PASSED_UH = Clue(
    Weight.HINTS,
    _("It lasted {gap}; before and after it requests to {service} went well."),
)
SHARE = Clue(
    Weight.HINTS,
    _("In that time only a share of the requests failed: one version of several."),
)
CHANGED = Clue(Weight.SPEAKS_FOR, _("{name} was changed at {time}, around the failures."))
THEN_CHANGED = Clue(
    Weight.SPEAKS_FOR, _("{name} followed only at {time}: the two were not changed together.")
)
SEVERAL_VERSIONS = Clue(
    Weight.HINTS,
    _("The evidence holds two versions of {name} that differ: a rollout was going on."),
)
SUBSET_REMOVED = Clue(
    Weight.SPEAKS_FOR,
    _("Requests went to subset {subset} before; the DestinationRule that is in force lacks it."),
)
SUBSET_LATE = Clue(
    Weight.SPEAKS_FOR,
    _("{name} sends to subset {subset}, which no DestinationRule here defines."),
)
NEW_PODS_LATER = Clue(
    Weight.SPEAKS_FOR,
    _("A pod of {service} began or became ready at {time}, after the first failure."),
)
ON_ITS_WAY = Clue(
    Weight.SPEAKS_FOR,
    _("{workload} is to run subset {subset}, and none of its pods was ready yet."),
)
NEVER_RECOVERED = Clue(
    Weight.SPEAKS_AGAINST, _("It never recovered; a wrong order of steps would pass.")
)
NO_VERSIONS = Clue(
    Weight.SPEAKS_AGAINST,
    _("Neither the requests nor the objects of {service} show more than one version of it."),
)

_BEFORE = 30.0
_AFTER = 30.0
_READY = 120.0


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """NC or UH for a share and a while, and what changed around it."""
    missing_cluster, no_pod = hop.having(Ending.NO_CLUSTER), hop.having(Ending.NO_HEALTHY_UPSTREAM)
    failures = missing_cluster or no_pod
    if not failures:
        return
    clue = NO_CLUSTER if missing_cluster else NO_POD
    yield clue.hit(*hop.sources(failures), count=len(failures))
    yield from _window(hop, mesh, routed=bool(missing_cluster))
    yield from _changes(hop, mesh)
    yield from _subsets(hop, mesh)
    if not missing_cluster:
        yield from _pods(hop, mesh)
        yield from _coming(hop, mesh)
    if not _has_versions(hop, mesh):
        yield NO_VERSIONS.hit(*hop.sources(failures), service=service_name(hop))


def _window(hop: Hop, mesh: Mesh, *, routed: bool) -> Iterator[Hit]:
    span, back = window(hop), recovered(hop, mesh)
    if back is False:
        yield NEVER_RECOVERED.hit(*hop.sources())
    if span is None or not back:
        return
    good = [group.first for group in successes(hop, mesh) if group.first is not None]
    if good and min(good) < span[0]:
        clue = PASSED if routed else PASSED_UH
        gap = spell(span[1] - span[0])
        yield clue.hit(*hop.sources(), gap=gap, service=service_name(hop), observation="course")
    if hop.count > 1 and share_failed(hop) < 1:
        yield SHARE.hit(*hop.sources(), observation="course")


def _changes(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    objects = rollout_objects(mesh, hop.host)
    for manifest in versions_of(objects)[:1]:
        yield SEVERAL_VERSIONS.hit(manifest.source, name=manifest.full_name)
    span = window(hop)
    if span is None:
        return
    found = changes_near(objects, span, _BEFORE, _AFTER)
    for change in found[:1]:
        name, time = change.manifest.full_name, clock(change.time)
        yield CHANGED.hit(change.source, name=name, time=time, observation="changes")
    for change in found[1:]:
        first = found[0]
        if change.manifest.full_name != first.manifest.full_name and change.time > first.time:
            name, time = change.manifest.full_name, clock(change.time)
            yield THEN_CHANGED.hit(change.source, name=name, time=time, observation="changes")
            return


def _subsets(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Subsets that requests or routes use and no DestinationRule defines."""
    rules = [rule for rule in destination_rules_for(mesh, hop.host) if not rule.partial]
    if not rules:
        return
    used = {}
    for group in successes(hop, mesh):
        cluster = cluster_name(group.upstream_cluster)
        if cluster is not None and cluster.direction == "outbound" and cluster.subset:
            used[cluster.subset] = group.exemplars[:1]
    for subset, sources in sorted(used.items()):
        if subset_labels(mesh, hop.host, subset) is None:
            yield SUBSET_REMOVED.hit(*sources, rules[0].source, subset=subset, observation="subset")
            return
    if not recovered(hop, mesh):
        return
    for destination in _routes(hop, mesh):
        if destination.subset and subset_labels(mesh, hop.host, destination.subset) is None:
            name = destination.manifest.full_name
            yield SUBSET_LATE.hit(
                destination.source, name=name, subset=destination.subset, observation="subset"
            )
            return


def _routes(hop: Hop, mesh: Mesh) -> tuple[Destination, ...]:
    return tuple(
        destination
        for destination in all_destinations(mesh)
        if not destination.mirror and same_host(destination.host, hop.host)
    )


def _pods(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    span = window(hop)
    if span is None:
        return
    for event in life_of(mesh, hop.host):
        begun = event.kind in {LifeEventKind.READY, LifeEventKind.LISTENING_LOGGED}
        if begun and event.time is not None and span[0] < event.time <= span[1] + _READY:
            time = clock(event.time)
            yield NEW_PODS_LATER.hit(event.source, service=service_name(hop), time=time)
            return


def _coming(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The workload of a subset without endpoints that Kubernetes was still bringing up."""
    for name in [cluster_name(failure.account.upstream_cluster) for failure in hop.failures[:1]]:
        labels = subset_labels(mesh, hop.host, name.subset) if name and name.subset else None
        coming = on_its_way(mesh, hop.host, labels.value) if labels is not None else None
        if name is not None and coming is not None:
            yield ON_ITS_WAY.hit(coming.source, workload=coming.full_name, subset=name.subset)


def _has_versions(hop: Hop, mesh: Mesh) -> bool:
    """True where anything shows that requests are shared out between versions."""
    for group in successes(hop, mesh):
        name = cluster_name(group.upstream_cluster)
        if name is not None and name.subset:
            return True
    clusters = [cluster_name(failure.teller.upstream_cluster) for failure in hop.failures]
    if any(name.subset for name in clusters if name is not None):
        return True
    routes = _routes(hop, mesh)
    weighted = any(d.subset or (d.weight or 0) > 0 for d in routes)
    return weighted or any(
        rule.items("spec", "subsets") for rule in destination_rules_for(mesh, hop.host)
    )


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The route and its subsets with the times of their changes."""
    yield from question.given(
        question.istio_objects(
            hop, mesh, "VirtualService", "DestinationRule", decides=(ID, "missing-subset")
        ),
        question.pods(hop, mesh, ID, "no-healthy-endpoints"),
    )
    yield Missing(
        what=_("when the routes and subsets of {service} were changed").format(
            service=service_name(hop)
        ),
        command=f"kubectl -n {namespace_of(hop, mesh)} get virtualservices,destinationrules "
        "-o yaml --show-managed-fields",
        decides=(ID, "missing-subset", "xds-stale"),
    )


WEIGHT_BEFORE_SUBSET = Rule(
    "weight-before-subset",
    Severity.WARNING,
    _("{name} gives subset {subset} a weight of {weight}; no DestinationRule here defines it."),
    ("IST0101", "KIA1107"),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Routes with a weight on a subset that no DestinationRule defines yet."""
    for destination in all_destinations(mesh):
        if not destination.subset or not destination.weight or destination.mirror:
            continue
        if subset_labels(mesh, destination.host, destination.subset) is None:
            yield WEIGHT_BEFORE_SUBSET.at(
                destination.source,
                name=destination.manifest.full_name,
                subset=destination.subset,
                weight=destination.weight,
            )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Send everything to a version that is there; then go in the right order."""
    namespace, name = namespace_of(hop, mesh), service_name(hop)
    yield Remedy(
        title=_("Send all requests for {service} to a version that has pods and a subset").format(
            service=name
        ),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(edit_route(hop, mesh),),
        risks=(_("It stops the rollout where it is."),),
        verify=_("No new 503 NC or UH."),
    )
    yield Remedy(
        title=_(
            "Roll out in this order: pods ready, subset added, then weight; back in the "
            "reverse order"
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            f"kubectl -n {namespace} wait --for=condition=Ready pods -l app={name},version=<new>",
            f"kubectl -n {namespace} apply -f <destinationrule-with-both-subsets>.yaml",
            "sleep 10",
            f"kubectl -n {namespace} apply -f <virtualservice-with-weights>.yaml",
        ),
        risks=(_("Wait between the steps: proxies learn of each object on its own."),),
        verify=_(
            "The next rollout shows no 503 NC or UH; istioctl proxy-status is SYNCED between steps."
        ),
    )
    yield Remedy(
        title=_("Let Argo Rollouts, Flagger or sync waves keep the order"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
