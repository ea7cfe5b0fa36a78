import re

import pytest

from tests.report.linted import WORST, finding, report
from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import LintSpot
from why503.report.lint_github import render


def test_the_worst_comes_first_and_data_is_escaped():
    lines = render(report(finding(), WORST)).splitlines()
    assert lines[0].startswith("::error file=shop/web.yaml,line=7,col=3,title=bad/worse::")
    assert lines[1].endswith("100 %25 of it [race/short]")


def test_signs_of_the_format_in_a_path_are_escaped():
    spot = LintSpot(path="a:b,c\n.yaml", line=0, column=0)
    assert "file=a%3Ab%2Cc%0A.yaml,title" in render(report(finding(source=spot)))


def understood(line):
    """A workflow command as GitHub's runner takes it apart."""
    kind, properties, data = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()
    told = dict(one.split("=", 1) for one in properties.split(","))
    signs = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    for written, meant in signs.items():
        told = {name: value.replace(written, meant) for name, value in told.items()}
        if meant not in ":,":
            data = data.replace(written, meant)
    return kind, told, data


@pytest.mark.parametrize("odd", ["50 %", "%0A", "a\r\nb", "::error::c", "x,line=9", "a:b", "%25"])
def test_what_a_finding_holds_is_read_back_as_it_was(odd):
    spot = LintSpot(path=odd, line=2, column=0)
    (line,) = render(report(finding(text=odd, source=spot))).splitlines()
    kind, told, data = understood(line)
    assert kind == "warning"
    assert told == {"file": odd, "line": "2", "title": "race/short"}
    assert data == f"{odd} [race/short]"


def test_each_severity_is_a_kind_of_annotation():
    told = render(report(*(finding(severity=one) for one in reversed(Severity)))).splitlines()
    assert [line.split(" ")[0] for line in told] == ["::error", "::warning", "::notice"]
