"""Connection refused: the address was reached, and nothing listens on that port there.

## What happens
The kernel at the dialled address answers the connection attempt with a reset (errno 111). Envoy
logs `503 UF`, details `upstream_reset_before_response_started{remote_connection_failure,
delayed_connect_error:_111}` (before 1.27 `connection_failure`); from Envoy 1.31 (Istio 1.23) `|`
stands for the comma and `Connection_refused` for the number. At the server's sidecar this is about
its own application: the Service's `targetPort` is not the port that the application listens on, the
application is bound to 127.0.0.1 while the sidecar dials the pod address (Istio 1.10 and later), or
it is bound to `0.0.0.0` only and the pod has an IPv6 address. Or the pod is not the application at
all: a Service selector took a pod of another workload.

## How to tell
* It fails within a millisecond, on every request to that address, from the first to the last.
* `ss -ltn` in the pod does not show the dialled port, or shows it on another address.
* Refused only in the first seconds of a pod: `startup-race`. Only after SIGTERM: `pod-terminating`.
  After `UC` and with a growing restart count: `upstream-crash`. An address that is no endpoint any
  more: `xds-stale`; of a name outside the mesh that resolves elsewhere: `egress-address-stale`.

## What to do
Make Service, container and application agree on the port, and bind to all addresses (`[::]`
takes both families on Linux). Where the application must stay on 127.0.0.1, a Sidecar resource
with `ingress[].defaultEndpoint: 127.0.0.1:PORT` makes the sidecar dial that. A retry is safe, for
nothing was sent, and helps only where other pods of the Service listen.

## References
* Envoy `connection_impl.cc`: `delayed_connect_error`, number 1.20-1.30, text since 1.31.
* Istio 1.10 upgrade notes: inbound traffic goes to the pod address.
* Istio Sidecar API, `ingress`: port, bind, captureMode, defaultEndpoint.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import SERVER, Limits, flagged
from why503.diagnosis.cause import At, Disposition, Hit, Missing, Patch, Remedy, RemedyKind
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.edit_text import object_text
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.proposal import loopback_sidecar, send_to_listener
from why503.diagnosis.scenario import Cure, Knob, Load, Scenario
from why503.mesh.address import split_host
from why503.mesh.armed.local_socket import behind_loopback
from why503.mesh.captured import Shape, captured_on, packets
from why503.mesh.connecting import (
    dialled,
    dialled_port,
    dialled_ports,
    failed_at_once,
    refusals_logged,
    refused,
    unlisted,
)
from why503.mesh.connecting import serves_elsewhen as serves
from why503.mesh.ending import BARE_RESET, Ending
from why503.mesh.endpoint import container_ports, listening, workload_port
from why503.mesh.failure import Failure, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.listening_socket import sockets_of, takes
from why503.mesh.loopback import loopback_clusters
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_namespace, caller_pod, namespace_of, server_pod, service_name
from why503.mesh.pod_life import failing_life
from why503.mesh.pod_name import is_pod_of
from why503.mesh.pod_naming import pod_at
from why503.mesh.port_mismatch import port_mismatch, port_mismatches
from why503.mesh.teller import pods_of
from why503.mesh.timing import all_fail, only_at_start, recovered
from why503.mesh.workload import WORKLOAD_KINDS, service_of, workloads_of
from why503.support.text import _

ID = "connection-refused"
TITLE = _("Nothing listens on the port that the proxy dials")
READS = frozenset(
    {*WORKLOAD_KINDS}
    | {"AppEvent", "EndpointSlice", "Endpoints", "EnvoyFilter", "Event", "Listening"}
    | {"ProxyEvent", "ProxyInfo", "Service", "TcpConnection", "fragment"}
)
SIGNS = frozenset(
    {"UF", "delayed_connect_error", "delayed connect error: 111", "Connection refused"}
)
AT = At.LEG
ALERT = flagged("UF", teller=SERVER, limits=Limits(share=0.5, holds="10m"))
SCENARIO = Scenario(
    summary="The Service sends to a port on which the application does not listen.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    load=Load(requests=Knob(name="requests", low=6, high=40, whole=True)),
    target_port=8443,
    cure=Cure(target_port=0),
)

REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("Refused at {address} (errno 111): {count:attempt|attempts}; nothing listened there."),
)
REFUSED_INSIDE = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{count:attempt|attempts} of the server's proxy to reach its own application failed at "
        "once."
    ),
)
OWN_CALL = Clue(
    Weight.HINTS,
    _("{count:call was|calls were} refused before any HTTP, by its own proxy or a bare server."),
)
FAILED_AT_ONCE = Clue(
    Weight.HINTS,
    _(
        "{count:connection attempt|connection attempts} failed at once, as a refusal does; why is "
        "not in these lines."
    ),
)
FAILED_UNTOLD = Clue(Weight.HINTS, _("A connection failed; most often nothing listens there."))
DIALS_ITSELF = Clue(
    Weight.SPEAKS_FOR,
    _("{by} dials {address}: inside a container that is the container itself, not its machine."),
)
CAPTURED = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows the SYN of {count:connection|connections} answered with RST."),
)
QUICK = Clue(
    Weight.HINTS, _("It came at once: the machine was there and answered, only no listener.")
)
PORT_DIFFERS = Clue(
    Weight.PROVES,
    _("The Service sends to port {target} of the pods; the containers of {workload} have {ports}."),
)
LISTENS_ELSEWHERE = Clue(
    Weight.PROVES, _("{who} listens on {found}; the proxy dials {address}, where nobody listens.")
)
LOGGED_ELSEWHERE = Clue(
    Weight.SPEAKS_FOR,
    _("{who} says that it listens on {found}; the proxy dials {address}."),
)
LISTENS_THERE = Clue(
    Weight.SPEAKS_AGAINST,
    _("Something does listen on port {port}: it was refused at some moment only."),
)
OTHER_POD = Clue(
    Weight.SPEAKS_FOR,
    _(
        "{address} is pod {pod}, which is not one of {service}: the "
        "Service's selector took a wrong pod."
    ),
)
ALWAYS = Clue(Weight.HINTS, _("No request to {service} went well, from the first to the last."))
SERVED = Clue(
    Weight.SPEAKS_AGAINST,
    _("The same address served requests at another time: a listener was there."),
)
AT_START = Clue(
    Weight.SPEAKS_AGAINST,
    _("Each address refused only before its first success, as a new pod does."),
)
POD_CHANGED = Clue(
    Weight.SPEAKS_AGAINST, _("A pod of {service} stopped or crashed just then: {what}.")
)
BROKE_BEFORE = Clue(
    Weight.SPEAKS_AGAINST, _("Connections broke as well (UC): a listener was there and went away.")
)
NO_ENDPOINT = Clue(
    Weight.SPEAKS_AGAINST, _("{address} is no endpoint of the Service any more: a pod of the past.")
)

_SOCKETS = "kubectl -n {} exec {} -c istio-proxy -- ss -ltn"


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A refusal, who listens where, and whether it ever goes well."""
    failures = refused(hop)
    if not failures:
        yield from _unspecific(hop, mesh)
        return
    if hop.leg is Place.APP_TO_PROXY:
        yield OWN_CALL.hit(*hop.sources(failures), count=len(failures), observation="ending")
        return
    address = next(iter(hop.upstream_hosts), "") or service_name(hop)
    told = any(failure.ending is Ending.CONNECTION_REFUSED for failure in failures)
    clue = REFUSED if told else REFUSED_INSIDE
    yield clue.hit(*hop.sources(failures), count=len(failures), address=address)
    if not serves(hop, mesh, failures):
        yield from _configured(hop, mesh, failures)
    yield from _in_time(hop, mesh, failures)
    if hop.having(Ending.CONNECTION_TERMINATION):
        yield BROKE_BEFORE.hit(*hop.sources(hop.having(Ending.CONNECTION_TERMINATION)))
    for gone, source in unlisted(hop, mesh)[:1]:
        yield NO_ENDPOINT.hit(source, address=gone)


