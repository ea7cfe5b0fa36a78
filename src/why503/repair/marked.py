"""A YAML document with the place of every key and value, to the character, for edits of its text.

Values and keys mean what `evidence/yaml_tree.py` says; here only places and styles count. Offsets
count characters from the beginning of the text.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import field
from typing import Any

import yaml

from why503.evidence.yaml_tree import MAX_DEPTH
from why503.repair.change import RefusedError
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.text import _

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLANK = lazy_re(r"(?:\s|(?<!\S)#[^\n]*)*")
_EMPTY_ROWS = lazy_re(r"(?:\r?\n)+\Z")


@dataclass(slots=True)
class Mark:
    """One value where it stands."""

    sort: str
    """`scalar`, `list`, `map` or `alias`."""
    begin: int
    """Where its anchor, its tag or its first sign stands; behind the colon or dash if empty."""
    end: int
    """Behind its last sign; comments and the line's end are not part of it."""
    body: int = 0
    """Where it begins behind anchor and tag."""
    flow: bool = False
    """True for a list or mapping in brackets or braces."""
    style: str = ""
    """Of a scalar: `"`, `'`, `|`, `>`, or ``""`` where it is plain."""
    anchor: str = ""
    """Name of its anchor, or of the anchor that an alias means."""
    is_bare_pair: bool = False
    """True for a mapping without braces, an element of a list in brackets: `[a: b]`."""
    entries: "list[Entry]" = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """True for a list or mapping that is written by indentation."""
        return self.sort in {"list", "map"} and not self.flow

    @property
    def is_empty(self) -> bool:
        """True for a value that is not written at all."""
        return self.begin == self.end


@dataclass(slots=True)
class Entry:
    """A field of a mapping, or an element of a list."""

    begin: int
    """Where its key, its dash, or in brackets the element begins."""
    value: Mark
    key: str | None = None
    """None for an element, and for a key that is no text."""
    key_end: int = -1
    mark_end: int = -1
    """Behind its colon or dash; -1 in brackets and where the colon is left out."""
    json_key: bool = False
    """True where the key stands in double quotes."""

    @property
    def end(self) -> int:
        """Behind the last sign that belongs to it."""
        return max(self.value.end, self.mark_end, self.key_end)


def marked(text: str) -> Mark | None:
    """Root of the one document in ``text``; None where it is empty.

    Raises `RefusedError` where the text is no YAML, with the line in the text.
    """
    try:
        return _Marker(text).root()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = _("It is no YAML at line {line}: {reason}.")
        line = mark.line + 1 if mark else 1
        raise RefusedError(said.format(line=line, reason=error.problem or "")) from None
    except (yaml.YAMLError, ValueError) as error:
        raise RefusedError(_("It is no YAML: {reason}.").format(reason=error)) from None


def all_marks(root: Mark) -> Iterator[Mark]:
    """``root`` and every value below it, outer ones first."""
    waiting = [root]
    while waiting:
        mark = waiting.pop()
        yield mark
        waiting += [entry.value for entry in reversed(mark.entries)]


def place_of(entry: Entry, holder: Mark) -> int:
    """Number of ``entry`` itself among the entries of ``holder``."""
    return next(number for number, one in enumerate(holder.entries) if one is entry)


def _end_of(event: Any) -> int:
    return int(event.end_mark.index)


