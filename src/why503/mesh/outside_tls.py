"""TLS towards servers outside the mesh: ports that are for it, and who starts it."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.protocol import port_protocol
from why503.mesh.setting import mapping_of, whole_number
from why503.mesh.workload import service_entries_of

TLS_PORTS = frozenset({443, 8443})
"""Ports that are for TLS by custom."""


def upstream_tls_contexts(mesh: Mesh) -> Iterator[tuple[tuple[Manifest, Path], bool]]:
    """Envoy's UpstreamTlsContexts in the evidence, and whether each names the server."""
    for manifest in mesh.manifests(""):
        for path, fields in _mappings(manifest.data, (), 12):
            if str(fields.get("@type", "")).endswith("UpstreamTlsContext"):
                yield (manifest, path), bool(fields.get("sni"))


def _mappings(tree: Any, path: Path, depth: int) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every mapping of a tree with its path, down to ``depth`` levels."""
    if isinstance(tree, Mapping):
        yield path, tree
    if depth and isinstance(tree, Mapping | list):
        pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
        for key, value in pairs:
            yield from _mappings(value, (*path, key), depth - 1)


def outside_tls_port(hop: Hop, mesh: Mesh) -> int | None:
    """The outside port that is for TLS: by number, declared protocol or target; else None."""
    for entry in service_entries_of(mesh, hop.host):
        for _index, fields in entry.items("spec", "ports"):
            port = mapping_of(fields)
            target = whole_number(port.get("targetPort"))
            if whole_number(port.get("number")) == (hop.port or 80) and target in TLS_PORTS:
                return target
    declared = port_protocol(mesh, hop.host, hop.port)
    if hop.port in TLS_PORTS or (declared is not None and declared.value in {"https", "tls"}):
        return hop.port
    return None
