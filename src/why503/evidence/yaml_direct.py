"""YAML as plain values in one pass over the parser's events, without a tree in between.

Aliases, tags, merge keys, equal keys and damage are for `yaml_tree`: where one of them is met, the
documents around it are read again by it. The answer is the same, and nearly every object that
people write has none of them.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from why503.evidence import yaml_tree
from why503.evidence.yaml_tree import (
    HOLDERS,
    LOADER,
    MARK,
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_NODES,
    UNREADABLE,
    Node,
    Plain,
    Trouble,
    scalar_of,
    too_many_documents,
)
from why503.facts.manifest import Path

_AT_ONCE = 1_000_000
"""Characters after which the next document begins another parser."""
_MOST = MAX_NODES // 4
"""Fields and items of one document from which on the tree counts all its values."""


class _OddError(Exception):
    """Something that only a tree can hold."""


def documents(text: str, first_line: int = 1, column: int = 0) -> Iterator[Plain | Node | Trouble]:
    """All documents in ``text`` that hold a list or a mapping; a broken one spoils no other.

    ``first_line`` is the line number of the first line, ``column`` the blanks cut off in front.
    """
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    count = 0
    for line, part in _parts(text, first_line):
        found = _at_once(part, line, column) if _is_plain(part) else None
        for root in yaml_tree.documents(part, line, column) if found is None else found:
            count += 1
            if count > MAX_DOCUMENTS:
                yield too_many_documents(line)
                return
            yield root


def _parts(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Runs of whole documents, each with the number of its first line."""
    begin, line = 0, first_line
    while len(text) - begin > _AT_ONCE:
        mark = MARK.search(text, begin + _AT_ONCE)
        if mark is None:
            break
        yield line, text[begin : mark.start()]
        line += text.count("\n", begin, mark.start())
        begin = mark.start()
    yield line, text[begin:] if begin else text


def _is_plain(text: str) -> bool:
    """Whether ``text`` has no sign that YAML does not take, no directive and no `...`."""
    if text.startswith(("%", "...")) or "\n%" in text or "\n..." in text:
        return False
    if text.isascii():
        return text.replace("\n", "").replace("\t", "").isprintable()
    return UNREADABLE.search(text) is None


def _at_once(text: str, line: int, column: int) -> list[Plain] | None:
    """Values of all documents in ``text``; None where one of them needs a tree."""
    try:
        return _read(LOADER(text).get_event, line, column + 1)
    except (_OddError, yaml.YAMLError, ValueError, UnicodeError):
        return None


def _read(event_of: Any, line: int, column: int) -> list[Plain]:  # noqa: C901, PLR0912 - one loop, for speed
    """Values of all documents that the parser tells; raises where a tree is needed."""
    found: list[Plain] = []
    lines: dict[Path, tuple[int, int]] = {}
    stack: list[tuple[Any, Path]] = []
    holder: Any = None
    path: Path = ()
    key: str | None = None
    while True:
        event = event_of()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor or event.tag:
                raise _OddError
            value = event.value
            if type(holder) is list:
                if len(lines) > _MOST:
                    raise _OddError
                mark = event.start_mark
                lines[*path, len(holder)] = (line + mark.line, column + mark.column)
                holder.append(value if event.style else scalar_of(value))
            elif key is not None:
                if key in HOLDERS:
                    mark = event.start_mark
                    found[-1].texts[*path, key] = (line + mark.line, column + mark.column)
                holder[key] = value if event.style else scalar_of(value)
                key = None
            elif holder is not None:
                if value in holder or value == "<<" or len(lines) > _MOST:
                    raise _OddError
                key, mark = value, event.start_mark
                lines[*path, key] = (line + mark.line, column + mark.column)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            _check(event, stack, lines)
            mark = event.start_mark
            place = (line + mark.line, column + mark.column)
            opened: Any = {} if kind is yaml.MappingStartEvent else []
            if holder is None:
                lines = {(): place}
                found.append(Plain(value=opened, lines=lines))
            else:
                stack.append((holder, path))
                path = _hang(opened, holder, path, key, place, lines)
                key = None
            holder = opened
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            holder, path = stack.pop() if stack else (None, ())
        elif kind is yaml.AliasEvent:
            raise _OddError
        elif kind is yaml.StreamEndEvent:
            return found


def _check(event: Any, stack: list[tuple[Any, Path]], lines: dict[Path, tuple[int, int]]) -> None:
    """Leave to the tree what is deep, large or has an alias."""
    if event.anchor or len(stack) > MAX_DEPTH - 3 or len(lines) > _MOST:
        raise _OddError


def _hang(
    opened: Any,
    holder: Any,
    path: Path,
    key: str | None,
    place: tuple[int, int],
    lines: dict[Path, tuple[int, int]],
) -> Path:
    """The path of a collection that begins, hung into the one around it."""
    if type(holder) is list:
        path = (*path, len(holder))
        lines[path] = place
        holder.append(opened)
    elif key is None:  # it stands where a key must be
        raise _OddError
    else:
        path = (*path, key)
        holder[key] = opened
    return path
