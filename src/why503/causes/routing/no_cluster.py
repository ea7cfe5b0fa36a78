"""No cluster: a route matches but names a destination that the proxy does not have.

## What happens
The route is found, its cluster is not: Envoy answers `503 NC cluster_not_found` at once, with an
empty body (before Envoy 1.18, Istio 1.10, the flag was `NR` with 503). In Istio a cluster exists
for each port of each Service and ServiceEntry that the proxy may see; so the `destination` has a
host, a namespace or a port that none of them has. A short host in a VirtualService is completed
with the namespace *of the VirtualService*, not with that of the service.

## How to tell
* 503 NC; the line names neither cluster nor host, the wanted name stands only in the route.
* The proxy's debug log says `unknown cluster 'outbound|80||orders.istio-system...'`: read
  namespace, suffix and port there.
* `istioctl proxy-config clusters POD --fqdn HOST` is empty; `istioctl analyze` reports IST0101.
* Gateway API: a rule whose backend does not exist answers `500 direct_response` by itself, and
  the route's status says `ResolvedRefs: False` (BackendNotFound).
* Neighbours: with a subset in the name see `missing-subset`; if the failures end by themselves
  the cluster came too late (`xds-stale`, `canary-ordering`); if the Service is there but a
  Sidecar resource or `exportTo` hides it, see `sidecar-egress-scope`.

## What to do
Write the destination's full name (`orders.shop.svc.cluster.local`) and a port that the Service
has; for hosts outside the mesh add a ServiceEntry.

## References
* Envoy `router.cc`: `cluster_not_found`; flag NC since 1.18.
* Istio VirtualService API, Destination: how short names are completed. `istioctl analyze`
  IST0101.
"""

from collections.abc import Iterator
from http import HTTPStatus

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, flagged
from why503.diagnosis.cause import At, Disposition, Hit, Missing, Patch, Remedy, RemedyKind
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.route_edit import other_host
from why503.diagnosis.scenario import Call, Cure, Knob, Load, Scenario
from why503.diagnosis.scenario_part import route_to, virtual_service
from why503.diagnosis.standing_object import edit
from why503.facts import Manifest, Source
from why503.mesh.address import cluster_name, is_service_name, short_name
from why503.mesh.analysed import HOST_LOST, SUBSET_LOST, analysed
from why503.mesh.armed import reference
from why503.mesh.armed.port_setting import settings_for_no_port
from why503.mesh.backend_status import unresolved_backends
from why503.mesh.course import Course, brief, course_of
from why503.mesh.ending import Ending
from why503.mesh.endpoint import service_ports
from why503.mesh.held import held_clusters
from why503.mesh.hop import Hop, Place
from why503.mesh.listener_cluster import stray_listeners
from why503.mesh.loaded_route import routes_without_cluster, told_by
from why503.mesh.mesh import Mesh
from why503.mesh.route import Destination, all_destinations
from why503.mesh.unknown_cluster import UnknownCluster, destinations_for, unknown_clusters
from why503.mesh.workload import same_host, service_entries_of, service_of
from why503.support.text import _

ID = "no-cluster"
TITLE = _("The route names a destination that the proxy does not know")
READS = frozenset(
    {"Analysis", "GRPCRoute", "HTTPRoute", "LoadedCluster", "LoadedRoute", "ProxyCluster"}
    | {"ProxyEvent", "ProxyListener", "Service", "ServiceEntry", "VirtualService"}
)
SIGNS = frozenset({"NC", "cluster_not_found", "unknown cluster"})
AT = At.PROXY
ALERT = flagged("NC", limits=Limits(holds="15m"))
SCENARIO = Scenario(
    summary="The route names a host that no Service and no ServiceEntry has.",
    hop=Place.DOWNSTREAM_PROXY,
    load=Load(calls=(Call(), Call(path="{path}/old", share=Knob(name="share", low=0.4, high=1)))),
    caller={
        "routes": [
            route_to(
                "old",
                "{path}/old",
                "outbound|{port}||{service}-legacy.{namespace}.svc.cluster.local",
            )
        ]
    },
    objects=(
        virtual_service(
            """
            - name: old
              match:
              - uri:
                  prefix: {path}/old
              route:
              - destination:
                  host: {service}-legacy
            - route:
              - destination:
                  host: {host}
            """
        ),
    ),
    cure=Cure(caller={"routes": None}),
)

