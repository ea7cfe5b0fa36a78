"""`why503 diagnose`: which hop broke, why, what to do, what to fetch next."""

import sys
from typing import TYPE_CHECKING

import click

from why503.cli import option
from why503.cli.screen import ascii_only, coloured, width, write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.diagnosis.finding import Diagnosis

FOUND = 1
"""Exit code where `--fail-on` was met."""

_LONGEST_SHOWN = 200
"""Characters of a wrong argument that are repeated."""


class Unreadable(click.ClickException):
    """A path that cannot be read; its sentence goes to standard error."""

    exit_code = 2


@click.command(
    help=_(
        "Say which hop broke and why, from any evidence: access logs, application and proxy logs, "
        "Kubernetes and Istio objects, pasted output. PATH is a file or a folder, or an "
        "archive of them (tar, zip), plain, .gz or .zst; `-` is standard input.\n\n"
        "Exit code: 0 it ran, 1 --fail-on was met, 2 wrong usage or unreadable input."
    )
)
@option.paths
@option.output
@option.access_log_format
@option.memory
@option.color
@option.fail_on
@option.verbose
@option.save
@option.baseline
@option.print_schema("why503.report.json")
def diagnose(  # noqa: PLR0913 - one per option
    paths: tuple[str, ...],
    *,
    output: str,
    access_log_format: str,
    memory: int,
    color: str,
    fail_on: str,
    verbose: bool,
    save: str,
    baseline: str,
) -> int:
    """Read, weigh, answer; the exit code."""
    import why503
    from why503.evidence.kept.parquet import KeepError
    from why503.evidence.read import ReadError

    check_format(access_log_format)
    try:
        diagnosis = why503.diagnose(
            *given(paths),
            access_log_format=access_log_format,
            memory=memory,
            save=save,
            baseline=baseline,
        )
    except (ReadError, KeepError) as refused:
        raise Unreadable(str(refused)) from refused
    return show(diagnosis, output, color=color, fail_on=fail_on, verbose=verbose)


def show(diagnosis: "Diagnosis", output: str, *, color: str, fail_on: str, verbose: bool) -> int:
    """Write the answer in the format ``output``; the exit code."""
    if output == "text":
        write(_text(diagnosis, color=color, verbose=verbose))
    else:
        write(_document(diagnosis, output, verbose=verbose), encoding="utf-8")
    return FOUND if _met(fail_on, diagnosis) else 0


def given(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths; standard input where none is given and something is piped in."""
    if paths:
        return paths
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(_("Give files or folders with the evidence, or `-` to read a pipe."))
    return ("-",)


def check_format(text: str) -> None:
    """Refuses a format string in which nothing names a field that can be read."""
    if not text:
        return
    from why503.evidence.access_log.format import compile_format

    one = compile_format(text)
    if not (one.names or one.labels):
        raise click.BadParameter(
            _(
                "no command operator of Envoy that why503 reads is in `{text}`. Give the string as "
                "it stands in Envoy's or Istio's configuration, for example "
                "'[%START_TIME%] %RESPONSE_CODE% %RESPONSE_FLAGS%'."
            ).format(text=text[:_LONGEST_SHOWN]),
            param_hint="--access-log-format",
        )


def _met(fail_on: str, diagnosis: "Diagnosis") -> bool:
    verdicts = [finding.verdict.value for finding in diagnosis.findings]
    return bool(verdicts) if fail_on == "findings" else fail_on in verdicts


def _text(diagnosis: "Diagnosis", *, color: str, verbose: bool) -> str:
    from why503.report.layout import NARROWEST, WIDEST, WIDTH

    columns = width(WIDTH, NARROWEST, WIDEST)
    if coloured(color):
        from why503.report import terminal

        return terminal.render(diagnosis, width=columns, verbose=verbose, ascii_only=ascii_only())
    from why503.report import text

    return text.render(diagnosis, width=columns, verbose=verbose, ascii_only=ascii_only())


def _document(diagnosis: "Diagnosis", output: str, *, verbose: bool) -> str:
    if output == "json":
        from why503.report import json

        return json.render(diagnosis)
    from why503.report import markdown

    return markdown.render(diagnosis, verbose=verbose)
