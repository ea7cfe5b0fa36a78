"""Files of YAML that hold no object of Kubernetes: values of a chart, comments alone."""

from collections.abc import Iterator
from pathlib import Path

from why503.evidence.yaml_tree import Node, documents

_ENDINGS = (".yaml", ".yml")
_LONGEST = 2_000_000
"""Bytes up to which a file is looked at."""
_OF_OBJECTS = frozenset({"kind", "apiVersion"})


def is_other_yaml(path: str) -> bool:
    """Whether a file that is YAML by its name is sound YAML, and no object stands in it."""
    if not path.endswith(_ENDINGS):
        return False
    try:
        place = Path(path)
        if not place.is_file() or place.stat().st_size > _LONGEST:
            return False
        text = place.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return all(_is_other(root) for root in _roots(text))


def _roots(text: str) -> Iterator[Node | None]:
    """Every document; None for a broken one."""
    for root in documents(text):
        yield root if isinstance(root, Node) else None


def _is_other(root: Node | None) -> bool:
    if root is None or root.sort == "scalar":
        return root is not None and root.scalar is None
    return not _OF_OBJECTS & {str(key.scalar) for key, _value in root.fields}
