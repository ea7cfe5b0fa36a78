"""The annotation `proxy.istio.io/config` of a workload, as an object of its own."""

from collections.abc import Iterator

from why503.evidence.manifest_mask import masked
from why503.evidence.reader import Context
from why503.evidence.yaml_tree import Node, Trouble, documents, plain
from why503.facts.manifest import Manifest

KIND = "proxy.istio.io/config"
"""The kind under which it is known."""
_HOLDERS = (("metadata",), ("spec", "template", "metadata"))


def proxy_configs(node: Node, outer: Manifest, context: Context) -> Iterator[Manifest]:
    """What the annotation on ``outer``, or on the pods that it makes, sets for the proxy."""
    for holder in _HOLDERS:
        place: Node | None = node
        for step in (*holder, "annotations"):
            place = place.child(step) if place is not None else None
        pair = (
            next((pair for pair in place.fields if pair[0].scalar == KIND), None) if place else None
        )
        if pair is None or not isinstance(pair[1].scalar, str) or not pair[1].scalar.strip():
            continue
        key, found = pair
        below = "\n" in found.scalar  # a block: its text begins on the next line
        column = key.column + 1 if below else found.column
        for root in documents(found.scalar, found.line + below, column):
            result = plain(root) if isinstance(root, Node) else root
            if isinstance(result, Trouble) or not isinstance(result.value, dict):
                continue
            yield Manifest(
                source=context.source(*result.lines[()]),
                kind=KIND,
                name=outer.name,
                namespace=outer.namespace,
                data=masked(result.value),
                lines=result.lines,
                partial=outer.partial,
            )
