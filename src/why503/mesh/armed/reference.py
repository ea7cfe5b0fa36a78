"""References that lead nowhere: hosts, namespaces and pods that none of the objects given has."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.armed.inventory import Inventory, inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.destination import Destination, all_destinations
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import root_namespace
from why503.mesh.protocol import OPAQUE, declared
from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, whole_number, word_of

_NO_HTTP = OPAQUE | {"udp"}
_SIDECARS = "mesh"
"""The name that stands for all sidecars among the gateways of a route."""
_EXPORTING = ("VirtualService", "DestinationRule", "ServiceEntry")
_POLICIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("PeerAuthentication", ("spec", "selector", "matchLabels")),
    ("AuthorizationPolicy", ("spec", "selector", "matchLabels")),
    ("RequestAuthentication", ("spec", "selector", "matchLabels")),
)


def lost_hosts(mesh: Mesh) -> Iterator[Spotted]:
    """Routes to a host that nobody given has: `route`, `host`."""
    known = inventory(mesh)
    for one in all_destinations(mesh):
        if known.is_missing(one.host, one.manifest.namespace):
            yield spotted(one.source, route=one.manifest.full_name, host=one.host)


def rules_for_nobody(mesh: Mesh) -> Iterator[Spotted]:
    """DestinationRules for a host that nobody given has: `rule`, `host`."""
    known = inventory(mesh)
    for rule in mesh.manifests("DestinationRule"):
        host = word_of(rule.get("spec", "host"))
        if host and not rule.partial and known.is_missing(host, rule.namespace):
            where = rule.where("spec", "host")
            yield spotted(where, rule=rule.full_name, host=full_host(host, rule.namespace))


def routes_without_port(mesh: Mesh) -> Iterator[Spotted]:
    """Routes that name no port of a Service, and are asked on one that it does not have.

    Such a route goes to the port of the listener: where the Service has several, and not that one,
    there is no cluster. `route`, `host`, `ports`, `asked`.
    """
    known = inventory(mesh)
    for one in all_destinations(mesh):
        if one.port is not None or one.manifest.kind != "VirtualService" or _narrowed(one):
            continue
        service = known.service(one.host, one.manifest.namespace)
        ports = {entry.port for entry in ports_of(service)} if service is not None else set()
        asks = _asked_ports(mesh, known, one.manifest, http="http" in one.path)
        lost = set(asks) - ports
        if len(ports) > 1 and lost:
            told, asked = (", ".join(map(str, sorted(found))) for found in (ports, lost))
            name = one.manifest.full_name
            yield spotted(one.source, route=name, host=one.host, ports=told, asked=asked)


def _narrowed(one: Destination) -> bool:
    """Whether the rule is for some listeners only."""
    matches = [mapping_of(match) for _, match in one.manifest.items(*one.path, "match")]
    return any(match.keys() & {"port", "gateways"} for match in matches)


def _asked_ports(mesh: Mesh, known: Inventory, route: Manifest, *, http: bool) -> Iterator[int]:
    """Ports of the listeners that have a VirtualService, as far as the objects given tell.

    ``http``: whether its rules for HTTP are meant, which listeners for connections do not look at.
    """
    gateways = {word_of(name) for _, name in route.items("spec", "gateways")} or {_SIDECARS}
    if _SIDECARS in gateways:
        for _, host in route.items("spec", "hosts"):
            service = known.service(word_of(host), route.namespace)
            for entry in ports_of(service) if service is not None else ():
                protocol = declared(entry)
                if not (http and protocol is not None and protocol.value in _NO_HTTP):
                    yield entry.port
    for gateway in mesh.manifests("Gateway"):
        names = {f"{gateway.namespace}/{gateway.name}"}
        names |= {gateway.name} if gateway.namespace == route.namespace else set()
        if not names & gateways:
            continue
        for index, _server in gateway.items("spec", "servers"):
            port = mapping_of(gateway.get("spec", "servers", index, "port"))
            number = whole_number(port.get("number"))
            if number is not None and not (
                http and word_of(port.get("protocol")).lower() in _NO_HTTP - {"https"}
            ):
                yield number


def exports_to_nowhere(mesh: Mesh) -> Iterator[Spotted]:
    """Namespaces in `exportTo` that are not given, where Namespaces are: `object`, `namespace`."""
    given = {one.name for one in mesh.manifests("Namespace")}
    if not given:
        return
    for kind in _EXPORTING:
        for manifest in mesh.manifests(kind):
            for index, value in manifest.items("spec", "exportTo"):
                name = word_of(value)
                if name and name not in {".", "*", "~"} and name not in given:
                    place = manifest.where("spec", "exportTo", index)
                    yield spotted(place, object=manifest.full_name, namespace=name)


def selectors_without_pods(mesh: Mesh, kind: str) -> Iterator[Spotted]:
    """Policies of one kind whose labels no workload of the namespace has: `policy`, `labels`."""
    path = dict(_POLICIES).get(kind, ("spec", "workloadSelector", "labels"))
    known = inventory(mesh)
    for policy in mesh.manifests(kind):
        labels = mapping_of(policy.get(*path))
        if policy.partial or not labels or _is_of_mesh(mesh, policy):
            continue
        if known.has_workloads(policy.namespace) and not known.selected(policy.namespace, labels):
            told = ", ".join(f"{key}={value}" for key, value in labels.items())
            yield spotted(policy.where(*path), policy=policy.full_name, labels=told)


def _is_of_mesh(mesh: Mesh, policy: Manifest) -> bool:
    """Whether a policy in the root namespace speaks of the whole mesh."""
    return policy.namespace == root_namespace(mesh)


def hosts_out_of_reach(mesh: Mesh) -> Iterator[Spotted]:
    """Egress hosts of Sidecars that nobody given has: `sidecar`, `host`."""
    known = inventory(mesh)
    for sidecar, path, written in _egress_hosts(mesh):
        if found := _unreachable(known, sidecar, written):
            yield spotted(sidecar.where(*path), sidecar=sidecar.full_name, host=found)


def _egress_hosts(mesh: Mesh) -> Iterator[tuple[Manifest, Path, str]]:
    """Egress hosts of Sidecars, each with its path."""
    for sidecar in mesh.manifests("Sidecar"):
        for index, _entry in sidecar.items("spec", "egress"):
            for place, value in sidecar.items("spec", "egress", index, "hosts"):
                yield sidecar, ("spec", "egress", index, "hosts", place), word_of(value)


def _unreachable(known: Inventory, sidecar: Manifest, written: str) -> str:
    """The host where it leads nowhere; ``""`` where it does, or is a wildcard."""
    space, slash, host = written.partition("/")
    if not slash or not host or "*" in host or space in {"~", ""}:
        return ""
    own = sidecar.namespace if space == "." else "" if space == "*" else space
    return written if known.is_missing(host, own) else ""


def malformed_egress_hosts(mesh: Mesh) -> Iterator[Spotted]:
    """Egress hosts of Sidecars that are not `namespace/host`: `sidecar`, `host`."""
    for sidecar, path, written in _egress_hosts(mesh):
        space, slash, host = written.partition("/")
        if not (slash and space and host) or "/" in host:
            yield spotted(sidecar.where(*path), sidecar=sidecar.full_name, host=written)
