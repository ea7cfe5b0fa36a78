"""Objects that several causes propose, with the names filled in: valid for Istio's API."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from why503.diagnosis.cause import Disposition, Patch, Remedy, RemedyKind
from why503.diagnosis.standing_object import edit, retry_command, routing_service
from why503.mesh.address import is_address, split_host
from why503.mesh.endpoint import service_port, service_ports
from why503.mesh.failure import Role
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.naming import (
    caller_namespace,
    kubernetes_service,
    namespace_of,
    object_name,
    rule_host,
    selecting_labels,
    service_name,
)
from why503.mesh.protocol import port_protocol
from why503.mesh.traffic_policy import destination_rules_for
from why503.support.duration import spell
from why503.support.text import _

_HTTP = 80
_OF_SIDECARS = frozenset({15001, 15006})
_WHOLE = 2.0
"""Seconds from which an idle timeout is set in whole seconds."""


def pool_setting(
    hop: Hop, mesh: Mesh, settings: tuple[tuple[str, ...], ...]
) -> tuple[tuple[Patch, ...], tuple[str, ...], str]:
    """Patch, commands and undo that set fields of the host's `connectionPool`.

    Each of ``settings`` is a path below `connectionPool` that ends in its value.
    """
    return policy_setting(hop, mesh, tuple(("connectionPool", *path) for path in settings))


def policy_setting(
    hop: Hop, mesh: Mesh, settings: tuple[tuple[str, ...], ...]
) -> tuple[tuple[Patch, ...], tuple[str, ...], str]:
    """Patch, commands and undo that set fields of the host's `trafficPolicy`.

    Each of ``settings`` is a path below `trafficPolicy` that ends in its value. A new
    DestinationRule where the host has none, else a command that merges into the one it has.
    """
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    rules = destination_rules_for(mesh, hop.host) if hop.host else ()
    rule = next((rule for rule in rules if rule.name), None)
    if rule is None:
        yaml = _rule(name, namespace, rule_host(hop), settings)
        return (Patch(yaml=yaml),), (), f"kubectl -n {namespace} delete destinationrule {name}"
    space = rule.namespace or namespace
    tree = {"spec": {"trafficPolicy": _tree(settings)}}
    body = shlex.quote(json.dumps(tree))
    command = f"kubectl -n {space} patch destinationrule {rule.name} --type merge -p {body}"
    return (), (command,), f"kubectl -n {space} edit destinationrule {rule.name}"


_Tree = dict[str, "str | int | _Tree"]


def _tree(settings: tuple[tuple[str, ...], ...]) -> _Tree:
    tree: _Tree = {}
    for *steps, last, value in settings:
        here = tree
        for step in steps:
            below = here.setdefault(step, {})
            here = below if isinstance(below, dict) else {}
        here[last] = int(value) if value.isdigit() else value
    return tree


def _lines(tree: _Tree, depth: int) -> list[str]:
    found = []
    for key, value in tree.items():
        if isinstance(value, dict):
            found += [f"{'  ' * depth}{key}:", *_lines(value, depth + 1)]
        else:
            found.append(f"{'  ' * depth}{key}: {value}")
    return found


def destination_rule_head(name: str, namespace: str, host: str) -> str:
    """A DestinationRule as far as its host; what it sets is added behind."""
    return (
        "apiVersion: networking.istio.io/v1\n"
        "kind: DestinationRule\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        f"  host: {host}\n"
    )


def start_tls(name: str, service: str, port: int) -> str:
    """A DestinationRule in the root namespace that starts TLS towards a service outside."""
    return destination_rule_head(name, "istio-system", service) + (
        "  trafficPolicy:\n"
        "    portLevelSettings:\n"
        "    - port:\n"
        f"        number: {port}\n"
        "      tls:\n"
        "        mode: SIMPLE\n"
        f"        sni: {service}\n"
    )


def _rule(name: str, namespace: str, host: str, settings: tuple[tuple[str, ...], ...]) -> str:
    lines = ["  trafficPolicy:", *_lines(_tree(settings), 2)]
    return destination_rule_head(name, namespace, host) + "\n".join(lines) + "\n"


def keep_longer() -> Remedy:
    """Let the server keep idle connections longer than the proxy before it does."""
    return Remedy(
        title=_("Or raise the server's keep-alive timeout above the proxy's idle timeout"),
        kind=RemedyKind.PREVENTION,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("The server holds more idle connections."),),
        verify=_("No more 503 UC with details connection_termination at the server's proxy."),
    )


_RETRY_ON = ("connect-failure", "refused-stream", "reset", "503")


def retry_on_503(hop: Hop, mesh: Mesh) -> Remedy:
    """Let the caller's proxy repeat requests whose connection broke, also behind a sidecar.

    By a change of the VirtualService that routes the host, where there is one, else by a new one.
    """
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    service = routing_service(hop, mesh)
    twice = _("A repeated request may run twice: safe for reads and remote write, not for all.")
    extend = _("A VirtualService that routes this host already must be extended instead.")
    return Remedy(
        title=_("Let the caller's proxy repeat the request, where it is safe to repeat"),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        patches=() if service else (Patch(yaml=_retrying(name, namespace, rule_host(hop))),),
        commands=(retry_command(service, hop, _RETRY_ON, namespace),) if service else (),
        risks=(twice,) if service else (twice, extend),
        verify=_("Failures seen by the caller stop, while 503 UC in the proxies' logs goes on."),
        undo=edit(service, namespace)
        if service
        else f"kubectl -n {namespace} delete virtualservice {name}",
    )


def _retrying(name: str, namespace: str, host: str) -> str:
    return (
        "apiVersion: networking.istio.io/v1\n"
        "kind: VirtualService\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        "  hosts:\n"
        f"  - {host}\n"
        "  http:\n"
        "  - route:\n"
        "    - destination:\n"
        f"        host: {host}\n"
        "    retries:\n"
        "      attempts: 2\n"
        f"      retryOn: {','.join(_RETRY_ON)}\n"
    )


def accept_plain_text(hop: Hop, mesh: Mesh) -> Remedy:
    """The server's proxy takes plain text as well, until all callers speak mutual TLS."""
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    title = _("Let {service} accept plain text as well, for the time being")
    return Remedy(
        title=title.format(service=service_name(hop)),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        patches=(Patch(yaml=permissive(name, namespace, selecting_labels(hop, mesh))),),
        risks=(_("Plain text has no identity: policies that name a principal refuse it."),),
        verify=_("The server's proxy stops logging NR filter_chain_not_found."),
        undo=f"kubectl -n {namespace} delete peerauthentication {name}-permissive",
    )


