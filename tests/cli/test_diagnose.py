import json
import sys

import click
import jsonschema
import pytest
from click.testing import CliRunner

import why503
from tests.report import example
from why503.cli.diagnose import diagnose
from why503.evidence.read import ReadError
from why503.report import json as json_report
from why503.report import markdown, terminal, text

ANSWER = example.full()


@pytest.fixture
def asked(monkeypatch):
    """What the library was asked for; it answers with `ANSWER`."""
    calls = []

    def answer(*paths, access_log_format="", memory=0, save="", baseline=""):
        told = memory if memory != 700 << 20 else None
        calls.append((paths, access_log_format, *filter(None, (told, save, baseline))))
        return ANSWER

    monkeypatch.setattr(why503, "diagnose", answer)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    return calls


def run(*arguments: str, **given: str):
    return CliRunner().invoke(diagnose, arguments, standalone_mode=False, **given)


def test_the_answer_in_a_pipe_is_plain_text_and_success(asked) -> None:
    done = run("a.log", "more/")
    assert (done.return_value, done.stdout, done.stderr) == (0, text.render(ANSWER), "")
    assert asked == [(("a.log", "more/"), "")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "json"], json_report.render(ANSWER)),
        (["--output", "json", "-v", "--color", "always"], json_report.render(ANSWER)),
        (["-o", "markdown"], markdown.render(ANSWER)),
        (["-o", "markdown", "-v"], markdown.render(ANSWER, verbose=True)),
        (["-v"], text.render(ANSWER, verbose=True)),
        (["--color", "always"], terminal.render(ANSWER)),
        (["--color", "never"], text.render(ANSWER)),
    ],
)
def test_each_format_is_the_report_of_that_name(asked, arguments, expected) -> None:
    assert run("a.log", *arguments).stdout == expected


def test_the_access_log_format_reaches_the_readers(asked) -> None:
    run("a.log", "--access-log-format", "%PROTOCOL% %RESPONSE_CODE%")
    assert asked == [(("a.log",), "%PROTOCOL% %RESPONSE_CODE%")]


def test_where_to_keep_and_what_to_compare_with_reach_the_library(asked) -> None:
    run("a.log", "--save", "new.parquet", "--baseline", "old.parquet")
    assert asked == [(("a.log",), "", "new.parquet", "old.parquet")]


@pytest.mark.parametrize(
    ("written", "size"), [("2GB", 2 << 30), ("1.5 GiB", 3 << 29), ("300m", 300 << 20)]
)
def test_the_memory_reaches_the_readers_in_bytes(asked, written, size) -> None:
    run("a.log", "--memory", written)
    assert asked == [(("a.log",), "", size)]


@pytest.mark.parametrize("written", ["much", "10MB", "-1GB", "700", ""])
def test_an_amount_of_memory_that_is_none_or_too_small_is_wrong_usage(asked, written) -> None:
    done = CliRunner().invoke(diagnose, ["a.log", "--memory", written])
    assert done.exit_code == 2
    assert "700MB or 2GB" in done.output.replace("\n", " ")


def test_a_pipe_is_read_where_no_path_is_given(asked) -> None:
    run(input="something")
    assert asked == [(("-",), "")]


def test_no_path_on_a_terminal_is_wrong_usage(asked, monkeypatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(Exception, match="Give files or folders") as refused:
        diagnose.main([], standalone_mode=False)
    assert refused.value.exit_code == 2  # type: ignore[attr-defined]
    assert asked == []


def test_what_cannot_be_read_is_a_sentence_and_code_2(monkeypatch) -> None:
    def refuse(*_paths, **_given):
        raise ReadError("Cannot read `x`: there is no such file.")

    monkeypatch.setattr(why503, "diagnose", refuse)
    done = CliRunner().invoke(diagnose, ["x"])
    assert done.exit_code == 2
    assert done.stderr == "Error: Cannot read `x`: there is no such file.\n"
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("choice", "findings", "code"),
    [
        ("none", [example.finding()], 0),
        ("findings", [example.elsewhere()], 1),
        ("findings", [], 0),
        ("proven", [example.elsewhere()], 0),
        ("proven", [example.elsewhere(), example.finding()], 1),
    ],
)
def test_findings_fail_only_where_asked_to(monkeypatch, choice, findings, code) -> None:
    answer = example.diagnosis(*findings)
    monkeypatch.setattr(why503, "diagnose", lambda *_paths, **_given: answer)
    assert run("a.log", "--fail-on", choice).return_value == code


def test_the_schema_can_be_had_without_evidence() -> None:
    assert run("--print-schema").stdout == json_report.schema_text()


LOG = (
    '[2026-01-05T03:{minute:02d}:00.000Z] "POST /api/items HTTP/1.1" {ending} - "-" 128 95 1 - "-" '
    '"test/1.0" "00000000-0000-4000-8000-0000000000{minute:02d}" '
    '"items.shop.svc.cluster.local:8080" "10.20.0.7:8080" inbound|8080|| '
    "127.0.0.6:40002 10.20.0.7:8080 10.20.0.9:51002 "
    "outbound_.8080_._.items.shop.svc.cluster.local default\n"
)
RESET = "503 UC upstream_reset_before_response_started{connection_termination}"
SERVED = "200 - via_upstream"


@pytest.mark.parametrize("endings", [[RESET, SERVED, RESET], [SERVED, SERVED], []])
def test_a_real_log_gets_an_answer_that_keeps_to_the_schema(tmp_path, endings) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(LOG.format(minute=n, ending=e) for n, e in enumerate(endings)))
    first, second = (run(str(log), "-o", "json") for _turn in range(2))
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    jsonschema.validate(document, json_report.json_schema())
    assert document["traffic"]["failures"] == endings.count(RESET)


def test_a_path_that_is_not_there_is_named(tmp_path) -> None:
    done = CliRunner().invoke(diagnose, [str(tmp_path / "gone.log")])
    assert done.exit_code == 2
    assert "gone.log" in done.stderr


@pytest.mark.parametrize("wrong", ["hello", "%", "%RESPONSE_CODE", "%FROB%", "$status"])
def test_a_format_that_names_no_field_is_wrong_usage(asked, wrong) -> None:
    refused = run("a.log", "--access-log-format", wrong).exception
    assert isinstance(refused, click.BadParameter)
    assert wrong in refused.message
    assert asked == []
