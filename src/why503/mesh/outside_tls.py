"""TLS towards servers outside the mesh: ports that are for it, and who starts it."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure
from why503.mesh.hop import Hop
from why503.mesh.mesh import Mesh
from why503.mesh.protocol import port_protocol
from why503.mesh.setting import Setting, mapping_of, whole_number, word_of
from why503.mesh.workload import service_entries_of
from why503.support.pattern import lazy_re
from why503.support.text import _

TLS_PORTS = frozenset({443, 8443})
"""Ports that are for TLS by custom."""
WANTS_TLS = lazy_re(
    r"plain HTTP request was sent to HTTPS port|Client sent an HTTP request to an HTTPS server"
)
"""What nginx and Go say of plain HTTP on a port for TLS."""
ORIGINATING = frozenset({"SIMPLE", "MUTUAL"})
"""Modes in which a proxy starts TLS of its own, not the mesh's."""
_PATIENCE = 60_000.0
"""Milliseconds for which the most patient server waits for a handshake."""
_OF_SERVER = frozenset(
    {"credentialName", "serverCertificate", "httpsRedirect", "minProtocolVersion"}
)
"""Fields of a Gateway's `tls` block, which no client's has."""


def tls_starters(mesh: Mesh) -> tuple[Setting[str], ...]:
    """Modes by which rules start TLS of their own; those of a pasted `tls` block, too."""
    blocks = [
        (rule, path)
        for rule in mesh.manifests("DestinationRule")
        for path, fields in _mappings(rule.data, (), 6)
        if path[-1:] == ("tls",) and fields
    ]
    for piece in mesh.manifests(""):
        for base in ((), ("trafficPolicy",), ("spec", "trafficPolicy")):
            fields = mapping_of(piece.get(*base, "tls"))
            if fields and not _OF_SERVER & fields.keys():
                blocks.append((piece, (*base, "tls")))
    return tuple(
        Setting(
            value=mode,
            source=manifest.where(*path, "mode"),
            default=False,
            by=manifest.full_name or _("the pasted traffic policy"),
        )
        for manifest, path in blocks
        if (mode := word_of(manifest.get(*path, "mode")).upper()) in ORIGINATING
    )


def soon_cut(hop: Hop) -> tuple[Failure, ...]:
    """Connections that ended under a request as soon as a TLS port ends plain text."""
    return tuple(
        failure
        for failure in hop.having(Ending.CONNECTION_TERMINATION)
        if (failure.teller.duration or 0.0) <= _PATIENCE
    )


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
