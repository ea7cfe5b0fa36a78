"""Stale xDS: the proxy works with an old or incomplete configuration or endpoint list.

## What happens
Proxies route by what the control plane sent last. If their stream to it is broken, throttled or
answered incompletely, they keep what they have: they dial addresses of pods that are gone (503
UF, timeouts or `No route to host`, or a refusal by another pod that has the address now), hold an
empty list although there are ready pods (503 UH), or use a route before the cluster it names has
arrived (503 NC for some milliseconds while the cluster is warming).

## How to tell
* The failing upstream address is in the proxy's list (`istioctl proxy-config endpoints`,
  `/clusters`) but not among the Service's endpoints, its pods, or a headless Service's DNS
  answers.
* The proxy's log: `gRPC config stream closed` with an error, `connection refused` to istiod,
  `request rate limit exceeded` (istiod takes a limited number of new streams a second and replica,
  25 by default, in newer releases by its CPUs),
  `unknown cluster` while the same cluster is `starting warming`.
* istiod's log: CDS pushed to a node without EDS after it: Envoy warms the new cluster, waits up
  to 15 s (`initial fetch timeout`) for endpoints, then uses it empty.
* `istioctl proxy-status` shows STALE or lacks the proxy; counter `control_plane.connected_state`
  is 0.
* A pod in shutdown looks like this for seconds; stale lists stay for minutes and more.

## What to do
Restart the affected proxies to get traffic through. Then restore the stream: istiod's health, its
replicas and CPU, network and certificates between proxy and istiod (port 15012), the limits
`PILOT_PUSH_THROTTLE` and `PILOT_MAX_REQUESTS_PER_SECOND`.

## References
* Envoy xDS protocol: cluster warming, ordering CDS, EDS, LDS, RDS; `initial_fetch_timeout` 15 s.
* istio/istio 28402 (EDS not sent after a CDS change), 29131 (route before cluster), 41246 (rate
  limit).
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import unconnected
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
from why503.diagnosis.scenario import Act, Cure, Listening, Load, Scenario, Server, Step, View
from why503.diagnosis.scenario_part import first_pod
from why503.facts import ProxyEvent, ProxyEventKind
from why503.mesh.address import split_host
from why503.mesh.delivery import (
    broken_streams,
    empty_list,
    held_but_gone,
    last_update,
    pushed_without_endpoints,
    true_addresses,
)
from why503.mesh.ending import Ending
from why503.mesh.endpoint import kubernetes_endpoints, proxy_endpoints
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import restart_caller, service_name
from why503.mesh.pod_life import ENDS, failing_life
from why503.mesh.proxy_state import disconnected, not_live
from why503.mesh.sync import left_before, out_of_sync, spelled
from why503.mesh.timing import healthy_hosts
from why503.mesh.unknown_cluster import unknown_clusters
from why503.support.duration import spell
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "xds-stale"
TITLE = _("The proxy works with an outdated or incomplete configuration or endpoint list")
READS = frozenset(
    {"AppEvent", "Counter", "DaemonSet", "Deployment", "DnsAnswer", "EndpointSlice"}
    | {"Endpoints", "Event", "LoadedCluster", "LoadedEndpoint", "Pod", "ProxyCluster"}
    | {"ProxyEndpoint", "ProxyEvent", "ProxyInfo", "ProxySync", "ReplicaSet", "Service"}
    | {"StatefulSet"}
)
SIGNS = frozenset({"UF", "UH", "NC", "cluster_not_found", "request rate limit exceeded"})
AT = At.CONTROL_PLANE
ALERT = unconnected()
SCENARIO = Scenario(
    summary="The caller's proxy still holds the address of a pod that is gone.",
    hop=Place.CONTROL_PLANE,
    servers=(Server(), Server(listening=Listening.NO)),
    steps=(Step(at=0.0, act=Act.KILL_PROXY, pod=1),),
    load=Load(requests=20, workers=2, start=0.2),
    caller={"endpoints": ["{pod2_ip}:{target}"]},
    objects=(first_pod(ready=True),),
    modest={
        View.CALLER: "It shows an address that refuses, not that the list is old.",
        View.PROXIES: "They show an address that refuses, not that the list is old.",
    },
    also=frozenset({"connection-refused"}),
    cure=Cure(caller={"endpoints": ["{pod_ip}:{target}"]}),
)

HELD_BUT_GONE = Clue(
    Weight.PROVES,
    _("The proxy still lists {address} for {service}; {truth} has only {addresses}."),
)
DIALLED_GONE = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The failed requests went to {address}, which is not among the addresses "
        "of {service} by {truth} ({addresses})."
    ),
)
DIALLED_CURRENT = Clue(
    Weight.SPEAKS_AGAINST,
    _("The failed requests went to {address}, which is an address of {service} by {truth}."),
)
POD_ENDED = Clue(
    Weight.SPEAKS_AGAINST,
    _("A pod of {service} stopped just then ({what}): its address is used for a moment longer."),
)
LEFT = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The proxy of {address} had left the control plane {gap} before and did not come back; "
        "requests were sent to that address still."
    ),
)
LIST_EMPTY = Clue(
    Weight.PROVES,
    _(
        "Kubernetes has {count:ready endpoint|ready endpoints} for {service}; the proxy's list has "
        "none."
    ),
)
HAS_READY = Clue(
    Weight.SPEAKS_FOR,
    _(
        "Kubernetes has {count:ready endpoint|ready endpoints} for {service}, yet the proxy found "
        "none."
    ),
)
USED_WHILE_WARMING = Clue(
    Weight.PROVES,
    _("A route sent to {cluster} while the proxy was still warming that very cluster."),
)
GONE_WHILE_DRAINING = Clue(
    Weight.SPEAKS_FOR,
    _("{cluster} was gone while a filter chain of the listener was still draining."),
)
THROTTLED = Clue(
    Weight.SPEAKS_FOR,
    _("The control plane refused the proxy's stream: {text}."),
)
DISCONNECTED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy lost its stream to the control plane: {text}."),
)
NOT_ACKNOWLEDGED = Clue(
    Weight.SPEAKS_FOR,
    _("istioctl proxy-status shows {proxy} out of date: {text}."),
)
NO_STREAM = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy {proxy} counts no connection to its control plane ({name} is {count})."),
)
NOT_READY = Clue(
    Weight.HINTS, _("The proxy {proxy} says that it is {state}: it is not fully configured.")
)
AGAIN = Clue(
    Weight.HINTS,
    _("That came {count:time|times}."),
)
NEVER_TOLD = Clue(
    Weight.SPEAKS_FOR,
    _(
        "ztunnel waited in vain for the control plane's record of a workload on its own node: "
        "{text}."
    ),
)
NO_EDS = Clue(
    Weight.SPEAKS_FOR,
    _("The control plane pushed clusters to {node} and no endpoints after them."),
)
LAST_UPDATE = Clue(
    Weight.HINTS,
    _("The last line of the proxy's log is an update of its clusters: {text}."),
)

_ADDRESSED = (Family.CONNECTION, Family.TIME)
_WAITED = lazy_re(r"timed out waiting for workload .{1,300} from xds")
_STARTING = frozenset({"PRE_INITIALIZING", "INITIALIZING"})
_SHORT = 4
"""Most addresses that a sentence lists."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Addresses against endpoints, warming clusters, broken streams, pushes."""
    if hop.leg is Place.PROXY_TO_EXTERNAL or hop.family in {
        Family.ANSWER,
        Family.POLICY,
        Family.LIMIT,
    }:
        return
    yield from _known_to_istiod(hop, mesh)
    if hop.family in _ADDRESSED and hop.role is not Role.UPSTREAM:
        found = list(_dialled(hop, mesh))
        yield from found
        if any(hit.clue is DIALLED_GONE for hit in found):
            yield from _streams(mesh)
            yield from _state(hop, mesh)
    yield from _never_told(mesh)
    if hop.having(Ending.NO_HEALTHY_UPSTREAM):
        yield from _list(hop, mesh)
    if hop.having(Ending.NO_CLUSTER) or not hop.failures:
        for cluster in unknown_clusters(mesh):
            if cluster.warming is not None:
                yield USED_WHILE_WARMING.hit(
                    cluster.event.source, cluster.warming.source, cluster=cluster.name
                )
                break
            if cluster.draining is not None:
                yield GONE_WHILE_DRAINING.hit(
                    cluster.event.source, cluster.draining.source, cluster=cluster.name
                )
                break
    if hop.family in {Family.ROUTING, Family.UNKNOWN}:
        yield from _state(hop, mesh)
        yield from _streams(mesh)
        yield from _pushes(hop, mesh)


