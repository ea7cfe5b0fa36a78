"""The documents of a YAML text, and the object in it that a change means."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

from why503.evidence.yaml_tree import Trouble, documents, plain
from why503.facts.manifest import Path
from why503.repair.change import RefusedError, Target
from why503.support.dataclass import dataclass
from why503.support.text import _

_BORDER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Document:
    """Text of one document with its marker, comments and line breaks, and what it means."""

    text: str
    first_line: int
    """Line of the file that it begins in, from 1."""

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """The plain value; none for comments alone. Raises `RefusedError` for no YAML."""
        found = []
        for root in documents(self.text, self.first_line):
            read = root if isinstance(root, Trouble) else plain(root)
            if isinstance(read, Trouble):
                said = _("The YAML cannot be read at line {line}: {reason}.")
                raise RefusedError(said.format(line=read.line, reason=read.reason))
            found.append(read.value)
        return tuple(found)

    @property
    def value(self) -> Any:
        """The plain value. Raises `RefusedError` where there is not exactly one."""
        if len(self.values) != 1:
            raise RefusedError(_("It holds several documents where one was expected."))
        return self.values[0]

    def objects(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Kubernetes objects with their path in the document: itself, or the items of a list."""
        for value in self.values:
            kind = str(value.get("kind", "")) if isinstance(value, dict) else ""
            items = value.get("items") if isinstance(value, dict) else value
            if isinstance(items, list) and (not kind or kind.endswith("List")):
                head: Path = ("items",) if isinstance(value, dict) else ()
                yield from (
                    ((*head, number), item)
                    for number, item in enumerate(items)
                    if isinstance(item, dict)
                )
            elif isinstance(value, dict):
                yield (), value


def documents_of(text: str) -> list[Document]:
    """All documents of ``text``, which they make up together, empty ones included."""
    borders = {
        mark.start() if mark[0].startswith("---") else mark.end() for mark in _BORDER.finditer(text)
    }
    found, line = [], 1
    for begin, end in pairwise(sorted({0, *borders, len(text)})):
        if begin < end:
            found.append(Document(text=text[begin:end], first_line=line))
            line += text.count("\n", begin, end)
    return found


def found_object(parts: list[Document], target: Target) -> tuple[int, Path]:
    """Number in ``parts`` and path of the object that is meant. Raises `RefusedError`."""
    if target.document is not None:
        filled = [number for number, part in enumerate(parts) if part.values]
        if not 0 <= target.document < len(filled):
            said = _("There is no {target}: the file holds {count}.")
            raise RefusedError(said.format(target=target.words, count=len(filled)))
        return filled[target.document], ()
    found = [
        (number, path, _word(value, "namespace"))
        for number, part in enumerate(parts)
        if target.name in part.text
        for path, value in part.objects()
        if value.get("kind") == target.kind and _word(value, "name") == target.name
    ]
    exact = [one for one in found if one[2] == target.namespace]
    fitting = exact or [one for one in found if not (target.namespace and one[2])]
    if not fitting:
        said = _("There is no {target} in the file.")
        raise RefusedError(said.format(target=target.words))
    if len(fitting) > 1:
        lines = ", ".join(str(parts[number].first_line) for number, _path, _space in fitting)
        said = _("{target} stands {count} times in the file, at lines {lines}. Leave only one.")
        raise RefusedError(said.format(target=target.words, count=len(fitting), lines=lines))
    return fitting[0][0], fitting[0][1]


def _word(value: dict[str, Any], name: str) -> str:
    metadata = value.get("metadata")
    return str(metadata.get(name) or "") if isinstance(metadata, dict) else ""