def give_up_idle(hop: Hop, mesh: Mesh, idle: float | None) -> Remedy:
    """The proxy closes idle connections before the server does, after ``idle`` seconds if known."""
    ours = f"{shorter_than(idle):g}s" if idle else _("<below the server's keep-alive timeout>")
    title = (
        _("Give up idle connections after {ours}, before the server does at {idle}")
        if idle
        else _("Give up idle connections before the server does: below its keep-alive timeout")
    )
    patches, commands, undo = pool_setting(hop, mesh, (("http", "idleTimeout", ours),))
    return Remedy(
        title=title.format(ours=spell(shorter_than(idle or 0.0)), idle=spell(idle or 0.0)),
        kind=RemedyKind.FIX,
        disposition=Disposition.SAFE if idle else Disposition.NEEDS_REVIEW,
        patches=patches,
        commands=commands,
        risks=(_("A few more connections are opened."),),
        verify=_("upstream_cx_destroy_remote_with_active_rq of the inbound cluster stops growing."),
        undo=undo,
    )


def permissive(name: str, namespace: str, labels: Mapping[str, Any]) -> str:
    """A PeerAuthentication that lets the workload with these labels accept plain text and TLS."""
    chosen = "".join(f"      {key}: {value}\n" for key, value in labels.items())
    return (
        "apiVersion: security.istio.io/v1\n"
        "kind: PeerAuthentication\n"
        "metadata:\n"
        f"  name: {name}-permissive\n"
        f"  namespace: {namespace}\n"
        "spec:\n"
        "  selector:\n"
        "    matchLabels:\n"
        f"{chosen}"
        "  mtls:\n"
        "    mode: PERMISSIVE\n"
    )


def shorter_than(idle: float) -> float:
    """Idle timeout for the proxy: five sixths of the server's, whole seconds where they fit."""
    ours = idle * 5 / 6
    return float(int(ours)) if ours >= _WHOLE else round(idle / 2, 3)


