"""Which hosts a calling proxy may know: outboundTrafficPolicy, Sidecar egress hosts, exportTo."""

from collections.abc import Iterator

from why503.facts import Manifest
from why503.mesh.address import is_public, split_host
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.mesh_config import mesh_setting
from why503.mesh.selection import covers, namespace_of_host
from why503.mesh.setting import Setting, mapping_of, word_of
from why503.mesh.workload import service_entries_of, service_of

_EXPORT = "networking.istio.io/exportTo"


def registry_only(mesh: Mesh) -> Setting[str] | None:
    """The REGISTRY_ONLY that a Sidecar resource or the mesh config sets; None where none does."""
    for sidecar in mesh.manifests("Sidecar"):
        if word_of(sidecar.get("spec", "outboundTrafficPolicy", "mode")) == "REGISTRY_ONLY":
            source = sidecar.where("spec", "outboundTrafficPolicy", "mode")
            return Setting(
                value="REGISTRY_ONLY", source=source, default=False, by=sidecar.full_name
            )
    found = mesh_setting(mesh, "outboundTrafficPolicy", "mode")
    if found is not None and word_of(found.value) == "REGISTRY_ONLY":
        return Setting(value="REGISTRY_ONLY", source=found.source, default=False, by=found.by)
    return None


def unnamed_dials(hop: Hop) -> tuple[Failure, ...]:
    """TCP connections to public addresses that ended with UH and named neither cluster nor host.

    Old proxies log them so where nobody in the registry has the address.
    """
    return tuple(
        failure
        for failure in hop.having(Ending.NO_HEALTHY_UPSTREAM)
        if failure.teller.method in {"", "-"}
        and failure.account.upstream_cluster == ""
        and not failure.account.upstream_host
        and is_public(split_host(failure.teller.downstream_local)[0])
    )


def scope_without(mesh: Mesh, host: str) -> Setting[tuple[str, ...]] | None:
    """Egress hosts of the Sidecar resources given, none of which lets ``host`` be seen.

    None where one of them does, where none has egress hosts, or none was given.
    """
    found: Setting[tuple[str, ...]] | None = None
    for sidecar in mesh.manifests("Sidecar"):
        listed = sidecar.items("spec", "egress")
        written = tuple(host for index, _egress in listed for host in egress_hosts(sidecar, index))
        if sidecar.partial or not written:
            continue
        if any(_lets_see(mesh, pattern, host, sidecar.namespace) for pattern in written):
            return None
        found = found or Setting(
            value=written,
            source=sidecar.where("spec", "egress"),
            default=False,
            by=sidecar.full_name,
        )
    return found


def egress_hosts(sidecar: Manifest, index: int) -> Iterator[str]:
    """The `namespace/dnsName` words of one egress listener of a Sidecar resource."""
    for _place, host in sidecar.items("spec", "egress", index, "hosts"):
        if word_of(host):
            yield word_of(host)


def _lets_see(mesh: Mesh, pattern: str, host: str, own: str) -> bool:
    """Whether one `namespace/dnsName` of a Sidecar resource means ``host``."""
    space, slash, name = pattern.partition("/")
    if not slash:
        space, name = "*", pattern
    if name != "*" and not covers(name, host):
        return False
    wanted = namespace_of_host(mesh, host)
    if space == "*" or not wanted:
        return space != "~"
    return wanted == (own if space == "." else space)


def exported_elsewhere(mesh: Mesh, host: str) -> Setting[str] | None:
    """The `exportTo` that keeps a Service, ServiceEntry or its routes from some namespaces.

    None where nothing given narrows it.
    """
    service = service_of(mesh, host)
    if service is not None:
        written = mapping_of(service.get("metadata", "annotations")).get(_EXPORT)
        if (narrow := _narrow(word_of(written).split(","))) is not None:
            source = service.where("metadata", "annotations", _EXPORT)
            return Setting(value=narrow, source=source, default=False, by=service.full_name)
    for entry in service_entries_of(mesh, host):
        listed = [word_of(space) for _place, space in entry.items("spec", "exportTo")]
        if (narrow := _narrow(listed)) is not None:
            source = entry.where("spec", "exportTo")
            return Setting(value=narrow, source=source, default=False, by=entry.full_name)
    return None


def _narrow(listed: list[str]) -> str | None:
    spaces = [space.strip() for space in listed if space.strip()]
    return ", ".join(spaces) if spaces and "*" not in spaces else None
