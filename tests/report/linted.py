"""A lint report for the tests of the formats."""

from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import (
    SCHEMA,
    LintFinding,
    LintIgnored,
    LintReport,
    LintRule,
    LintSpot,
)


def finding(**told):
    given = {
        "rule": "race/short",
        "severity": Severity.WARNING,
        "text": "rule a gives 5 s, 100 % of it",
        "object": "VirtualService shop/web",
        "source": LintSpot(path="shop/web.yaml", line=7, column=3),
        "fingerprint": "abc",
    }
    return LintFinding(**{**given, **told})


def report(*findings, **told):
    rules = {
        one.rule: LintRule(
            id=one.rule,
            severity=one.severity,
            summary="<rule> gives <time>.",
            cause=one.rule.partition("/")[0],
            title="A race",
            same_as=("IST0101",),
        )
        for one in findings
    }
    given = {
        "schema": SCHEMA,
        "istio": "1.28",
        "objects": 3,
        "findings": findings,
        "hidden": 0,
        "known": 0,
        "ignored": (),
        "rules": tuple(rules.values()),
        "unread": (),
    }
    return LintReport(**{**given, **told})


IGNORED = LintIgnored(
    rule="race/short", text="x", source=LintSpot(path="a", line=1, column=1), reason="meant so"
)
WORST = finding(rule="bad/worse", severity=Severity.ERROR, fingerprint="def")
