import subprocess
import sys
from collections.abc import Sequence

import click
import pytest

import why503
from why503 import cli

HEAVY = (
    "rich",
    "yaml",
    "msgspec",
    "jinja2",
    "importlib.metadata",
    "why503.evidence",
    "why503.mesh",
)


def imported(*arguments: str) -> list[str]:
    """Modules that the program imports when it is run with these arguments."""
    code = "import sys; from why503.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, *arguments],
        capture_output=True,
        check=True,
        text=True,
    )
    return [line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line]


@pytest.mark.parametrize("arguments", [["--help"], ["diagnose", "--help"]])
def test_help_imports_nothing_heavy(arguments: Sequence[str]) -> None:
    found = imported(*arguments)
    assert "click" in found
    assert [
        n for n in found if any(n == heavy or n.startswith(heavy + ".") for heavy in HEAVY)
    ] == []


LINE = (
    '[2026-01-05T03:00:00.000Z] "GET /api/items HTTP/1.1" 503 UC '
    'upstream_reset_before_response_started{connection_termination} - "-" 0 95 3 - "-" "curl/8" '
    '"0c9a3e51-1f0d-4d1f-9d4e-1a2b3c4d5e6f" "items.shop" "10.20.0.7:8080" inbound|8080|| '
    "127.0.0.6:40002 10.20.0.7:8080 10.20.0.9:51002 - default\n"
)
RARE = ("email", "msgspec", "rich", "statistics", "tarfile", "tempfile", "yaml", "zipfile")


def test_a_small_log_is_diagnosed_without_what_it_does_not_need(tmp_path) -> None:
    (tmp_path / "access.log").write_text(LINE * 20, encoding="utf-8")
    found = imported("diagnose", str(tmp_path / "access.log"))
    assert "why503.causes.catalogue" in found
    assert sorted(set(found) & set(RARE)) == []


def test_help_lists_every_command(capsys) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: why503 [OPTIONS]")
    assert "diagnose" in shown
    assert "explain" in shown


@pytest.mark.parametrize("name", ["diagnose", "explain"])
def test_every_command_has_help(name, capsys) -> None:
    assert cli.main([name, "--help"]) == 0
    assert f"why503 {name}" in capsys.readouterr().out


def test_as_kubectls_plugin_it_names_itself_so(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/kubectl-why503", "--help"])
    assert cli.main() == 0
    assert capsys.readouterr().out.startswith("Usage: kubectl why503 ")


def test_the_version_is_told(capsys) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"why503 {why503.__version__}\n"


def test_wrong_usage_is_code_2_and_stands_on_standard_error(capsys) -> None:
    assert cli.main(["diagnose", "--nonsense"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--nonsense" in shown.err


def fail(monkeypatch, fault: BaseException) -> None:
    def raise_it(*_paths, **_given):
        raise fault

    monkeypatch.setattr(why503, "diagnose", raise_it)
    monkeypatch.delenv("WHY503_DEBUG", raising=False)


def test_our_own_fault_is_a_sentence_without_a_stack_trace_or_secrets(monkeypatch, capsys) -> None:
    fail(monkeypatch, KeyError("authorization: Bearer abcdefghijklmnop\x1b[2J"))
    assert cli.main(["diagnose", "x"]) == 70
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Internal error: KeyError: ")
    assert len(shown.err.splitlines()) == 1
    assert "abcdefghijklmnop" not in shown.err
    assert "\x1b" not in shown.err


def test_who_debugs_gets_the_stack_trace(monkeypatch) -> None:
    fail(monkeypatch, KeyError("x"))
    monkeypatch.setenv("WHY503_DEBUG", "1")
    with pytest.raises(KeyError):
        cli.main(["diagnose", "x"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_run_has_its_own_code(monkeypatch, stop) -> None:
    fail(monkeypatch, stop)
    assert cli.main(["diagnose", "x"]) == 130


def test_findings_can_be_the_exit_code(monkeypatch, capsys) -> None:
    from tests.report import example

    monkeypatch.setattr(why503, "diagnose", lambda *_paths, **_given: example.full())
    assert cli.main(["diagnose", "--fail-on", "proven", "x"]) == 1
    assert capsys.readouterr().out


def test_options_can_come_from_the_environment(monkeypatch, capsys) -> None:
    from tests.report import example

    monkeypatch.setattr(why503, "diagnose", lambda *_paths, **_given: example.full())
    monkeypatch.setenv("WHY503_DIAGNOSE_OUTPUT", "json")
    assert cli.main(["diagnose", "x"]) == 0
    assert capsys.readouterr().out.startswith("{")
