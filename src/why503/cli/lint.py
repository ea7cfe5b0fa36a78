"""`why503 lint`: what is armed in the configuration, before it fails."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from why503.cli import option
from why503.cli.diagnose import FOUND, Unreadable, given
from why503.cli.screen import write
from why503.support.text import _

if TYPE_CHECKING:
    from why503.cli.lint_setting import LintSetting
    from why503.diagnosis.lint_finding import LintReport
    from why503.diagnosis.lint_options import LintOptions

_SEVERITIES = ["error", "warning", "note"]


def _print_rules(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from why503.causes import CATALOGUE
        from why503.diagnosis.lint import rules_of
        from why503.report.lint_rules import render

        write(render(rules_of(CATALOGUE)))
        context.exit()


@click.command(
    help=_(
        "Say what is armed in manifests, config dumps or a bundle, though nothing has failed yet: "
        "references that lead nowhere, timeouts that race, fields that the version in use does "
        "not have. PATH is a file, a folder or an archive; `-` is standard input.\n\n"
        "Exit code: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or unreadable input."
    )
)
@option.paths
@option.output_in("text", "json", "sarif", "github", "junit")
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    help=_(
        "Least severity that makes the exit code 1, and is told at least; warning where nothing "
        "is set, error with --level error."
    ),
)
@click.option(
    "--level",
    type=click.Choice(_SEVERITIES),
    help=_("Least severity that is told; warning where nothing is set."),
)
@click.option("--exit-zero", is_flag=True, help=_("The same as --fail-on never."))
@click.option(
    "--istio-version",
    metavar="VERSION",
    default="",
    help=_("Istio to hold against, such as 1.28; else what the files tell, else the newest."),
)
@click.option(
    "--baseline",
    metavar="FILE",
    default="",
    type=click.Path(dir_okay=False),
    help=_("Findings in this file are known and not told."),
)
@click.option(
    "--write-baseline",
    metavar="FILE",
    default="",
    type=click.Path(dir_okay=False),
    help=_("Write all findings to this file and end with 0."),
)
@click.option(
    "--context",
    metavar="PATH",
    multiple=True,
    type=click.Path(),
    help=_("Read this too, for references across files, and tell no finding in it."),
)
@click.option(
    "--config",
    metavar="FILE",
    default="",
    type=click.Path(dir_okay=False),
    help=_("Settings; else why503.toml or [tool.why503] of pyproject.toml, from here upwards."),
)
@click.option(
    "--list-rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_rules,
    help=_("Show all rules and exit."),
)
@option.print_schema("why503.report.lint_json")
def lint(paths: tuple[str, ...], **told: Any) -> int:
    """Read, hold against every rule, answer; the exit code."""
    from why503.cli.lint_setting import SettingError, found_setting
    from why503.diagnosis.baseline import BaselineError

    try:
        setting = found_setting(told["config"], Path.cwd())
        return _run(given(paths), setting, **told)
    except (SettingError, BaselineError) as refused:
        raise Unreadable(str(refused)) from refused


def _run(paths: tuple[str, ...], setting: "LintSetting", **told: Any) -> int:
    from why503.causes import CATALOGUE
    from why503.diagnosis import lint as linting
    from why503.diagnosis.hazard import Severity
    from why503.evidence.other_yaml import is_other_yaml
    from why503.evidence.read import ReadError, read_paths
    from why503.evidence.reader import Options

    context = (*told["context"], *setting.context)
    try:
        about = _about(paths) if context else frozenset()
        bundle = read_paths([*paths, *context], Options())
    except ReadError as refused:
        raise Unreadable(str(refused)) from refused
    writing = told["write_baseline"]
    options = _options(setting, about, told, all_of_it=bool(writing))
    report = linting.lint(bundle, CATALOGUE, options)
    unread = tuple(one for one in report.unread if not is_other_yaml(one.source.path))
    report = replace(report, unread=unread)
    if not report.objects and report.unread:
        raise Unreadable(report.unread[0].reason)
    for one in report.unread:
        click.echo(_("warning: {reason}").format(reason=one.reason), err=True)
    if writing:
        return _written(report, writing)
    output = told["output"]
    write(_rendered(report, output), encoding="" if output in {"text", "github"} else "utf-8")
    fail_on = "never" if told["exit_zero"] else _fail_on(told, setting)
    if fail_on == "never":
        return 0
    threshold = Severity(fail_on).rank
    return FOUND if any(one.severity.rank <= threshold for one in report.findings) else 0


def _said(told: dict[str, Any], setting: "LintSetting", name: str, default: str = "warning") -> str:
    """A value of the command line, else of the settings, else the default."""
    return str(told[name] or setting.texts.get(name.replace("_", "-")) or default)


def _fail_on(told: dict[str, Any], setting: "LintSetting") -> str:
    """Where only errors are to be told and nothing else is said, only errors count."""
    usual = "error" if _said(told, setting, "level") == "error" else "warning"
    return _said(told, setting, "fail_on", usual)


def _options(
    setting: "LintSetting", about: frozenset[str], told: dict[str, Any], *, all_of_it: bool
) -> "LintOptions":
    from why503.cli.lint_setting import version_of
    from why503.diagnosis import baseline
    from why503.diagnosis.hazard import Severity
    from why503.diagnosis.lint_options import LintOptions

    known: frozenset[str] = frozenset()
    place = "" if all_of_it else _said(told, setting, "baseline", "")
    if place:
        known = baseline.read(_text(place), place)
    level = Severity(_said(told, setting, "level"))
    fail_on = _fail_on(told, setting)
    if all_of_it:
        level = Severity.NOTE
    elif fail_on != "never" and not told["exit_zero"]:
        level = max(level, Severity(fail_on), key=lambda severity: severity.rank)
    return LintOptions(
        istio=version_of(_said(told, setting, "istio_version", "")),
        level=level,
        baseline=known,
        ignore=setting.ignore,
        about=about,
    )


def _about(paths: tuple[str, ...]) -> frozenset[str]:
    """The files behind the paths that were given themselves."""
    found: set[str] = set()
    for path in paths:
        place = Path(path)
        inner = place.rglob("*") if place.is_dir() else ()
        found |= {path, *(str(file) for file in inner)}
    return frozenset(found)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        said = _("Cannot read the baseline `{path}`: {fault}. Write it with --write-baseline.")
        raise Unreadable(said.format(path=path, fault=fault)) from fault


def _written(report: "LintReport", path: str) -> int:
    from why503.diagnosis.baseline import text_of

    try:
        Path(path).write_text(text_of(report.findings), encoding="utf-8")
    except OSError as fault:
        said = _("Cannot write `{path}`: {fault}.")
        raise Unreadable(said.format(path=path, fault=fault.strerror or fault)) from fault
    return 0


def _rendered(report: "LintReport", output: str) -> str:
    if output == "sarif":
        import why503
        from why503.report import lint_sarif

        return lint_sarif.render(report, why503.__version__)
    if output == "json":
        from why503.report import lint_json

        return lint_json.render(report)
    if output == "github":
        from why503.report import lint_github

        return lint_github.render(report)
    if output == "junit":
        from why503.report import lint_junit

        return lint_junit.render(report)
    from why503.report import lint_text

    return lint_text.render(report)
