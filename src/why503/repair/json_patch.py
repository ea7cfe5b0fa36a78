"""Changes as patches for others to apply: JSON Patch (RFC 6902) and JSON merge patch (RFC 7396).

Where the user's file is made by a chart or a build, or the object stands only in the cluster, this
is what a kustomization's `patches` and `kubectl patch` take. Plain values; nothing is edited.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from why503.facts.manifest import Path
from why503.repair.change import Change, Edit, RefusedError, Verb, applied, edit_of, same, spelled
from why503.support.text import _

_OPS = {
    Verb.REPLACE: "replace",
    Verb.ADD_KEY: "add",
    Verb.ADD_ITEM: "add",
    Verb.REMOVE: "remove",
}


def json_patch(root: Any, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Operations of RFC 6902 that make ``changes`` in an object whose value is ``root``."""
    operations = []
    for edit in _edits(root, changes):
        operation: dict[str, Any] = {"op": _OPS[edit.verb], "path": _pointer(edit)}
        if edit.verb is not Verb.REMOVE:
            operation["value"] = deepcopy(edit.value)
        operations.append(operation)
    return operations


def merge_patch(root: Any, changes: Sequence[Change]) -> dict[str, Any]:
    """The least mapping of RFC 7396 that makes ``changes``.

    Lists stand whole, as they will be. Raises `RefusedError` where a null is wanted, which such a
    patch cannot tell from a removal.
    """
    new = root
    for edit in _edits(root, changes):
        new = applied(new, edit)
    return _difference(root, new, ())


def _edits(root: Any, changes: Sequence[Change]) -> list[Edit]:
    found = []
    for change in changes:
        edit = edit_of(root, change)
        if edit is not None:
            found.append(edit)
            root = applied(root, edit)
    return found


def _pointer(edit: Edit) -> str:
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in edit.path]
    if edit.verb is Verb.ADD_ITEM:
        steps[-1] = "-"
    return "".join(f"/{step}" for step in steps)


def _difference(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What turns ``old``, which stands at ``path``, into ``new`` when it is merged."""
    patch: dict[str, Any] = dict.fromkeys(key for key in old if key not in new)
    for key, value in new.items():
        here = old.get(key)
        if key in old and same(here, value):
            continue
        if isinstance(here, dict) and isinstance(value, dict):
            patch[key] = _difference(here, value, (*path, key))
        elif _has_null(value):
            said = _("A merge patch cannot set `{path}` to null: that means to remove it.")
            raise RefusedError(said.format(path=spelled((*path, key))))
        else:
            patch[key] = deepcopy(value)
    return patch


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null(inner) for inner in value.values())
    return value is None
