"""Findings of lint as JUnit XML: a test suite a file, a failed test a finding."""

from xml.sax.saxutils import escape, quoteattr

from why503.diagnosis.lint_finding import LintFinding, LintReport
from why503.report.lint_text import place
from why503.support.pattern import lazy_re

_NOT_XML = lazy_re("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: LintReport) -> str:
    """One document; a suite that has no finding is one passed test, so that none is empty."""
    suites: dict[str, list[LintFinding]] = {}
    for one in report.findings:
        suites.setdefault(one.source.path, []).append(one)
    count = len(report.findings)
    head = f'<testsuites name="why503" tests="{max(count, 1)}" failures="{count}">'
    body = [_suite(path, found) for path, found in suites.items()] or [_passed()]
    return (
        "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *body, "</testsuites>"]) + "\n"
    )


def _passed() -> str:
    case = '    <testcase classname="why503" name="lint"/>'
    return f'  <testsuite name="why503" tests="1" failures="0">\n{case}\n  </testsuite>'


def _suite(path: str, found: list[LintFinding]) -> str:
    head = f'  <testsuite name={_value(path)} tests="{len(found)}" failures="{len(found)}">'
    return "\n".join([head, *map(_case, found), "  </testsuite>"])


def _case(one: LintFinding) -> str:
    name = _value(f"{one.rule} {one.object}".strip())
    text = escape(_NOT_XML.sub("?", f"{place(one.source)}: {one.text}"))
    return (
        f"    <testcase classname={_value(one.source.path)} name={name}>\n"
        f"      <failure type={_value(one.severity.value)} message={_value(one.text)}>"
        f"{text}</failure>\n    </testcase>"
    )


def _value(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))
