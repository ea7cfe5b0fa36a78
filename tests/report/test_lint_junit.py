from xml.etree import ElementTree as ET

from tests.report.linted import WORST, finding, report
from why503.diagnosis.lint_finding import LintSpot
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


def test_the_document_has_the_structure_that_ci_servers_read():
    elsewhere = finding(source=LintSpot(path="b.yaml", line=1, column=1), fingerprint="ghi")
    root = ET.fromstring(render(report(WORST, finding(), elsewhere)))  # noqa: S314
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["shop/web.yaml", "b.yaml"]
    for suite in suites:
        cases = suite.findall("testcase")
        assert list(suite) == cases
        assert suite.attrib == {
            "name": cases[0].get("classname"),
            "tests": str(len(cases)),
            "failures": str(len(suite.findall("testcase/failure"))),
        }
        assert all(case.get("name") and len(case) == 1 for case in cases)
    assert root.get("tests") == str(sum(int(suite.get("tests")) for suite in suites))


def test_whatever_a_finding_holds_the_document_is_well_formed():
    odd = "\x00\x1b\ud800\ufffe]]> <!-- & \n\"'\u2028"
    spot = LintSpot(path=odd, line=0, column=0)
    text = render(report(finding(text=odd, object=odd, rule="a/b", source=spot)))
    root = ET.fromstring(text.encode("utf-8"))  # noqa: S314
    (failure,) = root.findall("./testsuite/testcase/failure")
    assert failure.get("message") == "????]]> <!-- & \n\"'\u2028"
