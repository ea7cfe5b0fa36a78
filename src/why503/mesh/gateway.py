"""Gateways: which hosts they open, which routes are bound to them, and what does not fit."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from why503.facts import Manifest, Request, Source
from why503.mesh.mesh import Mesh
from why503.mesh.route_match import hosts_of
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import WORKLOAD_KINDS, labels_of
from why503.support.dataclass import dataclass
from why503.support.text import _

_PORTS = ("8080", "8443")
"""Ports that Istio's gateway pods listen on for 80 and 443."""
_SHIFT = 8000
"""What Istio's gateway pods without privileges add to 80 and 443."""
_OF_SIDECARS = frozenset({15001, 15006})
_TERMINATING = frozenset({"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"})


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Two settings of Gateways and their routes that cannot work together."""

    text: str
    """One sentence, in the user's language."""
    sources: tuple[Source, ...]
    about: str = ""
    """`hosts`, `selector` or `listener`: the fact that it rests on; ``""`` for one of its own."""


def is_gateway(request: Request) -> bool:
    """True where the proxy that tells looks like an ingress or egress gateway."""
    if "gateway" in request.teller.lower() or "ingress" in request.teller.lower():
        return True
    port = (request.downstream_local or "").rpartition(":")[2]
    return port in _PORTS and bool(request.forwarded_for)


def opens_host(gateway: Manifest, host: str) -> bool:
    """True where one of an Istio Gateway's servers is for ``host``."""
    return any(_overlap(pattern, host) for pattern in hosts_of(gateway))


def gateways_named(service: Manifest, gateways: Sequence[Manifest]) -> list[Manifest]:
    """Gateways out of ``gateways`` that a VirtualService is bound to."""
    wanted = [word_of(name) for _, name in service.items("spec", "gateways")]
    return [gateway for gateway in gateways if any(_means(service, w, gateway) for w in wanted)]


def _means(service: Manifest, written: str, gateway: Manifest) -> bool:
    namespace, slash, name = written.rpartition("/")
    if not slash:
        name, namespace = _old_name(written, service.namespace)
    if name != gateway.name:
        return False
    return not namespace or not gateway.namespace or namespace == gateway.namespace


def _old_name(written: str, own: str) -> tuple[str, str]:
    """Name and namespace of a Gateway written as a host (`gw.ns.svc.cluster.local`)."""
    parts = written.split(".")
    return (parts[0], parts[1]) if len(parts) > 2 and parts[2] == "svc" else (written, own)


def _overlap(one: str, other: str) -> bool:
    """True where a wildcard or name of one side covers that of the other."""
    first, second = one.lower(), other.lower()
    if "*" in (first, second) or first == second:
        return True
    if first.startswith("*") and second.endswith(first[1:]):
        return True
    return second.startswith("*") and first.endswith(second[1:])


def misfits(mesh: Mesh, host: str) -> tuple[Misfit, ...]:
    """What does not fit between the Gateways and VirtualServices given, that for ``host`` only.

    All of it for the host ``""``. Gateways of the Gateway API are left out.
    """
    gateways = [
        gateway
        for gateway in mesh.manifests("Gateway")
        if not gateway.partial and gateway.items("spec", "servers")
    ]
    if not gateways:
        return ()
    found: list[Misfit] = []
    for service in mesh.manifests("VirtualService"):
        if not service.partial and (not host or any(_overlap(h, host) for h in hosts_of(service))):
            found += _of_service(service, gateways)
    for gateway in gateways:
        found += _of_servers(gateway)
    found += _of_selectors(mesh, gateways)
    found += _of_listeners(mesh, gateways)
    found += _shared_certificate(gateways)
    return tuple(found)


def _of_service(service: Manifest, gateways: Sequence[Manifest]) -> Iterator[Misfit]:
    wanted = [word_of(name) for _, name in service.items("spec", "gateways")]
    wanted = [name for name in wanted if name and name != "mesh"]
    if not wanted:
        return
    bound = gateways_named(service, gateways)
    place = service.where("spec", "gateways")
    if not bound:
        same = next((g for g in gateways if g.name == wanted[0].rpartition("/")[2]), None)
        where = same.full_name if same is not None else ", ".join(g.full_name for g in gateways[:3])
        text = _("{service} is bound to the Gateway {wanted}, but the one given is {where}.")
        yield Misfit(
            text=text.format(service=service.full_name, wanted=wanted[0], where=where),
            sources=(place, gateways[0].source),
            about="gateway",
        )
        return
    opened = [pattern for gateway in bound for pattern in hosts_of(gateway)]
    hosts = hosts_of(service)
    if opened and hosts and not any(_overlap(h, pattern) for h in hosts for pattern in opened):
        text = _("{service} is for {hosts}, but {gateway} opens only {opened}.")
        yield Misfit(
            text=text.format(
                service=service.full_name,
                hosts=", ".join(hosts[:3]),
                gateway=bound[0].full_name,
                opened=", ".join(opened[:3]),
            ),
            sources=(service.where("spec", "hosts"), bound[0].where("spec", "servers", 0, "hosts")),
            about="hosts",
        )
    yield from _passthrough(service, bound)


