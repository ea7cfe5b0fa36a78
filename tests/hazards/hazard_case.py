"""Reads a case of a rule: YAML that raises it, the place, and the change that makes a near miss.

A case is `tests/hazards/<cause, schema or advice>/<rule>.md`: prose, fenced blocks named after
files, and a last block `yaml expect` with these keys:

``at``       what stands at the line and column of the finding
``near``     text by text: what to put instead, so that the rule is not met any more
``istio``    minor version to hold against; the newest where there is none
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
_FENCE = re.compile(
    r"^```(?P<language>\w+) (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class HazardCase:
    """One case file."""

    rule: str
    files: dict[str, str]
    expect: dict[str, Any]

    def near_miss(self) -> dict[str, str]:
        """The files with the change that cures them."""
        found = dict(self.files)
        for old, new in self.expect["near"].items():
            assert any(old in text for text in found.values()), old
            found = {name: text.replace(old, new) for name, text in found.items()}
        return found


def all_cases() -> list[HazardCase]:
    """Every case, by path."""
    cases = []
    for path in sorted(FOLDER.glob("*/*.md")):
        blocks = {
            found["name"]: found["text"]
            for found in _FENCE.finditer(path.read_text(encoding="utf-8"))
        }
        expect = yaml.safe_load(blocks.pop("expect"))
        cases.append(HazardCase(f"{path.parent.name}/{path.stem}", blocks, expect))
    return cases
