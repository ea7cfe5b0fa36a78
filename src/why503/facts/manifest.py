"""A Kubernetes or Istio object, whole or in part, with the line of every field."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from why503.facts.source import Source
from why503.support.dataclass import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An object as YAML, JSON or a table row shows it; a row gives an object with few fields.

    ``kind`` is ``""`` for a fragment without one (part of a mesh config, Envoy configuration).
    """

    source: Source
    kind: str
    api_version: str = ""
    name: str = ""
    namespace: str = ""
    """``""`` where the object does not say: the namespace it was applied to, unknown here."""
    data: Mapping[str, Any]
    """The object as plain Python values."""
    lines: Mapping[Path, tuple[int, int]] = field(default_factory=dict, repr=False)
    """Line and column of each field, by path, where the text had them."""
    partial: bool = False
    """True for a table row, a describe page or a cut text: an absent field means nothing then."""

    def get(self, *path: str | int, default: Any = None) -> Any:
        """Value at ``path`` (keys and list indexes), or ``default`` where any step is missing."""
        here: Any = self.data
        for step in path:
            if type(here) is dict:  # nearly always, and much faster to ask
                if step not in here:
                    return default
            elif type(here) is list:
                if not _has_index(here, step):
                    return default
            elif here is None or not isinstance(here, Mapping) or step not in here:
                return default
            here = here[step]
        return here

    def where(self, *path: str | int) -> Source:
        """Place of the field at ``path``, or of the nearest field around it."""
        for end in range(len(path), -1, -1):
            if (place := self.lines.get(path[:end])) is not None:
                return Source(path=self.source.path, line=place[0], column=place[1])
        return self.source

    def items(self, *path: str | int) -> list[tuple[int, Any]]:
        """Numbered elements of the list at ``path``; empty where there is no list."""
        found = self.get(*path)
        return list(enumerate(found)) if isinstance(found, list) else []

    @property
    def full_name(self) -> str:
        """`Kind namespace/name`, for sentences."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}".strip()


def _has_index(value: object, step: str | int) -> bool:
    """True where ``value`` is a list with an element ``step``."""
    return isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)
