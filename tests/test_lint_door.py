"""What stands around lint: its page, the hook of pre-commit, the GitHub Action."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.report.sarif_schema import check
from why503.cli.lint import lint

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "commands" / "lint.md").read_text(encoding="utf-8")


def test_the_page_shows_what_the_program_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = re.findall(r"```yaml quay\.yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    shown = re.findall(r"```console\n\$ why503 lint quay\.yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    Path("quay.yaml").write_text(example, encoding="utf-8")
    assert CliRunner().invoke(lint, ["quay.yaml"], standalone_mode=False).stdout == shown


def test_the_page_shows_what_github_gets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = re.findall(r"```yaml quay\.yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    Path("quay.yaml").write_text(example, encoding="utf-8")
    told = CliRunner().invoke(lint, ["quay.yaml", "-o", "github"], standalone_mode=False).stdout
    (shown,) = re.findall(r"```text annotations\n(.*?)```", PAGE, re.DOTALL)
    assert shown.splitlines()[0] == told.splitlines()[0]


def test_the_hook_runs_lint_on_yaml():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"], hook["types_or"]) == ("why503-lint", "why503 lint", ["yaml"])
    assert hook["require_serial"]


def test_the_hook_holds_the_rules_in_cel_too():
    """pre-commit installs the package without extras, so it names what `lint` needs."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert hook["additional_dependencies"] == project["optional-dependencies"]["lint"]


# The action

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
BAD = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: quay, namespace: ferry}
spec:
  hosts: [quay]
  http:
  - timeout: 10s
    retries: {attempts: 3, perTryTimeout: 5s}
    route: [{destination: {host: quay}}]
"""
GOOD = BAD.replace("timeout: 10s", "timeout: 20s")
SHIM = f'#!/bin/sh\nexec "{sys.executable}" -m why503 "$@"\n'


def test_the_action_never_writes_an_input_into_a_script():
    assert ACTION["runs"]["using"] == "composite"
    assert [step["shell"] for step in STEPS] == ["bash"] * len(STEPS)
    assert not any("${{" in step["run"] for step in STEPS)


def test_every_input_is_asked_for_and_every_output_is_written():
    asked = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", json.dumps(STEPS))
    assert sorted(asked) == sorted(ACTION["inputs"])
    written = re.findall(r'echo "([\w-]+)=', STEPS[-1]["run"])
    assert sorted(written) == sorted(ACTION["outputs"])
    for name, told in ACTION["outputs"].items():
        assert told["value"] == f"${{{{ steps.{STEPS[-1]['id']}.outputs.{name} }}}}"


def test_options_and_values_of_the_action_are_those_of_lint():
    known = {name: one for one in lint.params for name in one.opts}
    script = STEPS[-1]["run"]
    used = set(re.findall(r"(?<=[( ])--?[a-z][\w-]*(?= \S)", script)) - {
        "-r",
        "-d",
        "-a",
        "-c",
        "-le",
    }
    assert {"--istio-version", "--fail-on", "-o"} <= used
    assert used - {"-eq"} <= set(known)
    assert set(re.findall(r"-o (\w+)", script)) <= set(known["-o"].type.choices)
    assert ACTION["inputs"]["fail-on"]["default"] in known["--fail-on"].type.choices


def lint_step(folder, **inputs):
    """The lint step as GitHub's runner starts it; its exit code and what it wrote."""
    runner = folder / "runner"
    (runner / "bin").mkdir(parents=True)
    shim = runner / "bin" / "why503"
    shim.write_text(SHIM, encoding="utf-8")
    shim.chmod(0o755)
    given = {name: told["default"] for name, told in ACTION["inputs"].items()} | inputs
    asked = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
        for name, value in STEPS[-1]["env"].items()
    }
    runs = subprocess.run(
        [
            shutil.which("bash"),
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            "-c",
            STEPS[-1]["run"],
        ],
        cwd=folder / "checkout",
        env={
            **os.environ,
            **asked,
            "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(runner),
            "GITHUB_OUTPUT": str(runner / "output"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (runner / "output").read_text(encoding="utf-8").splitlines()
    return runs, dict(line.split("=", 1) for line in lines)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are for bash")
@pytest.mark.parametrize(
    ("text", "inputs", "code", "findings"),
    [
        (BAD, {}, 1, "1"),
        (BAD, {"paths": "a b.yaml\nquay.yaml\n", "fail-on": "error"}, 2, "0"),
        (BAD, {"paths": "quay.yaml\n", "fail-on": "never", "istio-version": "1.24"}, 0, "1"),
        (GOOD, {"paths": "./quay.yaml"}, 0, "0"),
    ],
)
def test_the_action_lints_and_tells_what_it_found(tmp_path, text, inputs, code, findings):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "quay.yaml").write_text(text, encoding="utf-8")
    runs, outputs = lint_step(tmp_path, **inputs)
    assert runs.returncode == code, runs.stderr
    written = "why503.sarif" if code < 2 else ""
    assert outputs == {"sarif-file": written, "findings": findings, "exit-code": str(code)}
    assert runs.stdout.count("::warning file=quay.yaml,line=7,") == int(findings)
    log = checkout / "why503.sarif"
    assert log.is_file() == (code < 2)
    if code < 2:
        document = json.loads(log.read_text(encoding="utf-8"))
        check(document)
        assert len(document["runs"][0]["results"]) == int(findings)
    left = {path.name for path in checkout.iterdir()}
    assert left <= {"quay.yaml", "why503.sarif"}
