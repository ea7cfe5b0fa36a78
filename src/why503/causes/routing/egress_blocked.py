"""Egress blocked: the traffic left the proxy, and something on the way out of the cluster stops it.

## What happens
The proxy lets the destination pass (PassthroughCluster, or a ServiceEntry's cluster) and dials it;
no answer comes back, because a firewall, a NAT, an egress NetworkPolicy, a security group or the
provider drops the packets. `503 UF` after the connect timeout, or at once with errno 113 or 101
where the network rejects; for TCP a line `0 UF` without method.

## How to tell
* Every attempt to every outside host fails, whichever host it is, while calls inside the mesh work.
* The address that is dialled is the one that the name has now (`dig`); where it is not, the address
  is old: `egress-address-stale`.
* The same connection from the node, past the mesh, fails as well; from a pod without sidecar too.
* An egress NetworkPolicy whose rules name only pods or namespaces lets nobody out: addresses
  outside the cluster need an `ipBlock`.
* `502` with `block_all` in the line, or `BlackHoleCluster`, is the mesh's own doing:
  `sidecar-egress-scope`.

## What to do
Follow the packet: egress policies of the caller's namespace, the node's firewall and its sets of
addresses, the NAT gateway with its limits, the provider's rules, the partner's own allow list.
Where only an egress gateway or an HTTP proxy may go out, send the traffic there.

## References
* Istio "Accessing External Services": ALLOW_ANY and the PassthroughCluster, default since 1.1.
* Kubernetes NetworkPolicy, `egress`.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import OUTSIDE_HOSTS, Limits, flagged
from why503.diagnosis.cause import (
    At,
    Clue,
    Disposition,
    Hazard,
    Hit,
    Missing,
    Remedy,
    RemedyKind,
    Rule,
    Severity,
    Weight,
)
from why503.diagnosis.scenario import Knob, Scenario, Topology, View
from why503.diagnosis.scenario_part import silent_server
from why503.facts import DnsAnswer, Request, Witness
from why503.mesh.address import split_host
from why503.mesh.armed.declared_port import opaque_entries_without_address
from why503.mesh.armed.overlap import rival_entries
from why503.mesh.connecting import (
    dialled,
    failed_at_once,
    is_placeholder,
    not_connected,
    rejected,
    unanswered,
)
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_node, service_name
from why503.mesh.network_policy import Party, Verdict, caller_party, egress_verdict
from why503.mesh.timing import all_fail, successes
from why503.support.text import _

ID = "egress-blocked"
TITLE = _("Something on the way out of the cluster stops the connection")
READS = frozenset(
    {"BackendTrafficPolicy", "DaemonSet", "Deployment", "DestinationRule", "DnsAnswer"}
    | {"GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster", "LoadedEndpoint"}
    | {"MeshConfig", "NetworkPolicy", "Pod", "ProxyInfo", "ReplicaSet", "Request", "Service"}
    | {"StatefulSet", "fragment"}
)
SIGNS = frozenset(
    {"UF", "PassthroughCluster", "connection_timeout", "No route to host", "Network is unreachable"}
)
AT = At.LEG
ALERT = flagged("UF", among={OUTSIDE_HOSTS: "api.partner.example"}, limits=Limits(share=0.95))
SCENARIO = Scenario(
    summary="A NetworkPolicy of the caller lets nothing out of the cluster, and packets vanish.",
    hop=Place.PROXY_TO_EXTERNAL,
    topology=Topology.EXTERNAL,
    **silent_server(Knob(name="limit", low=0.3, high=0.6, seconds=True)),
    objects=(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: {caller}
          namespace: {namespace}
        spec:
          podSelector:
            matchLabels:
              app: {caller}
          policyTypes: [Egress]
          egress:
          - to:
            - namespaceSelector: {}
        """,
    ),
    modest={
        View.CALLER: "It shows packets without an answer, not who dropped them.",
        View.PROXIES: "They show packets without an answer, not who dropped them.",
    },
    also=frozenset({"connect-timeout", "network-policy-blocked", "egress-address-stale"}),
)

