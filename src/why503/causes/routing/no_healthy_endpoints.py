"""No endpoints: the cluster exists and is empty, for the Service has no ready pod.

## What happens
The route leads to a cluster, but load balancing finds no host in it: `503 UH
no_healthy_upstream`, duration 0, body `no healthy upstream` (19 bytes), no upstream host. The
proxy's list mirrors the Service's endpoints, and these are empty: the selector matches no pod, no
pod is ready (a failing readiness probe, a crash loop), the Deployment has 0 replicas, or the
Service has no selector and nobody keeps its Endpoints.

## How to tell
* `kubectl get endpointslices -l kubernetes.io/service-name=SERVICE` (or `get endpoints`) shows
  `<none>`, or only endpoints that are not ready.
* Compare the Service's `spec.selector` with the pods' labels, letter by letter.
* If Kubernetes has ready endpoints, it is something else: outlier detection took them out
  (`failed_outlier_check`), a subset's labels match nothing, or the proxy's list is old
  (`xds-stale`).
* Active health checks of plain Envoy show as `/failed_active_hc` in `/clusters`.

## What to do
Make selector and labels agree, let the pods get ready, scale up. Keep at least one pod through
roll-outs and node drains (maxUnavailable 0 with one replica, a PodDisruptionBudget).

## References
* Envoy `router.cc`: `no_healthy_upstream`, flag UH, 503.
* Kubernetes: Service selectors, EndpointSlice conditions; only ready pods are endpoints unless
  `publishNotReadyAddresses` is set.
"""

from collections.abc import Iterator
from http import HTTPStatus

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, flagged
from why503.diagnosis.cause import At, Clue, Disposition, Hit, Missing, Remedy, RemedyKind, Weight
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario
from why503.diagnosis.scenario_part import caller_given, first_pod
from why503.diagnosis.workload_edit import selector_mended
from why503.facts import Manifest, ProxyEvent, ProxyEventKind, Source
from why503.mesh.address import PASSTHROUGH, cluster_name
from why503.mesh.armed.declared_port import named_targets_without_port
from why503.mesh.armed.server_idle import empty_services
from why503.mesh.destination import destinations_of
from why503.mesh.egress import unnamed_dials
from why503.mesh.ending import Ending
from why503.mesh.endpoint import Endpoint, kubernetes_endpoints, proxy_endpoints, selects_nothing
from why503.mesh.failure import Role
from why503.mesh.held import shown_empty
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name, upstream_workload
from why503.mesh.proxy_state import counters
from why503.mesh.readiness import none_ready, scaled_to_zero
from why503.mesh.workload import same_host, workloads_of
from why503.support.text import _

ID = "no-healthy-endpoints"
TITLE = _("Kubernetes has no ready endpoint for the Service")
READS = frozenset(
    {"Counter", "DaemonSet", "Deployment", "EndpointSlice", "Endpoints", "LoadedEndpoint"}
    | {"Pod", "ProxyEndpoint", "ProxyEvent", "ReplicaSet", "Service", "StatefulSet"}
    | {"VirtualService"}
)
SIGNS = frozenset({"UH", "no_healthy_upstream", "no healthy upstream"})
AT = At.PROXY
ALERT = flagged("UH", limits=Limits(urgency=Urgency.CRITICAL))
SCENARIO = Scenario(
    summary="The last ready endpoint of the Service goes.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(requests=30, gap=0.03),
    steps=(caller_given(Knob(name="gone", low=0.2, high=0.4, seconds=True), endpoints=[]),),
    objects=(first_pod(ready=False),),
    cure=Cure(steps=()),
)

