"""HTTP/2 mismatch: one side of a hop speaks HTTP/2 to a side that only knows HTTP/1.1, or reversed.

## What happens
The proxy chooses the HTTP version towards an upstream by the Service port's name or appProtocol:
`http` means HTTP/1.1, `http2`, `grpc` and `kubernetes.io/h2c` mean HTTP/2 from the first byte,
without asking. `connectionPool.http.h2UpgradePolicy: UPGRADE` (or the mesh's) turns HTTP/1.1 into
HTTP/2 between proxies and towards servers without a sidecar. Where the server knows only the
other version neither side understands a byte: `502 UPE ...{protocol_error}` (Envoy before 1.18:
`503 UC`).

## How to tell
* Every request to the port fails, within milliseconds, whatever its path.
* The application logs `PRI * HTTP/2.0` as a malformed request (HTTP/2 to an HTTP/1.1 server), or
  a bad HTTP/2 preface, such as `Unexpected HTTP/1.x request` (HTTP/1.1 to an HTTP/2 server).
* The proxy's debug log: `Remote peer returned unexpected data while we expected SETTINGS frame`.
* gRPC needs HTTP/2 on the whole way: a port named `http` in front of a gRPC server breaks it.

## What to do
Name the port for what the application speaks (`http`, `grpc`, `http2`), or set `appProtocol`; it
goes before the name. Take back `h2UpgradePolicy: UPGRADE` for servers that only know HTTP/1.1.

## References
* Istio documentation, protocol selection; DestinationRule API, `h2UpgradePolicy`.
* Envoy `http2/codec_impl.cc`; nghttp2's words on a peer without HTTP/2.
* Measured on Envoy 1.40.0 in both directions.
"""

from collections.abc import Iterator

from why503.diagnosis import question
from why503.diagnosis.alert_later import Limits, Urgency, flagged
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
from why503.diagnosis.policy_edit import pool_wanted
from why503.diagnosis.proposal import port_edits
from why503.diagnosis.scenario import Cure, Scenario, View
from why503.diagnosis.scenario_part import http_options
from why503.facts import AppEvent, LoadedCluster, ProxyEvent, ProxyEventKind
from why503.mesh.captured import Shape, captured_on
from why503.mesh.connecting import dialled_port
from why503.mesh.ending import Ending
from why503.mesh.endpoint import service_port, service_ports
from why503.mesh.failure import Family
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import app_clusters, calling_clusters, told_by
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.naming import namespace_of, server_pod, service_name
from why503.mesh.protocol import port_protocol
from why503.mesh.setting import Setting, word_of
from why503.mesh.timing import all_fail, successes
from why503.mesh.traffic_policy import h2_upgrade
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "h2-mismatch"
TITLE = _("One side of the connection speaks HTTP/2 and the other only HTTP/1.1")
READS = frozenset(
    {"AppEvent", "DaemonSet", "Deployment", "DestinationRule", "IstioOperator"}
    | {"LoadedCluster", "LoadedEndpoint", "MeshConfig", "Pod", "ProxyEvent", "ProxyInfo"}
    | {"ReplicaSet", "Service", "ServiceEntry", "StatefulSet", "TcpConnection", "fragment"}
)
SIGNS = frozenset(
    {"UPE", "protocol error", "upstream_reset_before_response_started", "PRI * HTTP/2.0"}
)
AT = At.LEG
ALERT = flagged("UPE", code="502", limits=Limits(share=0.95, urgency=Urgency.CRITICAL))
SCENARIO = Scenario(
    summary="The port's name promises HTTP/2, and the application speaks HTTP/1.1.",
    hop=Place.UPSTREAM_PROXY_TO_APP,
    callee={
        "cluster": http_options(
            explicit_http_config={"http_protocol_options": None, "http2_protocol_options": {}}
        )
    },
    modest={
        View.CALLER: "It shows broken HTTP, not which version either side speaks.",
        View.PROXIES: "They show broken HTTP, not which version either side speaks.",
    },
    also=frozenset({"protocol-error"}),
    cure=Cure(callee={"cluster": None}),
)

