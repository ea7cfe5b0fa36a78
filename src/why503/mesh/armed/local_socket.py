"""Applications that listen on the pod's loopback address only, behind a Service."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from why503.facts import Manifest
from why503.mesh.address import split_host
from why503.mesh.armed.inventory import inventory
from why503.mesh.armed.spotted import Spotted, spotted
from why503.mesh.endpoint import ServicePort, listening, ports_of
from why503.mesh.listening_socket import LOOPBACK, told_to_listen
from why503.mesh.mesh import Mesh
from why503.mesh.selection import has_labels
from why503.mesh.setting import mapping_of, whole_number, word_of
from why503.mesh.version import istio_version
from why503.mesh.workload import containers_of, labels_of

_TO_POD_ADDRESS = (1, 10)
"""Version from which a sidecar connects to the pod's address, not to 127.0.0.1."""
_MAIN = "containers"


class _Target(NamedTuple):
    """A port of a workload that a Service sends to."""

    service: Manifest
    entry: ServicePort
    workload: Manifest


def behind_loopback(mesh: Mesh) -> Iterator[Spotted]:
    """Ports that a Service sends to and that listen on loopback only.

    As a container's flags ask for it, or as `ss` shows it where one Service only has the port.
    Values: `who`, `address`, `port`, `service`.
    """
    version = istio_version(mesh)
    if version is not None and version.value < _TO_POD_ADDRESS:
        return
    targets = _targets(mesh)
    yield from _by_flags(mesh, targets)
    yield from _by_sockets(mesh, targets)


def _targets(mesh: Mesh) -> dict[int, list[_Target]]:
    """By the port inside the pod."""
    known = inventory(mesh)
    found: defaultdict[int, list[_Target]] = defaultdict(list)
    for service in mesh.manifests("Service"):
        for workload in known.behind(service) if not service.partial else ():
            for entry in ports_of(service):
                number = whole_number(entry.fields.get("targetPort", entry.port))
                number = _named(workload, entry) if number is None else number
                if number is not None:
                    found[number].append(_Target(service, entry, workload))
    return found


def _named(workload: Manifest, entry: ServicePort) -> int | None:
    for path, _container in containers_of(workload):
        for _index, port in workload.items(*path, "ports"):
            if mapping_of(port).get("name") == entry.fields.get("targetPort"):
                return whole_number(mapping_of(port).get("containerPort"))
    return None


def _by_flags(mesh: Mesh, targets: dict[int, list[_Target]]) -> Iterator[Spotted]:
    asked: set[int] = set()
    for target in (one for found in targets.values() for one in found):
        workload = target.workload
        if id(workload) in asked:
            continue
        asked.add(id(workload))
        for path, container in containers_of(workload):
            for socket in told_to_listen(workload, path, container) if _MAIN in path else ():
                for own in targets.get(socket.port, ()):
                    if own.workload is workload and not _led_there(mesh, workload, socket.port):
                        yield spotted(
                            socket.source,
                            who=socket.who,
                            address=socket.address,
                            port=socket.port,
                            service=own.service.full_name,
                        )


def _by_sockets(mesh: Mesh, targets: dict[int, list[_Target]]) -> Iterator[Spotted]:
    sockets = listening(mesh)
    open_ports = {one.port for one in sockets if one.address.strip("[]") not in LOOPBACK}
    for socket in sockets:
        found = targets.get(socket.port, [])
        services = {id(one.service) for one in found}
        if socket.port in open_ports or len(services) != 1:
            continue
        if not any(_led_there(mesh, one.workload, socket.port) for one in found):
            yield spotted(
                socket.source,
                who=socket.process or found[0].workload.full_name,
                address=socket.address,
                port=socket.port,
                service=found[0].service.full_name,
            )


def _led_there(mesh: Mesh, workload: Manifest, port: int) -> bool:
    """Whether a Sidecar resource leads the pod's requests to the loopback address."""
    for sidecar in mesh.manifests("Sidecar"):
        wanted = mapping_of(sidecar.get("spec", "workloadSelector", "labels"))
        if sidecar.namespace != workload.namespace or not has_labels(labels_of(workload), wanted):
            continue
        for _index, ingress in sidecar.items("spec", "ingress"):
            address, number = split_host(word_of(mapping_of(ingress).get("defaultEndpoint")))
            if address.strip("[]") in LOOPBACK and number == port:
                return True
    return False
