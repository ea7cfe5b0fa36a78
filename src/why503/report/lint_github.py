"""Findings of lint as workflow commands of GitHub: they show as annotations, the worst first."""

from collections.abc import Iterator

from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import LintFinding, LintReport

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: LintReport) -> str:
    """One command a line; GitHub shows ten of each kind a step, so the worst come first."""
    ordered = sorted(report.findings, key=lambda one: one.severity.rank)
    return "".join(f"{_command(one)}\n" for one in ordered)


def _command(one: LintFinding) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(one))
    return f"::{_COMMANDS[one.severity]} {properties}::{_data(f'{one.text} [{one.rule}]')}"


def _properties(one: LintFinding) -> Iterator[tuple[str, str]]:
    yield "file", one.source.path
    if one.source.line:
        yield "line", str(one.source.line)
    if one.source.column:
        yield "col", str(one.source.column)
    yield "title", one.rule


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
