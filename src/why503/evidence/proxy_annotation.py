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
        found: Node | None = node
        for step in (*holder, "annotations", KIND):
            found = found.child(step) if found is not None else None
        if found is None or not isinstance(found.scalar, str) or not found.scalar.strip():
            continue
        below = "\n" in found.scalar  # a block: its text begins on the next line
        for root in documents(found.scalar, found.line + below, found.column + 1):
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
