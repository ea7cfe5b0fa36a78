"""Ambient path broken: the way over ztunnel, waypoint or HBONE does not work or is bypassed.

## What happens
In ambient mode a pod's traffic is redirected to the ztunnel of its node, which carries it over
HBONE (mTLS, HTTP/2 CONNECT to port 15008) to the ztunnel of the other node, by way of a waypoint
where one is set. If one piece is missing, L7 proxies and clients see a plain connection failure:
503 UF or UC with upstream host `envoy://connect_originate/...` or `:15008`; ztunnel's own line
names the reason.

## How to tell
* ztunnel's log: `failed to bind`, `retrying workload failed`: the pod is redirected to a ztunnel
  that does not listen for it; 15008 and the application's port both refuse.
* `error="http status: 503"` (the other ztunnel or the waypoint has no healthy target), `unknown
  waypoint`, `no healthy upstream`, `no service for target address`, `http2 handshake failed`.
* `connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008`: see
  `network-policy-blocked`. `http status: 401` and `policy rejection` are an
  AuthorizationPolicy's.
* Only pods of one node: `kubectl -n istio-system get pods -l app=ztunnel -o wide`.
* `istioctl ztunnel-config workloads`: protocol HBONE or TCP, and which waypoint.

## What to do
Get the node's ztunnel and istio-cni healthy, let the redirected pods be taken up again (restart
them), deploy the waypoint that the label `istio.io/use-waypoint` names, and let port 15008
through.

## References
* ztunnel `proxy.rs`: error texts; README of ztunnel (log format).
* istio/istio 52858, ztunnel 1284: binding the pod's DNS listener failed for ever; fixed in
  1.23.1.
* Istio ambient documentation, "Use Layer 7 features": waypoints and `istio.io/use-waypoint`.
"""

from collections import Counter
from collections.abc import Iterator

from why503.diagnosis.alert_later import Exporter, rising
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
from why503.facts import ProxyEvent, ProxyEventKind, Tunnel
from why503.mesh.ending import Ending
from why503.mesh.enrolment import not_enrolled
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import namespace_of, service_name
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.workload import same_host
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "ambient-path-broken"
TITLE = _("The ambient path over ztunnel, waypoint or HBONE is broken")
READS = frozenset({"AppEvent", "Event", "ProxyEvent", "Tunnel"})
SIGNS = frozenset({"UF", "UC", "connect_originate", "unknown waypoint", "retrying workload failed"})
AT = At.LEG
ALERT = rising(
    "istio_tcp_connections_failed_total",
    ("source_workload", "source_workload_namespace", "destination_service"),
    _(
        "{count} connections of {source_workload}.{source_workload_namespace} to "
        "{destination_service} failed within {window}, as ztunnel tells."
    ),
    among={'response_flags!="DENY"': "CONNECT"},
    exporter=Exporter.ZTUNNEL,
)
# Its parts are ztunnel and the node's redirection, which are no Envoy's.
SCENARIO = None

NOT_SERVED = Clue(
    Weight.PROVES,
    _("ztunnel could not start its proxy for a pod that is redirected to it: {text}"),
)
BYPASSED = Clue(
    Weight.SPEAKS_FOR,
    _("ztunnel turned a connection away because it came past the waypoint: {text}"),
)
NOT_ENROLLED = Clue(
    Weight.SPEAKS_FOR,
    _("The node's istio-cni agent could not hand a new pod to ztunnel: {text}"),
)
TROUBLE = Clue(Weight.HINTS, _("ztunnel complains: {text}"))
LOST_ON_THE_WAY = Clue(
    Weight.PROVES,
    _("ztunnel does not know where to send the connection: {error} ({count:time|times})."),
)
REFUSED_BY_PEER = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The ztunnel or waypoint at the other end answered the tunnel "
        "with `{error}` ({count:time|times})."
    ),
)
BROKEN_TUNNEL = Clue(
    Weight.SPEAKS_FOR,
    _("The tunnel to {address} failed: {error} ({count:time|times})."),
)
FAILED_TARGET = Clue(
    Weight.HINTS,
    _("ztunnel reached the target pod's address and failed there: {error} ({count:time|times})."),
)
BLOCKED_MAYBE = Clue(
    Weight.HINTS,
    _("ztunnel got no answer on port 15008: {error} ({count:time|times})."),
)
DENIED = Clue(
    Weight.SPEAKS_AGAINST,
    _("A policy refused the connections, the path itself works: {error}."),
)
OVER_HBONE = Clue(
    Weight.SPEAKS_FOR,
    _("The failed requests went into an HBONE tunnel ({host})."),
)

_NOT_SERVED = lazy_re(
    r"retrying workload failed|failed to bind|failed to (?:start|add|set up) (?:proxy|workload|pod)"
)
_LOST = lazy_re(
    r"unknown waypoint|no valid destination|no service for target address|no healthy upstream"
)
_STATUS = lazy_re(r"http status: (?:5\d\d|404)")
_TUNNEL = lazy_re(
    r"http2 handshake failed|h2 failed|pool draining|connection closed due to connection drain"
)
_DENIED = lazy_re(r"policy rejection|policy change|http status: 40[13]")
_HBONE = lazy_re(r"connect_originate|:15008\b")
_BROKEN = (
    Ending.CONNECTION_FAILURE,
    Ending.CONNECTION_REFUSED,
    Ending.CONNECTION_TERMINATION,
    Ending.CONNECTION_TIMEOUT,
    Ending.NO_ROUTE_TO_HOST,
    Ending.REMOTE_RESET,
)
_MOST = 200
"""Most characters of a log line that a sentence repeats."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Ztunnel's troubles, its failed tunnels, and requests that went into one."""
    yield from _troubles(mesh)
    for text, source in () if hop.failures else not_enrolled(mesh)[:1]:
        yield NOT_ENROLLED.hit(source, text=text)
    yield from _tunnels(hop, mesh)
    hosts = [host for host in hop.upstream_hosts if _HBONE.search(host)]
    failures = hop.having(*_BROKEN)
    if hosts and failures:
        yield OVER_HBONE.hit(*hop.sources(failures), host=hosts[0])