NO_ANSWER = Clue(
    Weight.SPEAKS_FOR,
    _("{count:connection attempt|connection attempts} to {host}, outside the mesh, got no answer."),
)
REJECTED = Clue(
    Weight.SPEAKS_FOR,
    _("The network rejects connections to {host}, outside the mesh (errno 113 or 101)."),
)
NOT_MADE = Clue(Weight.HINTS, _("No connection to {host}, outside the mesh, could be made."))
EVERY_HOST = Clue(
    Weight.SPEAKS_FOR,
    _("It is not this host alone: {hosts} outside the mesh cannot be reached either."),
)
NEVER = Clue(Weight.HINTS, _("No request to {host} went well, from the first to the last."))
RIGHT_ADDRESS = Clue(
    Weight.SPEAKS_FOR, _("The dialled address {address} is the one that the name has (DNS).")
)
OTHER_ADDRESS = Clue(
    Weight.SPEAKS_AGAINST, _("The name resolves to {found}; the proxy dials {address}.")
)
WORKED_BEFORE = Clue(Weight.SPEAKS_AGAINST, _("Requests to {host} went well in the same log."))
OTHERS_WORK = Clue(
    Weight.SPEAKS_AGAINST,
    _("Other hosts outside the mesh are reached from the same proxy: {host}."),
)
BY_HAND = Clue(
    Weight.SPEAKS_FOR,
    _("A connection to {place} tried by hand, without HTTP, got no answer either."),
)
EGRESS_POLICY = Clue(Weight.PROVES, _("{policy} does not let {caller} connect out to {host}."))
EGRESS_POLICY_GIVEN = Clue(
    Weight.SPEAKS_FOR,
    _("{policy} does not let the pods it selects connect out to {host}, as far as it is shown."),
)
EGRESS_ADMITTED = Clue(Weight.SPEAKS_AGAINST, _("{policy} lets {caller} connect out to {host}."))


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Attempts to go out that nobody answered, of this and of other hosts."""
    failures = not_connected(hop)
    if hop.leg is not Place.PROXY_TO_EXTERNAL or not failures:
        return
    if any(is_placeholder(address) for address in dialled(failures)):
        return
    host = service_name(hop)
    yield _ending(hop, mesh).hit(
        *hop.sources(failures), count=len(failures), host=host, observation="ending"
    )
    yield from _others(hop, mesh)
    if successes(hop, mesh):
        yield WORKED_BEFORE.hit(host=host, observation="in time")
    elif all_fail(hop, mesh):
        yield NEVER.hit(*hop.sources(failures), host=host, observation="ending")
    yield from _resolved(hop, mesh, failures)
    yield from _by_hand(hop, mesh, failures)
    verdict = _policy(hop, mesh)
    if verdict is not None:
        yield _of_verdict(verdict, caller_party(hop, mesh), host)


def _of_verdict(verdict: Verdict, caller: Party, host: str) -> Hit:
    """A denial proves it only where the policy is known to select the caller."""
    policy = verdict.policy.full_name
    if not verdict.admitted and not caller.name:
        return EGRESS_POLICY_GIVEN.hit(verdict.source, policy=policy, host=host)
    clue = EGRESS_ADMITTED if verdict.admitted else EGRESS_POLICY
    name = caller.name or _("the caller")
    return clue.hit(verdict.source, policy=policy, caller=name, host=host)


def _ending(hop: Hop, mesh: Mesh) -> Clue:
    if rejected(hop):
        return REJECTED
    return NO_ANSWER if unanswered(hop, mesh) else NOT_MADE


def _others(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """How the other hosts outside fare, told by the same proxies."""
    outside = [other for other in mesh.hops if other.leg is Place.PROXY_TO_EXTERNAL]
    failing = sorted(
        {
            service_name(other)
            for other in outside
            if other is not hop
            and other.host != hop.host
            and not_connected(other)
            and not successes(other, mesh)
        }
    )
    reached = _reached(hop, mesh)
    if reached:
        yield OTHERS_WORK.hit(host=reached, observation="others")
    elif failing:
        yield EVERY_HOST.hit(*hop.sources(), hosts=", ".join(failing[:4]), observation="others")


def _reached(hop: Hop, mesh: Mesh) -> str:
    """An outside host that a proxy reached through the PassthroughCluster; ``""`` for none."""
    tellers = {failure.teller.teller for failure in hop.failures}
    for log in mesh.logs:
        for group in log.groups if log.teller in tellers else ():
            passes = (group.upstream_cluster or "").startswith("PassthroughCluster")
            host = split_host(group.authority)[0] or split_host(group.upstream_host)[0]
            answered = group.code is not None and 0 < group.code < 500 and not group.flags
            if passes and answered and host != hop.host:
                return host
    return ""


def _by_hand(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """A probe of `nc` or `telnet` to the same address or name that timed out."""
    places = {*dialled(failures), hop.host}
    for request in mesh.facts(Request):
        tried = request.witness is Witness.CLIENT and request.authority
        if tried and request.transport_failure == "Connection timed out":
            tried_at = {split_host(name)[0] for name in (request.authority, request.upstream_host)}
            if tried_at & places:
                place = request.upstream_host or request.authority
                yield BY_HAND.hit(request.source, place=place, observation="by hand")
                return


def _resolved(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    answers = [a for a in mesh.facts(DnsAnswer) if a.name.lower() == hop.host.lower()]
    addresses = dialled(failures)
    if not answers or not addresses:
        return
    if {answer.address for answer in answers} & set(addresses):
        yield RIGHT_ADDRESS.hit(answers[0].source, address=addresses[0], observation="address")
    else:
        yield OTHER_ADDRESS.hit(
            answers[0].source, found=answers[0].address, address=addresses[0], observation="address"
        )


def _policy(hop: Hop, mesh: Mesh) -> Verdict | None:
    address = next(iter(dialled(hop.failures)), "")
    target = Party(name=hop.host, whole=True, address=address, outside=True)
    return egress_verdict(mesh, caller_party(hop, mesh), target, hop.host, hop.port)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The name's address, the caller's egress policies, and the same connection past the mesh."""
    if not any(answer.name.lower() == hop.host.lower() for answer in mesh.facts(DnsAnswer)):
        yield from question.given(question.name_resolved(hop, mesh, ID, "egress-address-stale"))
    yield Missing(
        what=_("the same connection from the node, past the mesh"),
        command=(
            f"kubectl debug node/{caller_node(hop, mesh)} -it --image=nicolaka/netshoot -- "
            f"curl -sv -m 5 telnet://{service_name(hop)}:{hop.port or '<port>'}"
        ),
        decides=(ID, "egress-address-stale", "tls-origination-mismatch"),
    )
    if not mesh.has("NetworkPolicy"):
        yield Missing(
            what=_("the NetworkPolicies of the caller's namespace"),
            command="kubectl get networkpolicies -A -o yaml",
            decides=(ID, "connect-timeout"),
        )


