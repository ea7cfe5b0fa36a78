"""Clusters of plain Envoy configuration that lead to the machine, or the pod, of Envoy itself."""

from collections.abc import Mapping

from why503.mesh.envoy_setting import envoy_settings
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, mapping_of, word_of

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEEPEST = 12
_MOST = 200


def loopback_clusters(mesh: Mesh) -> tuple[Setting[str], ...]:
    """`host:port` of every endpoint of a static cluster that names a loopback address.

    In a container that is the container itself: right for a sidecar, wrong for everything else.
    """
    found = []
    for clusters in envoy_settings(mesh, "clusters"):
        for address in _addresses(clusters.value, _DEEPEST)[:_MOST]:
            host = word_of(address.get("address"))
            if host in _LOOPBACK:
                value = f"{host}:{word_of(address.get('port_value')) or '?'}"
                found.append(
                    Setting(value=value, source=clusters.source, default=False, by=clusters.by)
                )
    return tuple(found)


def _addresses(value: object, depth: int) -> list[Mapping[str, object]]:
    """Every `socket_address` below ``value``."""
    if depth == 0:
        return []
    if isinstance(value, list):
        return [found for item in value[:_MOST] for found in _addresses(item, depth - 1)]
    if not isinstance(value, Mapping):
        return []
    here = mapping_of(value.get("socket_address"))
    below = [found for item in value.values() for found in _addresses(item, depth - 1)]
    return [here, *below] if here else below
