import json

import pytest
from click.testing import CliRunner

from tests.diagnosis.lint_world import BAD
from why503.cli.diagnose import Unreadable
from why503.cli.lint import lint


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(BAD, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(lint, [str(word) for word in arguments], standalone_mode=False)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--fail-on", "never"], 0),
        (["--exit-zero"], 0),
        (["--level", "error", "--fail-on", "error"], 1),
    ],
)
def test_the_exit_code_is_that_of_the_threshold(options, code):
    assert run("web.yaml", *options).return_value == code


def test_with_the_level_of_errors_warnings_neither_show_nor_count(folder):
    (folder / "web.yaml").write_text(BAD.replace("    speed: fast\n", ""), encoding="utf-8")
    done = run("web.yaml", "--level", "error")
    assert (done.return_value, " warning: " in done.stdout) == (0, False)
    both = run("web.yaml", "--level", "error", "--fail-on", "warning")
    assert (both.return_value, " warning: " in both.stdout) == (1, True)


@pytest.mark.parametrize("text", ["# nothing\n", "replicaCount: 1\nimage: {tag: a}\n"])
def test_yaml_that_holds_no_object_is_no_fault(folder, text):
    (folder / "values.yaml").write_text(text, encoding="utf-8")
    done = run("values.yaml")
    assert (done.return_value, done.stderr) == (0, "")


def test_nothing_at_or_above_the_threshold_is_0(folder):
    (folder / "web.yaml").write_text(BAD.replace("    speed: fast\n", ""), encoding="utf-8")
    assert run("web.yaml").return_value == 1
    assert run("web.yaml", "--fail-on", "error").return_value == 0


@pytest.mark.parametrize(
    ("output", "begins"),
    [
        ("text", "web.yaml:8:"),
        ("json", '{\n  "schema": "why503/lint/v1"'),
        ("sarif", "{"),
        ("github", "::error file=web.yaml"),
        ("junit", "<?xml"),
    ],
)
def test_every_format_is_written(output, begins):
    assert run("web.yaml", "-o", output).stdout.startswith(begins)


def test_a_baseline_is_written_and_then_nothing_is_new():
    assert run("web.yaml", "--write-baseline", "known.json").return_value == 0
    done = run("web.yaml", "--baseline", "known.json")
    assert done.return_value == 0
    assert "in the baseline" in done.stdout


def test_context_is_read_and_not_told(folder):
    (folder / "other.yaml").write_text(BAD, encoding="utf-8")
    found = json.loads(run("web.yaml", "--context", ".", "-o", "json").stdout)["findings"]
    assert {one["source"]["path"] for one in found} == {"web.yaml"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.yaml"],
        ["web.yaml", "--istio-version", "new"],
        ["web.yaml", "--baseline", "web.yaml"],
        ["web.yaml", "--config", "nowhere.toml"],
    ],
)
def test_what_cannot_be_read_is_an_error_of_usage(arguments):
    done = run(*arguments)
    assert isinstance(done.exception, Unreadable)
    assert done.exception.exit_code == 2


def test_rules_and_the_schema_are_shown():
    assert "keepalive-race/proxy-idle-above-server warning" in run("--list-rules").stdout
    assert '"$id": "urn:why503:lint:v1"' in run("--print-schema").stdout
