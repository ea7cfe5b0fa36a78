"""What a single line of YAML looks like, for readers that must tell YAML from other text."""

import re

KEY = re.compile(
    r"""(?P<indent>[ ]{0,200})(?P<dashes>(?:-[ ]{1,20}){0,4})"""
    r"""(?P<key>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[A-Za-z_@$.~<][\w./<@*$~-]{0,200}|"""
    r"""[0-9][\w./-]{0,100})"""
    r"""[ ]{0,20}:(?:[ \t]{1,60}(?P<value>\S.*)|[ \t]{0,60})$"""
)
ITEM = re.compile(r"[ ]{0,200}-(?:[ ]+\S.*|[ ]*)$")
MARKER = re.compile(r"(?:---|\.\.\.)(?:[ \t].*)?$|%YAML ")
_STRANGE = re.compile(
    rf"^(?!{KEY.pattern}|{ITEM.pattern}|[ \t]{{0,200}}(?:#|$)|{MARKER.pattern})", re.MULTILINE
)
_ELISION = re.compile(
    r"^(?:[ ]{1,200}[\[<]?\.{3}[\]>]?|[ ]{0,200}[\[<#]?\u2026[\]>]?)[ ]{0,20}$", re.MULTILINE
)
_BARE_KEY = re.compile(r"[A-Za-z_][\w.-]{0,100}:[ ]{0,8}$")


def indent_of(text: str) -> int:
    """Blanks in front of the first character that is none."""
    return len(text) - len(text.lstrip(" "))


def reindented(text: str) -> str:
    """``text`` whose first line lost its indent in a paste, with the indent of its neighbours.

    A key without value at the margin, something far below it, and then lines that stand between
    the two: those are its siblings, and no YAML reads them so.
    """
    lines = text.split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is None or lines[first][:1] == " " or not _BARE_KEY.match(lines[first]):
        return text
    below = [
        indent_of(line)
        for line in lines[first + 1 :]
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not below or not 0 < min(below) < below[0]:
        return text
    lines[first] = " " * min(below) + lines[first]
    return "\n".join(lines)


def without_elisions(text: str) -> str:
    """``text`` with empty lines where people wrote `...` for fields that they left out.

    At the margin `...` ends a YAML document and stays; inside a mapping it would break it.
    """
    if "..." not in text and "\u2026" not in text:
        return text
    return _ELISION.sub("", text)


def foreign_in(text: str, lines: list[str]) -> int:
    """How many of the ``lines`` of ``text`` are foreign, see `foreign_lines`."""
    if len(lines) == text.count("\n") + (text[-1:] != "\n") and not _STRANGE.search(text):
        return 0  # each line for itself can be part of YAML
    return foreign_lines(lines)


def foreign_lines(lines: list[str]) -> int:
    """How many of ``lines`` cannot be part of a YAML block mapping or list.

    Text inside block scalars and folded or flow continuations, which may look like anything, is
    not foreign.
    """
    foreign = 0
    deeper_than: int | None = None
    """Lines with more indent than this continue the value before them."""
    open_key = -1
    """Indent of the key without a value on the line before; -1 where none is."""
    flow = 0
    for text in lines:
        stripped = text.strip()
        if not stripped or (deeper_than is not None and indent_of(text) > deeper_than):
            continue
        if flow > 0:
            flow += _opened(stripped)
            continue
        deeper_than = None
        if stripped.startswith("#") or MARKER.match(text):
            continue
        found = KEY.match(text)
        value = (found["value"] if found else None) or ""
        above, open_key = open_key, indent_of(text) if found and not value else -1
        if found is None and ITEM.match(text):
            value = stripped.lstrip("- ")
        elif found is None and 0 <= above < indent_of(text) and stripped[0] in "[{":
            value = stripped
        elif found is None:
            foreign += 1
            continue
        if value[:1] in "[{" and value:
            flow = max(0, _opened(value))
        elif value and not value.startswith("#"):
            deeper_than = indent_of(text)
    return foreign


def _opened(text: str) -> int:
    """Flow brackets opened minus closed, quotes ignored."""
    return sum(text.count(mark) for mark in "[{") - sum(text.count(mark) for mark in "]}")


def nests(lines: list[str]) -> bool:
    """True where some key without a value is followed by something that is nested under it."""
    previous: int | None = None
    for text in lines:
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if previous is not None and (
            indent_of(text) > previous or (indent_of(text) == previous and ITEM.match(text))
        ):
            return True
        found = KEY.match(text)
        previous = indent_of(text) if found and not found["value"] else None
    return False
