"""Every rule is raised at its place, and its near miss does not raise it."""

from pathlib import Path

import pytest

from tests.hazards.hazard_case import HazardCase, all_cases
from why503.causes import CATALOGUE
from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint import lint, rules_of
from why503.diagnosis.lint_finding import LintFinding
from why503.diagnosis.lint_options import LintOptions
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

WITHOUT_A_CASE = {
    "lint/ignore-without-reason": "tests/diagnosis/test_suppression.py",
}
CASES = all_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)


def found(case: HazardCase, files: dict[str, str], folder: Path) -> list[LintFinding]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    version = case.expect.get("istio")
    istio = tuple(map(int, str(version).split("."))) if version else None
    options = LintOptions(level=Severity.NOTE, istio=istio)
    report = lint(read_paths([str(folder)], Options()), CATALOGUE, options)
    return [one for one in report.findings if one.rule == case.rule]


@each_case
def test_the_rule_is_met_at_the_line_and_column(case: HazardCase, tmp_path: Path) -> None:
    findings = found(case, case.files, tmp_path)
    assert findings
    first = findings[0].source
    line = Path(first.path).read_text(encoding="utf-8").splitlines()[first.line - 1]
    assert line[first.column - 1 :].startswith(case.expect["at"])


@each_case
def test_the_near_miss_does_not_meet_it(case: HazardCase, tmp_path: Path) -> None:
    assert found(case, case.near_miss(), tmp_path) == []


def test_every_rule_has_a_case() -> None:
    known = {rule.id for rule in rules_of(CATALOGUE)}
    shown = {case.rule for case in CASES}
    assert shown <= known
    assert known - shown == set(WITHOUT_A_CASE)