REFUSED_ANSWER = Clue(
    Weight.HINTS,
    _("{count:request|requests} ended with a protocol error, as between two HTTP versions."),
)
PREFACE_AT_APP = Clue(
    Weight.PROVES,
    _("The application got HTTP/2 (`PRI * HTTP/2.0`) and knows only HTTP/1.1."),
)
HTTP1_AT_APP = Clue(
    Weight.PROVES,
    _("The application expects HTTP/2 and got something else: {text}"),
)
NO_SETTINGS = Clue(
    Weight.PROVES,
    _("The proxy spoke HTTP/2 and the peer's first bytes were none: {text}"),
)
NOT_HTTP1 = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy expected HTTP/1.1 and the peer's first bytes were none (HPE_INVALID_CONSTANT)."),
)
CAPTURED = Clue(
    Weight.PROVES,
    _("A packet capture shows the proxy speaking {ours} and the other end answering {theirs}."),
)
DECLARED_H2 = Clue(
    Weight.SPEAKS_FOR,
    _("{by} declares the port {protocol}, so the proxy speaks HTTP/2 to the application."),
)
LOADED_H2 = Clue(
    Weight.SPEAKS_FOR, _("{by} speaks HTTP/2 to the application, whatever the caller speaks.")
)
GRPC_OVER_HTTP = Clue(
    Weight.SPEAKS_FOR,
    _("These are gRPC calls, and {by} declares the port http: the proxy speaks HTTP/1.1."),
)
GRPC_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("These are gRPC calls, which need HTTP/2 on every leg; no codec says anything else."),
)
UPGRADED = Clue(Weight.SPEAKS_FOR, _("{by} turns HTTP/1.1 into HTTP/2 (h2UpgradePolicy UPGRADE)."))
EVERY_REQUEST = Clue(Weight.HINTS, _("Every request to {service} fails, whatever its path."))
OTHERS_WENT_WELL = Clue(
    Weight.SPEAKS_AGAINST,
    _("{count:request|requests} to {service} went well: both sides do speak the same version."),
)
BY_VERSION = Clue(
    Weight.HINTS,
    _("{count:request|requests} that came as {version} failed; those as {other} did not."),
)
OTHER_COMPLAINT = Clue(
    Weight.SPEAKS_AGAINST,
    _("The codec understood the peer's version and refused one message: {text}"),
)

_HTTP2 = frozenset({"http2", "grpc"})
_NO_SETTINGS = lazy_re(r"does not support HTTP/2 properly|expected SETTINGS")
_NOT_HTTP1 = lazy_re(r"HPE_INVALID_CONSTANT")
_BAD_PREFACE = lazy_re(
    r"Unexpected HTTP/1|[Cc]lient preface|[Ff]irst received frame was not SETTINGS"
    r"|bogus greeting|[Ii]nvalid HTTP/2 preamble"
    r"|BAD_CLIENT_MAGIC|[Bb]ad (?:client )?(?:magic|preface)|[Ii]nvalid (?:connection )?preface"
)
_NO_CALL = lazy_re(r"received bytes: (?:1603|474554|48454144)|bogus greeting \"(?:GET|HEAD|\\x16)")
"""First bytes of TLS, or of a probe's GET or HEAD, which no proxy turned into HTTP/1.1."""
_GRPC_PATH = lazy_re(r"/[\w.]{1,200}\.[A-Z]\w{0,100}/\w{1,100}$")


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What the port is declared, what the application and the codec say, who else fails."""
    if hop.family not in {Family.CONNECTION, Family.UNKNOWN}:
        return
    refused = [f for f in hop.having(Ending.PROTOCOL_ERROR) if not f.outcome.after_headers]
    ended = refused or hop.having(Ending.CONNECTION_TERMINATION)
    if not ended and hop.family is Family.CONNECTION:
        return
    yield from _told(mesh)
    for found in captured_on(hop, mesh, Shape.OTHER_VERSION)[:1]:
        ours, theirs = found.connection.from_client.speech, found.connection.from_server.speech
        yield CAPTURED.hit(*found.sources, ours=ours.value, theirs=theirs.value)
    if not refused:
        yield from _by_version(hop, mesh)
        return
    yield REFUSED_ANSWER.hit(*hop.sources(refused), count=len(refused))
    yield from _declared(hop, mesh)
    calls = all(_is_grpc(f.teller.path, f.teller.user_agent) for f in refused)
    if calls and not any(_complains(told) for told in mesh.facts(ProxyEvent)):
        yield GRPC_REFUSED.hit(*hop.sources(refused, 1), observation="gRPC")
    well = sum(group.count for group in successes(hop, mesh))
    if well:
        yield OTHERS_WENT_WELL.hit(count=well, service=service_name(hop))
    elif all_fail(hop, mesh):
        yield EVERY_REQUEST.hit(service=service_name(hop))


def _by_version(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Broken connections for callers of one HTTP version only, to an upstream of one port."""
    failed = {(failure.teller.protocol or "") for failure in hop.failures}
    good = {(group.protocol or "") for group in successes(hop, mesh)}
    versions = {version.partition(".")[0] for version in failed | good}
    if len(failed) == len(good) == 1 and versions == {"HTTP/1", "HTTP/2"}:
        yield BY_VERSION.hit(
            *hop.sources(), count=hop.count, version=next(iter(failed)), other=next(iter(good))
        )


