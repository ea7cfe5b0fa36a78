"""mTLS mismatch: inside the mesh one end of a hop speaks mutual TLS and the other plain text.

## What happens
The caller's proxy decides how it opens the connection: by the `tls` block of a DestinationRule,
and without one by itself (auto mTLS, the default since Istio 1.5: mutual TLS to endpoints that
have a sidecar, plain text to others). The server's proxy decides what it accepts, by
PeerAuthentication. Three ways to disagree:

* **Plain text to STRICT** (`tls.mode: DISABLE`, or a caller without a sidecar): the server's
  listener has no filter chain for it and closes the connection. The caller's proxy logs `503 UC
  ...{connection_termination}`, the server's proxy `0 NR filter_chain_not_found` with `- - -` in
  place of the request.
* **Mutual TLS to plain text** (`ISTIO_MUTUAL` towards pods without a sidecar or with mTLS
  disabled): `503 UF`, `TLS error: 268435703 ... WRONG_VERSION_NUMBER`; the application logs a
  malformed request.
* **No client certificate** (`tls.mode: SIMPLE` to STRICT): with TLS 1.2
  `SSLV3_ALERT_HANDSHAKE_FAILURE`; with TLS 1.3 a bare `503 UC`, and nothing in the server's
  access log.

Before Istio 1.5 there was no auto mTLS: a DestinationRule without a `tls` block replaced the
mesh's default rule and so switched mTLS off towards its host.

## How to tell
* Every request over every new connection fails, from the moment a rule was applied. A keep-alive
  race spares most requests.
* `filter_chain_not_found` at the server, `WRONG_VERSION_NUMBER` at the caller.
* Counters at the server's listener: `no_filter_chain_match`, `ssl.fail_verify_no_cert`.
* A client without a sidecar gets no HTTP at all from a STRICT server: `curl: (56) Recv failure`.
* `istioctl x describe pod` names the rules that apply to a pod.

## What to do
Take `tls.mode: DISABLE` or `SIMPLE` out of the DestinationRule (auto mTLS then does what the
server needs), or give the server a sidecar, or relax PeerAuthentication to PERMISSIVE while
moving over. A client without a sidecar cannot call a STRICT server at all.

## References
* Istio API: DestinationRule `trafficPolicy.tls`, PeerAuthentication `mtls.mode`.
* Istio 1.5 change notes: automatic mutual TLS.
* BoringSSL error numbers; measured on Envoy 1.40.0 for all three faces.
"""

from collections.abc import Iterator

from why503.diagnosis import injection_rule, question
from why503.diagnosis.alert_later import mutual_tls_refused
from why503.diagnosis.cause import At, Hit, Missing, Remedy
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.proposal import accept_plain_text
from why503.diagnosis.scenario import Cure, Inbound, Scenario, Upstream, View
from why503.diagnosis.scenario_part import destination_rule
from why503.diagnosis.tls_remedy import mode_mended, sidecars_first
from why503.facts import LoadedListener
from why503.mesh import captured, mtls, naming
from why503.mesh.address import PASSTHROUGH, is_address, is_service_name
from why503.mesh.analysed import MODES_CLASH, analysed
from why503.mesh.armed import overlap, pod_setting, tls_mode
from why503.mesh.ending import Ending
from why503.mesh.failure import Role
from why503.mesh.hop import Hop, Place
from why503.mesh.mesh import Mesh
from why503.mesh.timing import all_fail, first_time, successes
from why503.mesh.tls_reason import TlsReason, tls_events, tls_failures
from why503.mesh.traffic_policy import client_tls
from why503.mesh.workload import WORKLOAD_KINDS, same_host
from why503.support.text import _

ID = "mtls-mismatch"
TITLE = _("One end of the connection speaks mutual TLS and the other plain text")
READS = frozenset(
    {*WORKLOAD_KINDS}
    | {"Analysis", "Counter", "DestinationRule", "IstioOperator", "LoadedCluster"}
    | {"LoadedEndpoint", "LoadedListener", "MeshConfig", "Namespace", "PeerAuthentication"}
    | {"ProxyEvent", "ProxyInfo", "Request", "Service", "ServiceEntry", "TcpConnection", "fragment"}
)
SIGNS = frozenset(
    {"filter_chain_not_found", "connection termination", "UC", "UF", "WRONG_VERSION_NUMBER"}
    | {"SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_CERTIFICATE_REQUIRED"}
    | {"PEER_DID_NOT_RETURN_A_CERTIFICATE"}
)
AT = At.LEG
ALERT = mutual_tls_refused()
SCENARIO = Scenario(
    summary="A DestinationRule turns mutual TLS off, and the server takes nothing else.",
    hop=Place.PROXY_TO_PROXY,
    caller_tls=Upstream.NEVER,
    callee_tls=Inbound.STRICT,
    objects=(destination_rule("tls:\n  mode: DISABLE"),),
    modest={View.CALLER: "Closed unanswered: why, only the server's side knows."},
    cure=Cure(caller_tls=Upstream.AUTO),
)

