"""The README shows what the program says."""

import re
from pathlib import Path

import pytest

import why503
from why503.report import text

ROOT = Path(__file__).parents[1]


def test_the_shown_answer_is_the_answer_of_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = text.render(why503.diagnose("examples/vmalert-remote-write")).splitlines()
    shown = re.search(
        r"```text\n(.*?)```", Path("README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert shown is not None
    rest = iter(said)
    missing = [line for line in shown[1].splitlines() if line.strip() != "…" and line not in rest]
    assert missing == []