def loopback_sidecar(hop: Hop, mesh: Mesh, port: int) -> str:
    """A Sidecar that lets the server's proxy dial 127.0.0.1 for one port of the pod."""
    stated = port_protocol(mesh, hop.host, hop.port)
    protocol = (stated.value if stated is not None else "") or ("http" if _http(hop) else "tcp")
    labels = "".join(f"      {k}: {v}\n" for k, v in selecting_labels(hop, mesh).items())
    return (
        "apiVersion: networking.istio.io/v1\n"
        "kind: Sidecar\n"
        "metadata:\n"
        f"  name: {object_name(hop, mesh)}\n"
        f"  namespace: {namespace_of(hop, mesh)}\n"
        "spec:\n"
        "  workloadSelector:\n"
        "    labels:\n"
        f"{labels}"
        "  ingress:\n"
        f"  - port: {{number: {port}, protocol: {protocol.upper()}, name: {protocol}}}\n"
        f"    defaultEndpoint: 127.0.0.1:{port}\n"
    )


def send_to_listener(hop: Hop, mesh: Mesh, port: int | None) -> Remedy:
    """Let the Service send to the port that the application listens on; None where unknown."""
    entries = service_ports(mesh, hop.host) if hop.host else ()
    called = service_port(mesh, hop.host, hop.port) if hop.host else None
    place = next((entry.place for entry in entries if entry.port == called), None)
    if place is None and len(entries) == 1:
        place = entries[0].place
    value = json.dumps("<port the application listens on>" if port is None else port)
    path = f"/spec/ports/{place or 0}/targetPort"
    patch = f'[{{"op":"replace","path":"{path}","value":{value}}}]'
    name, namespace = kubernetes_service(hop, mesh), namespace_of(hop, mesh)
    several = _("The first port of the Service is patched; see the index if it has several.")
    return Remedy(
        title=_("Send to the port that the application listens on: targetPort {port}").format(
            port=value.strip('"')
        ),
        kind=RemedyKind.FIX,
        disposition=Disposition.NEEDS_REVIEW,
        commands=(f"kubectl -n {namespace} patch service {name} --type json -p '{patch}'",),
        risks=(several,) if place is None else (),
        verify=_("503 UF stops; `ss -ltn` in the pod shows the port that the proxy dials."),
        undo=_("Apply the former Service again."),
    )


def service_entry(hop: Hop, mesh: Mesh, host: str) -> str:
    """A ServiceEntry for one host outside the mesh, or for an address without a name.

    The host of an address is made up, for `hosts` takes names only; the proxy then sends on to the
    address that was called. Port and protocol are those of the calls: a proxy that tells of a
    method has read HTTP.
    """
    bare = is_address(host)
    number = _called_port(hop) or (80 if _http(hop) else 443)
    protocol = "HTTP" if _http(hop) or number == _HTTP else "TCP" if bare else "TLS"
    name = re.sub(r"[.:]+", "-", host).strip("-")
    addresses = f'  addresses: ["{host}"]\n' if bare else ""
    return (
        "apiVersion: networking.istio.io/v1\n"
        "kind: ServiceEntry\n"
        "metadata:\n"
        f"  name: {name}\n"
        f"  namespace: {caller_namespace(hop, mesh)}\n"
        "spec:\n"
        f"  hosts: [{f'{name}.external' if bare else host}]\n"
        f"{addresses}"
        "  location: MESH_EXTERNAL\n"
        f"  resolution: {'NONE' if bare else 'DNS'}\n"
        "  ports:\n"
        f"  - {{number: {number}, name: {protocol.lower()}, protocol: {protocol}}}\n"
    )


def _http(hop: Hop) -> bool:
    """True where the telling proxy has read the requests, which it can only without TLS on top."""
    return any(failure.teller.method for failure in hop.failures)


def _called_port(hop: Hop) -> int | None:
    """Port that the calls went to, by the hop or by the address that the caller dialled."""
    if hop.port:
        return hop.port
    dialled = (split_host(failure.teller.downstream_local) for failure in hop.failures)
    ports = (port for _host, port in dialled if port and port not in _OF_SIDECARS)
    return next(ports, None) if hop.role is Role.DOWNSTREAM else None


def heed_denial(service: str) -> Remedy:
    """Where the external service that a filter asks (``""`` for unknown) is well and says no."""
    return Remedy(
        title=_(
            "Find in the log of {service} why it says no, and let the caller bring what it asks "
            "for, or change its rules"
        ).format(service=service or _("the authorization service")),
        kind=RemedyKind.FIX,
        disposition=Disposition.OUTSIDE_MESH,
        risks=(_("A denial can be meant: the filter and its service work."),),
        verify=_("`ext_authz.ok` grows for these requests; others are still denied."),
    )
