from dataclasses import replace

from tests.report.linted import finding, report
from why503.report.lint_rules import render


def test_a_rule_is_listed_with_its_severity_and_the_codes_of_others():
    assert render(report(finding()).rules) == (
        "race/short warning IST0101\n    <rule> gives <time>.\n"
    )


def test_a_rule_whose_sentence_comes_from_the_place_is_listed_by_its_title():
    (rule,) = report(finding()).rules
    assert render([replace(rule, summary="<text>")]).endswith("\n    A race\n")
