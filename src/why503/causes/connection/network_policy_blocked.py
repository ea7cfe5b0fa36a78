"""NetworkPolicy: a packet filter between the two workloads stops the connection.

## What happens
A pod that a NetworkPolicy selects takes only what one of its policies admits; a node firewall or
a cloud security group does the same outside Kubernetes. Most network plug-ins drop the packet: the
caller's proxy waits out its connect timeout, `503 UF` with `connection_timeout`. Some reject it
with ICMP: `delayed_connect_error:_113` (`No_route_to_host`), at once. The server's proxy has no
line. In ambient mode the connection between nodes goes to port 15008; a policy that admits only
the application's port stops it, and ztunnel says `connection timed out, maybe a NetworkPolicy is
blocking HBONE port 15008`.

## How to tell
* Every request from this caller to every pod of the Service fails; other callers get answers.
* A policy that selects the server's pods has no `ingress` rule with the caller's labels,
  namespace and port (the pod's port, not the Service's), or an egress policy of the caller's pods
  does not name the server.
* A capture at the caller shows SYNs repeated and no answer: the drop. At the server: nothing.
* Like a dead node (`connect-timeout`), which fails for all callers and for one address only.

## What to do
Add the caller to the policy. Sidecars do not change the port that a policy sees; ambient needs
TCP 15008 besides. Policies add up, so a second small policy that admits the caller is enough.

## References
* Kubernetes NetworkPolicy API `networking.k8s.io/v1`: policyTypes, podSelector, peers, ports.
* Istio, "Ambient and Kubernetes NetworkPolicy"; ztunnel's text since 1.22.
* Measured on Envoy 1.40.0: dropped SYNs give connection_timeout, admin-prohibited gives errno 113.
"""

from collections.abc import Iterator

from why503.diagnosis.admitting_policy import admitting_policy, leaving_policy
from why503.diagnosis.alert_later import Limits, one_caller_only
from why503.diagnosis.cause import At, Disposition, Hit, Missing, Remedy, RemedyKind
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.scenario import Knob, Scenario, Topology, View
from why503.diagnosis.scenario_part import silent_server
from why503.facts import ProxyEvent, ProxyEventKind, Tunnel
from why503.mesh import connecting
from why503.mesh.armed import open_port
from why503.mesh.captured import Shape, captured_on, packets
from why503.mesh.ending import Ending
from why503.mesh.endpoint import workload_port
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.network_policy import (
    Party,
    Verdict,
    caller_party,
    doubtful_ingress,
    egress_verdict,
    ingress_verdict,
    server_party,
)
from why503.mesh.setting import mapping_of, whole_number
from why503.mesh.timing import healthy_hosts, successes
from why503.support.text import _