UNHEALTHY = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request|requests} ended with `no healthy upstream` (UH): the proxy had no endpoint "
        "to choose."
    ),
)
ANSWERED_ALONE = Clue(
    Weight.HINTS,
    _(
        "A proxy answered {count:request|requests} with 500 by itself and chose no cluster, as a "
        "gateway of the Gateway API does for a route whose backends have no endpoint."
    ),
)
EMPTY = Clue(Weight.PROVES, _("Kubernetes lists no ready endpoint for {service}."))
UNREADY = Clue(
    Weight.SPEAKS_FOR,
    _("Kubernetes lists {count:endpoint|endpoints} of {service}, none of which is ready."),
)
EMPTY_SERVICE = Clue(Weight.SPEAKS_FOR, _("Kubernetes lists no endpoint for {service}."))
OTHERS_HAVE = Clue(Weight.HINTS, _("Other services of the list have endpoints ({other})."))
ROUTED_TO = Clue(Weight.SPEAKS_FOR, _("{route} sends requests to that very service."))
HAS_SOME = Clue(
    Weight.SPEAKS_AGAINST,
    _("Kubernetes lists {count:ready endpoint|ready endpoints} for {service}."),
)
SELECTS_NOTHING = Clue(
    Weight.SPEAKS_FOR, _("The selector of {service} matches none of the workloads given.")
)
NAMESAKE_UNSELECTED = Clue(
    Weight.PROVES, _("The selector of {service} does not match the labels of {workload}.")
)
SCALED_DOWN = Clue(Weight.PROVES, _("{workload} is scaled to 0 replicas."))
NONE_READY = Clue(
    Weight.SPEAKS_FOR,
    _("Of {service} {count:pod was|pods were} given, and none is ready ({reason})."),
)
FAILED_CHECKS = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy holds {count:endpoint|endpoints} of {service}, none of which passes its health "
        "checks."
    ),
)
COUNTED_NONE = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy counts no endpoint in the cluster for {service} (membership_total 0)."),
)
COUNTED_UNHEALTHY = Clue(
    Weight.HINTS,
    _("The proxy counts {count:endpoint|endpoints} for {service}, none of them healthy."),
)
EJECTED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The proxy holds endpoints of {service} that outlier detection has ejected."),
)
SUBSET = Clue(Weight.SPEAKS_AGAINST, _("The empty cluster is that of subset {subset} only."))
OUTSIDE = Clue(
    Weight.SPEAKS_AGAINST,
    _("{host} is outside the mesh: its addresses do not come from a Service's pods."),
)
NO_SERVICE = Clue(
    Weight.SPEAKS_AGAINST, _("{address} lies outside, and no cluster is named: it is no Service.")
)
SHOWN_EMPTY = Clue(Weight.HINTS, _("The table of endpoints that the proxy has loaded shows none."))
NO_ORIGINAL = Clue(
    Weight.SPEAKS_AGAINST,
    _("The proxy had no original destination to forward to; that is not a question of pods."),
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UH, and what Kubernetes lists behind the Service."""
    failures = hop.having(Ending.NO_HEALTHY_UPSTREAM)
    if not hop.failures or _bare_503(hop):
        yield from _empty_services(mesh)
        return
    if not failures:
        yield from _answered_alone(hop, mesh)
        return
    yield UNHEALTHY.hit(*hop.sources(failures), count=len(failures))
    if dials := unnamed_dials(hop):
        address = dials[0].teller.downstream_local or "-"
        yield NO_SERVICE.hit(*hop.sources(dials), address=address)
        return
    if empty := shown_empty(mesh):
        yield SHOWN_EMPTY.hit(empty[0].source)
    if not hop.host:
        yield from _empty_services(mesh)
        return
    listed = kubernetes_endpoints(mesh, hop.host)
    yield from _listed(hop, mesh, listed)
    if not any(endpoint.ready for endpoint in listed or ()):
        yield from _pods(hop, mesh)
    yield from _proxy(hop, mesh)
    clusters = [failure.account.upstream_cluster or "" for failure in failures]
    name = cluster_name(clusters[0])
    if name is not None and name.subset:
        yield SUBSET.hit(*hop.sources(failures, most=1), subset=name.subset)
    if (hop.leg is Place.PROXY_TO_EXTERNAL and not empty) or clusters[0] == PASSTHROUGH:
        yield OUTSIDE.hit(*hop.sources(failures, most=1), host=hop.host)


def _answered_alone(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """500 that a gateway has in place of a route, in a mesh whose routes hold no answer."""
    alone = [
        failure
        for failure in hop.having(Ending.DIRECT_RESPONSE)
        if failure.teller.code == HTTPStatus.INTERNAL_SERVER_ERROR
        and not failure.teller.upstream_cluster
    ]
    if alone and not mesh.manifests("VirtualService"):
        yield ANSWERED_ALONE.hit(*hop.sources(alone), count=len(alone))


def _bare_503(hop: Hop) -> bool:
    """True where clients saw nothing but the code 503."""
    return hop.role is Role.CLIENT and all(
        failure.ending is Ending.UNKNOWN and failure.teller.code == HTTPStatus.SERVICE_UNAVAILABLE
        for failure in hop.failures
    )


def _empty_services(mesh: Mesh) -> Iterator[Hit]:
    """Services that a list of endpoints shows empty, where no request names one."""
    lists = [
        (manifest, bool(manifest.items(field)))
        for kind, field in (("Endpoints", "subsets"), ("EndpointSlice", "endpoints"))
        for manifest in mesh.manifests(kind)
        if manifest.get(field) is not None or not manifest.partial
    ]
    bare = [manifest for manifest, filled in lists if not filled]
    if len(bare) != 1:
        return
    yield EMPTY_SERVICE.hit(bare[0].source, service=_named(bare[0]))
    filled = next((manifest for manifest, has in lists if has), None)
    if filled is not None:
        yield OTHERS_HAVE.hit(filled.source, other=_named(filled))
    from_route = _route_to(mesh, bare[0])
    if from_route is not None:
        yield ROUTED_TO.hit(from_route.source, route=from_route.full_name)


def _named(manifest: Manifest) -> str:
    return f"{manifest.namespace}/{manifest.name}" if manifest.namespace else manifest.name


def _route_to(mesh: Mesh, endpoints: Manifest) -> Manifest | None:
    host = f"{endpoints.name}.{endpoints.namespace}" if endpoints.namespace else endpoints.name
    for route in mesh.manifests("VirtualService"):
        if any(same_host(found.host, host) for found in destinations_of(route)):
            return route
    return None


def _listed(hop: Hop, mesh: Mesh, listed: tuple[Endpoint, ...] | None) -> Iterator[Hit]:
    if listed is None:
        return
    ready = [endpoint for endpoint in listed if endpoint.ready]
    about = {"service": service_name(hop), "observation": "endpoints"}
    if ready:
        yield HAS_SOME.hit(ready[0].source, count=len(ready), **about)
    elif listed:
        sources = [endpoint.source for endpoint in listed[:2]]
        yield UNREADY.hit(*sources, count=len(listed), **about)
    else:
        yield EMPTY.hit(*_lists(hop, mesh), **about)


def _lists(hop: Hop, mesh: Mesh) -> list[Source]:
    return [
        manifest.source
        for kind in ("EndpointSlice", "Endpoints")
        for manifest in mesh.manifests(kind)
        if manifest.name.startswith(service_name(hop))
    ][:2]


def _pods(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What selector, labels, replicas and readiness say."""
    selector = selects_nothing(mesh, hop.host)
    if selector is not None:
        name = service_name(hop)
        same = [
            workload
            for workload in workloads_of(mesh, hop.host)
            if workload.name == name or workload.name.startswith(f"{name}-")
        ]
        if same:
            yield NAMESAKE_UNSELECTED.hit(
                selector,
                same[0].source,
                service=name,
                workload=same[0].full_name,
                observation="endpoints",
            )
        else:
            yield SELECTS_NOTHING.hit(selector, service=name, observation="endpoints")
        return
    empty = scaled_to_zero(mesh, hop.host)
    if empty is not None:
        yield SCALED_DOWN.hit(
            empty.where("spec", "replicas"), workload=empty.full_name, observation="endpoints"
        )
    unready = none_ready(mesh, hop.host)
    if unready is not None:
        yield NONE_READY.hit(
            *unready.sources,
            count=unready.count,
            service=service_name(hop),
            reason=unready.reason,
            observation="endpoints",
        )


def _proxy(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What the proxy's own list and log say."""
    held = proxy_endpoints(mesh, hop.host, hop.port)
    if any(endpoint.ejected for endpoint in held):
        yield EJECTED.hit(held[0].source, service=service_name(hop))
    elif held and not any(endpoint.healthy for endpoint in held):
        yield FAILED_CHECKS.hit(held[0].source, count=len(held), service=service_name(hop))
    if not held:
        yield from _counted(hop, mesh)
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.ORIGINAL_DST_MISSING:
            yield NO_ORIGINAL.hit(event.source)
            return


def _counted(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The proxy's own count of the endpoints of a cluster."""
    for healthy in counters(mesh, "membership_healthy", host=hop.host):
        name = healthy.name.removesuffix("healthy") + "total"
        whole = [c for c in counters(mesh, "membership_total", host=hop.host) if c.name == name]
        if healthy.value != 0 or not whole:
            continue
        count = whole[0].value
        yield (COUNTED_UNHEALTHY if count else COUNTED_NONE).hit(
            healthy.source,
            whole[0].source,
            count=f"{count:.0f}",
            service=service_name(hop),
            observation="proxy's endpoints",
        )
        return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The Service's endpoints, the pods, the proxy's list."""
    inside = hop.leg is not Place.PROXY_TO_EXTERNAL
    if inside and (not hop.host or kubernetes_endpoints(mesh, hop.host) is None):
        yield Missing(
            what=_("the endpoints that Kubernetes lists for the Service"),
            command=question.endpoint_slices(hop, mesh),
            decides=(ID, "outlier-ejection", "xds-stale", "missing-subset"),
        )
    yield from question.given(
        question.pods(hop, mesh, ID, "outlier-ejection", "xds-stale", "missing-subset"),
        question.pod_events(hop, mesh, ID, "probe-failure", "upstream-crash"),
        question.workload(hop, mesh, ID, "probe-failure", "missing-subset"),
        question.service(hop, mesh, ID, "egress-address-stale"),
        question.proxy_loaded(hop, mesh, "endpoints", ID, "outlier-ejection", "xds-stale"),
    )
    yield from () if inside else question.outside_addresses(hop, mesh, ID, "egress-address-stale")


EMPTY_SERVICE_ARMED = Rule("selector-matches-nothing", Severity.ERROR, SELECTS_NOTHING.sentence)
NO_NAMED_PORT = Rule(
    "named-target-not-declared",
    Severity.ERROR,
    _(
        "{service} sends to the port `{name}`, which no container behind it has: it gets no "
        "endpoint."
    ),
    ("KIA0701",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Services whose selector or target port leads to no pod."""
    yield from EMPTY_SERVICE_ARMED.each(empty_services(mesh))
    yield from NO_NAMED_PORT.each(named_targets_without_port(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Find out why no pod is an endpoint, and put that right."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    workload = upstream_workload(hop, mesh)
    change = f"kubectl -n {namespace} edit service {name}"
    if selects_nothing(mesh, hop.host) is not None:
        yield Remedy(
            title=_("Make the selector of {service} and the pods' labels agree").format(
                service=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=selector_mended(mesh, hop.host),
            commands=(f"kubectl -n {namespace} get pods --show-labels", change),
            risks=(_("A selector that is too wide takes pods of other workloads."),),
            verify=_("`kubectl get endpointslices` lists the pods."),
            undo=change,
        )
    else:
        yield Remedy(
            title=_("Get pods of {service} ready: replicas, readiness probe, crashes").format(
                service=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.OUTSIDE_MESH,
            commands=(
                f"kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name}",
                f"kubectl -n {namespace} describe {workload}",
                f"kubectl -n {namespace} get pods -o wide --show-labels",
            ),
            verify=_("The endpoint list has a ready address, and UH ends within seconds."),
        )
    yield Remedy(
        title=_(
            "Keep one pod ready through roll-outs and drains: "
            "maxUnavailable 0 and a PodDisruptionBudget"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
