"""Writes `docs/causes/`, a page for each cause and an index, and `docs/lint-rules.md`.

`make docs` runs it.
"""

from pathlib import Path

from why503.causes import CATALOGUE
from why503.diagnosis.cause_page import cause_page
from why503.diagnosis.lint import rules_of
from why503.report import lint_rules_page
from why503.report.cause_page import render_index, render_markdown

FOLDER = Path(__file__).parent / "causes"
RULES = FOLDER.parent / "lint-rules.md"


def pages() -> dict[str, str]:
    """Text of every file in `docs/causes/`, by name."""
    all_pages = [cause_page(cause, CATALOGUE) for cause in CATALOGUE]
    ids = frozenset(page.id for page in all_pages)
    texts = {f"{page.id}.md": render_markdown(page, linked=ids) for page in all_pages}
    return {"README.md": render_index(all_pages), **texts}


def rules_page() -> str:
    """Text of `docs/lint-rules.md`."""
    return lint_rules_page.render(rules_of(CATALOGUE))


def main() -> None:
    """Write the files and remove those of causes that are gone."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for stale in set(FOLDER.glob("*.md")) - {FOLDER / name for name in wanted}:
        stale.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    RULES.write_text(rules_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