ID = "network-policy-blocked"
TITLE = _("A NetworkPolicy or firewall between the workloads stops the connection")
READS = frozenset(
    {"BackendTrafficPolicy", "DaemonSet", "Deployment", "DestinationRule", "EndpointSlice"}
    | {"Endpoints", "GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster"}
    | {"LoadedEndpoint", "MeshConfig", "Namespace", "NetworkPolicy", "Pod", "ProxyEvent"}
    | {"ProxyInfo", "ReplicaSet", "Service", "StatefulSet", "TcpConnection", "Tunnel"}
    | {"fragment"}
)
SIGNS = frozenset(
    {"UF", "connection_timeout", "No route to host", "delayed connect error: 113"}
    | {"HBONE port 15008"}
)
AT = At.LEG
ALERT = one_caller_only("UF", limits=Limits(share=0.95, holds="10m"))
_LIMIT = Knob(name="limit", low=0.3, high=0.5, seconds=True)
SCENARIO = Scenario(
    summary="A NetworkPolicy admits other callers only, and the packets vanish.",
    hop=Place.PROXY_TO_APP,
    topology=Topology.BARE_SERVER,
    **silent_server(_LIMIT),
    objects=(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: {service}
          namespace: {namespace}
        spec:
          podSelector:
            matchLabels:
              app: {service}
          policyTypes: [Ingress]
          ingress:
          - from:
            - podSelector:
                matchLabels:
                  app: backoffice
        """,
    ),
    modest={
        View.CALLER: "It shows packets without an answer, not who dropped them.",
        View.PROXIES: "They show packets without an answer, not who dropped them.",
    },
    also=frozenset({"connect-timeout"}),
)

UNANSWERED = Clue(
    Weight.HINTS,
    _("{count:connection attempt|connection attempts} got no answer, as when packets are dropped."),
)
REJECTED = Clue(
    Weight.SPEAKS_FOR,
    _("The network answered `no route to host` (errno 113), as a packet filter that rejects does."),
)
REJECTED_LATE = Clue(
    Weight.HINTS, _("The network answered `no route to host` (errno 113), but only after a while.")
)
CAPTURED_PROHIBITED = Clue(
    Weight.PROVES, _("{by} answered the SYN with ICMP `{what}`: a packet filter rejects it.")
)
CAPTURED_UNANSWERED = Clue(
    Weight.HINTS, _("A packet capture shows {count:connection|connections} whose SYN vanished.")
)
CAPTURED_LATE = Clue(
    Weight.SPEAKS_AGAINST, _("A packet capture shows a SYN-ACK, only late: nothing blocks the way.")
)
REJECTED_AT_ONCE = Clue(
    Weight.HINTS, _("That answer came at once; a host that is gone takes seconds.")
)
NOT_ADMITTED = Clue(
    Weight.PROVES, _("{policy} does not admit {caller} on port {port} of {service}.")
)
PROBABLY_NOT_ADMITTED = Clue(
    Weight.HINTS, _("{policy} does not admit {caller} on port {port} of {service}.")
)
RESTRICTED = Clue(
    Weight.SPEAKS_FOR,
    _("{policy} restricts who may connect to {service}; whether this caller may cannot be told."),
)
ADMITTED = Clue(Weight.SPEAKS_AGAINST, _("{policy} admits {caller} on port {port} of {service}."))
HBONE_SUSPECTED = Clue(Weight.SPEAKS_FOR, _("ztunnel got no answer and suspects a policy: {what}"))
HBONE_NOT_OPEN = Clue(
    Weight.SPEAKS_FOR, _("{policy} does not admit port 15008, which ambient traffic uses.")
)
NO_ENDPOINT = Clue(
    Weight.SPEAKS_AGAINST,
    _("{address} is none of the Service's endpoints: the proxy dials a pod of the past."),
)
FLOW_STOPPED = Clue(Weight.SPEAKS_FOR, _("The network says that a policy stopped a flow: {what}"))
ISTIOD_SILENT = Clue(
    Weight.SPEAKS_FOR, _("The proxy's way to its control plane gives no answer: {what}")
)
FLOW_TO_SERVER = Clue(Weight.SPEAKS_FOR, _("That flow was to or from {service}."))
SOME_ANSWER = Clue(
    Weight.SPEAKS_AGAINST,
    _("Requests of the same caller to {service} went well; a policy stops all of them."),
)

_HBONE = 15008
_ZTUNNEL = "NetworkPolicy is blocking"


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Attempts without an answer or with a rejection, and what the policies say of them."""
    yield from _ambient(hop, mesh)
    yield from _flows(hop, mesh)
    for event in () if hop.failures else connecting.control_plane_silent(mesh)[:1]:
        yield ISTIOD_SILENT.hit(event.source, what=event.text[:200])
    if hop.leg is Place.PROXY_TO_EXTERNAL or hop.role is Role.UPSTREAM:
        return
    silent, turned_away = connecting.unanswered(hop, mesh), connecting.rejected(hop)
    if turned_away:
        at_once = connecting.failed_at_once(turned_away)
        late = not at_once and any(f.teller.duration is not None for f in turned_away)
        yield (REJECTED_LATE if late else REJECTED).hit(
            *hop.sources(turned_away), observation="ending"
        )
        if at_once:
            yield REJECTED_AT_ONCE.hit(*hop.sources(turned_away))
    elif silent:
        yield UNANSWERED.hit(*hop.sources(silent), count=len(silent), observation="ending")
    if connecting.not_connected(hop):
        yield from _captured(hop, mesh)
        yield from _policies(hop, mesh)
        for address, source in connecting.unlisted(hop, mesh)[:1]:
            yield NO_ENDPOINT.hit(source, address=address)
        if successes(hop, mesh):
            yield SOME_ANSWER.hit(*hop.sources(), service=service_name(hop), observation="others")


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What became of the SYNs."""
    for found in captured_on(hop, mesh, Shape.UNREACHABLE):
        opening = found.connection.handshake
        if opening is not None and "prohibited" in found.detail:
            by = opening.unreachable_by or _("The network")
            yield CAPTURED_PROHIBITED.hit(*found.sources, by=by, what=found.detail)
            return
    if late := captured_on(hop, mesh, Shape.LATE_SYN_ACK):
        yield CAPTURED_LATE.hit(*packets(late))
    elif silent := captured_on(hop, mesh, Shape.UNANSWERED):
        yield CAPTURED_UNANSWERED.hit(*packets(silent), count=len(silent), observation="ending")


def _ambient(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What ztunnel suspects, and whether the policies leave its port open."""
    tunnels = [t for t in mesh.facts(Tunnel) if _ZTUNNEL in t.error]
    events = [
        e for e in mesh.events(ProxyEvent, ProxyEventKind.ZTUNNEL_ERROR) if _ZTUNNEL in e.text
    ]
    places = [(t.source, t.error) for t in tunnels] + [(e.source, e.text) for e in events]
    if not places or (hop.failures and not connecting.not_connected(hop)):
        return
    yield HBONE_SUSPECTED.hit(places[0][0], what=places[0][1][:160], observation="ending")
    for policy in mesh.manifests("NetworkPolicy"):
        written = [
            whole_number(mapping_of(entry).get("port"))
            for rule, _fields in policy.items("spec", "ingress")
            for _index, entry in policy.items("spec", "ingress", rule, "ports")
        ]
        if written and None not in written and _HBONE not in written:
            yield HBONE_NOT_OPEN.hit(policy.where("spec", "ingress"), policy=policy.full_name)
            return


def _flows(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What Cilium says it stopped, where the failures are such as a stopped flow makes."""
    if hop.failures and not connecting.not_connected(hop):
        return
    stopped = mesh.events(ProxyEvent, ProxyEventKind.POLICY_DROPPED)
    for event in stopped[:1]:
        yield FLOW_STOPPED.hit(*(e.source for e in stopped[:3]), what=event.text[:200])
    name = hop.host.partition(".")[0]
    if name and (ours := [event for event in stopped if name in event.text]):
        yield FLOW_TO_SERVER.hit(ours[0].source, service=service_name(hop))


def _verdict(hop: Hop, mesh: Mesh) -> tuple[Verdict, Party, int | None] | None:
    """The policy that stops the connection, else one that admits it; None where nothing tells."""
    caller, server = caller_party(hop, mesh), server_party(hop, mesh)
    port = next(
        iter(connecting.dialled_ports(hop.failures)), workload_port(mesh, hop.host, hop.port)
    )
    verdicts = [
        ingress_verdict(mesh, server, caller, hop.host, port),
        egress_verdict(mesh, caller, server, hop.host, port),
    ]
    told = [verdict for verdict in verdicts if verdict is not None]
    stopping = [verdict for verdict in told if not verdict.admitted]
    return next(((verdict, caller, port) for verdict in (*stopping, *told)), None)


def _policies(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    found = _verdict(hop, mesh)
    if found is None:
        yield from _doubtful(hop, mesh)
        return
    verdict, caller, port = found
    clue = ADMITTED
    if not verdict.admitted:
        refused = hop.share(Ending.CONNECTION_REFUSED) > 0
        some = bool(healthy_hosts(hop, mesh))
        clue = PROBABLY_NOT_ADMITTED if refused or some else NOT_ADMITTED
    yield clue.hit(
        verdict.source,
        policy=verdict.policy.full_name,
        caller=caller.name or _("this caller"),
        port=port if port is not None else "?",
        service=service_name(hop),
    )


def _doubtful(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """A policy that restricts who may call, where it cannot be told who called."""
    port = next(
        iter(connecting.dialled_ports(hop.failures)), workload_port(mesh, hop.host, hop.port)
    )
    policy = doubtful_ingress(
        mesh, server_party(hop, mesh), caller_party(hop, mesh), hop.host, port
    )
    if policy is not None and connecting.unanswered(hop, mesh):
        where = policy.where("spec", "ingress")
        yield RESTRICTED.hit(where, policy=policy.full_name, service=service_name(hop))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The policies, the callers' labels, and whether another caller gets through."""
    if not mesh.has("NetworkPolicy"):
        yield Missing(
            what=_("the NetworkPolicies that can apply"),
            command="kubectl get networkpolicies -A -o yaml",
            decides=(ID, "connect-timeout"),
        )
        return
    if _verdict(hop, mesh) is None:
        yield Missing(
            what=_("the labels of the calling and of the called pods, and of their namespaces"),
            command="kubectl get pods,namespaces -A --show-labels -o wide",
            decides=(ID, "connect-timeout"),
        )


ARMED: dict[Finder, Rule] = {
    open_port.istiod_out_of_reach: Rule(
        "istiod-port-shut",
        Severity.ERROR,
        _(
            "{policy} leaves {workload} no way to istiod on port 15012: its proxy gets no "
            "configuration."
        ),
    ),
    open_port.istiod_entry_shut: Rule(
        "istiod-entry-shut",
        Severity.ERROR,
        _(
            "{policy} opens ports of istiod, but not {port}: 15012 gives proxies their "
            "configuration, 15017 new pods their sidecar."
        ),
    ),
    open_port.tunnel_shut: Rule(
        "hbone-port-shut",
        Severity.ERROR,
        _("{policy} shuts port 15008 of {workload}, on which ambient traffic comes."),
    ),
    open_port.names_out_of_reach: Rule(
        "dns-port-shut",
        Severity.WARNING,
        _("{policy} leaves {workload} no way to a name server (UDP port 53): no name is found."),
    ),
    open_port.target_ports_shut: Rule(
        "target-port-shut",
        Severity.WARNING,
        _("{service} sends to port {port}, which {policy} opens for nobody."),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """NetworkPolicies that shut a port which the mesh or a Service needs."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """A policy that admits the caller; where there is none, the firewalls of nodes and cloud."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    found = _verdict(hop, mesh)
    caller, port = found[1:] if found else (Party(), None)
    policy = f"{name}-admit-caller"
    server = server_party(hop, mesh)
    out = egress_verdict(mesh, caller, server, hop.host, port)
    leaving = out is not None and not out.admitted
    new = (
        leaving_policy(f"{name}-reach", caller, server, port)
        if leaving
        else admitting_policy(policy, namespace, server, caller, port)
    )
    yield Remedy(
        title=_("Admit the caller's pods to {service} with a policy of their own").format(
            service=name
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=(new,),
        opens=True,
        risks=(
            _(
                "Somebody may have shut this caller out on purpose: ask the owner of {service}."
            ).format(service=name),
        ),
        verify=_("503 UF stops; the server's proxy logs the requests."),
        undo=f"kubectl -n {namespace} delete networkpolicy {policy}",
    )
    if not mesh.has("NetworkPolicy"):
        yield Remedy(
            title=_(
                "Or open the port in the node's firewall (firewalld, "
                "iptables) or the security group"
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.OUTSIDE_MESH,
            risks=(_("firewalld and the mesh's own packet rules disturb each other on one node."),),
        )
