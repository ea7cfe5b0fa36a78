import json

from tests.report.linted import WORST, finding, report
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
    assert place["region"] == {"startLine": 7, "startColumn": 3}
    assert result["partialFingerprints"] == {"why503/v1": "abc"}


def test_a_rule_has_what_code_scanning_asks_for():
    rule = run(finding())["tool"]["driver"]["rules"][0]
    assert rule["shortDescription"]["text"] == "A race"
    assert rule["help"]["markdown"] == "`why503 explain race`"
    assert "IST0101" in rule["properties"]["tags"]


def test_paths_become_uris():
    spot = LintSpot(path="./a b/ü.yaml", line=0, column=0)
    place = run(finding(source=spot))["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20b/%C3%BC.yaml"}}


def test_what_could_not_be_read_is_told():
    unread = LintUnread(source=LintSpot(path="a", line=1, column=1), reason="Broken.")
    told = run(unread=(unread,))["invocations"][0]["toolExecutionNotifications"]
    assert told == [{"level": "warning", "message": {"text": "Broken."}}]
