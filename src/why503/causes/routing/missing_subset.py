"""Missing subset: the route names a subset that no rule defines, or whose labels no pod has.

## What happens
A subset exists only by a DestinationRule: Istio makes a cluster of its own for it
(`outbound|80|v2|orders.shop.svc.cluster.local`). If a VirtualService sends to a subset that no
rule for that host defines, the proxy has no such cluster: `503 NC cluster_not_found` with an
empty body (503 NR before Envoy 1.18). If the rule is there but no pod carries the subset's
labels, the cluster is there and empty: `503 UH no_healthy_upstream`, body of 19 bytes.

## How to tell
* NC at the caller's proxy or the gateway; the line names no cluster, look for `subset:` in the
  route.
* UH, and the cluster in the line has a subset between the bars, while the whole service has pods.
* With weights only that share of the requests fails.
* `istioctl analyze` says IST0101 (Referenced host+subset in destinationrule not found).
* A rule counts only where it can be seen: in the namespace of the caller, of the service, or the
  root namespace, not narrowed by `exportTo`; its `host` must mean the same service.

## What to do
Add the subset to the DestinationRule (or correct name and labels) before the route sends to it.
To get traffic through at once, let the route drop the subset.

## References
* Istio DestinationRule API, Subset; "Safely adding and removing subsets" in Istio's traffic
  management problems. `istioctl analyze` IST0101.
* Envoy `router.cc`: `cluster_not_found`, `no_healthy_upstream`.
"""

from collections.abc import Iterator, Mapping

from why503.diagnosis import question
from why503.diagnosis.alert_later import SUBSET, Counter, counted
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
from why503.diagnosis.route_edit import without_subset
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario, View
from why503.diagnosis.scenario_part import beta_to_subset, route_to
from why503.diagnosis.standing_object import edit, routing_service
from why503.diagnosis.subset_remedy import define_subset, give_pods
from why503.facts import Source
from why503.mesh.address import cluster_name, short_name
from why503.mesh.analysed import SUBSET_LOST, analysed
from why503.mesh.armed.overlap import rules_for_one_host
from why503.mesh.course import brief
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_route import routes_without_cluster, told_by
from why503.mesh.mesh import Mesh
from why503.mesh.readiness import on_its_way
from why503.mesh.route import Destination, all_destinations, subset_labels
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.traffic_policy import destination_rules_for
from why503.mesh.unknown_cluster import destinations_for, unknown_clusters
from why503.mesh.workload import labels_of, workloads_of
from why503.support.text import _

ID = "missing-subset"
TITLE = _("The route names a subset that is not defined, or that no pod belongs to")
READS = frozenset(
    {"Analysis", "DaemonSet", "Deployment", "DestinationRule", "GRPCRoute", "HTTPRoute"}
    | {"LoadedCluster", "LoadedRoute", "Pod", "ProxyEvent", "ReplicaSet", "Service"}
    | {"StatefulSet", "VirtualService"}
)
SIGNS = frozenset({"NC", "UH", "cluster_not_found", "no_healthy_upstream"})
AT = At.PROXY
ALERT = counted(
    Counter(
        stat="upstream_cx_none_healthy",
        among=SUBSET,
        example="outbound|80|v2|quay.shop.svc.cluster.local",
    )
)
SCENARIO = Scenario(
    summary="The route sends a share to a subset that no DestinationRule defines.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(calls=(Call(), Call(path="{path}/beta", share=Knob(name="share", low=0.4, high=1)))),
    caller={"routes": [route_to("beta", "{path}/beta", "outbound|{port}|v2|{host}")]},
    objects=(beta_to_subset(),),
    modest={
        View.CALLER: "It shows a cluster that is not there, not which part of its name is wrong.",
        View.PROXIES: "They show a cluster that is not there, not which part of its name is wrong.",
    },
    cure=Cure(caller={"routes": None}),
)

