"""What stands around lint: its page, the hook of pre-commit, the GitHub Action."""

import re
from pathlib import Path

import yaml
from click.testing import CliRunner

from why503.cli.lint import lint

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "commands" / "lint.md").read_text(encoding="utf-8")


def test_the_page_shows_what_the_program_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = re.findall(r"```yaml quay\.yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    shown = re.findall(r"```console\n\$ why503 lint quay\.yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    Path("quay.yaml").write_text(example, encoding="utf-8")
    assert CliRunner().invoke(lint, ["quay.yaml"], standalone_mode=False).stdout == shown


def test_the_hook_runs_lint_on_yaml():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"], hook["types_or"]) == ("why503-lint", "why503 lint", ["yaml"])
    assert hook["require_serial"]


def test_the_action_never_writes_an_input_into_a_script():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert [step["shell"] for step in steps] == ["bash"] * len(steps)
    assert not any("${{" in step["run"] for step in steps)
    assert set(action["outputs"]) == {"sarif-file", "findings", "exit-code"}
