"""TLS origination mismatch: TLS that a proxy starts towards an outside server is set up wrongly.

## What happens
The application speaks plain HTTP and the proxy is to put TLS around it (a DestinationRule with
`tls.mode: SIMPLE` or `MUTUAL`, or Envoy's `UpstreamTlsContext`). Three ways to go wrong:

* **Plain text to a TLS port**: no rule starts TLS, and plain HTTP reaches port 443. The server
  just closes (`503 UC` on every request) or answers 400 by itself.
* **TLS to a plain port**: `503 UF`, `TLS error: 268435703 ... WRONG_VERSION_NUMBER`.
* **No or a wrong server name (SNI)**: a shared front refuses the hello, with an alert
  (`SSLV3_ALERT_HANDSHAKE_FAILURE`, `UNRECOGNIZED_NAME`) or by closing: `503 UF` without any
  reason.

Since Istio 1.21 the SNI is taken from the request's host where the rule sets none; before that a
rule without `sni` sends none. Plain Envoy never sends one unless `sni` or `auto_sni` is set.

## How to tell
* Every request to the outside host fails; the host behind the ServiceEntry itself is well.
* `openssl s_client -connect HOST:PORT -servername HOST` works and without `-servername` it does
  not.
* The server says it itself: `The plain HTTP request was sent to HTTPS port` (nginx), `Client sent
  an HTTP request to an HTTPS server` (Go).
* `WRONG_VERSION_NUMBER` inside the mesh (ISTIO_MUTUAL, or pods without a sidecar) is
  `mtls-mismatch`.

## What to do
Say in the ServiceEntry what the *application* speaks on the port (`protocol: HTTP`, with
`targetPort: 443`), and start TLS in a DestinationRule for that port with `mode: SIMPLE` and
`sni`. If the application speaks TLS itself, declare the port TLS and start none.

## References
* Istio documentation, egress TLS origination; upgrade notes 1.21 (ENABLE_AUTO_SNI).
* Envoy FAQ, SNI for clusters.
* Measured on Envoy 1.40.0: plain text to a TLS port, TLS to a plain port, no SNI.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import tls_refused_outside
from why503.diagnosis.cause import At, Disposition, Hit, Missing, Remedy, RemedyKind
from why503.diagnosis.clue import Clue, Weight
from why503.diagnosis.edit import Put
from why503.diagnosis.hazard import Hazard, Rule, Severity
from why503.diagnosis.proposal import start_tls
from why503.diagnosis.scenario import Cure, Scenario, Topology, Upstream
from why503.diagnosis.scenario_part import destination_rule
from why503.diagnosis.tls_edit import tls_dropped, tls_put
from why503.facts import Manifest, Peer
from why503.facts.manifest import Path
from why503.mesh import naming
from why503.mesh.address import is_address, split_host
from why503.mesh.captured import Shape, captured_on, packets, plain_refused
from why503.mesh.ending import Ending
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import calling_clusters
from why503.mesh.mesh import Mesh
from why503.mesh.outside_tls import (
    ORIGINATING,
    TLS_PORTS,
    WANTS_TLS,
    outside_tls_port,
    soon_cut,
    tls_starters,
    upstream_tls_contexts,
)
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.timing import all_fail, successes
from why503.mesh.tls_reason import Refusal, TlsReason, refusal_of, tls_events, tls_failures
from why503.mesh.traffic_policy import client_tls, client_tls_settings
from why503.mesh.workload import service_entries_of
from why503.support.text import _

ID = "tls-origination-mismatch"
TITLE = _("The TLS that the proxy starts towards an outside server is set up wrongly")
READS = frozenset(
    {"DaemonSet", "Deployment", "DestinationRule", "IstioOperator", "LoadedCluster"}
    | {"LoadedEndpoint", "MeshConfig", "Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet"}
    | {"Service", "ServiceEntry", "StatefulSet", "TcpConnection", "fragment"}
)
SIGNS = frozenset(
    {"WRONG_VERSION_NUMBER", "SSLV3_ALERT_HANDSHAKE_FAILURE", "UF", "UC"}
    | {"HANDSHAKE_FAILURE_ON_CLIENT_HELLO", "TLSV1_ALERT_UNRECOGNIZED_NAME"}
)
AT = At.LEG
ALERT = tls_refused_outside()
SCENARIO = Scenario(
    summary="A DestinationRule starts TLS towards an outside server that speaks plain HTTP.",
    hop=Place.PROXY_TO_EXTERNAL,
    topology=Topology.EXTERNAL,
    caller_tls=Upstream.ALWAYS,
    objects=(destination_rule("tls:\n  mode: SIMPLE"),),
    cure=Cure(caller_tls=Upstream.NEVER),
)

TLS_TO_PLAIN = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy started TLS and {service} answered in plain text (WRONG_VERSION_NUMBER)."),
)
OUTSIDE = Clue(
    Weight.SPEAKS_FOR,
    _("{service} lies outside the mesh, so this is TLS that a rule started, not mutual TLS."),
)
ORIGINATES = Clue(Weight.SPEAKS_FOR, _("{rule} starts TLS towards it ({mode})."))
HELLO_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("{service} broke the TLS handshake off at our hello: {text}"),
)
NO_SNI = Clue(Weight.SPEAKS_FOR, _("{object} starts TLS and names no server (no sni)."))
BARE_FAILURE = Clue(
    Weight.SPEAKS_FOR,
    _("The connection came up and failed without a reason, as a hello that is just closed does."),
)
CERTIFICATE_WANTED = Clue(
    Weight.SPEAKS_FOR,
    _("{service} wants a client certificate; TLS is started without one."),
)
OTHER_NAME = Clue(
    Weight.HINTS,
    _("{service} showed a certificate for another name, as a server that got no or a wrong SNI."),
)
PLAIN_TO_TLS = Clue(
    Weight.SPEAKS_FOR,
    _("Plain HTTP went to port {port} of {service}, which is for TLS, and no rule starts TLS."),
)
LOADED_PLAIN = Clue(
    Weight.SPEAKS_FOR,
    _("The cluster {cluster}, as {proxy} has loaded it, sends plain text to port {port}."),
)
TLS_WANTED = Clue(
    Weight.SPEAKS_FOR,
    _("{service} says by itself that plain HTTP came to its TLS port: {text}"),
)
CAPTURED_PLAIN = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows the proxy's ClientHello to {service} and an answer in plain text."),
)
CAPTURED_CUT = Clue(
    Weight.SPEAKS_FOR,
    _("A packet capture shows plain HTTP on new connections to port {port}, closed at once."),
)
CAPTURED_ALERT = Clue(
    Weight.SPEAKS_FOR, _("A packet capture shows that {service} answered with alert `{alert}`.")
)
ENDED_UNANSWERED = Clue(
    Weight.HINTS,
    _("{count:connection|connections} ended unanswered (UC), as plain text to a TLS port does."),
)
EVERY_REQUEST = Clue(Weight.HINTS, _("Every request to {service} fails."))
OTHERS_WENT_WELL = Clue(
    Weight.SPEAKS_AGAINST,
    _("{count:request|requests} to {service} went well over the same settings."),
)

_HELLO_ALERTS = frozenset({"handshake_failure", "unrecognized_name", "protocol_version"})


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """TLS errors towards an outside server, or plain text to its TLS port."""
    if not hop.count or hop.leg is Place.UPSTREAM_PROXY_TO_APP:
        yield from () if hop.count else _logged(mesh)
        return
    outside = hop.leg is Place.PROXY_TO_EXTERNAL
    mode = client_tls(mesh, hop.host, hop.port) if hop.host else None
    originates = mode is not None and mode.value in ORIGINATING
    if mode is not None and mode.value == "DISABLE" and not mode.default:
        yield from _loaded_plain(hop, mesh)
    bare = [context for context, named in upstream_tls_contexts(mesh) if not named]
    yield from _captured(hop, mesh, outside=outside)
    if hop.having(Ending.TLS_FAILURE, Ending.CONNECTION_FAILURE):
        if not (outside or originates or bare):
            return
        yield from _handshake(hop, outside=outside)
        yield from _settings(hop, mesh, bare)
    elif outside and hop.having(Ending.CONNECTION_TERMINATION) and not originates:
        yield from _plain(hop, mesh)
    elif not originates:
        yield from _told(hop, mesh)


def _logged(mesh: Mesh) -> Iterator[Hit]:
    """A proxy's log alone: TLS that met plain text, and a rule that starts TLS of its own."""
    for event in tls_events(mesh, TlsReason.PLAIN_PEER)[:1]:
        for mode in tls_starters(mesh)[:1]:
            sources = (event.source, mode.source) if mode.source else (event.source,)
            yield ORIGINATES.hit(*sources, rule=mode.by, mode=mode.value)