def _complains(told: ProxyEvent) -> bool:
    return told.kind in {ProxyEventKind.CODEC_ERROR, ProxyEventKind.DUPLICATE_HEADER}


def _told(mesh: Mesh) -> Iterator[Hit]:
    """The words of applications and of codecs."""
    for event in mesh.facts(AppEvent):
        if "PRI * HTTP/2" in event.text:
            yield PREFACE_AT_APP.hit(event.source, observation="application")
            break
        if _BAD_PREFACE.search(event.text) and not _NO_CALL.search(event.text):
            yield HTTP1_AT_APP.hit(event.source, text=event.text[:160], observation="application")
            break
    for told in mesh.facts(ProxyEvent):
        if told.kind is not ProxyEventKind.CODEC_ERROR:
            continue
        if _NO_SETTINGS.search(told.text):
            yield NO_SETTINGS.hit(told.source, text=told.text[:160], observation="codec")
        elif _NOT_HTTP1.search(told.text):
            yield NOT_HTTP1.hit(told.source, observation="codec")
        else:
            yield OTHER_COMPLAINT.hit(told.source, text=told.text[:160], observation="codec")
        break


def _protocol(hop: Hop, mesh: Mesh) -> Setting[str] | None:
    """Declared protocol of the hop's port, whether its number is the Service's or the pod's."""
    return port_protocol(mesh, hop.host, service_port(mesh, hop.host, hop.port))