ENTRIES_CLASH = Rule(
    "entries-clash",
    Severity.WARNING,
    _("{entry} and {other} declare {host} with different protocols: one of them wins."),
    ("IST0177",),
)
NO_ADDRESS = Rule(
    "tcp-entry-without-address",
    Severity.WARNING,
    _(
        "{entry} opens TCP port {port} without addresses: its listener takes every "
        "connection to that port."
    ),
    ("IST0134",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """ServiceEntries that contradict each other, or take what is meant for others."""
    yield from ENTRIES_CLASH.each(rival_entries(mesh))
    yield from NO_ADDRESS.each(opaque_entries_without_address(mesh))


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Open the way; say so in the mesh; watch it."""
    host = service_name(hop)
    addresses = ", ".join(dialled(hop.failures)) or host
    failing = failed_at_once(not_connected(hop))
    yield Remedy(
        title=_(
            "Open the way out to {addresses}: egress policy, node firewall, NAT, provider, partner"
        ).format(addresses=addresses),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("kubectl get networkpolicies -A -o yaml",),
        risks=(_("A way out is a way for data to leave: open it for this destination only."),),
        verify=_("The connection is refused no longer.")
        if failing
        else _("The connection is answered in time."),
    )
    yield Remedy(
        title=_(
            "Declare {host} with a ServiceEntry, so that its failures "
            "have a name in metrics and logs"
        ).format(host=host),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.NEEDS_REVIEW,
    )