def _captured(hop: Hop, mesh: Mesh, *, outside: bool) -> Iterator[Hit]:
    """What the wire shows of the handshake, or of plain text where TLS is wanted."""
    name, port = naming.service_name(hop), outside_tls_port(hop, mesh)
    if outside and (plain := captured_on(hop, mesh, Shape.PLAIN_ANSWER)):
        yield CAPTURED_PLAIN.hit(*packets(plain), service=name)
    dialled = {split_host(host)[1] for host in hop.upstream_hosts} & TLS_PORTS
    port = port or next(iter(dialled), None)
    if port is not None and (cut := plain_refused(hop, mesh)):
        yield CAPTURED_CUT.hit(*packets(cut), port=port)
    for found in captured_on(hop, mesh, Shape.ALERT):
        if found.by is Peer.SERVER and found.detail in _HELLO_ALERTS:
            yield CAPTURED_ALERT.hit(*found.sources, service=name, alert=found.detail)
            return


def _loaded_plain(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The proxy's cluster in plain text, where the server's port is one for TLS."""
    failures = hop.having(Ending.CONNECTION_TERMINATION, Ending.PROTOCOL_ERROR)
    dialled = {split_host(host)[1] for host in hop.upstream_hosts} & TLS_PORTS
    if not failures or not dialled or hop.leg is Place.PROXY_TO_PROXY:
        return
    for cluster in calling_clusters(mesh, hop.host, hop.port)[:1]:
        yield LOADED_PLAIN.hit(
            cluster.source,
            *hop.sources(failures, 1),
            cluster=cluster.name,
            proxy=cluster.teller,
            port=next(iter(dialled)),
            observation="plain text",
        )
        yield ENDED_UNANSWERED.hit(*hop.sources(failures), count=len(failures))
        if all_fail(hop, mesh):
            yield EVERY_REQUEST.hit(service=naming.service_name(hop))


def _told(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """The server's own words for plain HTTP on a TLS port, and the rule for that port."""
    told = [f for f in hop.failures if WANTS_TLS.search(f.teller.body or "")]
    for failure in told[:1]:
        found = WANTS_TLS.search(failure.teller.body or "")
        name, text = naming.service_name(hop), found[0] if found else ""
        yield TLS_WANTED.hit(*hop.sources(told), service=name, text=text)
        entries = [entry.source for entry in service_entries_of(mesh, hop.host)]
        if (port := outside_tls_port(hop, mesh)) is not None:
            yield PLAIN_TO_TLS.hit(*entries[:1], *hop.sources(told, 1), port=port, service=name)


def _handshake(hop: Hop, *, outside: bool) -> Iterator[Hit]:
    name = naming.service_name(hop)
    if plain := tls_failures(hop, TlsReason.PLAIN_PEER):
        yield TLS_TO_PLAIN.hit(*hop.sources(plain), service=name)
        if outside:
            yield OUTSIDE.hit(*hop.sources(plain, 1), service=name, observation="who starts TLS")
    if refused := tls_failures(hop, TlsReason.HANDSHAKE_REFUSED, TlsReason.NAME_REFUSED):
        text = refused[0].outcome.transport
        yield HELLO_REFUSED.hit(*hop.sources(refused), service=name, text=text)
    if wanted := tls_failures(hop, TlsReason.NO_CERTIFICATE):
        yield CERTIFICATE_WANTED.hit(*hop.sources(wanted), service=name)
    theirs = tls_failures(hop, TlsReason.WE_REFUSED)
    named = [
        f for f in theirs if refusal_of(f.outcome.transport) in {Refusal.NAME, Refusal.UNKNOWN}
    ]
    if named and outside:
        yield OTHER_NAME.hit(*hop.sources(named), service=name)


def _settings(hop: Hop, mesh: Mesh, bare: list[tuple[Manifest, Path]]) -> Iterator[Hit]:
    """The rule or the Envoy configuration that starts TLS, and whether it names the server."""
    hello = bool(tls_failures(hop, TlsReason.HANDSHAKE_REFUSED, TlsReason.NAME_REFUSED))
    silent = [
        f
        for f in hop.having(Ending.CONNECTION_FAILURE)
        if f.outcome.detail == "remote connection failure" and not f.outcome.transport
    ]
    settings = client_tls_settings(mesh, hop.host, hop.port) if hop.host else None
    if settings is not None and word_of(settings.value.get("mode")).upper() in ORIGINATING:
        sources = [settings.source] if settings.source else []
        if silent:
            yield BARE_FAILURE.hit(*hop.sources(silent))
        if (hello or silent) and not settings.value.get("sni"):
            yield NO_SNI.hit(*sources, object=settings.by)
        elif tls_failures(hop, TlsReason.PLAIN_PEER):
            mode = word_of(settings.value.get("mode"))
            yield ORIGINATES.hit(
                *sources, rule=settings.by, mode=mode, observation="who starts TLS"
            )
    elif hello and bare:
        manifest, path = bare[0]
        yield NO_SNI.hit(manifest.where(*path), object="UpstreamTlsContext")


def _plain(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """UC towards an outside TLS port without any rule that starts TLS."""
    ended = soon_cut(hop)
    name = naming.service_name(hop)
    port = outside_tls_port(hop, mesh)
    if port is None or not any(failure.teller.method for failure in ended):
        return
    yield ENDED_UNANSWERED.hit(*hop.sources(ended), count=len(ended))
    entries = [entry.source for entry in service_entries_of(mesh, hop.host)]
    yield PLAIN_TO_TLS.hit(
        *hop.sources(ended, 1),
        *entries[:1],
        port=port,
        service=name,
        observation="plain text",
    )
    well = sum(group.count for group in successes(hop, mesh))
    if well:
        yield OTHERS_WENT_WELL.hit(count=well, service=name)
    elif all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=name)


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The rules for the host, and what its port speaks."""
    yield from question.given(
        question.istio_objects(
            hop, mesh, "DestinationRule", "ServiceEntry", decides=(ID, "egress-blocked")
        )
    )
    name = naming.service_name(hop)
    target = f"{name}:{hop.port or 443}"
    yield Missing(
        what=_("what the outside port speaks, with and without a server name"),
        command=f"openssl s_client -connect {target} -servername {name} </dev/null; "
        f"openssl s_client -connect {target} -noservername </dev/null",
        decides=(ID, "certificate-invalid", "egress-blocked"),
    )


HTTP_TO_TLS = Rule(
    "http-to-tls-port",
    Severity.WARNING,
    _("Plain HTTP goes to port {port} of {host}; no rule starts TLS."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Ports of outside hosts that are for TLS, declared HTTP, with no rule that starts TLS."""
    for entry in mesh.manifests("ServiceEntry"):
        hosts = [word_of(host) for _index, host in entry.items("spec", "hosts")]
        for index, fields in entry.items("spec", "ports"):
            port = mapping_of(fields)
            number = whole_number(port.get("number"))
            target = whole_number(port.get("targetPort")) or number
            plain = word_of(port.get("protocol")).upper() in {"HTTP", "HTTP2", "GRPC"}
            for host in hosts if plain and target in TLS_PORTS else ():
                if client_tls(mesh, host, number).value not in ORIGINATING:
                    yield HTTP_TO_TLS.at(
                        entry.where("spec", "ports", index), host=host, port=target
                    )


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Start TLS with a server name, or start none."""
    name, namespace = naming.service_name(hop), naming.namespace_of(hop, mesh)
    proxy = naming.caller_proxy(hop, mesh)
    if namespace == naming.UNKNOWN_NAMESPACE:
        namespace = naming.caller_namespace(hop, mesh)
    if tls_failures(hop, TlsReason.PLAIN_PEER):
        yield Remedy(
            title=_("Start no TLS towards port {port}, or dial the server's TLS port").format(
                port=hop.port or "<port>"
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=tls_dropped(mesh, hop.host, hop.port),
            commands=("kubectl get destinationrules,serviceentries -A -o yaml",),
            risks=(_("Without TLS the requests cross the network in clear text."),),
            verify=_("Answers come, and `ssl.connection_error` of the cluster stops growing."),
            undo=_("Put the `tls` block back."),
        )
        return
    settings = client_tls_settings(mesh, hop.host, hop.port) if hop.host else None
    if settings is not None or next(upstream_tls_contexts(mesh), None) is not None:
        where = settings.by if settings is not None else "UpstreamTlsContext"
        yield Remedy(
            title=_("Set sni in {where} to the name that the outside server knows").format(
                where=where
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            edits=_named(mesh, hop),
            verify=f"openssl s_client -connect {name}:{hop.port or 443} -servername <name>",
            undo=_("Set the former sni again."),
        )
        return
    yield Remedy(
        title=_("Start TLS towards {name} with its server name").format(name=name),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=(start_tls(mesh, f"tls-{name.replace('.', '-')}", namespace, name, hop.port or 443),),
        risks=(_("The application must go on speaking plain HTTP on this port, not TLS."),),
        verify=f"istioctl proxy-config cluster {proxy} --fqdn {name} -o json",
        undo=f"kubectl -n {namespace} delete destinationrule tls-{name.replace('.', '-')}",
    )


def _named(mesh: Mesh, hop: Hop) -> tuple[Put, ...]:
    """The host as server name, where its TLS block has none."""
    settings = client_tls_settings(mesh, hop.host, hop.port) if hop.host else None
    lacks = settings is not None and not settings.value.get("sni") and not is_address(hop.host)
    return tls_put(mesh, hop.host, hop.port, "sni", hop.host) if lacks else ()
