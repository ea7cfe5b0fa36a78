import json
from dataclasses import replace

import jsonschema
import pytest

from tests.report.linted import WORST, finding, report
from tests.report.sarif_schema import MOST_RESULTS, check
from why503.causes import CATALOGUE
from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint import rules_of
from why503.diagnosis.lint_finding import LintSpot, LintUnread
from why503.report.lint_sarif import render


def run(*findings, **told):
    document = json.loads(render(report(*findings, **told), "1.2.3"))
    assert document["version"] == "2.1.0"
    return document["runs"][0]


def test_a_result_names_its_rule_place_and_fingerprint():
    found = run(WORST, finding())
    result = found["results"][1]
    rules = found["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "race/short"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "shop/web.yaml"
    assert place["region"] == {"startLine": 7, "startColumn": 3, "endLine": 7, "endColumn": 4}
    assert result["partialFingerprints"] == {"why503/v1": "abc"}


def test_other_places_of_a_result_are_related_locations():
    spots = (LintSpot(path="a.yaml", line=2, column=5), LintSpot(path="b.yaml", line=9, column=1))
    (result,) = run(finding(related=spots))["results"]
    assert [one["id"] for one in result["relatedLocations"]] == [1, 2]
    first = result["relatedLocations"][0]["physicalLocation"]
    assert first["region"]["startLine"] == 2
    assert "relatedLocations" not in run(finding())["results"][0]


def test_a_rule_has_what_code_scanning_asks_for():
    rule = run(finding())["tool"]["driver"]["rules"][0]
    assert rule["shortDescription"]["text"] == "A race"
    assert rule["help"]["markdown"] == "`why503 explain race`"
    assert "IST0101" in rule["properties"]["tags"]


def uri_of(path):
    spot = LintSpot(path=path, line=0, column=0)
    place = run(finding(source=spot))["results"][0]["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("./a b/ü.yaml", "a%20b/%C3%BC.yaml"),
        ("././a.yaml", "a.yaml"),
        ("a:b/c.yaml", "a%3Ab/c.yaml"),
        ("a#b?c%d.yaml", "a%23b%3Fc%25d.yaml"),
        ("/tmp/a.yaml", "file:///tmp/a.yaml"),  # noqa: S108
        ("C:\\a\\b.yaml", "file:///C%3A/a/b.yaml"),
        ("a\udcff.yaml", "a%FF.yaml"),
        ("-", "-"),
    ],
)
def test_paths_become_uris(path, uri):
    assert uri_of(path) == uri


def test_a_finding_without_a_line_is_shown_at_the_first():
    spot = LintSpot(path="a.yaml", line=0, column=0)
    place = run(finding(source=spot))["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}


def test_what_could_not_be_read_is_told_with_its_place():
    unread = LintUnread(source=LintSpot(path="a", line=2, column=1), reason="Broken.")
    (told,) = run(unread=(unread,))["invocations"][0]["toolExecutionNotifications"]
    assert (told["level"], told["message"]) == ("warning", {"text": "Broken."})
    place = told["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("a", 2)


def test_a_fault_of_our_own_has_no_place():
    fault = LintUnread(source=LintSpot(path="", line=0, column=0), reason="Internal error.")
    (told,) = run(unread=(fault,))["invocations"][0]["toolExecutionNotifications"]
    assert "locations" not in told


def test_a_log_keeps_the_schema_and_what_github_asks_for():
    unread = LintUnread(source=LintSpot(path="a", line=0, column=0), reason="Broken.")
    odd = finding(source=LintSpot(path="a:b/ü \udcff.yaml", line=0, column=0), text="a\x1b\n<b>")
    check(json.loads(render(report(WORST, finding(), odd, unread=(unread,)), "1.2.3")))


def test_a_log_without_findings_keeps_them_too():
    check(json.loads(render(report(), "1.2.3")))


def test_every_rule_that_lint_knows_is_one_that_github_takes():
    rules = rules_of(CATALOGUE)
    findings = [finding(rule=rule.id, severity=rule.severity) for rule in rules]
    check(json.loads(render(replace(report(*findings), rules=rules), "1.2.3")))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log["runs"][0].update(more=1),
        lambda log: log["runs"][0]["results"][0]["message"].clear(),
        lambda log: log["runs"][0]["results"][0].pop("partialFingerprints"),
        lambda log: log["runs"][0]["results"][0].update(ruleIndex=7),
        lambda log: log["runs"][0]["results"][0].update(locations=[]),
        lambda log: log["runs"][0]["tool"]["driver"]["rules"][0]["help"].update(text=""),
    ],
)
def test_a_spoilt_log_is_noticed(spoil):
    log = json.loads(render(report(finding()), "1.2.3"))
    spoil(log)
    with pytest.raises((jsonschema.ValidationError, AssertionError, LookupError, ValueError)):
        check(log)


def test_where_not_all_results_can_be_told_the_worst_are():
    mild = [finding(severity=Severity.NOTE)] * MOST_RESULTS
    results = run(*mild, WORST, finding())["results"]
    assert len(results) == MOST_RESULTS
    assert [one["level"] for one in results[-3:]] == ["note", "error", "warning"]


def test_a_rule_whose_sentence_comes_from_the_place_is_described_by_its_title():
    told = report(finding())
    (rule,) = told.rules
    log = json.loads(render(replace(told, rules=(replace(rule, summary="<text>"),)), "1"))
    (written,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert written["fullDescription"]["text"] == "A race (IST0101)"