def _declared(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    if not hop.host:
        everywhere = mesh_setting(mesh, "h2UpgradePolicy")
        if everywhere is not None and everywhere.value == "UPGRADE" and everywhere.source:
            yield UPGRADED.hit(everywhere.source, by=everywhere.by, observation="declared version")
        return
    upgrade = h2_upgrade(mesh, hop.host, hop.port)
    if upgrade.value == "UPGRADE" and upgrade.source is not None:
        yield UPGRADED.hit(upgrade.source, by=upgrade.by, observation="declared version")
    if (cluster := _loaded(hop, mesh)) is not None:
        yield from _spoken(hop, cluster)
        return
    found = _protocol(hop, mesh)
    if found is None or found.source is None:
        return
    if found.value in _HTTP2:
        yield DECLARED_H2.hit(
            found.source, by=found.by, protocol=found.value, observation="declared version"
        )
    elif found.value == "http":
        calls = [f for f in hop.failures if _is_grpc(f.teller.path, f.teller.user_agent)]
        if calls:
            yield GRPC_OVER_HTTP.hit(
                *hop.sources(calls, 1), found.source, by=found.by, observation="declared version"
            )


def _loaded(hop: Hop, mesh: Mesh) -> LoadedCluster | None:
    """The loaded cluster behind the proxy that talks to the application."""
    found = app_clusters(mesh, hop.host, hop.port)
    if not found and hop.leg in {Place.PROXY_TO_APP, Place.PROXY_TO_EXTERNAL}:
        found = calling_clusters(mesh, hop.host, hop.port)
    return next(iter(found), None)


def _spoken(hop: Hop, cluster: LoadedCluster) -> Iterator[Hit]:
    """The version that a loaded cluster speaks, whatever the downstream speaks."""
    calls = [f for f in hop.failures if _is_grpc(f.teller.path, f.teller.user_agent)]
    if cluster.h2:
        yield LOADED_H2.hit(cluster.source, by=told_by(cluster), observation="declared version")
    elif calls and not cluster.follows_downstream:
        yield GRPC_OVER_HTTP.hit(
            *hop.sources(calls, 1),
            cluster.source,
            by=told_by(cluster),
            observation="declared version",
        )


def _is_grpc(path: str | None, user_agent: str | None) -> bool:
    return (user_agent or "").startswith("grpc-") or bool(_GRPC_PATH.fullmatch(path or ""))


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The Service's ports, the application's log, what the port answers to HTTP/2."""
    yield from question.given(
        question.service(hop, mesh, ID, "protocol-error", "protocol-selection"),
        question.server_app_log(hop, mesh, ID, "protocol-error"),
        None if mesh.facts(LoadedCluster) else question.proxy_loaded(hop, mesh, "clusters", ID),
    )
    inside = f"kubectl -n {namespace_of(hop, mesh)} exec {server_pod(hop, mesh)} -c istio-proxy -- "
    port = dialled_port(hop, mesh) or "<port>"
    yield Missing(
        what=_("which HTTP version the application speaks"),
        command=f"{inside}curl -sv --http2-prior-knowledge http://localhost:{port}/; "
        f"{inside}curl -sv --http1.1 http://localhost:{port}/",
        decides=(ID, "protocol-error"),
    )


UPGRADES = Rule(
    "upgrade-to-http2",
    Severity.WARNING,
    _("{by} makes proxies speak HTTP/2 to {host}, whatever it understands."),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """HTTP/1.1 that is turned into HTTP/2 by a rule, towards whatever server."""
    for rule in mesh.manifests("DestinationRule"):
        host = word_of(rule.get("spec", "host"))
        upgrade = h2_upgrade(mesh, host, None)
        if (
            upgrade.value == "UPGRADE"
            and upgrade.source is not None
            and upgrade.by == rule.full_name
        ):
            yield UPGRADES.at(upgrade.source, by=upgrade.by, host=host)


_CHANGE = _("A rule for this host that exists already must be changed instead.")


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Declare what the application speaks, or take the upgrade back."""
    name, namespace = service_name(hop), namespace_of(hop, mesh)
    upgrade = h2_upgrade(mesh, hop.host, hop.port) if hop.host else None
    if upgrade is not None and upgrade.value == "UPGRADE":
        wanted = pool_wanted(hop, mesh, ("http", "h2UpgradePolicy", "DO_NOT_UPGRADE"))
        yield Remedy(
            title=_("Set h2UpgradePolicy DO_NOT_UPGRADE for {service}").format(service=name),
            kind=RemedyKind.FIX,
            disposition=Disposition.SAFE,
            edits=wanted.edits,
            commands=wanted.commands,
            risks=(
                _("Each HTTP/1.1 request in flight takes a connection of its own."),
                *(() if wanted.commands else (_CHANGE,)),
            ),
            verify=_("upstream_cx_protocol_error of the cluster stops growing."),
            undo=wanted.undo,
        )
        return
    found = _protocol(hop, mesh) if hop.host else None
    wanted_protocol = "http" if found is not None and found.value in _HTTP2 else "grpc"
    entries = service_ports(mesh, hop.host) if hop.host else []
    number = service_port(mesh, hop.host, hop.port) if hop.host else None
    index = next((entry.place for entry in entries if entry.port == number), 0)
    yield Remedy(
        title=_(
            "Declare what the application speaks: appProtocol {wanted} on the Service's port"
        ).format(wanted=wanted_protocol),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        edits=port_edits(mesh, hop.host, hop.port, "appProtocol", wanted_protocol),
        commands=(
            (
                f"kubectl -n {namespace} patch service {name} --type=json -p "
                f'\'[{{"op":"add","path":"/spec/ports/{index}/appProtocol","value":"{wanted_protocol}"}}]\''
            ),
        ),
        risks=(_("Check the index of the port in the Service, and what the application speaks."),),
        verify=_("upstream_cx_protocol_error of the cluster stops growing."),
        undo=f"kubectl -n {namespace} patch service {name} --type=json -p "
        f'\'[{{"op":"remove","path":"/spec/ports/{index}/appProtocol"}}]\'',
    )
