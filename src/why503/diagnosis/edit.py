"""What is wanted of the configuration, as plain data: values put, dropped or appended at a path.

A path goes from the object's root by keys, by list indexes and by `Item`, which chooses the element
of a list by what stands in it::

    rule = Target(kind="DestinationRule", name="vminsert", namespace="monitoring")
    pool = ("spec", "trafficPolicy", "connectionPool", "http")
    Put(target=rule, path=(*pool, "idleTimeout"), value="50s")
    port = Item(where={"port": {"number": 8480}})
    levels = ("spec", "trafficPolicy", "portLevelSettings")
    Put(target=rule, path=(*levels, port, "tls"), value={"mode": "ISTIO_MUTUAL"})

The room `repair` turns them into changes of the user's files; nothing is changed here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from why503.facts import Manifest
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

_PLACEHOLDER = lazy_re(r"<[^<>\n]{1,200}>")


@dataclass(frozen=True, kw_only=True)
class Target:
    """The object that is meant, by name or by its place in the file."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    """``""``: any, as long as only one object has the kind and the name."""
    document: int | None = None
    """Number of the document in the file, from 0, empty ones not counted; instead of a name."""

    @property
    def words(self) -> str:
        """`Kind namespace/name`, or the number of the document from 1."""
        if self.document is not None:
            return _("document {number}").format(number=self.document + 1)
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}".strip()


@dataclass(frozen=True, kw_only=True)
class Item:
    """The one element of a list that holds all of ``where``; `Put` makes it where none does."""

    where: Mapping[str, Any]
    """Fields and their values; a mapping as a value is held against the element's own mapping."""


Step = str | int | Item


@dataclass(frozen=True, kw_only=True)
class Put:
    """Set the value at ``path``; mappings and list elements on the way are made."""

    target: Target
    path: tuple[Step, ...]
    value: Any


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Remove the key or the list element at ``path``; nothing to do where it is absent."""

    target: Target
    path: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Append:
    """Add an element to the end of the list at ``path``; the list is made where there is none."""

    target: Target
    path: tuple[Step, ...]
    value: Any


Change = Put | Drop | Append


@dataclass(frozen=True, kw_only=True)
class New:
    """A whole object that is not there yet."""

    data: Mapping[str, Any]
    beside: Target | None = None
    """The object that it belongs to, near which it is filed; None for none."""
    comment: str = ""
    """What stands above it."""


Edit = Put | Drop | Append | New


def target_of(manifest: Manifest) -> Target:
    """One object of the evidence as a target."""
    return Target(kind=manifest.kind, name=manifest.name, namespace=manifest.namespace)


def placeholders(edits: Iterable[Edit]) -> tuple[str, ...]:
    """What the evidence did not tell and stands in `<angle brackets>`, each once."""
    found: dict[str, None] = {}
    for edit in edits:
        parts: list[Any] = [edit.data] if isinstance(edit, New) else [list(edit.path)]
        if isinstance(edit, Put | Append):
            parts.append(edit.value)
        for text in _texts(parts):
            found.update(dict.fromkeys(_PLACEHOLDER.findall(text)))
    return tuple(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
