from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import LintRule
from why503.report.lint_rules_page import render


def rule(**told):
    given = {
        "id": "race/short",
        "severity": Severity.WARNING,
        "summary": "<rule> gives `<time>` | more.",
        "cause": "race",
        "title": "A race",
        "same_as": ("IST0109",),
    }
    return LintRule(**{**given, **told})


def row(page, start):
    return next(line for line in page.splitlines() if line.startswith(f"| {start} |"))


def test_a_rule_is_a_row_under_its_cause_in_which_nothing_acts_as_markdown():
    page = render([rule()])
    assert "## [`race`](causes/race.md)\n" in page
    assert row(page, "`race/short`") == (
        "| `race/short` | warning | \\<rule> gives `<time>` \\| more. | IST0109 |"
    )


def test_a_group_without_a_cause_links_nowhere():
    assert "## `schema`\n" in render([rule(id="schema/wrong", cause="", title="")])


def test_a_sentence_that_is_the_places_own_gives_way_to_the_title():
    assert "| A race |" in render([rule(summary="<text>")])


def test_a_code_names_its_rules_and_a_code_without_one_the_reason():
    page = render([rule(), rule(id="race/long")])
    assert row(page, "IST0109").endswith("| `race/short`, `race/long` |")
    assert row(page, "IST0157").endswith(
        "| about no request; telemetry: metrics, traces and access logs |"
    )
