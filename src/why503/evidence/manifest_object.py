"""Nodes of a YAML tree as manifests: lists taken apart, mesh configs unpacked, secrets out."""

from collections.abc import Iterator
from typing import Any

from why503.evidence.manifest_kind import is_bare_spec, kind_of_shape
from why503.evidence.manifest_mask import masked
from why503.evidence.proxy_annotation import proxy_configs
from why503.evidence.reader import Context, Reading
from why503.evidence.yaml_line import reindented, without_elisions
from why503.evidence.yaml_tree import Node, Trouble, documents, plain
from why503.facts.manifest import Manifest, Path
from why503.facts.reading import Unread
from why503.support.text import _


def read_text(text: str, context: Context, *, first_line: int = 1, column: int = 0) -> Reading:
    """Manifests of all YAML documents in ``text``, whose first line is number ``first_line``."""
    reading = Reading()
    for root in documents(without_elisions(reindented(text)), first_line, column):
        if isinstance(root, Trouble):
            reading.unread.append(trouble(root, context))
        else:
            read_node(root, context, reading)
    return reading


def read_node(node: Node, context: Context, reading: Reading) -> None:
    """Add the objects below ``node``: a mapping is one, a list and a `kind: List` hold several."""
    for part in _objects(node):
        result = plain(part)
        if isinstance(result, Trouble):
            reading.unread.append(trouble(result, context))
        elif isinstance(result.value, dict):
            source_line, column = result.lines[()]
            found = _manifest(result.value, result.lines, context, (source_line, column))
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
    name = str(kind.scalar) if kind is not None else ""
    if items is not None and items.sort == "list" and (name.endswith("List") or not name):
        yield from (item for item in items.items if item.sort == "map")
    else:
        yield node


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


def _mesh_config(node: Node, outer: Manifest, context: Context) -> list[Manifest]:
    """The mesh config inside Istio's ConfigMap, as an object of its own."""
    holder = node.child("data")
    if outer.kind == "ConfigMap":
        inner = holder.child("mesh") if holder is not None else None
    else:  # only its inside was pasted
        inner = node.child("mesh") if not outer.kind and holder is None else None
    if inner is None or not isinstance(inner.scalar, str):
        return []
    first_line = inner.line + 1 if "\n" in inner.scalar else inner.line
    key = next((key for key, _value in (holder or node).fields if key.scalar == "mesh"), inner)
    column = key.column + 1 if "\n" in inner.scalar else inner.column
    found: list[Manifest] = []
    for root in documents(inner.scalar, first_line, column):
        result = plain(root) if isinstance(root, Node) else root
        if isinstance(result, Trouble) or not isinstance(result.value, dict):
            continue
        found.append(
            Manifest(
                source=context.source(root.line, root.column if isinstance(root, Node) else 0),
                kind="MeshConfig",
                name=outer.name,
                namespace=outer.namespace,
                data=masked(result.value),
                lines=result.lines,
                partial=outer.partial,
            )
        )
    return found
