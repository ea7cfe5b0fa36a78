"""A Service that sends to a port which no container behind it declares."""

from collections.abc import Iterator
from typing import NamedTuple

from why503.facts import Source
from why503.mesh.endpoint import container_ports, ports_of, target_port, workload_port
from why503.mesh.mesh import Mesh


class PortMismatch(NamedTuple):
    """A port that a Service sends to and that no container behind it declares."""

    target: int
    ports: str
    workload: str
    sources: tuple[Source, ...]


def port_mismatch(mesh: Mesh, host: str, number: int) -> PortMismatch | None:
    """The mismatch where the containers behind a host declare ports, but not this one."""
    declared = container_ports(mesh, host)
    if not declared or any(port.port == number for port in declared):
        return None
    target = target_port(mesh, host, None)
    ours = (target.source,) if target is not None and target.source is not None else ()
    return PortMismatch(
        target=number,
        ports=", ".join(str(port.port) for port in declared),
        workload=declared[0].workload.name,
        sources=(*ours, declared[0].source),
    )


def port_mismatches(mesh: Mesh) -> Iterator[PortMismatch]:
    """Every Service of the evidence whose target port its containers do not declare."""
    for service in mesh.manifests("Service"):
        host = f"{service.name}.{service.namespace}" if service.namespace else service.name
        if service.partial or not service.get("spec", "selector"):
            continue
        for entry in ports_of(service):
            number = workload_port(mesh, host, entry.port)
            found = port_mismatch(mesh, host, number) if number else None
            if found is not None:
                where = service.where("spec", "ports", entry.place)
                yield found._replace(sources=(where, *found.sources[-1:]))
