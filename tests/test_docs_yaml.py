"""YAML in the README and on the pages passes lint, or stands beside what lint finds in it."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.diagnosis.lint_world import linted

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<head>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
IN_WORDS = re.compile(r"<[^<>\n]* [^<>\n]*>")
"""A value that the reader has to choose, such as a time below another."""


class Block(NamedTuple):
    page: str
    text: str
    below: str
    """The page from here to the next YAML."""


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fences = [one for one in FENCE.finditer(text) if re.match(r"ya?ml\b", one["head"])]
        name = page.relative_to(ROOT).as_posix()
        for number, fence in enumerate(fences, start=1):
            end = fences[number].start() if number < len(fences) else len(text)
            found.append(Block(name, fence["text"], text[fence.end() : end]))
    return found


def objects_in(text: str) -> int:
    documents = yaml.safe_load_all(text)
    return sum(isinstance(one, dict) and {"apiVersion", "kind"} <= one.keys() for one in documents)


BLOCKS = blocks()
OBJECTS = [block for block in BLOCKS if objects_in(block.text)]


def test_there_are_pages_with_objects_to_look_at():
    assert len(OBJECTS) > 20


@pytest.mark.parametrize("istio", [(1, 24), (1, 28), None], ids=["1.24", "1.28", "newest"])
@pytest.mark.parametrize("block", OBJECTS, ids=lambda block: block.page)
def test_objects_pass_lint_or_their_findings_stand_below_them(tmp_path, block, istio):
    report = linted(tmp_path, IN_WORDS.sub("30s", block.text), istio=istio)
    assert report.unread == ()
    assert report.objects == objects_in(block.text)
    is_example = not block.page.startswith("docs/causes/")  # there they are what to apply
    told = {one.rule for one in report.findings if is_example and one.rule in block.below}
    assert {one.rule: one.text for one in report.findings if one.rule not in told} == {}