def _never_told(mesh: Mesh) -> Iterator[Hit]:
    """A node's ztunnel that was never sent the record of a pod beside it."""
    for event in mesh.events(ProxyEvent, ProxyEventKind.ZTUNNEL_ERROR):
        if _WAITED.search(event.text):
            yield NEVER_TOLD.hit(event.source, text=event.text)
            return


def _known_to_istiod(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What the control plane itself knows: who left it, and who has not taken what it sent."""
    if (left := left_before(hop, mesh)) is not None:
        yield LEFT.hit(
            left.event.source, *hop.sources(most=1), address=left.address, gap=spell(left.gap)
        )
    for row in out_of_sync(hop, mesh)[:1]:
        yield NOT_ACKNOWLEDGED.hit(row.source, proxy=row.proxy, text=spelled(row))


def _dialled(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The addresses of failed requests, and those that the proxy holds, against the true ones."""
    dialled = {split_host(host)[0]: count for host, count in hop.upstream_hosts.items()}
    held = proxy_endpoints(mesh, hop.host, hop.port)
    truth = true_addresses(mesh, hop.host, list(dialled), held)
    if truth is None or not dialled or truth.misses(healthy_hosts(hop, mesh)):
        return  # an address that answers is none of the dead: the list is of one cluster of several
    values = {
        "service": service_name(hop),
        "truth": truth.by,
        "addresses": ", ".join(sorted(truth.addresses)[:_SHORT]),
    }
    gone = truth.misses(dialled)
    current = [address for address in dialled if address not in gone]
    if sum(dialled[address] for address in current) > hop.count / 2:
        yield DIALLED_CURRENT.hit(*truth.sources, address=current[0], **values)
    if not gone:
        return
    yield DIALLED_GONE.hit(*hop.sources(most=2), *truth.sources, address=gone[0], **values)
    stale = held_but_gone(held, truth)
    if stale:
        yield HELD_BUT_GONE.hit(
            stale[0].source, *truth.sources, address=split_host(stale[0].address)[0], **values
        )
    for event in failing_life(hop, mesh):
        if event.kind in ENDS:
            yield POD_ENDED.hit(event.source, service=service_name(hop), what=event.text)
            return


def _list(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The proxy's empty list against Kubernetes' ready endpoints."""
    listed = kubernetes_endpoints(mesh, hop.host) or ()
    ready = [endpoint for endpoint in listed if endpoint.ready]
    if not ready or proxy_endpoints(mesh, hop.host, hop.port):
        return
    values = {"count": len(ready), "service": service_name(hop)}
    from_proxy = empty_list(mesh, hop.host)
    if from_proxy is not None:
        yield LIST_EMPTY.hit(from_proxy, ready[0].source, observation="list", **values)
    else:
        yield HAS_READY.hit(ready[0].source, observation="list", **values)


def _streams(mesh: Mesh) -> Iterator[Hit]:
    """Streams to the control plane that were refused or lost."""
    found = broken_streams(mesh)
    for kind, clue in (
        (ProxyEventKind.XDS_THROTTLED, THROTTLED),
        (ProxyEventKind.XDS_DISCONNECTED, DISCONNECTED),
    ):
        events = [event for event in found if event.kind is kind]
        if events:
            yield clue.hit(events[0].source, text=events[0].text[:200], observation="stream")
    if len(found) > 1:
        yield AGAIN.hit(found[1].source, count=len(found))


def _state(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Statistics and state of the proxy that told of the failures."""
    telling = {failure.teller.teller for failure in hop.failures}
    for counter in disconnected(mesh):
        if not telling or counter.teller in telling:
            yield NO_STREAM.hit(
                counter.source,
                proxy=counter.teller,
                name=counter.name,
                count=f"{counter.value:.0f}",
                observation="stream",
            )
            break
    for info in not_live(mesh):
        if info.state in _STARTING and (not telling or info.teller in telling):
            yield NOT_READY.hit(info.source, proxy=info.pod or info.teller, state=info.state)
            return


def _pushes(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Pushes without endpoints, and a cluster update as the last thing the proxy logged."""
    push = pushed_without_endpoints(mesh)
    if push is not None:
        yield NO_EDS.hit(push.source, node=push.connection)
    update = last_update(mesh)
    if update is not None and (not hop.failures or hop.having(Ending.NO_HEALTHY_UPSTREAM)):
        yield LAST_UPDATE.hit(update.source, text=update.text)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The proxy's list, Kubernetes' list, and whether the proxy is in sync."""
    inside = hop.leg is not Place.PROXY_TO_EXTERNAL
    if inside and (not hop.host or kubernetes_endpoints(mesh, hop.host) is None):
        yield Missing(
            what=_("the endpoints that Kubernetes lists for the Service"),
            command=question.endpoint_slices(hop, mesh),
            decides=(ID, "no-healthy-endpoints", "connect-timeout"),
        )
    if not hop.host or not proxy_endpoints(mesh, hop.host):
        yield question.proxy_loaded(hop, mesh, "endpoints", ID, "no-healthy-endpoints")
    yield Missing(
        what=_("whether the proxies are in sync with the control plane"),
        command="istioctl proxy-status",
        decides=(ID, "connect-timeout", "pod-terminating", "no-healthy-endpoints"),
    )


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: no configuration of the mesh arms it; it is the state of streams and lists."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Renew the proxies now; restore the stream; watch convergence."""
    yield Remedy(
        title=_("Restart the workloads whose proxies hold the old list"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            "istioctl proxy-status",
            restart_caller(hop, mesh),
        ),
        risks=(
            _(
                "While the control plane refuses streams, new proxies start without "
                "configuration: do it in small steps."
            ),
        ),
        verify=_("`istioctl proxy-config endpoints` equals `kubectl get endpointslices`."),
    )
    yield Remedy(
        title=_("Restore the stream between the proxies and istiod"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(
            "kubectl -n istio-system get pods -l app=istiod -o wide",
            "kubectl -n istio-system logs -l app=istiod --since=1h",
            "kubectl -n istio-system scale deploy/istiod --replicas=<more>",
        ),
        risks=(_("An upgrade or a restart of istiod makes all proxies reconnect at once."),),
        verify=_("`istioctl proxy-status` shows SYNCED for every proxy."),
    )
    yield Remedy(
        title=_(
            "Alert on pilot_proxy_convergence_time, pilot_xds_push_errors "
            "and control_plane.connected_state"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
