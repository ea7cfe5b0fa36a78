from xml.etree import ElementTree as ET

from tests.report.linted import WORST, finding, report
from why503.report.lint_junit import render


def test_a_finding_is_a_failed_test_of_its_file():
    root = ET.fromstring(render(report(WORST, finding(text='a <b> & "c"\x00'))))  # noqa: S314
    assert root.attrib == {"name": "why503", "tests": "2", "failures": "2"}
    failures = root.findall("./testsuite/testcase/failure")
    assert [one.get("type") for one in failures] == ["error", "warning"]
    assert failures[1].get("message") == 'a <b> & "c"?'


def test_no_finding_is_one_passed_test():
    root = ET.fromstring(render(report()))  # noqa: S314
    assert len(root.findall("./testsuite/testcase")) == 1
    assert root.findall(".//failure") == []
