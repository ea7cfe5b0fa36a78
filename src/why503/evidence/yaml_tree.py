"""YAML as plain Python values with the line of every field.

PyYAML is met here and in `yaml_direct`, which is faster and takes what needs no tree. Built from
parser events, not by PyYAML's composer, so that depth, size and unfolded aliases stay bounded and
no input can exhaust the stack. Scalars mean what YAML 1.1 (and so Kubernetes) says, but times and
base-60 numbers stay text. Keys are always text. Of equal keys the last wins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Any

import yaml

from why503.facts.manifest import Path
from why503.support.dataclass import dataclass
from why503.support.text import _

MAX_DEPTH = 200
"""Nested collections that are followed."""
MAX_NODES = 1_000_000
"""Values of one document, aliases unfolded."""
MAX_DOCUMENTS = 20_000
"""Documents of one text."""

HOLDERS = frozenset({"mesh", "proxy.istio.io/config"})
"""Fields whose text is YAML of its own, so that its place counts and not only its key's."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's parser, the C one where it is there."""
MARK = re.compile(r"^---(?=[ \t]|$)", re.MULTILINE)
"""Where a document begins."""
_EMPTY = re.compile(r"[ \t]*(?:[#%].*)?|(?:---|\.\.\.)[ \t]*(?:#.*)?", re.DOTALL)
UNREADABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""A sign that YAML does not take."""

_INT = re.compile(r"[-+]?(?:0b[01_]{1,64}|0x[0-9a-fA-F_]{1,32}|0[0-7_]{1,32}|0|[1-9][0-9_]{0,38})")
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]{0,38}\.[0-9_]{0,38}(?:[eE][-+][0-9]{1,3})?|[-+]?\.[0-9][0-9_]{0,38}|"
    r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_OF_NUMBERS = frozenset("0123456789+-.")
"""Signs with which a number begins."""
_WORDS: dict[str, bool | None] = {
    **{form: True for word in ("yes", "true", "on") for form in (word, word.title(), word.upper())},
    **{
        form: False
        for word in ("no", "false", "off")
        for form in (word, word.title(), word.upper())
    },
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}


@dataclass(slots=True)
class Node:
    """One value where it stands. Exactly one of the three contents is meant, by ``sort``."""

    sort: str
    """`scalar`, `list` or `map`."""
    line: int
    column: int
    scalar: Any = None
    items: "Sequence[Node]" = ()
    fields: "Sequence[tuple[Node, Node]]" = ()
    """Keys and values of a mapping in file order; a merge key has the scalar `<<`."""

    def child(self, name: str) -> "Node | None":
        """Value of the field ``name`` of a mapping; None where there is none."""
        found = [value for key, value in self.fields if key.scalar == name]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A document that could not be read."""

    line: int
    """Line of the damage, counted from 1."""
    reason: str
    """What is wrong there, without a full stop."""


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A node as plain values, with line and column of every path below it."""

    value: Any
    lines: dict[Path, tuple[int, int]]
    texts: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of the values of `HOLDERS`."""


class _BrokenError(Exception):
    """The document cannot be understood at ``line``."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def documents(text: str, first_line: int = 1, column: int = 0) -> Iterator[Node | Trouble]:
    """Roots of all documents in ``text``; a broken one is a `Trouble` and spoils no other.

    ``first_line`` is the line number of the first line, ``column`` the blanks cut off in front.
    """
    pieces = _pieces(text.removeprefix("\ufeff").replace("\r\n", "\n"), first_line)
    for number, (line, piece) in enumerate(pieces):
        if number == MAX_DOCUMENTS:
            yield too_many_documents(line)
            return
        try:
            root = _Builder(line, column).build(piece)
        except _BrokenError as broken:
            yield Trouble(line=broken.line, reason=broken.reason)
        else:
            if root is not None:
                yield root


def too_many_documents(line: int) -> Trouble:
    """What is told where the last document that is read ends, at ``line``."""
    reason = _("there are more than {count} documents; the rest were not read")
    return Trouble(line=line, reason=reason.format(count=MAX_DOCUMENTS))


def plain(node: Node) -> Plain | Trouble:
    """``node`` as plain values; a `Trouble` where its aliases unfold without end."""
    found = Plain(value=None, lines={(): (node.line, node.column)})
    try:
        value = _unfold(node, (), found, [MAX_NODES], MAX_DEPTH)
    except _BrokenError as broken:
        return Trouble(line=broken.line, reason=broken.reason)
    return replace(found, value=value)