REFUSED_BY_SERVER = Clue(
    Weight.PROVES,
    _("The server's listener takes no plain text and closed them (NR filter_chain_not_found)."),
)
REFUSED_ALONE = Clue(
    Weight.SPEAKS_FOR,
    _(
        "A listener refused {count:connection|connections} without TLS (NR), as STRICT does with "
        "plain text."
    ),
)
ENDED_UNANSWERED = Clue(
    Weight.HINTS,
    _("{count:connection|connections} between proxies ended (UC), as plain text to STRICT does."),
)
PAST_THE_MESH = Clue(
    Weight.HINTS,
    _("They were sent to a bare address (PassthroughCluster): plain text, which STRICT cuts off."),
)
EVERY_REQUEST = Clue(
    Weight.HINTS,
    _("Every request to {service} fails, as it does when the two ends disagree on TLS."),
)
OTHERS_WENT_WELL = Clue(
    Weight.SPEAKS_AGAINST,
    _("{count:request|requests} to {service} went well: the two ends do agree on TLS."),
)
COUNTED = Clue(
    Weight.SPEAKS_FOR, _("The server's proxy counts connections that it refused: {name} {count}.")
)
SERVER_NEVER_SAW = Clue(
    Weight.HINTS, _("The server's proxy has no line of these requests: it refused the connections.")
)
CONFLICT = Clue(
    Weight.SPEAKS_FOR, _("{client} makes callers use {mode}, but {server} takes {demand}.")
)
PLAIN_SERVER = Clue(
    Weight.SPEAKS_FOR, _("The caller started TLS and {service} answered in plain text.")
)
MUTUAL_DEMANDED = Clue(Weight.SPEAKS_FOR, _("{client} makes callers use ISTIO_MUTUAL."))
MUTUAL_SOMEWHERE = Clue(
    Weight.HINTS, _("{client} sets ISTIO_MUTUAL; the evidence does not show for which host.")
)
ONE_SIDED = Clue(
    Weight.SPEAKS_AGAINST,
    _("{client} makes callers start TLS of their own ({mode}), not the mesh's mutual TLS."),
)
CERTIFICATE_WANTED = Clue(
    Weight.PROVES,
    _("The server wanted a client certificate and the caller's proxy showed none: {text}"),
)
PLAIN_LOGGED = Clue(
    Weight.HINTS,
    _("A proxy's log shows that one end of a connection spoke TLS and the other plain text."),
)
CERTIFICATE_LOGGED = Clue(
    Weight.SPEAKS_FOR,
    _("A proxy's log shows a caller that came without the client certificate it has to show."),
)
CAPTURED_CUT = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows new connections, cut at their first plain request."),
)
HANDSHAKE_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("The server broke the handshake off (alert 40): in TLS 1.2 for want of a certificate."),
)
CUT_WITHOUT_HTTP = Clue(
    Weight.SPEAKS_FOR,
    _("A client's connection was cut without any HTTP, as plain text to STRICT is: {text}"),
)
CHECKED = Clue(Weight.SPEAKS_FOR, _("istioctl says that the TLS modes of both ends clash: {text}"))
STRICT_SERVER = Clue(Weight.HINTS, _("{server} demands STRICT mutual TLS."))
SWITCHED_OFF = Clue(
    Weight.HINTS,
    _("{client} has no tls block; before Istio 1.5 such a rule switches mutual TLS off."),
)
WORKED_BEFORE = Clue(
    Weight.HINTS, _("The same request had gone well before; something was changed in between.")
)

