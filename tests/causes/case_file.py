"""Reads a case: prose, fenced blocks named after the bundle's files, and what must be found.

A fence line is three backticks, a language word and the file's path (`text client/access.log`);
the last block is `yaml expect`. Keys of the expectation:

``answer``       `findings` (default), `no-failure-seen`, `cannot-tell` or `nothing-read`
``top``          cause id of the first finding
``hop``          hop id of the first finding
``at_least``     least confidence of the first finding
``at_most``      greatest confidence of the first finding (modest answers)
``not``          cause ids that must not be the first finding: the near misses of this case
``also``         cause ids that must be among the findings
``data_loss``    verdict of the data-loss answer
``asks``         words that one of the next checks must contain
``decides``      the file without which the answer is not sure any more and is asked for; by default
                 the lines that the deciding clues cite (`tests/causes/test_evidence_removed.py`)
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent.parent / "cases"
_FENCE = re.compile(
    r"^```(?P<language>\w+) (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Case:
    """One case file."""

    path: Path
    files: dict[str, str]
    expect: dict[str, Any]

    @property
    def id(self) -> str:
        """`cause/name`, for test names."""
        return f"{self.path.parent.name}/{self.path.stem}"

    def write(self, folder: Path) -> None:
        """Lay the case's files out below ``folder``."""
        for name, text in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def read_case(path: Path) -> Case:
    """The case in one Markdown file; ValueError where it has no expectation."""
    text = path.read_text(encoding="utf-8")
    blocks = {found["name"]: found["text"] for found in _FENCE.finditer(text)}
    if "expect" not in blocks:
        message = f"{path}: the last block must be ```yaml expect"
        raise ValueError(message)
    return Case(path, blocks, yaml.safe_load(blocks.pop("expect")))


def all_cases() -> list[Case]:
    """Every case of the tree, by path."""
    return [read_case(path) for path in sorted(CASES.glob("*/*.md"))]
