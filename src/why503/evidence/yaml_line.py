"""What a single line of YAML looks like, for readers that must tell YAML from other text."""

import re

KEY = re.compile(
    r"""(?P<indent>[ ]{0,200})(?P<dashes>(?:-[ ]{1,20}){0,4})"""
    r"""(?P<key>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[A-Za-z_@$.~<][\w./<@*$~-]{0,200}|"
    r"[0-9][\w./-]{0,100})"""
    r"""[ ]{0,20}:(?:[ \t]{1,60}(?P<value>\S.*)|[ \t]{0,60})$"""
)
ITEM = re.compile(r"[ ]{0,200}-(?:[ ]+\S.*|[ ]*)$")
MARKER = re.compile(r"(?:---|\.\.\.)(?:[ \t].*)?$|%YAML ")
BLOCK_SCALAR = re.compile(r"(?:[!&]\S{1,60}[ ]+){0,2}[|>][0-9+-]{0,2}[ \t]*(?:#.*)?$")


def indent_of(text: str) -> int:
    """Blanks in front of the first character that is none."""
    return len(text) - len(text.lstrip(" "))


def foreign_lines(lines: list[str]) -> int:
    """How many of ``lines`` cannot be part of a YAML block mapping or list.

    Text inside block scalars and folded or flow continuations, which may look like anything, is
    not foreign.
    """
    foreign = 0
    deeper_than: int | None = None
    """Lines with more indent than this continue the value before them."""
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
        if found is None and ITEM.match(text):
            value = stripped.lstrip("- ")
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
