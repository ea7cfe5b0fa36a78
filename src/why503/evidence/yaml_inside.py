"""YAML that stands as text in a field of other YAML, with the lines of the file around it."""

from collections.abc import Iterator

from why503.evidence.yaml_direct import documents
from why503.evidence.yaml_tree import Node, Plain, Trouble, plain
from why503.facts.manifest import Path


def mappings_inside(outside: Plain, path: Path) -> Iterator[Plain]:
    """Mappings in the text at ``path``, whose last step is one of `HOLDERS`; none where it is odd.

    A block's text begins on the line below its key, two columns further to the right.
    """
    text = outside.value
    for step in path:
        text = text.get(step) if isinstance(text, dict) else None
    if not isinstance(text, str) or not text.strip() or path not in outside.texts:
        return
    line, column = outside.texts[path]
    if "\n" in text:
        line, column = line + 1, outside.lines[path][1] + 1
    for root in documents(text, line, column):
        result = plain(root) if isinstance(root, Node) else root
        if not isinstance(result, Trouble) and isinstance(result.value, dict):
            yield result
