"""Secret not delivered: a proxy waits for a certificate or key that never comes.

## What happens
A proxy gets its certificates over SDS: workload certificates from the agent beside it, which has
them signed by istiod; those of a gateway or of TLS origination (`credentialName`) from istiod,
which reads a Kubernetes Secret. Until a secret is there the proxy answers every request over that
TLS connection with `503 UF` and `TLS error: Secret is not supplied by SDS`. A gateway's listener
whose certificate is missing closes each connection in the handshake, without any access log line.

## How to tell
* `Secret is not supplied by SDS` in the details, the body or the proxy's log.
* istiod warns: `failed to fetch key and certificate for kubernetes://NAME: secret NS/NAME not
  found`.
* `istioctl proxy-config secret POD` lists the secret as WARMING, not ACTIVE.
* The agent's log: `failed to generate secret`, `failed to sign CSR`.

## What to do
Create the Secret where the proxy looks for it: for a gateway in the namespace of the gateway's
pod, for a DestinationRule's `credentialName` in the namespace of the calling proxy. Its keys are
`tls.crt` and `tls.key` (`ca.crt` for mutual TLS). For workload certificates mend the way from the
agent to istiod.

## References
* Envoy `ssl_socket.cc`: NotReadySslSocket.
* Istio documentation, secure gateways and TLS origination; `pilot/pkg/xds/sds.go` (1.9-1.31).
"""

from collections.abc import Iterator

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
from why503.diagnosis.scenario import Scenario, Topology, Upstream
from why503.diagnosis.scenario_part import destination_rule, secret_from_server, secret_server
from why503.facts import Certificate, Manifest, ProxyEvent, ProxyEventKind, Source
from why503.mesh.analysed import SECRET_LOST, analysed
from why503.mesh.connecting import control_plane_silent
from why503.mesh.ending import Ending
from why503.mesh.failure import Family
from why503.mesh.hop import Hop, Place
from why503.mesh.loaded_policy import calling_clusters
from why503.mesh.mesh import Mesh
from why503.mesh.naming import caller_namespace, caller_pod, namespace_of
from why503.mesh.setting import mapping_of, word_of
from why503.mesh.tls_reason import TlsReason, tls_events, tls_failures
from why503.support.text import _

ID = "secret-not-delivered"
TITLE = _("The proxy never received the certificate or key that it needs")
READS = frozenset(
    {"Analysis", "Certificate", "DaemonSet", "Deployment", "Event", "Gateway"}
    | {"LoadedCluster", "LoadedEndpoint", "Pod", "ProxyEvent", "ProxyInfo", "ReplicaSet"}
    | {"Secret", "Service", "StatefulSet"}
)
SIGNS = frozenset(
    {
        "Secret is not supplied by SDS",
        "failed to fetch key and certificate",
        "InvalidCertificateRef",
        "UF",
    }
)
AT = At.LEG
ALERT = counted(
    Counter(stat="client_ssl_socket_factory.upstream_context_secrets_not_ready"),
    Counter(
        stat="server_ssl_socket_factory.downstream_context_secrets_not_ready",
        of="listener",
        example="0.0.0.0_8443",
    ),
)
_CREDENTIAL = "kubernetes://{service}-client"
SCENARIO = Scenario(
    summary="A DestinationRule names a client certificate that nobody delivers to the proxy.",
    hop=Place.PROXY_TO_EXTERNAL,
    topology=Topology.EXTERNAL,
    caller_tls=Upstream.ALWAYS,
    caller={
        **secret_server(),
        "upstream_tls": {
            "common_tls_context": {
                "tls_certificate_sds_secret_configs": [secret_from_server(_CREDENTIAL)]
            }
        },
    },
    objects=(destination_rule("tls:\n  mode: MUTUAL\n  credentialName: {service}-client"),),
)

