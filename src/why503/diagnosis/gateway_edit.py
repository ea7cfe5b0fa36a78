"""Edits by which Gateways and VirtualServices agree: a host opened, a Gateway named right."""

from collections.abc import Iterator

from why503.diagnosis.edit import Append, Edit, Put, target_of
from why503.facts import Manifest
from why503.mesh.address import split_host
from why503.mesh.gateway import gateways_named, opens_host
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.route_match import hosts_of
from why503.mesh.setting import word_of


def agreement(hop: Hop, mesh: Mesh) -> tuple[Edit, ...]:
    """What makes the Gateways take in the requests of the hop, as far as one change does it."""
    asked = {split_host(failure.teller.authority)[0] for failure in hop.failures} - {""}
    gateways = [one for one in mesh.manifests("Gateway") if not one.partial and one.name]
    edits: dict[Edit, None] = {}
    for service in mesh.manifests("VirtualService"):
        hosts = [host for host in hosts_of(service) if host in asked]
        if not hosts or service.partial:
            continue
        bound = gateways_named(service, gateways)
        found = _opened(bound, hosts) if bound else _named(service, gateways)
        edits.update(dict.fromkeys(found))
    return tuple(edits)


def _opened(bound: list[Manifest], hosts: list[str]) -> Iterator[Append]:
    for host in hosts:
        if any(opens_host(gateway, host) for gateway in bound):
            continue
        for gateway in bound[:1]:
            for index, _server in gateway.items("spec", "servers")[:1]:
                path = ("spec", "servers", index, "hosts")
                yield Append(target=target_of(gateway), path=path, value=host)


def _named(service: Manifest, gateways: list[Manifest]) -> Iterator[Put]:
    """The only Gateway, or the one of that name, in place of one that is not there."""
    for index, written in service.items("spec", "gateways"):
        name = word_of(written)
        if not name or name == "mesh":
            continue
        same = [one for one in gateways if one.name == name.rpartition("/")[2]]
        fitting = same or (gateways if len(gateways) == 1 else [])
        if len(fitting) == 1:
            right = f"{fitting[0].namespace}/{fitting[0].name}".lstrip("/")
            yield Put(target=target_of(service), path=("spec", "gateways", index), value=right)
