"""Headless Service: the client picks a pod's address itself, and the mesh only follows.

## What happens
A Service with `clusterIP: None` has no address of its own; its name resolves to the pods'. The
client picks one and may keep it: after a rollout it dials a pod that is gone (`503 UF`), and no
load balancing or endpoint update of the mesh helps it. For TCP ports Istio makes an ORIGINAL_DST
cluster, which dials what the client asked for; for HTTP ports it routes by the Host header, so
that a call by pod address, or by `pod.service` where no such host is known, goes to the
PassthroughCluster, past mutual TLS and policies, or finds no route. Each pod address of a TCP port
gets a listener of its own; without addresses one on `0.0.0.0`, which another service's port shares.

## How to tell
* The Service says `clusterIP: None`; `istioctl proxy-config cluster` shows ORIGINAL_DST.
* The failing requests name a pod address or a pod's host name; the upstream host is an address
  that the client chose (the same as the local address of its connection).
* `PassthroughCluster` in the line, while the address belongs to a pod of the mesh.
* An address that is no pod's any more, kept by one client, while others use the new ones. Where the
  proxy itself picks the address from its endpoint list, the list is old: `xds-stale`.

## What to do
Call through a normal Service (a second one with the same selector) where any pod will do. Where a
certain pod is meant (a StatefulSet), call `pod.service.namespace`, let the client resolve again
when it fails, and declare the port as what it is. `publishNotReadyAddresses` keeps names resolvable
while pods start, and also sends requests to pods that are not ready.

## References
* Kubernetes headless Services; StatefulSet stable network names.
* Istio traffic routing: headless services, HTTP by Host header, TCP by original destination.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Unseen
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
from why503.diagnosis.edit import New
from why503.diagnosis.edit_text import object_text
from why503.facts import Manifest
from why503.mesh.address import PASSTHROUGH, is_address, split_host
from why503.mesh.connecting import dialled, not_connected
from why503.mesh.ending import Ending
from why503.mesh.endpoint import kubernetes_endpoints
from why503.mesh.failure import Failure
from why503.mesh.held import held_clusters
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_proxy, restart_caller, service_name
from why503.mesh.pod_naming import pod_at
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of
from why503.mesh.workload import labels_of, same_host
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "headless-service"
TITLE = _("A headless Service lets the client pick the address, past normal routing")
READS = frozenset({"EndpointSlice", "Endpoints", "LoadedCluster", "Pod", "ProxyCluster", "Service"})
SIGNS = frozenset({"clusterIP: None", "ORIGINAL_DST", "PassthroughCluster", "UF", "UH"})
AT = At.LEG
ALERT = Unseen(
    reason=_("Metrics do not tell a pod's address from any other that the client has chosen.")
)
# The caller dials a pod that it has looked up; on stage it always dials the Service.
SCENARIO = None

HEADLESS = Clue(
    Weight.HINTS, _("{service} is headless (clusterIP: None): clients dial pods, not the Service.")
)
CLIENT_PICKED = Clue(
    Weight.SPEAKS_FOR, _("The caller dialled {address} itself; the proxy followed it ({cluster}).")
)
CALLED_BY_POD = Clue(
    Weight.SPEAKS_FOR, _("The failing requests name a pod ({authority}), not the Service.")
)
ONE_POD = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The failing requests name one pod of a StatefulSet ({authority}), as clients of a "
        "headless Service do; a proxy has no route for it unless it knows each pod's name."
    ),
)
GONE = Clue(
    Weight.SPEAKS_FOR, _("{address} is no address of {service} any more; the caller has kept it.")
)
ORIGINAL_DST = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy's cluster for {service} is of type {type}: it dials what the caller dialled."),
)
NO_PODS = Clue(Weight.SPEAKS_FOR, _("{service} has no ready address, so its name leads nowhere."))
ROUTED = Clue(
    Weight.SPEAKS_AGAINST, _("The proxy picked the address itself, from the cluster {cluster}.")
)

_POD_OF_SET = lazy_re(
    r"[a-z0-9][a-z0-9-]{0,60}-\d{1,4}\.[a-z0-9][a-z0-9-]{0,62}\.[a-z0-9][a-z0-9-]{0,62}\.svc(?:\.|$)"
)
_NOT_FOUND = (Ending.NO_ROUTE, Ending.NO_HEALTHY_UPSTREAM, Ending.NO_FILTER_CHAIN)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A headless Service, calls to its pods' addresses or names, and addresses that are gone."""
    failures = (*not_connected(hop), *hop.having(*_NOT_FOUND, Ending.CONNECTION_TERMINATION))
    service = _headless(hop, mesh, failures)
    if service is None:
        yield from _one_pod(hop)
    if service is None or not failures:
        return
    name = f"{service.name}.{service.namespace}" if service.namespace else service.name
    yield HEADLESS.hit(service.where("spec", "clusterIP"), service=name)
    yield from _picked(hop, failures)
    yield from _named(hop, service, failures)
    yield from _gone(hop, mesh, service, name, failures)
    for cluster in held_clusters(mesh):
        if cluster.type.upper().startswith("ORIGINAL_DST") and same_host(cluster.host, name):
            yield ORIGINAL_DST.hit(cluster.source, service=name, type=cluster.type)
            return


