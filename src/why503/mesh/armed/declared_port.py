"""Ports as objects declare them, where two declarations do not fit each other."""

from collections import defaultdict
from collections.abc import Iterator

from why503.facts import Manifest
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.destination import all_destinations
from why503.mesh.endpoint import ports_of
from why503.mesh.mesh import Mesh
from why503.mesh.protocol import OPAQUE, declared
from why503.mesh.selection import full_host
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.workload import containers_of

_STATUS = 15021
"""Port on which a proxy tells of its own health; no listener of the mesh is made for it."""
_SYSTEM = frozenset({"kube-system", "istio-system", "kube-public", "local-path-storage"})


def ports_without_protocol(mesh: Mesh) -> Iterator[Spotted]:
    """Service ports whose name and appProtocol tell no protocol: `service`, `port`, `name`."""
    for service in mesh.manifests("Service"):
        if service.partial or service.namespace in _SYSTEM:
            continue
        for entry in ports_of(service):
            found = declared(entry)
            if found is not None and not found.value and entry.port != _STATUS:
                name = word_of(entry.fields.get("name")) or "-"
                where = service.where("spec", "ports", entry.place)
                yield spotted(where, service=service.full_name, port=entry.port, name=name)


def http_rules_for_opaque_ports(mesh: Mesh) -> Iterator[Spotted]:
    """HTTP rules for a port that is declared to be no HTTP: `route`, `port`, `protocol`, `service`.

    The proxy makes a TCP or TLS listener for the port and never looks at the rules.
    """
    known = inventory(mesh)
    for one in all_destinations(mesh):
        route = one.manifest
        if route.kind != "VirtualService" or one.path[1] != "http" or _has_gateway(route):
            continue
        service = known.service(one.host, route.namespace)
        if service is None or not _is_own(route, one.host):
            continue
        for entry in ports_of(service):
            protocol = declared(entry)
            wanted = one.port in (None, entry.port)
            if wanted and protocol is not None and protocol.value in OPAQUE:
                if one.port is None and len(ports_of(service)) > 1:
                    continue
                yield spotted(
                    service.where("spec", "ports", entry.place),
                    route=route.full_name,
                    port=entry.port,
                    protocol=protocol.value,
                    service=service.full_name,
                )


def _has_gateway(route: Manifest) -> bool:
    return bool(route.items("spec", "gateways"))


def _is_own(route: Manifest, host: str) -> bool:
    """Whether a route is for the very host that it sends to."""
    hosts = (word_of(value) for _, value in route.items("spec", "hosts"))
    return any(full_host(value, route.namespace) == host for value in hosts)


def named_targets_without_port(mesh: Mesh) -> Iterator[Spotted]:
    """Service ports that send to a port name which no container has: `service`, `name`."""
    known = inventory(mesh)
    for service in mesh.manifests("Service"):
        workloads = known.behind(service) if not service.partial else ()
        if not workloads or any(one.partial for one in workloads):
            continue
        names = {name for one in workloads for name in _port_names(one)}
        for entry in ports_of(service):
            target = entry.fields.get("targetPort")
            if isinstance(target, str) and whole_number(target) is None and target not in names:
                where = service.where("spec", "ports", entry.place, "targetPort")
                yield spotted(where, service=service.full_name, name=target)


def _port_names(workload: Manifest) -> Iterator[str]:
    for _path, container in containers_of(workload):
        ports = container.get("ports")
        for port in ports if isinstance(ports, list) else ():
            yield word_of(mapping_of(port).get("name"))


def gateway_ports_without_service(mesh: Mesh) -> Iterator[Spotted]:
    """Gateway servers whose port no Service of the gateway's pods opens: `gateway`, `port`."""
    by_space: defaultdict[str, list[Manifest]] = defaultdict(list)
    for service in mesh.manifests("Service"):
        by_space[service.namespace].append(service)
    for gateway in mesh.manifests("Gateway"):
        labels = mapping_of(gateway.get("spec", "selector"))
        services = [
            service
            for found in by_space.values()
            for service in found
            if labels and not service.partial and _same_pods(service, labels)
        ]
        if gateway.partial or not services:
            continue
        opened = {_reached(entry.fields) for one in services for entry in ports_of(one)}
        opened |= {entry.port for one in services for entry in ports_of(one)}
        for index, server in gateway.items("spec", "servers"):
            number = whole_number(mapping_of(mapping_of(server).get("port")).get("number"))
            if number is not None and number not in opened:
                where = gateway.where("spec", "servers", index, "port", "number")
                told = services[0].full_name
                yield spotted(where, gateway=gateway.full_name, port=number, service=told)


def _reached(fields: object) -> int | None:
    return whole_number(mapping_of(fields).get("targetPort"))


def _same_pods(service: Manifest, labels: object) -> bool:
    """Whether a Service selects by a label of the Gateway's selector."""
    selector = mapping_of(service.get("spec", "selector"))
    wanted = mapping_of(labels)
    shared = [key for key in wanted if key in selector]
    return bool(shared) and all(str(selector[key]) == str(wanted[key]) for key in shared)


def external_names_without_protocol(mesh: Mesh) -> Iterator[Spotted]:
    """ExternalName Services whose ports tell no protocol: `service`, `port`, `target`.

    Istio takes them for TCP on every address of that port number.
    """
    for service in mesh.manifests("Service"):
        if service.partial or word_of(service.get("spec", "type")) != "ExternalName":
            continue
        target = word_of(service.get("spec", "externalName"))
        for entry in ports_of(service):
            found = declared(entry)
            if found is not None and found.value in {"", "tcp"}:
                where = service.where("spec", "ports", entry.place)
                yield spotted(where, service=service.full_name, port=entry.port, target=target)


def opaque_entries_without_address(mesh: Mesh) -> Iterator[Spotted]:
    """TCP ports of ServiceEntries without addresses: `entry`, `port`.

    Such a port is a listener on all addresses, and takes what is meant for others.
    """
    for entry in mesh.manifests("ServiceEntry"):
        if entry.partial or entry.get("spec", "addresses"):
            continue
        for index, fields in entry.items("spec", "ports"):
            port = mapping_of(fields)
            if word_of(port.get("protocol")).upper() == "TCP" and _is_outside(entry):
                where = entry.where("spec", "ports", index)
                yield spotted(where, entry=entry.full_name, port=word_of(port.get("number")))


def _is_outside(entry: Manifest) -> bool:
    return word_of(entry.get("spec", "location")) != "MESH_INTERNAL"