NOT_SUPPLIED = Clue(
    Weight.PROVES,
    _("The proxy had no certificate for the connection: Secret is not supplied by SDS."),
)
LOGGED = Clue(
    Weight.SPEAKS_FOR,
    _("A log says that a secret is missing: {text}"),
)
LOGGED_OFTEN = Clue(Weight.HINTS, _("It says so {count:time|times}."))
NO_SECRET = Clue(
    Weight.SPEAKS_FOR,
    _("{object} names the Secret {secret}, which is not among the Secrets that were given."),
)
REFERENCE_BROKEN = Clue(
    Weight.SPEAKS_FOR,
    _("{object} reports that its certificate reference cannot be resolved: {text}"),
)
ANALYSED = Clue(Weight.SPEAKS_FOR, _("istioctl analyze says so: {text}"))
NOT_LOADED = Clue(
    Weight.SPEAKS_FOR,
    _("{cluster} needs the secret {secret}, which the proxy {proxy} has not loaded."),
)
WARMING = Clue(
    Weight.SPEAKS_FOR,
    _("{cluster} needs the secret {secret}; the proxy {proxy} still waits to use that cluster."),
)
AT_ONCE = Clue(
    Weight.HINTS,
    _(
        "{count:connection|connections} failed at once: without its secret a cluster does not even "
        "dial."
    ),
)
MOUNT_FAILED = Clue(
    Weight.SPEAKS_FOR,
    _("A pod waits for a Secret: {text}"),
)

_QUICK = 2.0
"""Milliseconds in which no handshake with a server outside the node is made."""
_UNNAMED = frozenset({"", "inline"})
"""Names of certificates where `/certs` does not tell of which secret they are."""