def _pieces(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Text of each document with the number of its first line."""
    line, begin = first_line, 0
    for end in [*(mark.start() for mark in MARK.finditer(text)), len(text)]:
        piece = text[begin:end]
        if any(not _EMPTY.fullmatch(row) for row in piece.split("\n")):
            yield line, UNREADABLE.sub("\ufffd", re.sub(r"(?m)^%.*$", "", piece))
        line += piece.count("\n")
        begin = end


def scalar_of(text: str) -> Any:
    """What an unquoted YAML scalar means: None, a boolean, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _OF_NUMBERS:
        return text
    if _INT.fullmatch(text):
        word = text.replace("_", "")
        digits = word.lstrip("+-")
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        try:
            return int(word, 8) if octal else int(word, 0)
        except ValueError:
            return text
    if _FLOAT.fullmatch(text):
        try:
            return float(
                text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
            )
        except ValueError:
            return text
    return text


class _Builder:
    """Turns the events of one document into nodes."""

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.anchors: dict[str, Node] = {}
        self.stack: list[tuple[Node, str | None, list[Node]]] = []
        """Open collections: the node, its anchor, the finished nodes in it."""
        self.nodes = 0

    def build(self, text: str) -> Node | None:  # noqa: C901 - one loop, for speed
        """Root of the one document in ``text``; None where there is none."""
        root: Node | None = None
        stack, line, column = self.stack, self.line, self.column + 1
        try:
            events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
            for event in events:
                kind = type(event)
                if kind is yaml.ScalarEvent:
                    value = event.value
                    is_key = stack and stack[-1][0].sort == "map" and not len(stack[-1][2]) & 1
                    if not is_key and (event.tag or not event.style):
                        value = _meaning(event)
                    mark = event.start_mark
                    scalar = Node("scalar", line + mark.line, column + mark.column, value)
                    done: Node | None = scalar
                    self.nodes += 1
                    if event.anchor:
                        self.anchors[event.anchor] = scalar
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    done = self._close()
                else:
                    done = self._other(event, kind)
                if done is not None:
                    if stack:
                        stack[-1][2].append(done)
                    elif root is None:
                        root = done
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = self.line + mark.line if mark else self.line
            raise _BrokenError(line, error.problem or _("it is no YAML")) from None
        except (yaml.YAMLError, ValueError, UnicodeError) as error:
            raise _BrokenError(
                self.line, str(error).splitlines()[0] if str(error) else ""
            ) from None
        return root

    def _other(self, event: Any, kind: type) -> Node | None:
        """Opens a collection, or gives what an alias stands for."""
        if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            mark = event.start_mark
            opened = Node(
                "map" if kind is yaml.MappingStartEvent else "list",
                self.line + mark.line,
                self.column + mark.column + 1,
            )
            self._check_size(opened.line)
            if len(self.stack) >= MAX_DEPTH:
                raise _BrokenError(
                    opened.line,
                    _("it is nested more than {depth} levels deep").format(depth=MAX_DEPTH),
                )
            self.stack.append((opened, event.anchor, []))
        elif kind is yaml.AliasEvent:
            if event.anchor not in self.anchors:
                raise _BrokenError(
                    self.line + event.start_mark.line,
                    _("the alias `{name}` has no anchor").format(name=event.anchor),
                )
            return self.anchors[event.anchor]
        return None

    def _check_size(self, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _BrokenError(line, _("it has more than {count} values").format(count=MAX_NODES))

    def _close(self) -> Node:
        node, anchor, parts = self.stack.pop()
        self._check_size(node.line)
        if node.sort == "list":
            node.items = parts
        else:
            node.fields = list(zip(parts[::2], parts[1::2], strict=True))
            for key, _value in node.fields:
                if key.sort != "scalar":
                    raise _BrokenError(
                        key.line, _("a list or a mapping stands where a key must be")
                    )
        if anchor:
            self.anchors[anchor] = node
        return node


def _meaning(event: Any) -> Any:
    """Value of a scalar that is no key, by its tag or, where it is unquoted, by its look."""
    tag = str(event.tag or "")
    if tag.endswith(":str") or tag == "!":
        return event.value
    if not event.style or tag.endswith((":int", ":bool", ":float", ":null")):
        return scalar_of(event.value)
    return event.value


def _unfold(node: Node, path: Path, told: Plain, budget: list[int], depth: int) -> Any:
    """Plain value of ``node``; notes in ``told`` the lines below ``path``, spends ``budget``."""
    budget[0] -= 1
    if budget[0] < 0 or depth < 0:
        raise _BrokenError(
            node.line,
            _("its aliases unfold to more than {count} values").format(count=MAX_NODES),
        )
    if node.sort == "scalar":
        return node.scalar
    if node.sort == "list":
        values = []
        for number, item in enumerate(node.items):
            told.lines[(*path, number)] = (item.line, item.column)
            values.append(_unfold(item, (*path, number), told, budget, depth - 1))
        return values
    found: dict[str, Any] = {}
    for key, value in _fields(node, budget, depth):
        name = str(key.scalar)
        told.lines[(*path, name)] = (key.line, key.column)
        if name in HOLDERS:
            told.texts[(*path, name)] = (value.line, value.column)
        found[name] = _unfold(value, (*path, name), told, budget, depth - 1)
    return found


def _fields(node: Node, budget: list[int], depth: int) -> list[tuple[Node, Node]]:
    """Fields of a mapping, merge keys (`<<`) followed: own fields win, then the first merged."""
    own = {str(key.scalar): (key, value) for key, value in node.fields}
    budget[0] -= len(own)
    if "<<" not in own:
        return list(own.values())
    merged: dict[str, tuple[Node, Node]] = {}
    base = own.pop("<<")[1]
    for source in base.items if base.sort == "list" else [base]:
        if source.sort == "map" and depth > 0 and budget[0] > 0:
            for key, value in _fields(source, budget, depth - 1):
                merged.setdefault(str(key.scalar), (key, value))
    return list({**merged, **own}.values())
