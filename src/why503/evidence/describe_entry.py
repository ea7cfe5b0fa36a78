"""The text of a `kubectl describe` page as a tree of entries, by indent."""

from dataclasses import field

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

_ENTRY = lazy_re(
    r"(?P<indent>[ ]{0,80})(?:-[ ](?=Addresses:))?(?P<key>[A-Za-z][A-Za-z0-9 ()/._-]{0,80}?):"
    r"(?:[ ]{1,60}(?P<value>\S.*)|[ ]*)$"
)
"""The items of an EndpointSlice's list begin with a dash, at the entry `Addresses`."""
_DEPTH = 30


@dataclass
class Entry:
    """`Key: value` with the entries and the bare text lines below it."""

    key: str
    value: str
    line: int
    below: "list[Entry]" = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Lines below without a key, in order: more labels, table rows, endpoints."""
    text_lines: list[int] = field(default_factory=list)
    """Line numbers of `texts`."""

    def get(self, key: str) -> str:
        """Value of the first entry ``key`` below; ``""`` where there is none."""
        return next((entry.value for entry in self.below if entry.key == key), "")

    def child(self, key: str) -> "Entry | None":
        """First entry ``key`` below."""
        return next((entry for entry in self.below if entry.key == key), None)


def entries_of(rows: list[tuple[int, str]]) -> list[Entry]:
    """Numbered lines as a tree by indent; lines of the Events table stay text."""
    root = Entry(key="", value="", line=0)
    stack: list[tuple[int, Entry]] = [(-1, root)]
    for number, text in rows:
        indent = len(text) - len(text.lstrip(" "))
        while len(stack) > 1 and stack[-1][0] >= indent:
            stack.pop()
        parent = stack[-1][1]
        found = _ENTRY.match(text)
        if found is None or parent.key == "Events":
            parent.texts.append(text.strip())
            parent.text_lines.append(number)
            continue
        entry = Entry(key=found["key"], value=(found["value"] or "").strip(), line=number)
        parent.below.append(entry)
        if len(stack) < _DEPTH:
            stack.append((indent, entry))
    return root.below
