"""Edits as YAML that a reader can apply by hand: whole objects, or what changes of one that stands.

A part of an object that stands keeps the way to it and the element of a list that is meant::

    spec:
      http:
      - # [0]
        retries:
          attempts: 2
"""

from collections.abc import Iterable, Sequence

from why503.diagnosis.cause import Patch, Remedy
from why503.diagnosis.edit import Append, Drop, Edit, Item, New, Put, Step, Target
from why503.diagnosis.yaml_text import Form, block_rows, field_rows, inline, item_rows
from why503.mesh.mesh import Mesh
from why503.support.text import _


def patches_of(remedy: Remedy, mesh: Mesh) -> tuple[Patch, ...]:
    """The patches of a remedy: its own, and one for each object that its edits are about."""
    return (*remedy.patches, *edits_as_patches(remedy.edits, mesh))


def edits_as_patches(edits: Iterable[Edit], mesh: Mesh) -> tuple[Patch, ...]:
    """One patch for each object, in the order of the edits; files and lines where it stands."""
    changes: dict[Target, list[Put | Drop | Append]] = {}
    made: list[Patch] = []
    for edit in edits:
        if isinstance(edit, New):
            made.append(Patch(yaml=object_text(edit)))
        else:
            changes.setdefault(edit.target, []).append(edit)
    return (*(_patch(target, found, mesh) for target, found in changes.items()), *made)


def object_text(new: New) -> str:
    """A new object as YAML, its comment above it."""
    rows = [f"# {row}".rstrip() for row in new.comment.splitlines()]
    return "\n".join([*rows, *block_rows(dict(new.data), 0, Form())]) + "\n"


def _patch(target: Target, changes: Sequence[Put | Drop | Append], mesh: Mesh) -> Patch:
    rows: list[str] = []
    before: tuple[Step, ...] = ()
    for change in changes:
        rows += _rows(change, before)
        before = change.path
    for one in mesh.manifests(target.kind):
        if one.name == target.name and target.namespace in (one.namespace, ""):
            place = one.where(*_plain(changes[0].path))
            return Patch(yaml="\n".join(rows) + "\n", path=place.path, line=place.line)
    return Patch(yaml="\n".join(rows) + "\n")


def _plain(path: tuple[Step, ...]) -> tuple[str | int, ...]:
    """The path as far as it needs no choosing."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, Item):
            break
        found.append(step)
    return tuple(found)


def _rows(change: Put | Drop | Append, before: tuple[Step, ...]) -> list[str]:
    """Rows of one change; the way that it shares with the change before it is not repeated."""
    same = 0
    for mine, theirs in zip(change.path[:-1], before, strict=False):
        if mine != theirs:
            break
        same += 1
    rows: list[str] = []
    column = 0
    for number, step in enumerate(change.path):
        is_last = number == len(change.path) - 1
        if isinstance(step, str):
            if number >= same:
                rows += _field(step, change if is_last else None, column)
            following = change.path[number + 1 : number + 2]
            column += 0 if following and not isinstance(following[0], str) else 2
        else:
            if number >= same:
                rows += _element(step, change if is_last else None, column)
            column += 2
    return rows


def _field(key: str, last: Put | Drop | Append | None, column: int) -> list[str]:
    if last is None:
        return [f"{' ' * column}{key}:"]
    if isinstance(last, Put):
        return field_rows(key, last.value, column, Form())
    if isinstance(last, Append):
        behind = _("behind what stands there")
        return [f"{' ' * column}{key}: # {behind}", *item_rows(last.value, column, Form())]
    return [f"{' ' * column}# {_('remove')}: {key}"]


def _element(step: int | Item, last: Put | Drop | Append | None, column: int) -> list[str]:
    where = inline(dict(step.where)) if isinstance(step, Item) else f"[{step}]"
    if isinstance(last, Put):
        return item_rows(last.value, column, Form())
    if isinstance(last, Drop):
        return [f"{' ' * column}# {_('remove')}: {where}"]
    return [f"{' ' * column}- # {where}"]
