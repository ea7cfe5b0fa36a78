from tests.report.linted import WORST, finding, report
from why503.diagnosis.lint_finding import LintSpot
from why503.report.lint_github import render


def test_the_worst_comes_first_and_data_is_escaped():
    lines = render(report(finding(), WORST)).splitlines()
    assert lines[0].startswith("::error file=shop/web.yaml,line=7,col=3,title=bad/worse::")
    assert lines[1].endswith("100 %25 of it [race/short]")


def test_signs_of_the_format_in_a_path_are_escaped():
    spot = LintSpot(path="a:b,c\n.yaml", line=0, column=0)
    assert "file=a%3Ab%2Cc%0A.yaml,title" in render(report(finding(source=spot)))
