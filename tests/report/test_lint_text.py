from tests.report.linted import IGNORED, WORST, finding, report
from why503.diagnosis.lint_finding import LintSpot
from why503.report.lint_text import place, render


def test_a_finding_is_one_line_that_an_editor_can_follow():
    first = render(report(finding())).splitlines()[0]
    assert first == "shop/web.yaml:7:3: warning: rule a gives 5 s, 100 % of it [race/short]"


def test_other_places_that_a_sentence_rests_on_stand_below_it():
    spots = (LintSpot(path="shop/b.yaml", line=2, column=5), LintSpot(path="c", line=1, column=0))
    lines = render(report(finding(related=spots))).splitlines()
    assert lines[1:3] == ["    see shop/b.yaml:2:5", "    see c:1"]


def test_the_summary_counts_by_severity_and_names_what_is_not_shown():
    text = render(report(WORST, finding(), hidden=2, known=1, ignored=(IGNORED,)))
    assert "1 error, 1 warning in 3 objects, held against Istio 1.28" in text
    assert "2 findings below the level" in text
    assert "1 finding in the baseline" in text
    assert "1 finding set aside with a reason" in text


def test_nothing_found_is_said():
    assert render(report()).startswith("nothing found in 3 objects")


def test_signs_that_a_terminal_would_obey_are_written_out():
    assert "\x1b" not in render(report(finding(text="a\x1b[31mb")))


def test_a_place_without_line_is_the_path_alone():
    assert place(LintSpot(path="a", line=0, column=0)) == "a"