NOT_FOUND = Clue(
    Weight.HINTS,
    _(
        "{count:request|requests} matched a route whose cluster the proxy does not "
        "have; an undefined subset does that."
    ),
)
NAMED = Clue(
    Weight.SPEAKS_FOR,
    _("The cluster that the proxy does not have is that of subset {subset} of {host}."),
)
HAS_POD = Clue(
    Weight.SPEAKS_AGAINST,
    _("{workload} has the labels of subset {subset}: it is right, its pods are not ready."),
)
UNDEFINED = Clue(
    Weight.PROVES,
    _("{route} sends to subset {subset} of {host}; {rule} defines {defined}."),
)
ROUTE_LOADED = Clue(
    Weight.PROVES,
    _(
        "{route} sends to subset {subset} of {host}, whose cluster is not among those that this "
        "proxy has loaded."
    ),
)
NO_RULE = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{route} sends to subset {subset} of {host}, and no "
        "DestinationRule for that host was given."
    ),
)
ANALYSED = Clue(
    Weight.SPEAKS_FOR,
    _("istioctl analyze says so: {text}"),
)
EMPTY_SUBSET = Clue(
    Weight.HINTS,
    _("The cluster without endpoints is that of subset {subset}."),
)
NO_POD = Clue(
    Weight.PROVES,
    _(
        "Subset {subset} wants the labels {labels}; {host} has {count:workload|workloads} here, "
        "and none with them."
    ),
)
DEFINED = Clue(
    Weight.SPEAKS_AGAINST,
    _("{rule} defines subset {subset}."),
)
NO_SUBSET = Clue(
    Weight.SPEAKS_AGAINST,
    _("None of the routes given that can have taken the requests names a subset."),
)
BRIEF = Clue(
    Weight.SPEAKS_AGAINST,
    _("The failures ended by themselves: the subset was missing only for a while."),
)
WARMING = Clue(
    Weight.SPEAKS_AGAINST,
    _("The proxy was just about to add that very cluster."),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """NC or UH, and the subsets that routes name, rules define and pods belong to."""
    missing_cluster = hop.having(Ending.NO_CLUSTER)
    empty = [f for f in hop.having(Ending.NO_HEALTHY_UPSTREAM) if _subset_of(f)]
    if missing_cluster or not hop.failures:
        if missing_cluster:
            yield NOT_FOUND.hit(*hop.sources(missing_cluster), count=len(missing_cluster))
        for found in analysed(mesh, SUBSET_LOST)[:1]:
            yield ANALYSED.hit(found.source, text=f"{found.object}: {found.text}")
        yield from _undefined(hop, mesh)
    for failure in empty[:1]:
        subset = _subset_of(failure)
        yield EMPTY_SUBSET.hit(*hop.sources(empty), subset=subset)
        yield from _without_pod(mesh, hop.host, subset)
    if (missing_cluster or empty) and brief(hop, mesh):
        yield BRIEF.hit(*hop.sources(most=1))


def _subset_of(failure: Failure) -> str:
    name = cluster_name(failure.account.upstream_cluster)
    return name.subset if name is not None else ""


def _undefined(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Subsets that the failed requests can have been sent to and that no rule defines."""
    yield from _loaded(hop, mesh)
    unknown = unknown_clusters(mesh)
    for cluster in unknown[:1]:
        if cluster.subset:
            yield NAMED.hit(cluster.event.source, subset=cluster.subset, host=cluster.host)
        if cluster.warming is not None:
            yield WARMING.hit(cluster.warming.source)
    destinations = destinations_for(hop, mesh, unknown)
    wanted = [destination for destination in destinations if destination.subset]
    for destination in wanted:
        found = _not_defined(destination, mesh)
        if found is not None:
            yield found
            return
    if wanted and hop.failures:
        labels = subset_labels(mesh, wanted[0].host, wanted[0].subset)
        if labels is not None and labels.source is not None:
            yield DEFINED.hit(
                labels.source, rule=labels.by, subset=wanted[0].subset, observation="subset"
            )
    elif destinations and hop.failures:
        yield NO_SUBSET.hit(destinations[0].manifest.source, observation="subset")


def _loaded(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A loaded route to a subset that the same proxy has no cluster for."""
    for route, cluster in routes_without_cluster(hop, mesh)[:1]:
        name = cluster_name(cluster)
        defined = name and subset_labels(mesh, name.host, name.subset)
        if name is not None and name.subset and defined is None:
            yield ROUTE_LOADED.hit(
                route.source,
                route=told_by(route),
                subset=name.subset,
                host=name.host,
                observation="subset",
            )


def _not_defined(destination: Destination, mesh: Mesh) -> Hit | None:
    """The clue that a destination's subset is not defined; None where a rule may define it."""
    host, subset = destination.host, destination.subset
    if subset_labels(mesh, host, subset) is not None:
        return None
    rules = destination_rules_for(mesh, host)
    if any(rule.partial for rule in rules):
        return None
    route = destination.manifest.full_name
    if not rules:
        return NO_RULE.hit(
            destination.source, route=route, subset=subset, host=host, observation="subset"
        )
    defined = [
        word_of(mapping_of(fields).get("name"))
        for rule in rules
        for _place, fields in rule.items("spec", "subsets")
    ]
    return UNDEFINED.hit(
        destination.source,
        rules[0].where("spec", "subsets"),
        route=route,
        subset=subset,
        host=host,
        rule=rules[0].full_name,
        defined=", ".join(defined) or _("no subset"),
        observation="subset",
    )


def _without_pod(mesh: Mesh, host: str, subset: str) -> Iterator[Hit]:
    labels = subset_labels(mesh, host, subset)
    if labels is None or not labels.value:
        return
    coming = on_its_way(mesh, host, labels.value)
    if coming is not None:
        workload = coming.full_name
        yield HAS_POD.hit(coming.source, workload=workload, subset=subset, observation="pods")
        return
    lacking = workloads_without(mesh, host, labels.value)
    if lacking and labels.source is not None:
        yield NO_POD.hit(
            labels.source,
            *lacking[:2],
            subset=subset,
            labels=", ".join(f"{key}={value}" for key, value in labels.value.items()),
            count=len(lacking),
            host=host,
            observation="pods",
        )


def workloads_without(mesh: Mesh, host: str, wanted: Mapping[str, object]) -> list[Source]:
    """Places of the host's workloads where none of them has the labels; empty where one has."""
    known = [w for w in workloads_of(mesh, host) if labels_of(w)]
    if any(has_labels(labels_of(workload), wanted) for workload in known):
        return []
    return [workload.source for workload in known]


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Routes, rules, the pods' labels, the proxy's clusters."""
    yield from question.given(
        question.istio_objects(hop, mesh, "DestinationRule", decides=(ID, "no-cluster")),
        question.istio_objects(hop, mesh, "VirtualService", decides=(ID, "no-cluster")),
        question.pods(hop, mesh, ID, "no-healthy-endpoints", "outlier-ejection", "xds-stale"),
        question.proxy_loaded(hop, mesh, "clusters", ID, "no-cluster", "xds-stale"),
    )


NOT_DEFINED = Rule("undefined-subset", Severity.ERROR, UNDEFINED.sentence, ("IST0101", "KIA1107"))
SELECTS_NOBODY = Rule(
    "subset-without-pods", Severity.WARNING, NO_POD.sentence, ("IST0173", "KIA0203")
)
TWO_RULES = Rule(
    "two-rules-for-host",
    Severity.WARNING,
    _(
        "{rule} and {other} are both for {host}: traffic policy and subsets of one of them "
        "are lost."
    ),
    ("KIA0201",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Routes to subsets that the rules given do not define, and subsets without pods."""
    for destination in all_destinations(mesh):
        if not destination.subset or destination.mirror:
            continue
        found = _not_defined(destination, mesh)
        hits = [found] if found is not None and found.clue is UNDEFINED else []
        hits += _without_pod(mesh, destination.host, destination.subset)
        for hit in hits:
            if hit.clue in (UNDEFINED, NO_POD):
                rule = NOT_DEFINED if hit.clue is UNDEFINED else SELECTS_NOBODY
                yield rule.at(hit.sources[0], **dict(hit.values))
    yield from TWO_RULES.each(rules_for_one_host(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Drop the subset for now; define it, or give it pods; order the steps."""
    destination, empty = _wanted(hop, mesh), _empty_subset(hop)
    host = destination.host if destination else hop.host or "<service>"
    subset = empty or (destination.subset if destination else "<subset>")
    route = destination.manifest if destination else routing_service(hop, mesh)
    namespace = (route.namespace if route else "") or short_name(host)[1] or "<namespace>"
    unnamed = f"kubectl -n {namespace} edit virtualservice <virtualservice>"
    change = edit(route, namespace) if route else unnamed
    yield Remedy(
        title=_("Let the route send to {host} without a subset until the subset is there").format(
            host=host
        ),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=without_subset((destination,) if destination else (), subset),
        commands=(change,),
        risks=(_("All versions get the traffic then."),),
        verify=_("NC (or UH) ends."),
        undo=change,
    )
    yield (
        give_pods(mesh, host, subset, namespace)
        if empty
        else define_subset(mesh, host, subset, namespace)
    )
    yield Remedy(
        title=_("Add subsets before the routes that use them, and remove them after those"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("istioctl analyze -A",),
    )


def _empty_subset(hop: Hop) -> str:
    """Subset whose cluster the proxy has, so that it is defined, but has nobody in it."""
    empty = map(_subset_of, hop.having(Ending.NO_HEALTHY_UPSTREAM))
    return next(filter(None, empty), "")


def _wanted(hop: Hop, mesh: Mesh) -> Destination | None:
    destinations = [d for d in destinations_for(hop, mesh, unknown_clusters(mesh)) if d.subset]
    lacking = [d for d in destinations if subset_labels(mesh, d.host, d.subset) is None]
    if empty := _empty_subset(hop):
        lacking = [d for d in destinations if d.subset == empty]
    return next(iter(lacking or destinations), None)