def _one_pod(hop: Hop) -> Iterator[Hit]:
    """No route for a pod's own name: `NAME-0.SERVICE.NAMESPACE.svc...`, the Service not given."""
    for failure in hop.having(Ending.NO_ROUTE, Ending.NO_HEALTHY_UPSTREAM):
        host = split_host(failure.account.authority)[0]
        if _POD_OF_SET.match(host):
            yield ONE_POD.hit(*hop.sources((failure,)), authority=host)
            return


def is_headless(service: Manifest) -> bool:
    """True where a Service has no address of its own."""
    return str(service.get("spec", "clusterIP", default="")).lower() == "none"


def _headless(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Manifest | None:
    """The headless Service that the hop's requests were meant for."""
    services = [service for service in mesh.manifests("Service") if is_headless(service)]
    names = {hop.host, _without_pod(hop.host)} - {""}
    for service in services:
        full = f"{service.name}.{service.namespace}" if service.namespace else service.name
        if any(same_host(name, full) for name in names):
            return service
    if not is_address(hop.host):
        return None
    pods = [pod for address in dialled(failures) if (pod := pod_at(mesh, address)) is not None]
    for service in services:
        selector = mapping_of(service.get("spec", "selector"))
        if selector and any(has_labels(labels_of(pod), selector) for pod in pods):
            return service
    return None


def _without_pod(host: str) -> str:
    """`service.namespace...` of `pod.service.namespace...`; ``""`` for a host with fewer parts."""
    first, _dot, rest = host.partition(".")
    return rest if first and "." in rest and not is_address(host) else ""


def _picked(hop: Hop, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """Whether the client or the proxy chose the address."""
    for failure in failures:
        request = failure.account
        upstream, local = split_host(request.upstream_host), split_host(request.downstream_local)
        if not upstream[0]:
            continue
        cluster = request.upstream_cluster or ""
        if upstream == local or cluster.startswith(PASSTHROUGH):
            yield CLIENT_PICKED.hit(
                *hop.sources((failure,)),
                address=request.upstream_host,
                cluster=cluster or "-",
                observation="picked",
            )
            return
        if cluster.startswith("outbound|") and local[0]:
            yield ROUTED.hit(*hop.sources((failure,)), cluster=cluster, observation="picked")
            return


def _named(hop: Hop, service: Manifest, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    for failure in failures:
        host = split_host(failure.account.authority)[0]
        pod = _without_pod(host)
        full = f"{service.name}.{service.namespace}" if service.namespace else service.name
        if is_address(host) or (pod and same_host(pod, full)):
            yield CALLED_BY_POD.hit(*hop.sources((failure,)), authority=host)
            return


def _gone(
    hop: Hop, mesh: Mesh, service: Manifest, name: str, failures: tuple[Failure, ...]
) -> Iterator[Hit]:
    known = kubernetes_endpoints(mesh, name)
    if known is None:
        return
    listed = {endpoint.address for endpoint in known if endpoint.ready}
    away = [address for address in dialled(failures) if address not in listed]
    if away and listed:
        yield GONE.hit(*hop.sources(failures), known[0].source, address=away[0], service=name)
    elif not listed and hop.having(Ending.NO_HEALTHY_UPSTREAM):
        yield NO_PODS.hit(*hop.sources(), service=name)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The Service's endpoints, and the type of the proxy's cluster."""
    yield from question.given(question.pods(hop, mesh, ID, "xds-stale", "pod-terminating"))
    if not held_clusters(mesh):
        yield Missing(
            what=_("the type of the proxy's cluster for the Service"),
            command=(
                f"istioctl proxy-config cluster {caller_proxy(hop, mesh)} "
                f"--fqdn {hop.host or service_name(hop)}"
            ),
            decides=(ID, "xds-stale"),
        )


def hazards(_mesh: Mesh) -> Iterator[Hazard]:
    """None: it is right for most StatefulSets, and the YAML does not tell who calls it how."""
    yield from ()


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Let the client resolve again; a normal Service beside the headless one."""
    service = _headless(hop, mesh, hop.failures)
    yield Remedy(
        title=_("Let the caller resolve the name again after a failure, or restart it"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.OUTSIDE_MESH,
        commands=(restart_caller(hop, mesh),),
        verify=_("New requests go to addresses that the Service has now."),
    )
    if service is None:
        return
    yield Remedy(
        title=_("Call through a normal Service beside the headless one, where any pod will do"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        patches=(Patch(yaml=object_text(_beside(service))),),
        risks=(
            _("Requests are then spread over the pods; not for callers that need a certain one."),
        ),
        verify=_(
            "The access log names the new Service's outbound cluster, not PassthroughCluster."
        ),
        undo=f"kubectl -n {service.namespace or '<namespace>'} delete service {service.name}-lb",
    )


def _beside(service: Manifest) -> New:
    ports = [mapping_of(entry) for _index, entry in service.items("spec", "ports")]
    entries = [
        {
            "name": entry.get("name", "http"),
            "port": entry.get("port", 80),
            "targetPort": entry.get("targetPort", entry.get("port", 80)),
        }
        for entry in ports or [{}]
    ]
    selector = dict(mapping_of(service.get("spec", "selector")) or {"app": service.name})
    space = service.namespace or "<namespace>"
    data = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{service.name}-lb", "namespace": space},
        "spec": {"selector": selector, "ports": entries},
    }
    return New(data=data)