NOT_FOUND = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request|requests} matched a route whose cluster the proxy "
        "does not have (cluster_not_found)."
    ),
)
NAMED = Clue(
    Weight.SPEAKS_FOR, _("The proxy's log names the cluster that it does not have: {cluster}.")
)
ELSEWHERE = Clue(
    Weight.PROVES, _("{route} sends to {host}; the Service of that name is {service}.")
)
NO_SUCH_PORT = Clue(
    Weight.PROVES, _("{route} sends to port {port} of {host}, whose Service has the ports {ports}.")
)
NO_SUCH_HOST = Clue(
    Weight.SPEAKS_FOR,
    _("{route} sends to {host}, and no Service or ServiceEntry given has that name."),
)
ROUTE_LOADED = Clue(
    Weight.PROVES,
    _("{route} sends to {cluster}, which is not among the clusters that this proxy has loaded."),
)
LISTENER_ASTRAY = Clue(
    Weight.SPEAKS_FOR,
    _("The listener {place} sends to {cluster}, which this proxy's table of clusters lacks."),
)
LISTENER_MAY_BE_ASTRAY = Clue(
    Weight.HINTS,
    _("The listener {place} sends to {cluster}, which is not among the clusters shown."),
)
ALIASED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The listener {place} sends to {cluster}, by the target of {service} "
        "(ExternalName); the cluster that the proxy has bears the Service's own name."
    ),
)
NOT_LOADED = Clue(
    Weight.SPEAKS_FOR, _("The clusters that the proxy has loaded do not include {host}.")
)
SUBSET_WANTED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The route asks for subset {subset} of {host}: the subset can be what is missing."),
)
CHANGING = Clue(Weight.SPEAKS_AGAINST, _("The proxy was just adding or dropping that cluster."))
BRIEF = Clue(
    Weight.SPEAKS_AGAINST,
    _("The failures ended by themselves: the cluster was missing only for a while."),
)
BACKEND_LOST = Clue(Weight.SPEAKS_FOR, _("{route} reports that a backend cannot be found: {text}"))
ANSWERS_ITSELF = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:request|requests} got 500 from the route itself: so a Gateway API rule without a "
        "backend."
    ),
)
ANALYSED = Clue(Weight.SPEAKS_FOR, _("istioctl analyze says so: {text}"))
SUBSET_LACKING = Clue(
    Weight.SPEAKS_AGAINST, _("istioctl analyze says that a subset is missing: {text}")
)
_GATEWAY_ROUTES = ("httproute/", "grpcroute/")
"""How Envoy Gateway's names of routes begin."""
ALWAYS = Clue(Weight.HINTS, _("No request for it went well."))


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """NC, the cluster that the proxy's log names, and the destinations of the routes."""
    failures = hop.having(Ending.NO_CLUSTER)
    yield from _backends(hop, mesh)
    if hop.failures and not failures:
        return
    yield from _astray(mesh)
    if failures:
        yield NOT_FOUND.hit(*hop.sources(failures), count=len(failures))
        if brief(hop, mesh):
            yield BRIEF.hit(*hop.sources(failures, most=1), observation="course")
        elif course_of(hop, mesh) is Course.ALWAYS:
            yield ALWAYS.hit(*hop.sources(failures, most=1), observation="course")
    yield from _loaded(hop, mesh)
    unknown = unknown_clusters(mesh)
    for cluster in unknown[:1]:
        yield NAMED.hit(cluster.event.source, cluster=cluster.name)
        if (change := cluster.warming or cluster.draining) is not None:
            yield CHANGING.hit(change.source)
    yield from _analysed(mesh)
    if failures or unknown:
        yield from _destinations(hop, mesh, unknown)