_FITS = frozenset(
    {Ending.CONNECTION_TERMINATION, Ending.TLS_FAILURE, Ending.CONNECTION_FAILURE}
    | {Ending.NO_FILTER_CHAIN, Ending.UNKNOWN}
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What either end demands, and how the connection between them ended."""
    if not _may_be(hop):
        return
    yield from _refused(hop)
    yield from _ended(hop, mesh)
    yield from _tls(hop, mesh)
    yield from _captured(hop, mesh)
    yield from _configured(hop, mesh)
    yield from _old_rule(hop, mesh)


def _may_be(hop: Hop) -> bool:
    """True for a leg inside the mesh, whose failures can come from the connection itself."""
    if hop.leg in {Place.PROXY_TO_EXTERNAL, Place.UPSTREAM_PROXY_TO_APP}:
        return False
    return not hop.count or any(ending in _FITS for ending in hop.endings)


def _refused(hop: Hop) -> Iterator[Hit]:
    """Lines of the server's listener, joined with the caller's failures or alone."""
    refused = [f for f in hop.failures if f.server_refused is not None]
    if not refused:
        return
    lines = [f.server_refused for f in refused if f.server_refused is not None]
    if any(line.server_name for line in lines):
        return
    if refused[0].ending is Ending.NO_FILTER_CHAIN:
        yield REFUSED_ALONE.hit(
            *hop.sources(refused), count=len(refused), observation="server's listener"
        )
    else:
        yield REFUSED_BY_SERVER.hit(
            *hop.sources(refused, 1), lines[0].source, observation="server's listener"
        )


def _ended(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UC between the proxies: every request or only some, seen by the server or not."""
    ended = hop.having(Ending.CONNECTION_TERMINATION)
    if not ended or hop.role is not Role.DOWNSTREAM or hop.leg is not Place.PROXY_TO_PROXY:
        return
    well = sum(group.count for group in successes(hop, mesh))
    if well:
        yield OTHERS_WENT_WELL.hit(count=well, service=naming.service_name(hop))
        return
    yield ENDED_UNANSWERED.hit(*hop.sources(ended), count=len(ended))
    if all(failure.account.upstream_cluster == PASSTHROUGH for failure in ended):
        yield PAST_THE_MESH.hit(*hop.sources(ended, 1))
    for told in mtls.refusals_counted(mesh, hop.host)[:1]:
        yield COUNTED.hit(told.source, name=told.name, count=f"{told.value:.0f}")
    if all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=naming.service_name(hop))
    if all(failure.server_silent for failure in ended):
        yield SERVER_NEVER_SAW.hit(*hop.sources(ended, 1))


