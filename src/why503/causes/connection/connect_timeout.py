"""Connect timeout: nobody answered the connection attempt while the proxy waited.

## What happens
Envoy sends a SYN and waits for the connect timeout, in Istio 10 s (`meshConfig.connectTimeout`),
or what a DestinationRule's `connectionPool.tcp.connectTimeout` says. Without an answer it logs
`503 UF`, from Envoy 1.27 with `upstream_reset_before_response_started{connection_timeout}`, before
with `{connection_failure}` or nothing. The node behind the address is dead, there is no route to
it (a virtual machine without routes to the pods), or packets vanish. Or the timeout was set below
the time that a connection takes there, and then every address fails.

## How to tell
* The duration is the connect timeout, or that times the tries plus a little back-off (`UF,URX`).
* `UPSTREAM_LOCAL_ADDRESS` is `-`: no connection was made. The server's proxy knows nothing of it.
* One address fails and its neighbours answer: the node of that pod. Every address fails after a
  time set very short: the setting; a capture shows the SYN-ACK coming after it.
* A NetworkPolicy that does not admit the caller makes the same lines: `network-policy-blocked`. An
  address that the Service no longer has: `xds-stale`; of an outside name: `egress-address-stale`.
* Errno 113 after about 3 s is the kernel giving up on the neighbour (no ARP answer): a pod or a
  node that is gone. Errno 113 at once is a packet filter that rejects.

## What to do
Look at the node and the route to the address. Outlier detection takes a dead address out after a
few failures; a connect timeout of 1 to 3 s keeps callers from waiting 10 s for each. Raise a
timeout that is shorter than the round trips: with TLS the timer runs until that handshake, too, is
done. A retry on `connect-failure` is safe, for nothing was sent, but waits for the next timeout.

## References
* Istio `connectTimeout`: 10 s in the code since 1.6, in the charts before; Envoy's own 5 s.
* Envoy `router.cc`: reason `connection timeout` told apart since 1.27.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Counter, counted
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
from why503.diagnosis.field_edit import put_at
from why503.diagnosis.policy_edit import policy_wanted
from why503.diagnosis.scenario import Knob, Scenario, Topology, View
from why503.diagnosis.scenario_part import destination_rule, silent_server
from why503.diagnosis.standing_object import POLICY_SETTERS, edit_command
from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.address import split_host
from why503.mesh.captured import Shape, captured_on, packets
from why503.mesh.connecting import failed_at_once, rejected, serves_elsewhen, unanswered, unlisted
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of
from why503.mesh.pod_naming import pod_at
from why503.mesh.setting import mapping_of
from why503.mesh.timing import durations, healthy_hosts, one_host_only
from why503.mesh.traffic_policy import connect_timeout
from why503.mesh.written import as_written, behind
from why503.support.duration import seconds_of, spell
from why503.support.text import _

ID = "connect-timeout"
TITLE = _("The connection attempt got no answer within the connect timeout")
READS = frozenset(
    {"BackendTrafficPolicy", "DaemonSet", "Deployment", "DestinationRule", "EndpointSlice"}
    | {"Endpoints", "GRPCRoute", "HTTPRoute", "IstioOperator", "LoadedCluster"}
    | {"LoadedEndpoint", "MeshConfig", "Node", "Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet"}
    | {"Service", "StatefulSet", "TcpConnection", "fragment"}
)
SIGNS = frozenset({"UF", "connection timeout", "connection_timeout", "connection_failure"})
AT = At.LEG
ALERT = counted(Counter(stat="upstream_cx_connect_timeout"))
_LIMIT = Knob(name="limit", low=0.3, high=0.5, seconds=True)
SCENARIO = Scenario(
    summary="The server's host takes no connection and says nothing, and the proxy gives up.",
    hop=Place.PROXY_TO_APP,
    topology=Topology.BARE_SERVER,
    **silent_server(_LIMIT),
    objects=(
        destination_rule(
            """
            connectionPool:
              tcp:
                connectTimeout: {limit}s
            """
        ),
    ),
    modest={
        View.CALLER: "It does not show whether the server has a sidecar.",
        View.PROXIES: "They do not show whether the server has a sidecar.",
    },
    also=frozenset({"network-policy-blocked"}),
)

UNANSWERED = Clue(
    Weight.SPEAKS_FOR,
    _("{count:connection attempt|connection attempts} got no answer and ended after {took}."),
)
UNANSWERED_OUTSIDE = Clue(
    Weight.HINTS,
    _("{count:connection attempt|connection attempts} to a server outside the mesh got no answer."),
)
CAPTURED = Clue(
    Weight.SPEAKS_FOR,
    _(
        "A packet capture shows {count:connection|connections} without a SYN-ACK; SYN was sent "
        "{syns:time|times}."
    ),
)
CAPTURED_LATE = Clue(
    Weight.PROVES,
    _("A packet capture shows the SYN-ACK after {took}, when the proxy had given the attempt up."),
)
LOGGED = Clue(Weight.SPEAKS_FOR, _("The proxy's own log says that connecting timed out: {what}"))
WAITED_FOR_TIMEOUT = Clue(
    Weight.HINTS, _("They took {took}: the connect timeout of {timeout} ({by}), once for each try.")
)
TOO_SHORT = Clue(
    Weight.SPEAKS_FOR,
    _("{by} allows only {timeout} for connecting, less than a busy network may take."),
)
ALL_TOO_SHORT = Clue(Weight.SPEAKS_FOR, _("With that, attempts to every address fail: {hosts}."))
ONE_ADDRESS = Clue(
    Weight.HINTS, _("Only {address} does not answer; {others} of the same service do.")
)
NODE_DOWN = Clue(Weight.PROVES, _("The pod at {address} runs on node {node}, which is not ready."))
HOST_GONE = Clue(
    Weight.SPEAKS_FOR,
    _(
        "`No route to host` came after {took}: nobody answered for "
        "the address, as when its node is gone."
    ),
)
NO_WAY = Clue(
    Weight.HINTS, _("The network says that there is no way to the address (errno 113 or 101).")
)
NO_ENDPOINT = Clue(
    Weight.SPEAKS_AGAINST,
    _("{address} is none of the Service's endpoints: the proxy dials a pod of the past."),
)

SHORT = 0.3
"""Seconds: a connect timeout below this bites on a busy network or between zones."""
_SAME = 0.15
_MOST_TRIES = 4
_SOONER_OUT = (
    ("connectionPool", "tcp", "connectTimeout", "3s"),
    ("outlierDetection", "consecutiveGatewayErrors", 3),
    ("outlierDetection", "interval", "5s"),
    ("outlierDetection", "baseEjectionTime", "30s"),
    ("outlierDetection", "maxEjectionPercent", 50),
)
"""What takes an address out of load balancing soon after it stopped to answer."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Attempts without an answer, how long they waited, and which addresses fail."""
    failures = unanswered(hop, mesh)
    if failures:
        outside = hop.leg is Place.PROXY_TO_EXTERNAL
        clue = UNANSWERED_OUTSIDE if outside else UNANSWERED
        yield clue.hit(
            *hop.sources(failures), count=len(failures), took=_typical(hop), observation="ending"
        )
        yield from _captured(hop, mesh)
        yield from _timeout(hop, mesh)
        yield from _addresses(hop, mesh, failures)
    elif rejected(hop):
        yield from _no_way(hop)
    else:
        yield from _logged(hop, mesh)


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """SYNs into silence, or an answer that came too late."""
    late = captured_on(hop, mesh, Shape.LATE_SYN_ACK)
    for found in late[:1]:
        opening = found.connection.handshake
        took = spell(opening.took or 0.0) if opening is not None else "-"
        yield CAPTURED_LATE.hit(*packets(late), took=took)
    if silent := captured_on(hop, mesh, Shape.UNANSWERED):
        openings = [found.connection.handshake for found in silent]
        syns = max(opening.syns for opening in openings if opening is not None)
        yield CAPTURED.hit(*packets(silent), count=len(silent), syns=syns, observation="ending")


