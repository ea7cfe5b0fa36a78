"""Certificate refused: a certificate was shown and is expired, of an unknown issuer, or misnamed.

## What happens
In a TLS handshake one side shows a certificate and the other refuses it. The words tell which:

* *We* refuse the peer: `CERTIFICATE_VERIFY_FAILED` (268435581), followed by the reason in words
  (`certificate_has_expired`, `unable_to_get_local_issuer_certificate`, `SAN_matcher`).
* *The peer* refuses ours: an alert, `CERTIFICATE_EXPIRED` (268436501), `UNKNOWN_CA` (268436504),
  `BAD_CERTIFICATE` (268436498), `CERTIFICATE_UNKNOWN` (268436502). Our side cannot say more.

With TLS 1.2 both end in `503 UF`. With TLS 1.3, the normal case between sidecars, the alert about
a client's certificate comes after the handshake: the caller logs a bare `503 UC` and the server's
access log has no line.

## How to tell
* Look at the side that was refused, not at the one that logs: its certificate is the wrong one.
* Workload certificates live for 24 hours. After expiry think of a proxy that could not reach
  istiod, of a suspended machine, of a wrong clock.
* Unknown issuer: after a change of the root, or between clusters with different roots. Every new
  connection fails; counters `ssl.fail_verify_error`, `ssl.fail_verify_san`.

## What to do
Expired: restart the pod that shows the certificate (it fetches a new one) and find out why it was
not renewed. Unknown issuer: give both sides a common root; while roots change, trust both. Name:
set the DestinationRule's `subjectAltNames` and `sni` to what the server shows, or mend that.

## References
* Envoy `ssl_socket.cc`, `default_validator.cc` (1.10-1.40); BoringSSL's error numbers.
* Istio documentation, plug in CA certificates; `SECRET_TTL` 24h.
* Measured on Envoy 1.40.0: expired, untrusted and misnamed certificates on either side.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from why503.diagnosis import question
from why503.diagnosis.alert_later import certificate_refused
from why503.diagnosis.cause import At, Clue, Disposition, Hit, Missing, Remedy, RemedyKind, Weight
from why503.diagnosis.hazard import Finder, Hazard, Rule, Severity, met
from why503.diagnosis.scenario import Credential, Cure, Inbound, Scenario
from why503.facts import AppEvent, Peer, ProxyEvent, Tunnel
from why503.mesh.armed import secret_certificate
from why503.mesh.armed.pod_setting import ending_certificates
from why503.mesh.captured import Shape, captured_on
from why503.mesh.ending import Ending
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import server_proxies
from why503.mesh.mesh import Mesh
from why503.mesh.naming import (
    caller_namespace,
    caller_pod,
    namespace_of,
    restart_server,
    server_pod,
    service_name,
)
from why503.mesh.proxy_state import expired
from why503.mesh.timing import all_fail
from why503.mesh.tls_reason import Refusal, TlsReason, refusal_of, tls_events, tls_failures
from why503.mesh.workload import same_host
from why503.support.median import median
from why503.support.pattern import lazy_re
from why503.support.text import _

ID = "certificate-invalid"
TITLE = _("A certificate was shown and refused")
READS = frozenset(
    {"AppEvent", "Certificate", "DaemonSet", "Deployment", "LoadedCluster", "LoadedEndpoint"}
    | {"Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet", "Service", "StatefulSet"}
    | {"TcpConnection", "Tunnel"}
)
SIGNS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "TLSV1_ALERT_UNKNOWN_CA",
        "certificate has expired",
        "SAN matcher",
        "UF",
    }
)
AT = At.LEG
ALERT = certificate_refused()
SCENARIO = Scenario(
    summary="The server's proxy shows a certificate that has expired.",
    hop=Place.PROXY_TO_PROXY,
    callee_tls=Inbound.STRICT,
    callee_credential=Credential.EXPIRED,
    cure=Cure(callee_credential=Credential.GOOD),
)

WE_REFUSED = Clue(
    Weight.PROVES,
    _("The caller's proxy refused the certificate that {service} showed: {why}."),
)
OUTSIDE_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("The proxy refused the certificate that the outside server showed: {why}."),
)
OTHER_NAME = Clue(
    Weight.HINTS,
    _("The certificate is for another name; a wrong server name (SNI) can fetch a wrong one."),
)
PEER_REFUSED = Clue(
    Weight.PROVES,
    _("{service} refused the certificate that the caller's proxy showed: {why}."),
)
CAPTURED = Clue(
    Weight.PROVES,
    _("A packet capture shows that {who} refused the other's certificate: alert `{alert}`."),
)
LOGGED = Clue(
    Weight.SPEAKS_FOR,
    _("A proxy's own log shows a refused certificate: {why}."),
)
LOGGED_OFTEN = Clue(
    Weight.SPEAKS_FOR,
    _("Certificates were refused on {count:connection|connections} in that log."),
)
SILENT_REFUSAL = Clue(
    Weight.HINTS,
    _("Every request ends in UC unseen by the server's log: TLS 1.3 hides an alert."),
)
EXPIRED = Clue(
    Weight.PROVES,
    _(
        "The certificate {name} of the proxy {proxy} was not valid when the handshakes failed: it "
        "holds from {start} to {end}."
    ),
)
EXPIRED_UNSEEN = Clue(
    Weight.SPEAKS_FOR,
    _(
        "The certificate {name} of the proxy {proxy} was not valid when these connections ended: "
        "it holds from {start} to {end}."
    ),
)
EVERY_REQUEST = Clue(
    Weight.SPEAKS_FOR,
    _("Every request to {service} fails, as it does once a certificate is out of date."),
)
APPLICATION_REFUSED = Clue(
    Weight.SPEAKS_FOR,
    _("The calling application itself refused a certificate: {text}"),
)

TUNNEL_REFUSED = Clue(
    Weight.PROVES,
    _("ztunnel says that a certificate was refused: {error} ({count:connection|connections})."),
)
PROBED = Clue(
    Weight.SPEAKS_FOR,
    _("A connection tried by hand was shown a bad certificate: {text}"),
)

_TUNNEL = lazy_re(
    r"invalid peer certificate|peer certificate revoked|certificate (?:has )?expired|"
    r"received fatal alert: (?:(?:Bad|Unsupported)Certificate|Certificate\w{1,20}|UnknownCA)"
)
_APPLICATION = lazy_re(
    r"x509: |certificate (?:has expired|verify failed|is not valid|signed by unknown)"
    r"|CERTIFICATE_VERIFY_FAILED|PKIX path|unable to get local issuer|self[- ]signed certificate"
)
_ALERTS = frozenset(
    {"bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired"}
    | {"certificate_unknown", "unknown_ca"}
)
_BOTH = (TlsReason.WE_REFUSED, TlsReason.PEER_REFUSED)
_BY_CONNECTION = frozenset(
    {Ending.CONNECTION_TERMINATION, Ending.CONNECTION_FAILURE, Ending.TLS_FAILURE}
)


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Who refused whom and why: in the failures, in the proxies' logs, in the caller's own log."""
    if (
        hop.family not in {Family.CONNECTION, Family.UNKNOWN}
        or hop.leg is Place.UPSTREAM_PROXY_TO_APP
    ):
        return
    yield from _we_refused(hop)
    if ours := tls_failures(hop, TlsReason.PEER_REFUSED):
        yield PEER_REFUSED.hit(
            *hop.sources(ours),
            service=service_name(hop),
            why=refusal_of(ours[0].outcome.transport).why,
            observation="refused certificate",
        )
    if not hop.count or _BY_CONNECTION & set(hop.endings):
        yield from _logged(tls_events(mesh, *_BOTH))
    yield from _tunnelled(hop, mesh)
    yield from _probed(hop, mesh)
    yield from _captured(hop, mesh)
    yield from _silent(hop, mesh)
    yield from _expired(hop, mesh)
    if hop.role is Role.CLIENT or not hop.count:
        for event in mesh.facts(AppEvent):
            if _APPLICATION.search(event.text):
                yield APPLICATION_REFUSED.hit(event.source, text=event.text[:160])
                break


