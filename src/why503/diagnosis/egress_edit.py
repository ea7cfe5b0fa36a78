"""Edits of what callers may reach: hosts of a Sidecar's egress, the resolution of an entry."""

from why503.diagnosis.edit import Append, Put, target_of
from why503.diagnosis.field_edit import field_at
from why503.facts import Source
from why503.mesh.address import is_address, is_service_name, short_name
from why503.mesh.mesh import Mesh
from why503.mesh.setting import word_of
from why503.mesh.workload import service_entries_of


def host_let_in(mesh: Mesh, source: Source | None, namespace: str, host: str) -> tuple[Append, ...]:
    """A host added to the egress list that begins at ``source``; empty where it is not shown."""
    found = field_at(mesh, source, ("Sidecar",), "egress")
    if found is None or is_address(host) or "<" in host:
        return ()
    sidecar, path = found
    name, space = short_name(host)
    space = namespace if space and namespace and "<" not in namespace else space
    full = host if is_service_name(host) or not space else f"{name}.{space}.svc.cluster.local"
    for index, _egress in sidecar.items(*path)[:1]:
        where = (*path, index, "hosts")
        return (Append(target=target_of(sidecar), path=where, value=f"{space or '*'}/{full}"),)
    return ()


def resolved_by_name(mesh: Mesh, host: str) -> tuple[Put, ...]:
    """Resolution DNS for the ServiceEntries that hold a host and resolve nothing."""
    return tuple(
        Put(target=target_of(entry), path=("spec", "resolution"), value="DNS")
        for entry in service_entries_of(mesh, host)
        if not entry.partial and word_of(entry.get("spec", "resolution")) in {"", "NONE"}
    )
