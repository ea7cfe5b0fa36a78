"""Questions that several causes ask: what to fetch next, with the command filled in."""

from why503.diagnosis.cause import Missing
from why503.facts import Manifest, ProxyEvent
from why503.mesh.address import is_address, split_host
from why503.mesh.capture import connections_of
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import (
    caller_namespace,
    caller_pod,
    caller_pod_to_debug,
    kubernetes_service,
    namespace_of,
    pod_to_debug,
    pods_to_describe,
    server_pod,
    telling_pod,
    workloads_to_get,
)
from why503.mesh.workload import service_of, workloads_of
from why503.support.text import _


def server_proxy_log(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The access log of the server's sidecar; None where it was given or there is none to fetch."""
    if hop.leg is Place.PROXY_TO_EXTERNAL or any(failure.upstream for failure in hop.failures):
        return None
    if any(failure.server_silent is not None for failure in hop.failures):
        return None
    return Missing(
        what=_("the access log of the server's proxy at the time of the failures"),
        command=f"kubectl -n {namespace_of(hop, mesh)} logs {server_pod(hop, mesh)} "
        "-c istio-proxy --since=1h",
        decides=decides,
    )


def caller_proxy_log(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The access log of the caller's proxy; None where it was given."""
    if any(failure.downstream is not None for failure in hop.failures):
        return None
    return Missing(
        what=_("the access log of the caller's proxy at the time of the failures"),
        command=f"kubectl -n {caller_namespace(hop, mesh)} logs {caller_pod(hop, mesh)} "
        "-c istio-proxy --since=1h",
        decides=decides,
    )


def server_app_log(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The application's log, that of its last run included; None for a server outside the mesh."""
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        return None
    log = f"kubectl -n {namespace_of(hop, mesh)} logs {server_pod(hop, mesh)}"
    return Missing(
        what=_("the application's log around the failures, and that of its previous run"),
        command=f"{log} --since=1h --timestamps; {log} --previous --timestamps",
        decides=decides,
    )


def pods(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """Restarts, terminations and readiness of the server's pods.

    None where those that failed were given and for a server outside the mesh.
    """
    if hop.leg is Place.PROXY_TO_EXTERNAL or _pods_told(hop, mesh):
        return None
    return Missing(
        what=_("restarts, terminations and readiness of the server's pods"),
        command=f"kubectl -n {namespace_of(hop, mesh)} describe pods{pods_to_describe(hop, mesh)}",
        decides=decides,
    )


def _pods_told(hop: Hop, mesh: Mesh) -> bool:
    """True where the states of the pods were given, those at the dialled addresses among them."""
    found = workloads_of(mesh, hop.host) if hop.host else ()
    states = [w for w in found if w.kind == "Pod" and _tells_states(w)]
    known = {address for pod in states if (address := pod.get("status", "podIP"))}
    dialled = {split_host(host)[0] for host in hop.upstream_hosts}
    return bool(states) and (not known or dialled <= known)


def _tells_states(pod: Manifest) -> bool:
    """False for a row of a table, which tells no reason of an end."""
    return not pod.partial or pod.get("status", "containerStatuses") is not None


def pod_events(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """What Kubernetes did with the server's pods; None where Events were given, or outside."""
    if hop.leg is Place.PROXY_TO_EXTERNAL or mesh.has("Event"):
        return None
    return Missing(
        what=_("the pods' events: Unhealthy, Killing, BackOff"),
        command=f"kubectl -n {namespace_of(hop, mesh)} describe pods{pods_to_describe(hop, mesh)}",
        decides=decides,
    )


def own_log(hop: Hop, mesh: Mesh, words: str, *decides: str) -> Missing | None:
    """What the failing proxy's own log says of a thing; None where lines of such logs were given.

    ``words`` is a pattern for `grep -E`.
    """
    if mesh.facts(ProxyEvent):
        return None
    namespace, pod = telling_pod(hop, mesh)
    return Missing(
        what=_("what the failing proxy's own log says of it"),
        command=f"kubectl -n {namespace} logs {pod} -c istio-proxy --since=1h | grep -iE '{words}'",
        decides=decides,
    )


def outside_addresses(hop: Hop, mesh: Mesh, *decides: str) -> tuple[Missing, ...]:
    """Where the addresses of a server outside the mesh come from, and what the proxy says of it."""
    return given(
        istio_objects(hop, mesh, "ServiceEntry", decides=decides),
        own_log(hop, mesh, "dns|original_dst", *decides),
    )


def listener_updates(hop: Hop, mesh: Mesh, *decides: str) -> Missing:
    """When the listeners of the proxy that tells were replaced, by its own log."""
    namespace, pod = telling_pod(hop, mesh)
    return Missing(
        what=_("listener updates in the proxy's own log around the time of the cuts"),
        command=f"kubectl -n {namespace} logs {pod} -c istio-proxy --since=1h "
        "| grep -iE 'lds|drain|listener'",
        decides=decides,
    )


def workload(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The server's workload with its image and arguments; None where it was given, or outside."""
    if hop.leg is Place.PROXY_TO_EXTERNAL or any(
        w.kind != "Pod" and not w.partial
        for w in (workloads_of(mesh, hop.host) if hop.host else ())
    ):
        return None
    return Missing(
        what=_("the server's image, arguments and environment"),
        command=f"kubectl -n {namespace_of(hop, mesh)} get {workloads_to_get(hop, mesh)} -o yaml",
        decides=decides,
    )


def service(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The Service and its endpoints; None where the Service was given, or for an outside server."""
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        return None
    if hop.host and service_of(mesh, hop.host) is not None:
        return None
    name, namespace = kubernetes_service(hop, mesh), namespace_of(hop, mesh)
    return Missing(
        what=_("the Service with its ports and endpoints"),
        command=f"kubectl -n {namespace} get service {name} -o yaml; " + endpoint_slices(hop, mesh),
        decides=decides,
    )


def endpoint_slices(hop: Hop, mesh: Mesh) -> str:
    """Command that lists the endpoints of the hop's Service as Kubernetes has them."""
    return (
        f"kubectl -n {namespace_of(hop, mesh)} get endpointslices "
        f"-l kubernetes.io/service-name={kubernetes_service(hop, mesh)} -o yaml"
    )


def istio_objects(hop: Hop, mesh: Mesh, *kinds: str, decides: tuple[str, ...]) -> Missing | None:
    """Istio objects of these kinds in all namespaces; None where one of the kinds was given."""
    if mesh.has(*kinds):
        return None
    parts = (
        [kind for kind in kinds if kind.endswith("Route")],
        [kind for kind in kinds if not kind.endswith("Route")],
    )
    command = "; ".join(
        f"kubectl get {','.join(map(_resources, part))} -A -o yaml" for part in parts[::-1] if part
    )
    return Missing(
        what=_("the {kinds} objects that can apply").format(kinds=", ".join(kinds)),
        command=command,
        decides=decides,
    )


def _resources(kind: str) -> str:
    """`VirtualService` as `virtualservices`; `gateways` alone can mean the Gateway API's."""
    if kind == "Gateway":
        return "gateways.networking.istio.io"
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def proxy_loaded(hop: Hop, mesh: Mesh, what: str, *decides: str) -> Missing:
    """What the failing proxy has loaded: ``what`` is `routes`, `clusters`, `endpoints`, ..."""
    namespace, pod = telling_pod(hop, mesh)
    return Missing(
        what=_("the {what} that the failing proxy has loaded").format(what=what),
        command=f"istioctl proxy-config {what} {pod}.{namespace}",
        decides=decides,
    )


def capture(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """A packet capture beside the application; None where one of that connection was given."""
    if connections_of(mesh, hop):
        return None
    return Missing(
        what=_("a packet capture beside the application: who sent FIN or RST first"),
        command=capture_command(hop, mesh),
        decides=decides,
    )


def capture_command(hop: Hop, mesh: Mesh) -> str:
    """Command that shows who closes the connections to the hop's server."""
    dialled = next((split_host(host)[1] for host, _n in hop.upstream_hosts.most_common(1)), None)
    number = dialled or hop.port
    port = f" and port {number}" if number else ""
    namespace, pod = namespace_of(hop, mesh), pod_to_debug(hop, mesh)
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        namespace, pod = caller_namespace(hop, mesh), caller_pod_to_debug(hop, mesh)
    return (
        f"kubectl -n {namespace} debug {pod} -it --image=nicolaka/netshoot "
        "--profile=netadmin -- tcpdump -ni any -tttt "
        f"'tcp[tcpflags] & (tcp-fin|tcp-rst) != 0{port}'"
    )


def server_certificates(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """What the server's proxy shows; None for a server outside the mesh."""
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        return None
    return Missing(
        what=_("the certificates of the server's proxy and their dates"),
        command=f"istioctl proxy-config secret {server_pod(hop, mesh)} "
        f"-n {namespace_of(hop, mesh)}",
        decides=decides,
    )


def caller_certificates(hop: Hop, mesh: Mesh, *decides: str) -> Missing:
    """What the caller's proxy shows."""
    return Missing(
        what=_("the certificates of the caller's proxy and their dates"),
        command=f"istioctl proxy-config secret {caller_pod(hop, mesh)} "
        f"-n {caller_namespace(hop, mesh)}",
        decides=decides,
    )


def name_resolved(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """What the host's name resolves to where it is called; None for an address."""
    if is_address(hop.host):
        return None
    return Missing(
        what=_("what the name resolves to now"),
        command=f"kubectl -n {caller_namespace(hop, mesh)} debug "
        f"{caller_pod_to_debug(hop, mesh)} -it --image=nicolaka/netshoot -- "
        f"dig +noall +answer {hop.host or '<host>'}",
        decides=decides,
    )


def given(*questions: Missing | None) -> tuple[Missing, ...]:
    """The questions that are still open."""
    return tuple(question for question in questions if question is not None)
