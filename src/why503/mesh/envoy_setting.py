"""Fields of Envoy's own configuration, wherever EnvoyFilters and plain Envoy YAML hold them."""

from collections.abc import Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh
from why503.mesh.setting import Setting
from why503.support.text import _

DEEPEST = 40
"""Levels of nesting that are looked into."""
MOST_FIELDS = 20_000
"""Fields of one object that are looked at."""


def envoy_settings(mesh: Mesh, *names: str) -> tuple[Setting[Any], ...]:
    """Values of every field with one of these names, in EnvoyFilters and in plain Envoy YAML."""
    return tuple(
        _setting(manifest, path, value)
        for manifest in _envoy_objects(mesh)
        for path, value in _fields(manifest.data)
        if path and path[-1] in names
    )


def http_filters(mesh: Mesh, *names: str) -> tuple[Setting[Any], ...]:
    """HTTP filters whose name has one of these words in it (`local_ratelimit`, `wasm`, ...)."""
    return tuple(
        _setting(manifest, path, value)
        for manifest in _envoy_objects(mesh)
        for path, value in _fields(manifest.data)
        if path
        and path[-1] in ("name", "@type")
        and isinstance(value, str)
        and any(name in value.lower() for name in names)
        and path[:1] != ("metadata",)
    )


def _setting(manifest: Manifest, path: Path, value: Any) -> Setting[Any]:
    by = manifest.full_name or _("Envoy's configuration")
    return Setting(value=value, source=manifest.where(*path), default=False, by=by)


def _envoy_objects(mesh: Mesh) -> tuple[Manifest, ...]:
    return (*mesh.manifests("EnvoyFilter"), *mesh.manifests(""))


def _fields(data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Every field of a tree with its path, at most `MOST_FIELDS`, in the order of the text."""
    waiting: list[tuple[Path, Any]] = [((), data)]
    seen = 0
    while waiting and seen < MOST_FIELDS:
        path, value = waiting.pop()
        seen += 1
        yield path, value
        if len(path) >= DEEPEST:
            continue
        if isinstance(value, Mapping):
            waiting += [((*path, str(key)), item) for key, item in reversed([*value.items()])]
        elif isinstance(value, list):
            waiting += [((*path, index), item) for index, item in reversed([*enumerate(value)])]
