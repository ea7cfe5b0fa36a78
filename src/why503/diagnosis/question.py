"""Questions that several causes ask: what to fetch next, with the command filled in."""

from why503.diagnosis.cause import Missing
from why503.mesh.address import split_host
from why503.mesh.capture import connections_of
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_pod, namespace_of, server_pod, service_name, upstream_workload
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
        command=f"kubectl -n <client-namespace> logs {caller_pod(hop, mesh)} "
        "-c istio-proxy --since=1h",
        decides=decides,
    )


def server_app_log(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The application's log, that of its last run included; None for a server outside the mesh."""
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        return None
    return Missing(
        what=_("the application's log around the failures, and that of its previous run"),
        command=f"kubectl -n {namespace_of(hop, mesh)} logs {server_pod(hop, mesh)} "
        "--since=1h --timestamps",
        decides=decides,
    )


def pods(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """Restarts, terminations and readiness of the server's pods; None where Pods were given."""
    if any(
        workload.kind == "Pod" for workload in (workloads_of(mesh, hop.host) if hop.host else ())
    ):
        return None
    return Missing(
        what=_("restarts, terminations and readiness of the server's pods"),
        command=f"kubectl -n {namespace_of(hop, mesh)} describe pods -l app={service_name(hop)}",
        decides=decides,
    )


def workload(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The server's workload with its image and arguments; None where it was given."""
    if any(
        w.kind != "Pod" and not w.partial
        for w in (workloads_of(mesh, hop.host) if hop.host else ())
    ):
        return None
    return Missing(
        what=_("the server's image, arguments and environment"),
        command=f"kubectl -n {namespace_of(hop, mesh)} get {upstream_workload(hop, mesh)} -o yaml",
        decides=decides,
    )


def service(hop: Hop, mesh: Mesh, *decides: str) -> Missing | None:
    """The Service and its endpoints; None where the Service was given."""
    if hop.host and service_of(mesh, hop.host) is not None:
        return None
    name = service_name(hop)
    return Missing(
        what=_("the Service with its ports and endpoints"),
        command=f"kubectl -n {namespace_of(hop, mesh)} get service,endpointslices -l "
        f"kubernetes.io/service-name={name} -o yaml; "
        f"kubectl -n {namespace_of(hop, mesh)} get service {name} -o yaml",
        decides=decides,
    )


def istio_objects(hop: Hop, mesh: Mesh, *kinds: str, decides: tuple[str, ...]) -> Missing | None:
    """Istio objects of these kinds in all namespaces; None where one of the kinds was given."""
    if mesh.has(*kinds):
        return None
    names = ",".join(kind.lower() if kind[-1] in "sy" else f"{kind.lower()}s" for kind in kinds)
    return Missing(
        what=_("the {kinds} objects that can apply").format(kinds=", ".join(kinds)),
        command=f"kubectl get {names} -A -o yaml",
        decides=decides,
    )


def proxy_loaded(hop: Hop, mesh: Mesh, what: str, *decides: str) -> Missing:
    """What the failing proxy has loaded: ``what`` is `routes`, `clusters`, `endpoints`, ..."""
    pod = caller_pod(hop, mesh)
    return Missing(
        what=_("the {what} that the failing proxy has loaded").format(what=what),
        command=f"istioctl proxy-config {what} {pod}.<client-namespace>",
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
    return (
        f"kubectl -n {namespace_of(hop, mesh)} debug {server_pod(hop, mesh)} "
        "-it --image=nicolaka/netshoot "
        f"--profile=netadmin -- tcpdump -i any -w - 'tcp[tcpflags] & (tcp-fin|tcp-rst) != 0{port}'"
    )


def given(*questions: Missing | None) -> tuple[Missing, ...]:
    """The questions that are still open."""
    return tuple(question for question in questions if question is not None)
