"""The annotation `proxy.istio.io/config` of a workload, as an object of its own."""

from collections.abc import Iterator

from why503.evidence.manifest_mask import masked
from why503.evidence.reader import Context
from why503.evidence.yaml_inside import mappings_inside
from why503.evidence.yaml_tree import Plain
from why503.facts.manifest import Manifest

KIND = "proxy.istio.io/config"
"""The kind under which it is known."""
_PLACES = tuple(
    (*holder, "annotations", KIND) for holder in (("metadata",), ("spec", "template", "metadata"))
)


def proxy_configs(outside: Plain, outer: Manifest, context: Context) -> Iterator[Manifest]:
    """What the annotation on ``outer``, or on the pods that it makes, sets for the proxy."""
    for path in _PLACES if outside.texts else ():
        for result in mappings_inside(outside, path):
            yield Manifest(
                source=context.source(*result.lines[()]),
                kind=KIND,
                name=outer.name,
                namespace=outer.namespace,
                data=masked(result.value),
                lines=result.lines,
                partial=outer.partial,
            )
