"""Objects that several causes propose, with the names filled in: valid for Istio's API."""

import json
import re
from collections.abc import Iterator
from typing import Any

from why503.diagnosis.cause import Disposition, Remedy, RemedyKind
from why503.diagnosis.edit import New, Put, target_of
from why503.diagnosis.policy_edit import api, service_target
from why503.diagnosis.standing_object import edit
from why503.facts import Manifest
from why503.facts.manifest import Path
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
    selecting_labels,
    service_name,
)
from why503.mesh.protocol import port_protocol
from why503.mesh.selection import scoped
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import service_entries_of
from why503.support.text import _

_HTTP = 80
_OF_SIDECARS = frozenset({15001, 15006})


def start_tls(mesh: Mesh, name: str, namespace: str, host: str, port: int) -> New:
    """A DestinationRule that starts TLS, with the server's name, on one port of a host."""
    tls = {"mode": "SIMPLE", "sni": host}
    entry = next(iter(service_entries_of(mesh, host)), None)
    number = _declared(entry, port) if entry is not None else port
    policy = {"portLevelSettings": [{"port": {"number": number}, "tls": tls}]}
    data = {
        "apiVersion": api(mesh),
        "kind": "DestinationRule",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"host": host, "trafficPolicy": policy},
    }
    return New(data=data, beside=target_of(entry) if entry is not None else None)


def _declared(entry: Manifest, port: int) -> int:
    """The port of a ServiceEntry by which ``port`` is called: itself, else what leads there."""
    ports = [mapping_of(one) for _index, one in entry.items("spec", "ports")]
    numbers = [whole_number(one.get("number")) for one in ports]
    leading = [
        number
        for number, one in zip(numbers, ports, strict=True)
        if number and whole_number(one.get("targetPort")) == port
    ]
    return port if port in numbers else next(iter(leading), port)


def accept_plain_text(hop: Hop, mesh: Mesh) -> Remedy:
    """The server's proxy takes plain text as well, until all callers speak mutual TLS."""
    name, namespace = object_name(hop, mesh), namespace_of(hop, mesh)
    title = _("Let {service} accept plain text as well, for the time being")
    own = _own_authentication(hop, mesh)
    new = _permissive(hop, mesh)
    return Remedy(
        title=title.format(service=service_name(hop)),
        kind=RemedyKind.STOP_GAP,
        disposition=Disposition.NEEDS_REVIEW,
        edits=tuple(_modes(own)) if own is not None else (new,),
        commands=(edit(own, namespace),) if own is not None else (),
        risks=(_("Plain text has no identity: policies that name a principal refuse it."),),
        verify=_("The server's proxy stops logging NR filter_chain_not_found."),
        undo=edit(own, namespace)
        if own is not None
        else f"kubectl -n {namespace} delete peerauthentication {name}-permissive",
    )


def _own_authentication(hop: Hop, mesh: Mesh) -> Manifest | None:
    """The PeerAuthentication for the server's own pods: of two of them only the older counts."""
    found = scoped(mesh, "PeerAuthentication", hop.host, "spec", "selector", "matchLabels")
    own = [one.manifest for one in found if one.level == 0 and not one.manifest.partial]
    return next(iter(own if hop.host else ()), None)


def _modes(policy: Manifest) -> Iterator[Put]:
    """Every mode of a PeerAuthentication that refuses plain text, made PERMISSIVE."""
    places: list[Path] = [("spec", "mtls", "mode")]
    ports = mapping_of(policy.get("spec", "portLevelMtls"))
    places += [("spec", "portLevelMtls", port, "mode") for port in ports]
    strict = [path for path in places if word_of(policy.get(*path)).upper() == "STRICT"]
    for path in strict or places[:1]:
        yield Put(target=target_of(policy), path=path, value="PERMISSIVE")


def _permissive(hop: Hop, mesh: Mesh) -> New:
    """A PeerAuthentication that lets the hop's workload accept plain text and TLS."""
    name = f"{object_name(hop, mesh)}-permissive"
    data = {
        "apiVersion": api(mesh, "security"),
        "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": namespace_of(hop, mesh)},
        "spec": {
            "selector": {"matchLabels": dict(selecting_labels(hop, mesh))},
            "mtls": {"mode": "PERMISSIVE"},
        },
    }
    return New(data=data, beside=service_target(hop, mesh))


def loopback_sidecar(hop: Hop, mesh: Mesh, port: int) -> New:
    """A Sidecar that lets the server's proxy dial 127.0.0.1 for one port of the pod."""
    stated = port_protocol(mesh, hop.host, hop.port)
    protocol = (stated.value if stated is not None else "") or ("http" if _http(hop) else "tcp")
    named = {"number": port, "protocol": protocol.upper(), "name": protocol}
    data = {
        "apiVersion": api(mesh),
        "kind": "Sidecar",
        "metadata": {"name": object_name(hop, mesh), "namespace": namespace_of(hop, mesh)},
        "spec": {
            "workloadSelector": {"labels": dict(selecting_labels(hop, mesh))},
            "ingress": [{"port": named, "defaultEndpoint": f"127.0.0.1:{port}"}],
        },
    }
    return New(data=data, beside=service_target(hop, mesh))


def port_edits(mesh: Mesh, host: str, port: int | None, field: str, value: Any) -> tuple[Put, ...]:
    """A field of the entry of a host's Service for a port; empty where no Service shows it."""
    entries = service_ports(mesh, host) if host else ()
    called = service_port(mesh, host, port) if host else None
    fitting = [entry for entry in entries if entry.port == called] or (
        list(entries) if len(entries) == 1 else []
    )
    return tuple(
        Put(
            target=target_of(entry.service),
            path=("spec", "ports", entry.place, field),
            value=value,
        )
        for entry in fitting[:1]
        if not entry.service.partial
    )


_SENT = _("Requests go there at once: see that the application serves them on that port.")


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
        edits=() if port is None else port_edits(mesh, hop.host, hop.port, "targetPort", port),
        commands=(f"kubectl -n {namespace} patch service {name} --type json -p '{patch}'",),
        risks=(_SENT, several) if place is None else (_SENT,),
        verify=_("503 UF stops; `ss -ltn` in the pod shows the port that the proxy dials."),
        undo=_("Apply the former Service again."),
    )


def service_entry(hop: Hop, mesh: Mesh, host: str) -> New:
    """A ServiceEntry for one host outside the mesh, or for an address without a name.

    The host of an address is made up, for `hosts` takes names only; the proxy then sends on to the
    address that was called. Port and protocol are those of the calls: a proxy that tells of a
    method has read HTTP.
    """
    bare = is_address(host)
    number = _called_port(hop) or (80 if _http(hop) else 443)
    protocol = "HTTP" if _http(hop) or number == _HTTP else "TCP" if bare else "TLS"
    name = re.sub(r"[.:]+", "-", host).strip("-")
    data = {
        "apiVersion": api(mesh),
        "kind": "ServiceEntry",
        "metadata": {"name": name, "namespace": caller_namespace(hop, mesh)},
        "spec": {
            "hosts": [f"{name}.external" if bare else host],
            **({"addresses": [host]} if bare else {}),
            "location": "MESH_EXTERNAL",
            "resolution": "NONE" if bare else "DNS",
            "ports": [{"number": number, "name": protocol.lower(), "protocol": protocol}],
        },
    }
    return New(data=data)


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
