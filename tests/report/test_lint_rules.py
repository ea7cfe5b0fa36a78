from tests.report.linted import finding, report
from why503.report.lint_rules import render


def test_a_rule_is_listed_with_its_severity_and_the_codes_of_others():
    assert render(report(finding()).rules) == (
        "race/short warning IST0101\n    <rule> gives <time>.\n"
    )
