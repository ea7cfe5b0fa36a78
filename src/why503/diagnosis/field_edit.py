"""Edits of the very field that a setting was read from."""

from collections.abc import Iterable, Iterator
from typing import Any

from why503.diagnosis.edit import Drop, Put, target_of
from why503.facts import Manifest, Source
from why503.facts.manifest import Path
from why503.mesh.mesh import Mesh


def field_at(
    mesh: Mesh, source: Source | None, kinds: Iterable[str], name: str = ""
) -> tuple[Manifest, Path] | None:
    """The object and the path whose field stands at ``source``; None where no object has it.

    ``name``: the field's own, where several of one place are told apart by it.
    """
    if source is None:
        return None
    for kind in kinds:
        for manifest in mesh.manifests(kind):
            if manifest.source.path != source.path or manifest.partial or not manifest.name:
                continue
            for path, place in manifest.lines.items():
                is_it = place == (source.line, source.column)
                if is_it and path and (not name or path[-1] == name):
                    return manifest, path
    return None


def put_at(
    mesh: Mesh, source: Source | None, kinds: Iterable[str], name: str, value: Any
) -> tuple[Put, ...]:
    """The field ``name`` at ``source`` set to ``value``; empty where no such object has it."""
    found = field_at(mesh, source, kinds, name)
    return () if found is None else (Put(target=target_of(found[0]), path=found[1], value=value),)


def dropped_at(
    mesh: Mesh, sources: Iterable[Source | None], kinds: Iterable[str], name: str
) -> Iterator[Drop]:
    """The fields ``name`` at ``sources`` taken away."""
    wanted = tuple(kinds)
    for source in sources:
        found = field_at(mesh, source, wanted, name)
        if found is not None:
            yield Drop(target=target_of(found[0]), path=found[1])