class _Marker:
    """Builds the tree from PyYAML's events, and finds colons and dashes in its tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.colons: list[int] = []
        self.dashes: list[int] = []
        self.questions: list[int] = []
        tokens: Iterator[Any] = yaml.scan(text, Loader=_LOADER)
        for token in tokens:
            at = token.start_mark.index
            if isinstance(token, yaml.ValueToken):
                self.colons.append(at)
            elif isinstance(token, yaml.BlockEntryToken):
                self.dashes.append(at)
            elif isinstance(token, yaml.KeyToken) and token.end_mark.index > at:
                self.questions.append(at)

    def root(self) -> Mark | None:
        stack: list[tuple[Mark, list[tuple[Mark, Any]]]] = []
        roots: list[Mark] = []
        events: Iterator[Any] = yaml.parse(self.text, Loader=_LOADER)
        for event in events:
            done: tuple[Mark, Any] | None = None
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(stack) >= MAX_DEPTH:
                    said = _("It is nested more than {depth} levels deep.")
                    raise RefusedError(said.format(depth=MAX_DEPTH))
                stack.append((self._opened(event), []))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                mark, parts = stack.pop()
                self._close(mark, parts, _end_of(event))
                done = (mark, None)
            elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                done = (self._leaf(event), event)
            if done is not None:
                if stack:
                    stack[-1][1].append(done)
                else:
                    roots.append(done[0])
        if len(roots) > 1:
            raise RefusedError(_("It holds several documents where one was expected."))
        return roots[0] if roots else None

    def _opened(self, event: Any) -> Mark:
        begin, body = event.start_mark.index, event.end_mark.index
        flow = bool(event.flow_style)
        is_bare = flow and (begin == body or self.text[body - 1] not in "[{")
        is_map = isinstance(event, yaml.MappingStartEvent)
        return Mark(
            sort="map" if is_map else "list",
            begin=begin,
            end=body,
            body=body - 1 if flow and not is_bare else body,
            flow=flow,
            is_bare_pair=is_bare,
            anchor=event.anchor or "",
        )

    def _leaf(self, event: Any) -> Mark:
        begin, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            return Mark(sort="alias", begin=begin, end=end, body=begin, anchor=event.anchor or "")
        style = event.style or ""
        if style in {"|", ">"}:
            end = self._end_of_block_scalar(begin, end)
        return Mark(
            sort="scalar", begin=begin, end=end, body=begin, style=style, anchor=event.anchor or ""
        )

    def _end_of_block_scalar(self, begin: int, end: int) -> int:
        """Before its last line break; empty lines behind it belong to it only with `+`."""
        head = self.text[begin : self.text.find("\n", begin)].split("#")[0]
        rows = self.text[begin:end]
        if "+" not in head:
            return begin + len(_EMPTY_ROWS.sub("", rows))
        return begin + len(rows) - (2 if rows.endswith("\r\n") else 1 if rows[-1:] == "\n" else 0)

    def _close(self, mark: Mark, parts: list[tuple[Mark, Any]], end: int) -> None:
        if mark.sort == "list":
            mark.entries = [self._element(mark, value) for value, _event in parts]
        else:
            pairs = zip(parts[::2], parts[1::2], strict=True)
            mark.entries = [self._field(mark, *key, value) for key, (value, _event) in pairs]
        if mark.flow and not mark.is_bare_pair:
            mark.end = end
            return
        if mark.entries:
            mark.body = mark.entries[0].begin
            mark.end = mark.entries[-1].end
            if not mark.anchor and not self.text[mark.begin : mark.body].strip():
                mark.begin = mark.body

    def _element(self, parent: Mark, value: Mark) -> Entry:
        if parent.flow:
            return Entry(begin=value.begin, value=value)
        place = bisect_left(self.dashes, value.begin) - 1
        dash = self.dashes[place]
        if value.is_empty:
            value.begin = value.end = value.body = dash + 1
        return Entry(begin=dash, value=value, mark_end=dash + 1)

    def _field(self, parent: Mark, key: Mark, event: Any, value: Mark) -> Entry:
        place = bisect_left(self.colons, key.end)
        colon = self.colons[place] if place < len(self.colons) else -1
        if colon >= 0 and not _BLANK.fullmatch(self.text, key.end, colon):
            colon = -1
        begin = key.begin
        asked = bisect_right(self.questions, begin) - 1
        if asked >= 0 and _BLANK.fullmatch(self.text, self.questions[asked] + 1, begin):
            begin = self.questions[asked]
        if value.is_empty:
            value.begin = value.end = value.body = colon + 1 if colon >= 0 else key.end
        is_text = isinstance(event, yaml.ScalarEvent)
        return Entry(
            begin=begin,
            value=value,
            key=event.value if is_text else None,
            key_end=key.end,
            mark_end=colon + 1 if colon >= 0 else -1,
            json_key=is_text and key.style == '"',
        )
