"""Edits of a DestinationRule's `tls` block: taken away, or given a mode or a server name."""

from why503.diagnosis.edit import Drop, Put, target_of
from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of
from why503.mesh.traffic_policy import Block, policy_block


def tls_dropped(mesh: Mesh, host: str, port: int | None) -> tuple[Drop, ...]:
    """The block that decides on TLS for a host and port, taken away with what it leaves empty."""
    block = _block(mesh, host, port)
    if block is None:
        return ()
    return (Drop(target=target_of(block.manifest), path=_around(block.manifest, block.path)),)


def tls_put(mesh: Mesh, host: str, port: int | None, field: str, value: str) -> tuple[Put, ...]:
    """One field of the block that decides on TLS for a host and port."""
    block = _block(mesh, host, port)
    if block is None:
        return ()
    return (Put(target=target_of(block.manifest), path=(*block.path, field), value=value),)


def _block(mesh: Mesh, host: str, port: int | None) -> Block | None:
    block = policy_block(mesh, host, port, "tls") if host else None
    if block is None or block.manifest.kind != "DestinationRule" or block.manifest.partial:
        return None
    return block


def _around(rule: Manifest, path: Path) -> Path:
    """The widest part around ``path`` that would be empty, or an entry that names a port only.

    Such an entry would put the policy of the whole host out of force.
    """
    while len(path) > 2:
        holder = rule.get(*path[:-1])
        others = set(mapping_of(holder)) - {path[-1], "port"}
        alone = len(holder) == 1 if isinstance(holder, list) else not others
        if not alone or path[-2] == "spec":
            return path
        path = path[:-1]
    return path
