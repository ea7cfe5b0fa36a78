"""The pages of the causes are those that the modules give."""

import re
import runpy
from pathlib import Path

import pytest

from why503.causes import CATALOGUE

ROOT = Path(__file__).parents[1]
CAUSES = ROOT / "docs" / "causes"
MADE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
PAGES = MADE["pages"]()
LINK = re.compile(r"\]\(([^)]+)\)")


def test_docs_are_fresh_or_make_docs_writes_them_anew() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in CAUSES.iterdir()}
    stale = sorted(name for name in PAGES | written if PAGES.get(name) != written.get(name))
    assert stale == []


def test_the_page_of_lints_rules_is_fresh_or_make_docs_writes_it_anew() -> None:
    assert MADE["RULES"].read_text(encoding="utf-8") == MADE["rules_page"]()


def test_the_page_of_lints_rules_links_pages_that_exist() -> None:
    targets = set(LINK.findall(MADE["rules_page"]()))
    assert "commands/lint.md" in targets
    assert [target for target in sorted(targets) if not (ROOT / "docs" / target).is_file()] == []


def test_make_docs_writes_them() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ndocs: ")[1].split("\n\n")[0]
    assert "docs/generate.py" in recipe


def test_the_index_links_every_cause() -> None:
    assert LINK.findall(PAGES["README.md"]) == [f"{cause.ID}.md" for cause in CATALOGUE]


def test_the_readme_links_the_index() -> None:
    assert "(docs/causes/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_links_lead_to_pages_and_fences_are_closed(name: str) -> None:
    text = PAGES[name]
    assert {target for target in LINK.findall(text) if target.endswith(".md")} <= set(PAGES)
    assert sum(line.startswith("```") for line in text.splitlines()) % 2 == 0


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.ID)
def test_a_page_answers_what_an_engineer_on_call_asks(cause) -> None:
    headings = re.findall(r"^## (.*)$", PAGES[f"{cause.ID}.md"], re.MULTILINE)
    asked = ["What happens", "How to tell", "What to do", "Clues for it", "References"]
    assert [heading for heading in headings if heading in asked] == asked