def _passthrough(service: Manifest, bound: Sequence[Manifest]) -> Iterator[Misfit]:
    """HTTP rules at a Gateway all of whose servers pass TLS through."""
    if not service.items("spec", "http") or service.items("spec", "tls"):
        return
    for gateway in bound:
        modes = [
            word_of(gateway.get("spec", "servers", index, "tls", "mode")).upper()
            for index, _server in gateway.items("spec", "servers")
        ]
        if modes and all(mode == "PASSTHROUGH" for mode in modes):
            text = _("{gateway} passes TLS through, and {service} has only `http` rules for it.")
            yield Misfit(
                text=text.format(gateway=gateway.full_name, service=service.full_name),
                sources=(gateway.where("spec", "servers", 0, "tls"), service.where("spec", "http")),
                about="passthrough",
            )


def _of_servers(gateway: Manifest) -> Iterator[Misfit]:
    """Servers whose protocol and TLS block contradict each other."""
    for index, server in gateway.items("spec", "servers"):
        fields = mapping_of(server)
        port = mapping_of(fields.get("port"))
        protocol, tls = word_of(port.get("protocol")).upper(), mapping_of(fields.get("tls"))
        number = whole_number(port.get("number"))
        source = gateway.where("spec", "servers", index)
        mode = word_of(tls.get("mode")).upper()
        if protocol in {"HTTPS", "TLS"} and not tls:
            text = _("Server {number} of {gateway} is {protocol} and has no `tls` block.")
        elif protocol == "HTTP" and mode:
            text = _(
                "Server {number} of {gateway} has a `tls` mode, but its protocol is {protocol}."
            )
        elif mode in _TERMINATING and not _has_certificate(tls):
            text = _("Server {number} of {gateway} ends TLS without naming a certificate.")
        else:
            continue
        values = {"number": number, "gateway": gateway.full_name, "protocol": protocol}
        yield Misfit(text=text.format(**values), sources=(source,), about="tls")


def _has_certificate(tls: object) -> bool:
    fields = mapping_of(tls)
    names = ("credentialName", "credentialNames", "serverCertificate", "tlsCertificates")
    return any(fields.get(name) for name in names)


def _of_selectors(mesh: Mesh, gateways: Sequence[Manifest]) -> Iterator[Misfit]:
    """Gateways whose selector takes none of the gateway workloads given."""
    workloads = [
        workload
        for kind in WORKLOAD_KINDS
        for workload in mesh.manifests(kind)
        if "gateway" in workload.name and labels_of(workload)
    ]
    for gateway in gateways if workloads else []:
        selector = mapping_of(gateway.get("spec", "selector"))
        if selector and not any(has_labels(labels_of(w), selector) for w in workloads):
            text = _("The selector of {gateway} ({labels}) takes none of the gateway pods given.")
            labels = ", ".join(f"{key}={value}" for key, value in selector.items())
            yield Misfit(
                text=text.format(gateway=gateway.full_name, labels=labels),
                sources=(gateway.where("spec", "selector"), workloads[0].source),
                about="selector",
            )


def _of_listeners(mesh: Mesh, gateways: Sequence[Manifest]) -> Iterator[Misfit]:
    """Ports that a Gateway opens and that the gateway's own table of listeners lacks."""
    table = mesh.manifests("ProxyListener")
    ports = {whole_number(listener.get("port")) for listener in table}
    if not ports or ports & _OF_SIDECARS:
        return
    for gateway in gateways:
        for index, _server in gateway.items("spec", "servers"):
            number = whole_number(gateway.get("spec", "servers", index, "port", "number"))
            if number is not None and not {number, number + _SHIFT} & ports:
                text = _(
                    "{gateway} opens port {number}, and the gateway's pod has no listener for it."
                )
                yield Misfit(
                    text=text.format(gateway=gateway.full_name, number=number),
                    sources=(gateway.where("spec", "servers", index), table[0].source),
                    about="listener",
                )
                return


def _shared_certificate(gateways: Sequence[Manifest]) -> Iterator[Misfit]:
    """Gateways of one workload that show one certificate for different hosts."""
    users: defaultdict[tuple[str, str], list[tuple[Manifest, int]]] = defaultdict(list)
    for gateway in gateways:
        selector = repr(sorted(mapping_of(gateway.get("spec", "selector")).items()))
        for index, _server in gateway.items("spec", "servers"):
            name = word_of(gateway.get("spec", "servers", index, "tls", "credentialName"))
            if name:
                users[name, selector].append((gateway, index))
    for (name, _selector), found in users.items():
        if len({id(gateway) for gateway, _index in found}) > 1:
            text = _(
                "{first} and {second} show the same certificate ({name}): over HTTP/2 a browser "
                "sends the requests for one on the connection of the other, which answers 404."
            )
            first, second = found[0], found[-1]
            yield Misfit(
                text=text.format(first=first[0].full_name, second=second[0].full_name, name=name),
                sources=tuple(g.where("spec", "servers", index, "tls") for g, index in found[:2]),
                about="certificate",
            )
