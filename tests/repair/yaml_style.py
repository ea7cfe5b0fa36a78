"""Random YAML in every style that people write: a text, made from a random tree.

What a text means is for a parser to say; this only sees to it that it is YAML, and that comments,
flow style, anchors, aliases, merge keys, block scalars, tabs, CRLF, byte order marks, other
alphabets, markers and missing final newlines turn up in every combination.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

KEYS = ("host", "spec", "idle", "http", "port", "name", "x-y", "a.b/c", "überall", "名", "on", "12")
WORDS = (
    "reviews",
    "60s",
    "1.5",
    "012",
    "true",
    "a b c",
    "*",
    "http://x:80/y#z",
    "é😀",
    "主机",
    "~",
)
PLAIN = (
    "reviews",
    "60s",
    "a b c",
    "http://x:80/y#z",
    "é😀",
    "主机",
    "x'y",
    'x"y',
    "a:b",
    "-x",
    "50",
)
COMMENTS = ("# why", "#", "#\ttab", "# - no: item", "# 注释 é", "# {{ }} [", "# 'open \" quote")


@dataclass
class Style:
    """One random hand; every choice comes from ``random``."""

    random: Random
    anchors: list[tuple[str, bool]] = field(default_factory=list)
    """Names given so far in this document, and whether a mapping has it."""
    count: int = 0

    def chance(self, percent: int) -> bool:
        """True so often in a hundred."""
        return self.random.randrange(100) >= 100 - percent

    def pick(self, *choices: Any) -> Any:
        """One of ``choices``; the first is the plainest."""
        return choices[self.random.randrange(len(choices))]

    def comment(self) -> str:
        """Nothing, or a comment behind a value."""
        return f"{self.pick(' ', '   ')}{self.pick(*COMMENTS)}" if self.chance(20) else ""

    def between(self) -> list[str]:
        """Blank lines and comments at any depth."""
        if not self.chance(25):
            return []
        kinds = [self.pick("", " " * self.random.randrange(9) + self.pick(*COMMENTS), "  ")]
        return kinds * self.pick(1, 2)

    def anchor(self, is_map: bool) -> tuple[str, str]:
        """An anchor to write in front, and its name; mostly none."""
        if not self.chance(8):
            return "", ""
        self.count += 1
        name = f"a{self.count}"
        return f"&{name} ", name

    def alias(self, want_map: bool = False) -> str:
        """An anchor given before; ``""`` for none."""
        known = [name for name, is_map in self.anchors if is_map or not want_map]
        return f"*{self.pick(*known)}" if known and self.chance(15) else ""

    def key(self, name: str) -> str:
        """A key, quoted or not."""
        return self.pick(name, name, name, f'"{name}"', f"'{name}'") + self.pick("", "", "", " ")

    def scalar(self, flow: bool = False) -> str:
        """A scalar on one line."""
        word = self.pick(*WORDS)
        plain = [one for one in PLAIN if not (flow and set(one) & set(",[]{}?:"))]
        quoted = word.replace('"', '\\"')
        return str(
            self.pick(
                self.pick(*plain),
                self.pick("1", "true", "null", "0.5", "0400"),
                f'"{quoted}"',
                "'" + word.replace("'", "''") + "'",
                '"a\tb"',
                '"\\u00e9 \\x41 # no"',
                "''",
            )
        )

    def flow(self, depth: int) -> str:
        """A value in flow style, on one line or several."""
        if depth <= 0 or self.chance(35):
            return self.alias() or self.scalar(flow=True)
        gap = self.pick("", " ", "\n" + " " * 12, f" {self.pick(*COMMENTS)}\n{' ' * 12}")
        parts = [self.flow(depth - 1) for _ in range(self.random.randrange(4))]
        comma = self.pick(", ", ",", " , ", f",{gap}" if gap else ", ")
        last = "," if parts and self.chance(15) else ""
        if self.chance(50):
            names = self.random.sample(KEYS, len(parts))
            pairs = [f"{self.key(n).strip()}: {v}" for n, v in zip(names, parts, strict=True)]
            return "{" + gap + comma.join(pairs) + last + gap + "}"
        return "[" + gap + comma.join(parts) + last + gap + "]"

    def block_scalar(self, indent: int) -> list[str]:
        """`|` or `>` with its lines, relative to the parent's ``indent``."""
        inner = " " * (indent + self.pick(2, 1, 4))
        head = self.pick("|", ">", "|-", ">+", "|+", ">-") + self.comment()
        rows = [
            self.pick("text", "a\tb", "# no comment", "- no item", "k: v", "é", "") for _ in "123"
        ]
        rows = ["first", *rows, self.pick("end", "")]
        return [head, *((inner + row) if row else "" for row in rows)]

    def long_scalar(self, indent: int) -> list[str]:
        """A plain or quoted scalar over several lines."""
        pad = " " * (indent + self.pick(2, 4))
        return self.pick(
            ["one", f"{pad}two"],
            ['"one', f'{pad}two"'],
            ["'one", "", f"{pad}two'"],
            ["", f"{pad}60s"],
        )

    def value(self, indent: int, depth: int) -> list[str]:
        """Rows of a value: the first goes behind its key or dash, the others stand below."""
        if alias := self.alias():
            return [alias + self.comment()]
        mark, name = self.anchor(is_map=False)
        kind = self.random.randrange(10)
        is_map = False
        if depth <= 0 or kind < 4:
            rows = [self.scalar()]
            rows[0] += self.comment()
        elif kind == 4:
            rows = self.pick(self.block_scalar, self.long_scalar)(indent)
        elif kind == 5:
            text = self.flow(2)
            rows = text.split("\n")
            is_map = text.startswith("{")
            mark, name = ("", "") if text.startswith("*") else (mark, name)
            rows[-1] += self.comment()
        elif kind == 6:
            rows = [self.pick("", "{}", "[]") + self.comment()]
        else:
            is_map = kind != 7
            step = indent + (self.pick(2, 2, 4, 1, 3) if is_map else self.pick(0, 2, 2, 4))
            rows = self.mapping(step, depth - 1) if is_map else self.listing(step, depth - 1)
            rows = [self.comment(), *rows]
        if name:
            self.anchors.append((name, is_map and kind > 4))
        return [mark + rows[0], *rows[1:]]

    def mapping(self, indent: int, depth: int) -> list[str]:
        """A block mapping."""
        names = self.random.sample(KEYS, self.random.randrange(1, 5))
        rows: list[str] = []
        if (base := self.alias(want_map=True)) and self.chance(60):
            rows.append(f"{' ' * indent}<<: {base}")
        for name in names:
            first, *rest = self.value(indent, depth)
            gap = self.pick(" ", " ", "  ")
            rows += [*self.between(), f"{' ' * indent}{self.key(name)}:{gap}{first}", *rest]
        return [*rows, *self.between()]

    def listing(self, indent: int, depth: int) -> list[str]:
        """A block list."""
        rows: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            dash = self.pick("- ", "- ", "-   ", "-  ")
            at = indent + len(dash)
            if depth > 0 and self.chance(50):
                make = self.mapping if self.chance(70) else self.listing
                inner = make(at, depth - 1)
                while not inner[0].strip() or inner[0].lstrip().startswith("#"):
                    inner.pop(0)
                rows += [*self.between(), " " * indent + dash + inner[0][at:], *inner[1:]]
            else:
                first, *rest = self.value(indent, 1)
                rows += [*self.between(), " " * indent + dash + first, *rest]
        return rows


def yaml_text(random: Random) -> str:
    """A file of one to four documents."""
    parts: list[str] = []
    for number in range(random.randrange(1, 4)):
        style = Style(random)
        head = style.pick("---", "--- # next", "---   ") if number or style.chance(40) else ""
        if head and style.chance(5) and (not number or parts[-1].endswith("...")):
            head = f"%YAML 1.1\n{head}"
        rows = [*style.between(), *style.mapping(0, 4)]
        if style.chance(10):
            rows.append("...")
        parts.append("\n".join(([head] if head else []) + rows))
    text = "\n".join(parts) + random.choice(["\n", "\n", "", "\n\n", "\n# end\n", "\n---\n"])
    if random.randrange(4) == 3:
        text = text.replace("\n", "\r\n")
    return ("\ufeff" if random.randrange(8) == 7 else "") + text