def _troubles(mesh: Mesh) -> Iterator[Hit]:
    events = mesh.events(ProxyEvent, ProxyEventKind.ZTUNNEL_ERROR)
    unserved = next((event for event in events if _NOT_SERVED.search(event.text)), None)
    if unserved is not None:
        yield NOT_SERVED.hit(unserved.source, text=unserved.text[:_MOST])
    elif (past := next((e for e in events if "bypassed waypoint" in e.text), None)) is not None:
        yield BYPASSED.hit(past.source, text=past.raw[-_MOST:])
    elif events:
        yield TROUBLE.hit(events[0].source, text=events[0].text[:_MOST])


def _tunnels(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The most frequent error of ztunnel's connections to the hop's service, as a clue."""
    failed = [tunnel for tunnel in mesh.facts(Tunnel) if tunnel.error and _concerns(tunnel, hop)]
    if not failed:
        return
    counts = Counter(tunnel.error for tunnel in failed)
    for error, count in counts.most_common(3):
        tunnel = next(tunnel for tunnel in failed if tunnel.error == error)
        clue = _clue_of(tunnel)
        if clue is not None:
            yield clue.hit(
                tunnel.source,
                error=error[:_MOST],
                count=count,
                address=tunnel.destination_address,
                observation="tunnel",
            )


def _concerns(tunnel: Tunnel, hop: Hop) -> bool:
    """Whether a connection was for the hop's service, as far as both tell."""
    if not hop.host or not tunnel.destination_service:
        return True
    return same_host(tunnel.destination_service, hop.host)


def _clue_of(tunnel: Tunnel) -> Clue | None:
    error = tunnel.error
    if _DENIED.search(error):
        return DENIED
    if _LOST.search(error):
        return LOST_ON_THE_WAY
    if _STATUS.search(error):
        return REFUSED_BY_PEER
    if "blocking HBONE" in error:
        return BLOCKED_MAYBE
    over_hbone = tunnel.destination_address.endswith(":15008")
    if _TUNNEL.search(error) or (
        over_hbone and error.startswith(("connection failed", "tls error"))
    ):
        return BROKEN_TUNNEL
    return FAILED_TARGET if error.startswith(("connection failed", "io error")) else None


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """Ztunnel's log and what it knows of workloads and waypoints."""
    if not mesh.facts(Tunnel):
        yield Missing(
            what=_("ztunnel's log on the nodes of both pods"),
            command="kubectl -n istio-system logs -l app=ztunnel --since=1h --prefix",
            decides=(ID, "network-policy-blocked", "rbac-denied"),
        )
    yield Missing(
        what=_("what ztunnel knows of the workloads, and which waypoint they use"),
        command="istioctl ztunnel-config workloads; istioctl waypoint list -A",
        decides=(ID, "connection-refused", "startup-race"),
    )


NO_WAYPOINT = Rule(
    "waypoint-not-given",
    Severity.WARNING,
    _("{object} uses the waypoint {wanted}, which is none of the Gateways given."),
    ("KIA1313",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Services and Namespaces that ask for a waypoint which is none of the Gateways given."""
    known = {gateway.name for gateway in mesh.manifests("Gateway")}
    for kind in ("Namespace", "Service") if known else ():
        for manifest in mesh.manifests(kind):
            labels = mapping_of(manifest.get("metadata", "labels"))
            wanted = word_of(labels.get("istio.io/use-waypoint"))
            if wanted and wanted != "none" and wanted not in known:
                yield NO_WAYPOINT.at(
                    manifest.where("metadata", "labels", "istio.io/use-waypoint"),
                    object=manifest.full_name,
                    wanted=wanted,
                )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Renew the redirected pods; heal ztunnel and the waypoint; watch them."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    yield Remedy(
        title=_("Restart the node's ztunnel, then the pods that it did not take up"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            "kubectl -n istio-system get pods -l app=ztunnel -o wide",
            "kubectl -n istio-system delete pod <ztunnel-of-the-node>",
            f"kubectl -n {namespace} rollout restart deploy/{name}",
        ),
        risks=(_("Restarting ztunnel ends every connection of the pods on its node."),),
        verify=_("ztunnel logs `connection complete` without error for the service."),
    )
    yield Remedy(
        title=_(
            "Mend the piece that is missing: istio-cni and ztunnel of "
            "the node, the waypoint, port 15008"
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            "istioctl version",
            "istioctl ztunnel-config workloads",
            f"istioctl waypoint status -n {namespace}",
        ),
        risks=(_("Releases before 1.23.1 cannot recover from a failed bind: upgrade."),),
        verify=_("`istioctl ztunnel-config workloads` shows HBONE and the waypoint for the pods."),
    )
    yield Remedy(
        title=_("Alert on ztunnel pods that are not ready and on its log's errors"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
    )