def weigh(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Words of the transport failure, of the logs, and references to Secrets that are not there."""
    if waiting := tls_failures(hop, TlsReason.NOT_SUPPLIED):
        yield NOT_SUPPLIED.hit(*hop.sources(waiting), observation="SDS")
    if hop.family is Family.UNKNOWN or hop.having(Ending.TLS_FAILURE, Ending.CONNECTION_FAILURE):
        yield from _logged(mesh)
        yield from _references(mesh)
        yield from _loaded(hop, mesh)
    if hop.family is Family.UNKNOWN:
        yield from _mounts(mesh)


def _logged(mesh: Mesh) -> Iterator[Hit]:
    told = [*mesh.events(ProxyEvent, ProxyEventKind.SECRET_MISSING)]
    told += tls_events(mesh, TlsReason.NOT_SUPPLIED)
    if told:
        yield LOGGED.hit(told[0].source, text=told[0].text[:200], observation="SDS")
    if len(told) > 1 and not control_plane_silent(mesh):  # that is one fact, and lies elsewhere
        yield LOGGED_OFTEN.hit(*(event.source for event in told[1:4]), count=len(told))


def _references(mesh: Mesh) -> Iterator[Hit]:
    for message in analysed(mesh, SECRET_LOST)[:1]:
        yield ANALYSED.hit(
            message.source,
            text=f"{message.object}: {message.text}",
            observation="missing Secret",
        )
    for manifest, secret, source in _unmet(mesh):
        yield NO_SECRET.hit(
            source, object=manifest.full_name, secret=secret, observation="missing Secret"
        )
        return
    for gateway in mesh.manifests("Gateway"):
        for index, listener in gateway.items("status", "listeners"):
            for place, condition in gateway.items("status", "listeners", index, "conditions"):
                fields = mapping_of(condition)
                if fields.get("type") == "ResolvedRefs" and str(fields.get("status")) == "False":
                    where = gateway.where("status", "listeners", index, "conditions", place)
                    name = f"{gateway.full_name} {mapping_of(listener).get('name', '')}".strip()
                    text = word_of(fields.get("message")) or word_of(fields.get("reason"))
                    yield REFERENCE_BROKEN.hit(where, object=name, text=text[:200])
                    return


def _loaded(hop: Hop, mesh: Mesh) -> Iterator[Hit]:
    """Clusters towards the host whose secret is not among those that their proxy has loaded."""
    held: dict[str, set[str]] = {}
    for certificate in mesh.facts(Certificate):
        held.setdefault(certificate.teller, set()).add(certificate.name)
    for cluster in calling_clusters(mesh, hop.host, hop.port):
        wanted = cluster.tls.secrets if cluster.tls is not None else ()
        known = held.get(cluster.teller, set()) - _UNNAMED
        for secret in wanted:
            if known and secret not in known and not secret.startswith(("/", "./")):
                clue = WARMING if cluster.state == "warming" else NOT_LOADED
                values = {"cluster": cluster.name, "proxy": cluster.teller, "secret": secret}
                yield clue.hit(cluster.source, observation="missing Secret", **values)
                yield from _at_once(hop)
                return


def _at_once(hop: Hop) -> Iterator[Hit]:
    failed = hop.having(Ending.TLS_FAILURE, Ending.CONNECTION_FAILURE)
    took = [f.teller.duration for f in failed if f.teller.duration is not None]
    if took and max(took) <= _QUICK:
        yield AT_ONCE.hit(*hop.sources(failed), count=len(failed))


def _unmet(mesh: Mesh) -> Iterator[tuple[Manifest, str, Source]]:
    """References to Secrets that are absent, where the evidence holds Secrets at all."""
    known = {secret.name for secret in mesh.manifests("Secret")}
    if not known:
        return
    for manifest, secret, source in _named(mesh):
        if secret.removesuffix("-cacert") not in known and secret not in known:
            yield manifest, secret, source


def _named(mesh: Mesh) -> Iterator[tuple[Manifest, str, Source]]:
    """Secrets that Gateways and DestinationRules name."""
    for gateway in mesh.manifests("Gateway"):
        for index, _server in gateway.items("spec", "servers"):
            path = ("spec", "servers", index, "tls", "credentialName")
            if name := word_of(gateway.get(*path)):
                yield gateway, name, gateway.where(*path)
        for index, _listener in gateway.items("spec", "listeners"):
            base = ("spec", "listeners", index, "tls", "certificateRefs")
            for place, _reference in gateway.items(*base):
                if name := word_of(gateway.get(*base, place, "name")):
                    yield gateway, name, gateway.where(*base, place, "name")
    for rule in mesh.manifests("DestinationRule"):
        where = ("spec", "trafficPolicy", "tls", "credentialName")
        if name := word_of(rule.get(*where)):
            yield rule, name, rule.where(*where)


def _mounts(mesh: Mesh) -> Iterator[Hit]:
    for event in mesh.manifests("Event"):
        text = word_of(event.get("message")) or word_of(event.get("note"))
        if event.get("reason") == "FailedMount" and "secret" in text and "not found" in text:
            yield MOUNT_FAILED.hit(event.source, text=text[:200])
            return


def missing(hop: Hop, mesh: Mesh) -> Iterator[Missing]:
    """The proxy's list of secrets, and istiod's warnings."""
    yield Missing(
        what=_("the secrets of the proxy and whether they are ACTIVE or WARMING"),
        command=f"istioctl proxy-config secret {caller_pod(hop, mesh)} "
        f"-n {caller_namespace(hop, mesh)}",
        decides=(ID, "certificate-invalid"),
    )
    yield Missing(
        what=_("istiod's warnings about secrets"),
        command="kubectl -n istio-system logs deploy/istiod --since=1h | grep -i secret",
        decides=(ID, "gateway-misconfig"),
    )


NO_SECRET_ARMED = Rule(
    "secret-not-given",
    Severity.ERROR,
    _("{object} names the Secret {secret}, which is not there: TLS cannot start."),
    same_as=("IST0101",),
)


def hazards(mesh: Mesh) -> Iterator[Hazard]:
    """Secrets that are named and not there."""
    for manifest, secret, source in _unmet(mesh):
        yield NO_SECRET_ARMED.at(source, object=manifest.full_name, secret=secret)


def remedies(hop: Hop, mesh: Mesh) -> Iterator[Remedy]:
    """Put the Secret where the proxy looks, or mend the agent's way to istiod."""
    named = next(_unmet(mesh), None) or next(_named(mesh), None)
    name = named[1] if named else "<secret>"
    is_gateway = named is not None and named[0].kind == "Gateway"
    namespace = "<gateway-pod-namespace>" if is_gateway else "<client-namespace>"
    if named is not None or hop.family is Family.UNKNOWN:
        yield Remedy(
            title=_("Create the Secret {name} in the namespace of the proxy that needs it").format(
                name=name
            ),
            kind=RemedyKind.FIX,
            disposition=Disposition.NEEDS_REVIEW,
            commands=(
                (
                    f"kubectl -n {namespace} create secret tls {name} "
                    "--cert=<file.crt> --key=<file.key>"
                ),
            ),
            verify=f"istioctl proxy-config secret <pod> -n {namespace}",
            undo=f"kubectl -n {namespace} delete secret {name}",
        )
        return
    yield Remedy(
        title=_("Mend the way from the proxy's agent to istiod, then restart the pod"),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(
            (
                f"kubectl -n {caller_namespace(hop, mesh)} logs {caller_pod(hop, mesh)} "
                "-c istio-proxy | grep -iE 'csr|secret|sds'"
            ),
            f"kubectl -n {namespace_of(hop, mesh)} get configmap istio-ca-root-cert",
        ),
        verify=f"istioctl proxy-config secret {caller_pod(hop, mesh)} "
        f"-n {caller_namespace(hop, mesh)}",
    )
