"""Files that a Kustomization names as patches: they hold parts of objects, not whole ones."""

from posixpath import dirname, join, normpath

from why503.mesh.mesh import Mesh
from why503.mesh.setting import mapping_of, word_of

_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902")


def patch_files(mesh: Mesh) -> frozenset[str]:
    """Paths of the patches of every Kustomization given, beside the paths of the evidence."""
    found: set[str] = set()
    for one in mesh.manifests("Kustomization"):
        folder = dirname(one.source.path)
        for name in _LISTS:
            for _index, entry in one.items(name):
                written = mapping_of(entry).get("path") if mapping_of(entry) else entry
                if word := word_of(written):
                    found.add(normpath(join(folder, word)))
    return frozenset(found)
