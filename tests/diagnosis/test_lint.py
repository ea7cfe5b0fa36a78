from pathlib import Path

import pytest

from tests.diagnosis.lint_world import BAD, linted, rules
from why503.causes import CATALOGUE
from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint import lint, rules_of
from why503.diagnosis.lint_options import LintOptions
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

VALID = Path(__file__).with_name("valid_mesh.yaml")


@pytest.mark.parametrize("istio", [(1, 24), (1, 28), (1, 29)])
def test_valid_samples_raise_no_alarm(istio):
    report = lint(read_paths([str(VALID)], Options()), CATALOGUE, LintOptions(istio=istio))
    assert rules(report) == []


def test_findings_stand_in_the_order_of_the_file_and_name_their_object(tmp_path):
    report = linted(tmp_path, BAD)
    assert rules(report) == ["retry-exhausted/many-attempts", "schema/unknown-field"]
    assert {one.object for one in report.findings} == {"VirtualService shop/web"}
    assert [one.source.line for one in report.findings] == [8, 9]


def test_the_level_hides_and_counts(tmp_path):
    report = linted(tmp_path, BAD, level=Severity.ERROR)
    assert (rules(report), report.hidden) == (["schema/unknown-field"], 1)


def test_a_baseline_holds_when_lines_move(tmp_path):
    known = frozenset(one.fingerprint for one in linted(tmp_path, BAD).findings)
    report = linted(tmp_path, "# moved\n\n" + BAD, baseline=known)
    assert (rules(report), report.known) == ([], 2)


def test_only_findings_in_the_files_asked_about_are_told(tmp_path):
    report = linted(tmp_path, BAD, about=frozenset({str(tmp_path / "other.yaml")}))
    assert rules(report) == []


def test_the_same_evidence_gives_the_same_report(tmp_path):
    assert linted(tmp_path, BAD) == linted(tmp_path, BAD)


def test_no_two_rules_share_an_id():
    ids = [rule.id for rule in rules_of(CATALOGUE)]
    assert len(ids) == len(set(ids))
