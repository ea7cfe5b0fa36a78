from pathlib import Path

import pytest

from tests.diagnosis.lint_world import BAD, linted, rules
from why503.causes import CATALOGUE
from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint import lint, rules_of
from why503.diagnosis.lint_options import LintOptions
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

VALID = sorted(Path(__file__).parent.glob("valid_*.yaml"))


@pytest.mark.parametrize("sample", VALID, ids=lambda path: path.stem)
@pytest.mark.parametrize("istio", [(1, 24), (1, 28), (1, 29)])
def test_valid_samples_raise_no_alarm(istio, sample):
    report = lint(read_paths([str(sample)], Options()), CATALOGUE, LintOptions(istio=istio))
    assert rules(report) == []


@pytest.mark.parametrize("name", ["valid_service.yaml", "valid_edge.yaml"])
def test_careful_samples_raise_not_even_a_note(name):
    options = LintOptions(istio=(1, 29), level=Severity.NOTE)
    report = lint(read_paths([str(Path(__file__).with_name(name))], Options()), CATALOGUE, options)
    assert [(one.rule, one.source.line) for one in report.findings] == []


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


def test_a_finding_shows_where_its_other_numbers_stand(tmp_path):
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 20
      containers:
      - name: app
        image: app
        lifecycle: {preStop: {sleep: {seconds: 30}}}
"""
    report = linted(tmp_path, text)
    (one,) = (found for found in report.findings if found.rule == "pod-terminating/grace-too-short")
    assert one.source.line == 7
    assert [spot.line for spot in one.related] == [11]