def _unspecific(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UF of an Envoy that does not say more (before 1.20, or a format without details)."""
    told = () if hop.failures else refusals_logged(mesh)
    for address, event in told[:1]:
        yield REFUSED.hit(event.source, count=len(told), address=address)
    failures = [f for f in hop.having(Ending.CONNECTION_FAILURE) if f.outcome.errno is None]
    if failures and failed_at_once(failures):
        yield FAILED_AT_ONCE.hit(*hop.sources(failures), count=len(failures))
    elif failures and all(f.teller.duration is None for f in failures):
        yield FAILED_UNTOLD.hit(*hop.sources(failures))
    if any(f.outcome.detail == BARE_RESET for f in hop.failures):
        for own in loopback_clusters(mesh)[:1]:
            yield DIALS_ITSELF.hit(*filter(None, [own.source]), by=own.by, address=own.value)
    if failures and (found := captured_on(hop, mesh, Shape.REFUSED)):
        yield CAPTURED.hit(*packets(found), count=len(found))


def _in_time(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    if only_at_start(hop, mesh):
        yield AT_START.hit(*hop.sources(failures), observation="in time")
    elif serves(hop, mesh, failures):
        yield SERVED.hit(*hop.sources(failures), observation="in time")
    elif all_fail(hop, mesh) and recovered(hop, mesh) is False:
        yield ALWAYS.hit(*hop.sources(failures), service=service_name(hop), observation="in time")
    if failed_at_once(failures):
        yield QUICK.hit(*hop.sources(failures), observation="in time")
    for event in failing_life(hop, mesh)[:1]:
        yield POD_CHANGED.hit(event.source, service=service_name(hop), what=event.text)


def _configured(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """Ports, listeners and pods that do not fit together; who is dialled, who is there."""
    found = list(_listeners(hop, mesh, failures))
    yield from found
    if not any(hit.clue is LISTENS_THERE for hit in found):
        yield from _ports(hop, mesh, failures)
    yield from _other_pod(hop, mesh, failures)


def _ports(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    if hop.host and (service_of(mesh, hop.host) or workloads_of(mesh, hop.host)):
        numbers = dialled_ports(failures) or (workload_port(mesh, hop.host, hop.port),)
        differing = [port_mismatch(mesh, hop.host, number) for number in numbers if number]
    elif hop.role is Role.CLIENT:
        differing = list(port_mismatches(mesh))
    else:
        return
    for mismatch in differing[:1]:
        if mismatch is not None:
            yield PORT_DIFFERS.hit(
                *mismatch.sources,
                target=mismatch.target,
                workload=mismatch.workload,
                ports=mismatch.ports,
                observation="listener",
            )


def _listeners(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """What listens in the pod, against what was dialled; only where that pod is the hop's."""
    ports = dialled_ports(failures) or tuple(
        port for port in (workload_port(mesh, hop.host, hop.port),) if port
    )
    sockets = [s for s in sockets_of(mesh, hop.host) if not s.by_argument or s.port in ports]
    if not ports or not sockets:
        return
    addresses = dialled(failures)
    fitting = [socket for socket in sockets if takes(socket, ports, addresses)]
    if fitting:
        yield LISTENS_THERE.hit(fitting[0].source, port=fitting[0].port, observation="listener")
        return
    near = next((socket for socket in sockets if socket.port in ports), sockets[0])
    sure = near.port in ports or bool(listening(mesh))
    yield (LISTENS_ELSEWHERE if sure else LOGGED_ELSEWHERE).hit(
        near.source,
        *hop.sources(failures, most=1),
        who=near.who,
        found=f"{near.address or '*'}:{near.port}",
        address=next(iter(hop.upstream_hosts), f"port {ports[0]}"),
        observation="listener",
    )


def _other_pod(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """A dialled pod whose name shows that another workload made it."""
    ours = [w.name for w in workloads_of(mesh, hop.host) if w.kind != "Pod"] if hop.host else []
    names = [*ours, service_name(hop)]
    for address in dialled(failures):
        pod = pod_at(mesh, address)
        if pod is None or any(is_pod_of(pod.name, name) for name in names):
            continue
        peers = [other for other in pods_of(mesh, hop.host) if other is not pod]
        if any(is_pod_of(other.name, service_name(hop)) for other in peers):
            yield OTHER_POD.hit(
                pod.source,
                *hop.sources(failures, most=1),
                address=address,
                pod=pod.name,
                service=service_name(hop),
            )
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Who listens in the pod, the Service's ports, the pods' life."""
    if hop.leg is not Place.PROXY_TO_EXTERNAL and not listening(mesh):
        yield Missing(
            what=_("the listening sockets inside the server's pod"),
            command=_SOCKETS.format(namespace_of(hop, mesh), server_pod(hop, mesh)),
            decides=(ID, "startup-race", "pod-terminating", "upstream-crash"),
        )
    yield from question.given(
        question.service(hop, mesh, ID, "xds-stale"),
        question.workload(hop, mesh, ID),
        question.pods(hop, mesh, "startup-race", "pod-terminating", "upstream-crash", ID),
        _whose_address(hop, mesh),
    )


def _whose_address(hop: Hop, mesh: Mesh) -> Missing | None:
    """Which pod has the address that refuses; None where it was given, or for a sidecar's own."""
    unknown = [host for host in map(split_host, hop.upstream_hosts) if not pod_at(mesh, host[0])]
    if hop.leg is not Place.PROXY_TO_PROXY or not unknown:
        return None
    return Missing(
        what=_("which pod has the address that refuses"),
        command=f"kubectl get pods -A -o wide | grep -wF {unknown[0][0]}",
        decides=(ID, "xds-stale", "headless-service"),
    )


NO_SUCH_TARGET = Rule(
    "target-port-not-declared",
    Severity.WARNING,
    _("The Service sends to port {target}; the containers of {workload} declare {ports} only."),
    same_as=("KIA0701",),
)
ON_LOOPBACK = Rule(
    "listens-on-localhost",
    Severity.ERROR,
    _("{who} listens on {address} only, and {service} sends to port {port} of the pod's address."),
    ("IST0143",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Services that send to a port that no container declares, or that listens on loopback."""
    yield from ON_LOOPBACK.each(behind_loopback(mesh))
    for found in port_mismatches(mesh):
        yield NO_SUCH_TARGET.at(
            found.sources[0], ports=found.ports, target=found.target, workload=found.workload
        )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Let Service and application agree on the port; bind to all addresses; probe it."""
    if hop.leg is Place.APP_TO_PROXY:
        yield Remedy(
            title=_("See in the caller's own pod whether its proxy was listening just then"),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            commands=(_SOCKETS.format(caller_namespace(hop, mesh), caller_pod(hop, mesh)),),
            risks=(_("A caller without a sidecar was refused by the server's pod itself."),),
        )
        return
    dialling = dialled_port(hop, mesh)
    declared = [port.port for port in container_ports(mesh, hop.host)] if hop.host else []
    bound = any(socket.port == dialling for socket in sockets_of(mesh, hop.host))
    if dialling not in declared and not bound:
        yield send_to_listener(hop, mesh, next(iter(declared), None))
    in_mesh = hop.leg is not Place.PROXY_TO_EXTERNAL
    objects = [loopback_sidecar(hop, mesh, dialling)] if dialling and in_mesh else []
    yield Remedy(
        title=_("Let the application listen on all addresses of the pod, IPv6 too if it has one"),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        patches=tuple(Patch(yaml=object_text(new)) for new in objects),
        risks=(
            _("The Sidecar is for an application that must stay on 127.0.0.1: list every port."),
        )
        if objects
        else (),
        verify=_("`ss -ltn` shows `*:port` or `[::]:port`."),
    )
    yield Remedy(
        title=_(
            "Give the container a readiness probe on that port, so that "
            "a pod without listener gets no traffic"
        ),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