def _tls(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What the TLS library said, at the caller's proxy or at the server's."""
    plain = hop.sources(tls_failures(hop, TlsReason.PLAIN_PEER))
    seen = captured.captured_on(hop, mesh, captured.Shape.PLAIN_ANSWER)
    if sources := (*plain, *captured.packets(seen)):
        yield PLAIN_SERVER.hit(*sources, service=naming.service_name(hop))
    if wanted := tls_failures(hop, TlsReason.NO_CERTIFICATE):
        yield CERTIFICATE_WANTED.hit(
            *hop.sources(wanted), text=wanted[0].outcome.transport, observation="client certificate"
        )
    refused = tls_failures(hop, TlsReason.HANDSHAKE_REFUSED)
    if late := [f for f in refused if "ON_CLIENT_HELLO" not in f.outcome.transport]:
        yield HANDSHAKE_REFUSED.hit(*hop.sources(late), observation="client certificate")
    if not hop.count:
        for event in tls_events(mesh, TlsReason.PLAIN_CALLER, TlsReason.PLAIN_PEER)[:1]:
            yield PLAIN_LOGGED.hit(event.source, observation="client certificate")
    for event in tls_events(mesh, TlsReason.NO_CERTIFICATE)[:1]:
        yield CERTIFICATE_LOGGED.hit(event.source, observation="client certificate")


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Plain text on the wire that the server would not have."""
    inside = is_address(hop.host) or is_service_name(hop.host) or hop.host.count(".") <= 1
    if inside and hop.leg is Place.PROXY_TO_PROXY and not successes(hop, mesh):
        for cut in captured.plain_refused(hop, mesh)[:1]:
            yield CAPTURED_CUT.hit(*cut.sources)


def _configured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What DestinationRule and PeerAuthentication say."""
    host, conflict = mtls.conflict_of(hop, mesh)
    if conflict is not None:
        yield _of_conflict(conflict, host)
    elif hop.host:
        yield from _modes(hop, mesh)
    cut = mtls.cut_without_http(hop)
    ended = hop.having(Ending.CONNECTION_TERMINATION, Ending.NO_FILTER_CHAIN)
    if conflict is not None or cut or ended:
        server = mtls.server_mtls(mesh, hop.host, hop.port) if hop.host else None
        strict = server is not None and server.value == "STRICT" and not successes(hop, mesh)
        if server is not None and server.source is not None and strict:
            observation = "caller's TLS mode" if conflict is not None else "server's TLS mode"
            yield STRICT_SERVER.hit(server.source, server=server.by, observation=observation)
            if cut:
                yield CUT_WITHOUT_HTTP.hit(*hop.sources(cut), text=cut[0].teller.body)
    for told in analysed(mesh, *MODES_CLASH):
        if not hop.host or same_host(told.object, hop.host):
            yield CHECKED.hit(told.source, text=told.text, observation="caller's TLS mode")
            break


def _of_conflict(conflict: mtls.Conflict, name: str) -> Hit:
    client, server = conflict.client, conflict.server
    sources = [setting.source for setting in (client, server) if setting and setting.source]
    return CONFLICT.hit(
        *sources,
        client=client.by,
        mode=client.value,
        server=server.by if server else name,
        demand=server.value if server else _("plain text (no sidecar)"),
        observation="caller's TLS mode",
    )


def _modes(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The caller's mode where the server answered in plain text, though no conflict is in sight."""
    if not tls_failures(hop, TlsReason.PLAIN_PEER):
        return
    client = client_tls(mesh, hop.host, hop.port)
    sources = [client.source] if client.source else []
    if client.value == "ISTIO_MUTUAL":
        yield MUTUAL_DEMANDED.hit(*sources, client=client.by, observation="caller's TLS mode")
    elif client.value in {"SIMPLE", "MUTUAL"}:
        yield ONE_SIDED.hit(
            *sources, client=client.by, mode=client.value, observation="caller's TLS mode"
        )
    elif client.default:
        for rule in mtls.mutual_somewhere(mesh):
            source = rule.where("spec", "trafficPolicy", "tls", "mode")
            yield MUTUAL_SOMEWHERE.hit(
                source, client=rule.full_name, observation="caller's TLS mode"
            )


def _old_rule(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Before auto mTLS: a DestinationRule without a tls block."""
    first = first_time(hop)
    rule = mtls.switched_off(mesh, hop.host, hop.port, first) if hop.host and hop.count else None
    if rule is None:
        return
    yield SWITCHED_OFF.hit(rule.source, client=rule.full_name, observation="caller's TLS mode")
    if (before := mtls.went_well_before(mesh, hop.host, first)) is not None:
        yield WORKED_BEFORE.hit(before)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The server's listener lines, the rules of both ends, the pods' containers."""
    yield from question.given(
        question.server_proxy_log(hop, mesh, ID, "keepalive-race", "stale-connection"),
        *(
            question.istio_objects(hop, mesh, kind, decides=(ID, "certificate-invalid"))
            for kind in ("DestinationRule", "PeerAuthentication")
        ),
        question.pods(hop, mesh, ID, "tls-origination-mismatch"),
        question.caller_certificates(hop, mesh, ID, "certificate-invalid"),
    )
    if not mesh.facts(LoadedListener):
        yield Missing(
            what=_("the listener of the server's proxy, and whether it takes plain text"),
            command=f"istioctl proxy-config listener {naming.server_pod(hop, mesh)} "
            f"-n {naming.namespace_of(hop, mesh)} --port 15006",
            decides=(ID, "keepalive-race", "stale-connection"),
        )


ARMED: dict[Finder, Rule] = {
    tls_mode.mode_conflicts: Rule(
        "mode-conflict",
        Severity.ERROR,
        _("{client} makes callers of {host} use {mode}; it takes {demand}."),
        ("IST0113", "KIA0207", "KIA0208", "KIA0505", "KIA0506"),
    ),
    overlap.rival_peer_policies: Rule(
        "two-policies",
        Severity.WARNING,
        _("{policy} and {other} are for the same pods: the older one alone is in force."),
        ("KIA0002", "KIA0003"),
    ),
    tls_mode.modes_of_service_ports: Rule(
        "mode-of-service-port",
        Severity.WARNING,
        _("{policy} sets a mode for port {port} of {service}; in the pod that is {target}."),
    ),
    tls_mode.selectors_in_root: Rule(
        "selector-in-root-namespace",
        Severity.WARNING,
        _("{policy} is in the root namespace and selects pods: it holds for none."),
    ),
    pod_setting.runs_as_proxy: Rule(
        "runs-as-proxy-user",
        Severity.ERROR,
        _("{workload} has the proxy's user, 1337."),
        ("IST0144",),
    ),
    **injection_rule.RULES,
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """TLS modes that the server cannot accept, and pods that their proxy does not serve."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """PERMISSIVE for the time being; the caller's mode mended; sidecars before STRICT."""
    old = mtls.switched_off(mesh, hop.host, hop.port, first_time(hop)) if hop.host else None
    plain = old is None and not hop.having(Ending.TLS_FAILURE)
    if plain:
        yield accept_plain_text(hop, mesh)
    yield mode_mended(hop, mesh, by_istio=old is None)
    lacking = naming.caller_namespace(hop, mesh) if plain else naming.namespace_of(hop, mesh)
    yield sidecars_first(lacking, of_callers=plain)