def _we_refused(hop: Hop) -> Iterator[Hit]:
    theirs = tls_failures(hop, TlsReason.WE_REFUSED)
    if not theirs:
        return
    refusals = [refusal_of(failure.outcome.transport) for failure in theirs]
    told = next((why for why in refusals if why is not Refusal.UNKNOWN), Refusal.UNKNOWN)
    unclear = told in {Refusal.NAME, Refusal.UNKNOWN} and hop.leg is Place.PROXY_TO_EXTERNAL
    clue = OUTSIDE_REFUSED if unclear else WE_REFUSED
    yield clue.hit(
        *hop.sources(theirs),
        service=service_name(hop),
        why=told.why,
        observation="refused certificate",
    )
    if unclear and told is Refusal.NAME:
        yield OTHER_NAME.hit(*hop.sources(theirs, 1))


def _captured(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Who sent the alert, and what it says."""
    for found in captured_on(hop, mesh, Shape.ALERT):
        if found.detail in _ALERTS:
            ends = found.connection.client, found.connection.server
            who = ends[0] if found.by is Peer.CLIENT else ends[1]
            yield CAPTURED.hit(
                *found.sources, who=who, alert=found.detail, observation="refused certificate"
            )
            return


def _logged(events: tuple[ProxyEvent, ...]) -> Iterator[Hit]:
    if not events:
        return
    refusals = [refusal_of(event.text) for event in events]
    told = next((why for why in refusals if why is not Refusal.UNKNOWN), Refusal.UNKNOWN)
    yield LOGGED.hit(
        *(event.source for event in events[:3]),
        why=told.why,
        observation="refused certificate",
    )
    connections = {event.connection for event in events if event.connection}
    if len(connections) > 1:
        yield LOGGED_OFTEN.hit(events[-1].source, count=len(connections))


def _tunnelled(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What ztunnel says of the certificates in its tunnels to the hop's service."""
    refused = [
        tunnel
        for tunnel in mesh.facts(Tunnel)
        if _TUNNEL.search(tunnel.error)
        and (
            not hop.host
            or not tunnel.destination_service
            or same_host(tunnel.destination_service, hop.host)
        )
    ]
    if refused:
        yield TUNNEL_REFUSED.hit(
            *(tunnel.source for tunnel in refused[:3]),
            error=refused[0].error[:160],
            count=len(refused),
            observation="refused certificate",
        )


def _probed(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """What `openssl s_client` said of the server's dates or names."""
    if not hop.count or not tls_failures(hop, *_BOTH):
        return
    for event in mesh.facts(AppEvent):
        if event.program == "openssl":
            yield PROBED.hit(event.source, text=event.text[:160], observation="probe")
            return


def _silent(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    ended = hop.having(Ending.CONNECTION_TERMINATION)
    between = hop.leg is Place.PROXY_TO_PROXY and hop.role is Role.DOWNSTREAM
    hidden = all(f.server_silent and f.server_refused is None for f in ended)
    if ended and between and hidden and all_fail(hop, mesh):
        yield SILENT_REFUSAL.hit(*hop.sources(ended))


def _expired(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Certificates of either proxy whose time was over, or had not come, at a failure."""
    failures = hop.having(*_BY_CONNECTION)
    times = [failure.time for failure in failures if failure.time is not None]
    if not times:
        return
    tellers = {failure.teller.teller for failure in failures} | server_proxies(mesh, hop.host)
    for found in expired(mesh, median(times)):
        if found.teller not in tellers or found.is_ca:
            continue
        told = tls_failures(hop, *_BOTH)
        yield (EXPIRED if told else EXPIRED_UNSEEN).hit(
            found.source,
            *hop.sources(told or failures, 1),
            name=next(iter(found.sans), found.subject or found.name or found.serial),
            proxy=found.teller,
            start=_date(found.valid_from),
            end=_date(found.expires),
        )
        if all_fail(hop, mesh):
            yield EVERY_REQUEST.hit(service=service_name(hop))
        return


def _date(moment: float | None) -> str:
    """`2026-03-01 08:00:00 UTC`, or `?` where it is not told."""
    if moment is None:
        return "?"
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The certificates of both proxies, and the server's listener log."""
    yield from question.given(
        question.server_certificates(hop, mesh, ID, "secret-not-delivered", "mtls-mismatch"),
        question.caller_certificates(hop, mesh, ID, "secret-not-delivered", "keepalive-race"),
        question.server_proxy_log(hop, mesh, ID, "mtls-mismatch", "keepalive-race"),
    )


ENDS_SOON = Rule(
    "ends-soon", Severity.WARNING, _("The certificate {name} ends in {days:day|days}.")
)
ARMED: dict[Finder, Rule] = {
    ending_certificates: ENDS_SOON,
    secret_certificate.ending_secrets: ENDS_SOON,
    secret_certificate.ended_secrets: Rule(
        "has-ended", Severity.ERROR, _("The certificate {name} has ended: clients refuse it.")
    ),
    secret_certificate.hosts_not_named: Rule(
        "host-not-in-certificate",
        Severity.ERROR,
        _("{gateway} shows the certificate of {secret} for {host}; it names {names} only."),
    ),
}


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Certificates that have ended or end within days, or name other hosts."""
    return met(ARMED, mesh)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """A new certificate by a restart; the cause of the missed renewal; an alert on expiry."""
    namespace, name = namespace_of(hop, mesh), service_name(hop)
    if hop.leg is Place.PROXY_TO_EXTERNAL:
        yield Remedy(
            title=_("Compare the names and the issuer that {service} shows with the rule's").format(
                service=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            commands=(
                (
                    f"openssl s_client -connect {name}:{hop.port or 443} -servername {name}"
                    " </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName"
                ),
                "kubectl get destinationrules -A -o yaml",
            ),
            risks=(_("insecureSkipVerify would accept any server; use it for a test only."),),
        )
        return
    ours = bool(tls_failures(hop, TlsReason.PEER_REFUSED))
    pod = caller_pod(hop, mesh) if ours else server_pod(hop, mesh)
    space = caller_namespace(hop, mesh) if ours else namespace
    yield Remedy(
        title=_("Restart {pod}: its proxy fetches a new certificate when it starts").format(
            pod=pod
        ),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl -n {space} delete pod {pod}" if ours else restart_server(hop, mesh),),
        risks=(_("Its requests in flight break; a root that is not trusted stays so."),),
        verify=f"istioctl proxy-config secret {pod} -n {space}",
    )
    yield Remedy(
        title=_("Find out why the certificate was not renewed or is not trusted"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            f"kubectl -n {space} logs {pod} -c istio-proxy | grep -iE 'csr|certificate|secret'",
            f"istioctl proxy-config rootca-compare {pod}.{space} <other-pod>.{namespace}",
        ),
    )
    yield Remedy(
        title=_("Alert on certificates that are close to their end"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        verify="envoy_server_days_until_first_cert_expiring",
    )