def _typical(hop: Hop) -> str:
    took = sorted(durations(hop))
    return spell(took[len(took) // 2] / 1000) if took else _("a time that is not told")


def _logged(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Only a proxy's debug log tells, no access log line of such a failure."""
    if hop.failures:
        return
    for event in mesh.facts(ProxyEvent):
        if event.kind is ProxyEventKind.CONNECT_TIMEOUT:
            yield LOGGED.hit(event.source, what=event.text or "connect timeout")
            return


def _timeout(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The timeout in force, against how long the requests took."""
    limit = connect_timeout(mesh, hop.host, hop.port)
    sources: list[Source] = [limit.source] if limit.source else []
    took = sorted(durations(hop))
    middle = took[len(took) // 2] / 1000 if took else None
    if middle is not None and any(
        abs(middle - tries * limit.value) <= _SAME * tries * limit.value
        for tries in range(1, _MOST_TRIES)
    ):
        yield WAITED_FOR_TIMEOUT.hit(
            *sources,
            *hop.sources(most=1),
            took=spell(middle),
            timeout=spell(limit.value),
            by=limit.by,
            observation="ending",
        )
    if limit.default or limit.value >= SHORT:
        return
    yield TOO_SHORT.hit(*sources, timeout=spell(limit.value), by=limit.by)
    if len(hop.upstream_hosts) > 1:
        yield ALL_TOO_SHORT.hit(*hop.sources(), hosts=", ".join(sorted(hop.upstream_hosts)[:3]))


def _addresses(hop: Hop, mesh: Mesh, failures: tuple[Failure, ...]) -> Iterator[Hit]:
    """A single silent address, its node, and whether it is an endpoint at all."""
    for address, source in unlisted(hop, mesh)[:1]:
        yield NO_ENDPOINT.hit(source, address=address)
    for host in hop.upstream_hosts:
        address = split_host(host)[0]
        yield from _node(mesh, address)
    alone = one_host_only(hop, mesh)
    if alone is not None and not serves_elsewhen(hop, mesh, failures):
        others = len(healthy_hosts(hop, mesh))
        yield ONE_ADDRESS.hit(*hop.sources(failures), address=alone, others=others)


def _node(mesh: Mesh, address: str) -> Iterator[Hit]:
    pod = pod_at(mesh, address)
    name = pod.get("spec", "nodeName") if pod is not None else None
    if pod is None or not name:
        return
    for node in mesh.manifests("Node"):
        if node.name != name:
            continue
        for index, condition in node.items("status", "conditions"):
            fields = mapping_of(condition)
            if fields.get("type") == "Ready" and str(fields.get("status")) in ("False", "Unknown"):
                yield NODE_DOWN.hit(
                    node.where("status", "conditions", index),
                    pod.source,
                    address=address,
                    node=name,
                )


def _no_way(hop: Hop) -> Iterator[Hit]:
    failures = rejected(hop)
    took = [f.teller.duration for f in failures if f.teller.duration is not None]
    if took and not failed_at_once(failures) and hop.leg is not Place.PROXY_TO_EXTERNAL:
        middle = sorted(took)[len(took) // 2]
        yield HOST_GONE.hit(*hop.sources(failures), took=spell(middle / 1000), observation="ending")
    else:
        yield NO_WAY.hit(*hop.sources(failures), observation="ending")


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Policies, the address's pod and node, and a capture of the handshake."""
    inside = hop.leg is not Place.PROXY_TO_EXTERNAL
    if inside and not mesh.has("NetworkPolicy"):
        yield Missing(
            what=_("the NetworkPolicies that can apply"),
            command="kubectl get networkpolicies -A -o yaml",
            decides=(ID, "network-policy-blocked"),
        )
    yield from question.given(
        question.service(hop, mesh, ID, "xds-stale") if inside else None,
        question.istio_objects(hop, mesh, "DestinationRule", decides=(ID,)),
    )
    if inside and not _nodes_told(hop, mesh):
        yield Missing(
            what=_("the node of the address that does not answer"),
            command="kubectl get nodes -o wide; kubectl get pods -A -o wide",
            decides=(ID, "network-policy-blocked", "xds-stale"),
        )


def _nodes_told(hop: Hop, mesh: Mesh) -> bool:
    """True where pod and node of every address that does not answer were given."""
    pods = [pod_at(mesh, split_host(host)[0]) for host in hop.upstream_hosts]
    names = {pod.get("spec", "nodeName") if pod is not None else None for pod in pods}
    return bool(names) and names <= {node.name for node in mesh.manifests("Node")}


SHORT_CONNECT = Rule(
    "short-connect-timeout",
    Severity.WARNING,
    _("{rule} allows {timeout} for connecting; a busy network takes longer now and then."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """DestinationRules with a very short connect timeout."""
    path = ("spec", "trafficPolicy", "connectionPool", "tcp", "connectTimeout")
    for rule in mesh.manifests("DestinationRule"):
        seconds = seconds_of(rule.get(*path))
        if seconds is not None and 0 < seconds < SHORT:
            yield SHORT_CONNECT.at(rule.where(*path), rule=rule.full_name, timeout=spell(seconds))


_EXTEND = _("A rule for this host that exists already must be extended instead.")
_ENOUGH = "1s"


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Take the dead address out; mend the way or the timeout; fail sooner."""
    namespace = namespace_of(hop, mesh)
    written = connect_timeout(as_written(mesh), hop.host, hop.port)
    limit = behind(connect_timeout(mesh, hop.host, hop.port), written) or written
    if not limit.default and limit.value < SHORT:
        yield Remedy(
            title=_("Raise connectTimeout in {by} above the round trip, to 1s or more").format(
                by=limit.by
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.SAFE,
            edits=put_at(mesh, limit.source, POLICY_SETTERS, "connectTimeout", _ENOUGH),
            commands=(edit_command(mesh, POLICY_SETTERS, (limit.by,), namespace),),
            derived=(
                _(
                    "{limit} is too short for a handshake that loses one packet: TCP sends it "
                    "again after 1 s."
                ).format(limit=spell(limit.value)),
            ),
            risks=(_("Requests to an address that is gone wait for that long."),),
            verify=_("upstream_cx_connect_timeout of the cluster stops growing."),
            undo=_("Set the former connectTimeout again."),
        )
        return
    if hop.leg is not Place.PROXY_TO_EXTERNAL:
        wanted = policy_wanted(hop, mesh, *_SOONER_OUT)
        yield Remedy(
            title=_(
                "Let outlier detection take an address that does not answer out of load balancing"
            ),
            kind=RemedyKind.STOP_GAP,
            disposition=Disposition.NEEDS_REVIEW,
            edits=wanted.edits,
            commands=wanted.commands,
            risks=(
                _("Answers 502, 503 and 504 of the application count as failures as well."),
                *(() if wanted.commands else (_EXTEND,)),
            ),
            verify=_(
                "`istioctl proxy-config endpoint` shows the address as "
                "FAILED, and callers get answers."
            ),
            undo=wanted.undo,
        )
    yield Remedy(
        title=_(
            "Mend the way to the address: its node, the routes between "
            "the networks, the firewall between"
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        commands=("kubectl get nodes -o wide", "kubectl get pods -A -o wide"),
        verify=_("A connection from the caller's pod to address and port is accepted."),
    )
