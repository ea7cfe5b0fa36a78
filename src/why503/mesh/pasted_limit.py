"""Circuit-breaker limits in a pasted piece of Envoy's own configuration."""

from collections.abc import Iterator, Mapping

from why503.facts import Manifest
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting, mapping_of, whole_number

_LIMITS = ("max_requests", "max_pending_requests", "max_connections")
"""What turns requests away, the limit that works over HTTP/2 and HTTP/1 first."""
_DEPTH = 12


def pasted_limits(mesh: Mesh, below: int) -> tuple[Setting[int], ...]:
    """Limits under ``below`` in `circuit_breakers` of fragments; `by` is the field's name."""
    found: list[Setting[int]] = []
    for fragment in mesh.manifests(""):
        for path in _breakers(fragment.data, (), _DEPTH):
            found.extend(_small(fragment, path, below))
    return tuple(found)


def _small(fragment: Manifest, path: tuple[str | int, ...], below: int) -> Iterator[Setting[int]]:
    for index, entry in fragment.items(*path, "thresholds"):
        for name in _LIMITS:
            value = whole_number(mapping_of(entry).get(name))
            if value is not None and value < below:
                source = fragment.where(*path, "thresholds", index, name)
                yield Setting(value=value, source=source, default=False, by=name)


def _breakers(
    value: object, path: tuple[str | int, ...], depth: int
) -> Iterator[tuple[str | int, ...]]:
    """Paths of all `circuit_breakers` blocks."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        pairs: list[tuple[str | int, object]] = list(value.items())
    elif isinstance(value, list | tuple):
        pairs = list(enumerate(value))
    else:
        return
    for key, inner in pairs:
        if key == "circuit_breakers":
            yield (*path, key)
        else:
            yield from _breakers(inner, (*path, key), depth - 1)