def _backends(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Gateway API: a rule whose backend cannot be found answers 500 (direct_response)."""
    own = [f for f in hop.having(Ending.DIRECT_RESPONSE) if f.teller.code == HTTPStatus(500)]
    routes = [f for f in own if (f.teller.route or "").startswith(_GATEWAY_ROUTES)]
    if routes or (own and mesh.has("HTTPRoute", "GRPCRoute")):
        yield ANSWERS_ITSELF.hit(*hop.sources(own), count=len(own))
    if own or not hop.failures:
        for route, place, text in unresolved_backends(mesh)[:1]:
            yield BACKEND_LOST.hit(place, route=route.full_name or _("A route"), text=text)


def _loaded(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Routes of the telling proxy whose cluster it does not have, by its configuration dump."""
    for route, cluster in routes_without_cluster(hop, mesh)[:1]:
        name = cluster_name(cluster)
        if name is not None and name.subset:
            yield _subset_wanted(route.source, name.subset, name.host)
        else:
            yield ROUTE_LOADED.hit(
                route.source, route=told_by(route), cluster=cluster, observation="destination"
            )


def _astray(mesh: Mesh) -> Iterator[Hit]:
    """A listener of istioctl's table whose cluster is not in the table of clusters."""
    for stray in stray_listeners(mesh):
        clue = LISTENER_ASTRAY if stray.complete else LISTENER_MAY_BE_ASTRAY
        values = {"place": stray.place, "cluster": stray.cluster, "observation": "listener"}
        if stray.alias:
            yield ALIASED.hit(*stray.sources, service=stray.alias, **values)
        else:
            yield clue.hit(*stray.sources, **values)
        return


def _analysed(mesh: Mesh) -> Iterator[Hit]:
    """What istioctl says of the destinations; a lost host goes before a lost subset."""
    for found in analysed(mesh, HOST_LOST)[:1]:
        yield ANALYSED.hit(found.source, text=f"{found.object}: {found.text}")
        return
    for found in analysed(mesh, SUBSET_LOST)[:1]:
        yield SUBSET_LACKING.hit(
            found.source, text=f"{found.object}: {found.text}", observation="subset"
        )


def _destinations(hop: Hop, mesh: Mesh, unknown: tuple[UnknownCluster, ...]) -> Iterator[Hit]:
    """What is wrong with the destinations that the failed requests can have had."""
    destinations = destinations_for(hop, mesh, unknown)
    for destination in destinations:
        found = list(_wrong(destination, mesh))
        yield from found
        if found:
            return
    wanted = [d for d in destinations if d.subset]
    if wanted:
        yield _subset_wanted(wanted[0].source, wanted[0].subset, wanted[0].host)
    for cluster in unknown[:1]:
        name = cluster_name(cluster.name)
        if name is not None and name.subset:
            yield _subset_wanted(cluster.event.source, name.subset, name.host)


def _subset_wanted(source: Source, subset: str, host: str) -> Hit:
    return SUBSET_WANTED.hit(source, subset=subset, host=host, observation="subset")


def _wrong(destination: Destination, mesh: Mesh) -> Iterator[Hit]:
    """Clues that a destination's host or port does not exist."""
    host, source = destination.host, destination.source
    if service_entries_of(mesh, host):
        return
    told = {"route": destination.manifest.full_name, "host": host, "observation": "destination"}
    service = service_of(mesh, host)
    if service is not None:
        ports = {entry.port for entry in service_ports(mesh, host)}
        if destination.port is not None and ports and destination.port not in ports:
            listed, place = ", ".join(map(str, sorted(ports))), service.where("spec", "ports")
            yield NO_SUCH_PORT.hit(source, place, port=destination.port, ports=listed, **told)
        return
    other = _namesake(mesh, host)
    if other is not None:
        yield ELSEWHERE.hit(source, other.source, service=other.full_name, **told)
    elif mesh.has("Service", "ServiceEntry"):
        yield NO_SUCH_HOST.hit(source, **told)
    loaded = [cluster for cluster in held_clusters(mesh) if cluster.direction == "outbound"]
    if loaded and not any(same_host(cluster.host, host) for cluster in loaded):
        yield NOT_LOADED.hit(loaded[0].source, host=host)


def _namesake(mesh: Mesh, host: str) -> Manifest | None:
    """A Service of the destination's short name in another namespace."""
    name = short_name(host)[0]
    return next((service for service in mesh.manifests("Service") if service.name == name), None)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The routes, the Services, the proxy's clusters."""
    yield from question.given(
        question.istio_objects(
            hop, mesh, "VirtualService", "HTTPRoute", decides=(ID, "missing-subset")
        ),
        question.istio_objects(hop, mesh, "DestinationRule", decides=(ID, "missing-subset")),
        question.service(hop, mesh, ID),
        question.own_log(hop, mesh, "unknown cluster", ID, "missing-subset"),
        question.proxy_loaded(
            hop, mesh, "clusters", ID, "missing-subset", "xds-stale", "sidecar-egress-scope"
        ),
    )


_SAME = ("IST0101", "KIA1101", "KIA1402")
RULES = {
    ELSEWHERE: Rule("other-namespace", Severity.ERROR, ELSEWHERE.sentence, _SAME),
    NO_SUCH_PORT: Rule("no-such-port", Severity.ERROR, NO_SUCH_PORT.sentence, ("IST0101",)),
}
ARMED: dict[Finder, Rule] = {
    reference.lost_hosts: Rule("no-such-host", Severity.WARNING, NO_SUCH_HOST.sentence, _SAME),
    reference.rules_for_nobody: Rule(
        "rule-for-nobody",
        Severity.WARNING,
        _("{rule} is for {host}, which no Service or ServiceEntry given has."),
        ("IST0174", "KIA0202"),
    ),
    reference.routes_without_port: Rule(
        "no-port-named",
        Severity.WARNING,
        _(
            "{route} names no port of {host}, which has {ports}: what is asked on port {asked} "
            "leads nowhere."
        ),
        ("IST0112",),
    ),
    settings_for_no_port: Rule(
        "settings-for-no-port",
        Severity.WARNING,
        _("{rule} has settings for port {port} of {host}, which has {ports}: they hold nowhere."),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Destinations with a namesake in another namespace, or without the port that is named."""
    for destination in all_destinations(mesh):
        for hit in _wrong(destination, mesh):
            if hit.clue in RULES:
                yield RULES[hit.clue].at(destination.source, **dict(hit.values))
    yield from met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Write the destination in full, with a port that is there."""
    unknown = unknown_clusters(mesh)
    destinations = destinations_for(hop, mesh, unknown)
    route = destinations[0].manifest if destinations else None
    change = (
        edit(route, "<namespace>")
        if route is not None
        else "kubectl -n <namespace> edit virtualservice <virtualservice>"
    )
    right = _right_name(destinations, mesh)
    yield Remedy(
        title=_("Let the route name a destination that exists, with its full name: {host}").format(
            host=right
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=other_host(mesh, destinations[0], right) if destinations else (),
        patches=() if destinations else (Patch(yaml=f"destination:\n  host: {right}\n"),),
        risks=(_("See that the Service of that name is the one that is meant."),),
        commands=(change,),
        verify=_(
            "`istioctl proxy-config clusters` of the failing proxy "
            "lists the destination, and NC ends."
        ),
        undo=change,
    )
    yield Remedy(
        title=_("Write full host names in VirtualServices; run `istioctl analyze` in CI (IST0101)"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("istioctl analyze -A",),
    )


def _right_name(destinations: tuple[Destination, ...], mesh: Mesh) -> str:
    for destination in destinations:
        service = service_of(mesh, destination.host) or _namesake(mesh, destination.host)
        if service is not None:
            return f"{service.name}.{service.namespace or '<namespace>'}.svc.cluster.local"
        if is_service_name(destination.host):
            return f"{short_name(destination.host)[0]}.<namespace>.svc.cluster.local"
    return "<service>.<namespace>.svc.cluster.local"
