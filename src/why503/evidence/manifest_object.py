"""YAML documents as manifests: lists taken apart, mesh configs unpacked, secrets out."""

from collections.abc import Iterator
from typing import Any

from why503.evidence.manifest_kind import is_bare_spec, kind_of_shape
from why503.evidence.manifest_mask import masked
from why503.evidence.proxy_annotation import proxy_configs
from why503.evidence.reader import Context, Reading
from why503.evidence.yaml_direct import documents
from why503.evidence.yaml_inside import mappings_inside
from why503.evidence.yaml_line import reindented, without_elisions
from why503.evidence.yaml_tree import Node, Plain, Trouble, plain
from why503.facts.manifest import Manifest, Path
from why503.facts.reading import Unread
from why503.support.text import _


def read_text(text: str, context: Context, *, first_line: int = 1, column: int = 0) -> Reading:
    """Manifests of all YAML documents in ``text``, whose first line is number ``first_line``."""
    reading = Reading()
    for root in documents(without_elisions(reindented(text)), first_line, column):
        _add(root, context, reading)
    return reading


def read_json(text: str, context: Context, reading: Reading) -> bool:
    """Add the objects of a JSON text with their lines; False where it is no one document."""
    roots = list(documents(text))
    if len(roots) != 1 or isinstance(roots[0], Trouble):
        return False
    _add(roots[0], context, reading)
    return True


def _add(root: Plain | Node | Trouble, context: Context, reading: Reading) -> None:
    """Add the objects of a document: a mapping is one, a list and a `kind: List` hold several."""
    if isinstance(root, Trouble):
        reading.unread.append(trouble(root, context))
        return
    for part in _parts(root) if isinstance(root, Plain) else map(plain, _objects(root)):
        if isinstance(part, Trouble):
            reading.unread.append(trouble(part, context))
        elif isinstance(part.value, dict):
            found = _manifest(part.value, part.lines, context, part.lines[()])
            reading.facts.append(found)
            reading.facts.extend(_mesh_config(part, found, context))
            reading.facts.extend(proxy_configs(part, found, context))


def manifest_of(
    data: dict[str, Any], context: Context, *, line: int = 0, column: int = 0, partial: bool = False
) -> Manifest:
    """An object made of ``data`` alone, all of it seen at ``line`` (0: not known)."""
    lines: dict[Path, tuple[int, int]] = {(): (line, max(column, 1))} if line else {}
    return _manifest(data, lines, context, (line, column), partial)


def trouble(found: Trouble, context: Context) -> Unread:
    """A document that stayed unread, in a sentence that names the remedy."""
    reason = _(
        "Cannot read the YAML document around line {line} of `{path}`: {reason}. "
        "Mend it there, or export the object again with `kubectl get -o yaml`."
    ).format(line=found.line, path=context.path, reason=found.reason)
    return Unread(source=context.source(found.line), reason=reason)


def _objects(node: Node) -> Iterator[Node]:
    if node.sort == "list":
        for item in node.items:
            if item.sort == "map":
                yield from _objects_of_map(item)
    elif node.sort == "map":
        yield from _objects_of_map(node)


def _objects_of_map(node: Node) -> Iterator[Node]:
    kind, items = node.child("kind"), node.child("items")
    if items is not None and items.sort == "list" and _is_list(kind.scalar if kind else None):
        yield from (item for item in items.items if item.sort == "map")
    else:
        yield node


def _parts(root: Plain) -> Iterator[Plain]:
    """The objects in a document that was read without a tree."""
    if isinstance(root.value, list):
        for item in _items(root, ()):
            yield from _parts(item)
    elif _is_list(root.value.get("kind")) and isinstance(root.value.get("items"), list):
        yield from _items(root, ("items",))
    else:
        yield root


def _items(root: Plain, path: Path) -> Iterator[Plain]:
    """The mappings in the list at ``path``, each with the lines below itself."""
    values = root.value[path[0]] if path else root.value
    depth = len(path) + 1
    lines: list[dict[Path, tuple[int, int]]] = [{} for _one in values]
    texts: list[dict[Path, tuple[int, int]]] = [{} for _one in values]
    for told, found in ((lines, root.lines), (texts, root.texts)):
        for place, at in found.items():
            if len(place) >= depth and place[: depth - 1] == path:
                told[int(place[depth - 1])][place[depth:]] = at
    for number, value in enumerate(values):
        if isinstance(value, dict):
            yield Plain(value=value, lines=lines[number], texts=texts[number])


def _is_list(kind: Any) -> bool:
    """Whether an object of this kind that has `items` is a list of objects."""
    name = "" if kind is None else str(kind)
    return name.endswith("List") or not name


def _manifest(
    data: dict[str, Any],
    lines: dict[Path, tuple[int, int]],
    context: Context,
    place: tuple[int, int],
    partial: bool = False,
) -> Manifest:
    if is_bare_spec(data):
        data = {"spec": data}
        lines = {(): lines.get((), place), **{("spec", *path): at for path, at in lines.items()}}
        partial = True
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Manifest(
        source=context.source(*place),
        kind=_word(data.get("kind")) or kind_of_shape(data),
        api_version=_word(data.get("apiVersion")),
        name=_word(metadata.get("name")) or _word(metadata.get("generateName")),
        namespace=_word(metadata.get("namespace")),
        data=masked(data),
        lines=lines,
        partial=partial,
    )


def _word(value: Any) -> str:
    return (
        str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    )


def _mesh_config(outside: Plain, outer: Manifest, context: Context) -> Iterator[Manifest]:
    """The mesh config inside Istio's ConfigMap, as an object of its own."""
    if outer.kind == "ConfigMap":
        path: Path = ("data", "mesh")
    elif outer.kind or "data" in outside.value:
        return
    else:  # only its inside was pasted
        path = ("mesh",)
    for result in mappings_inside(outside, path):
        yield Manifest(
            source=context.source(*result.lines[()]),
            kind="MeshConfig",
            name=outer.name,
            namespace=outer.namespace,
            data=masked(result.value),
            lines=result.lines,
            partial=outer.partial,
        )
