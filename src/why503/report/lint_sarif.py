"""Findings of lint as SARIF 2.1.0, as GitHub's code scanning takes it."""

from typing import Any
from urllib.parse import quote

from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import LintFinding, LintReport, LintRule
from why503.report.json import document_of

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 1000
"""Characters of a description; GitHub takes 1024."""
_MOST = 25_000
"""Results of one run that GitHub takes."""


def render(report: LintReport, version: str) -> str:
    """One SARIF log with one run of why503 ``version``; ends with a line end."""
    places = {rule.id: place for place, rule in enumerate(report.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "why503",
                "version": version,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places) for one in report.findings[:_MOST]],
    }
    if report.unread:
        run["invocations"] = [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": one.reason}} for one in report.unread
                ],
            }
        ]
    return document_of({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: LintRule) -> dict[str, Any]:
    help_text = f"why503 explain {rule.cause}" if rule.cause else rule.summary
    same = f" ({', '.join(rule.same_as)})" if rule.same_as else ""
    return {
        "id": rule.id,
        "name": rule.id.replace("/", "-"),
        "shortDescription": {"text": (rule.title or rule.summary)[:_LONGEST]},
        "fullDescription": {"text": (rule.summary + same)[:_LONGEST]},
        "help": {"text": help_text, "markdown": f"`{help_text}`" if rule.cause else help_text},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "precision": "high" if rule.severity is Severity.ERROR else "medium",
            "problem.severity": "recommendation" if rule.severity is Severity.NOTE
            else rule.severity.value,
            "tags": ["istio", "5xx", *rule.same_as][:10],
        },
    }  # fmt: skip


def _result(one: LintFinding, places: dict[str, int]) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.source.path)}}
    if one.source.line:
        location["region"] = {
            "startLine": one.source.line,
            "startColumn": max(one.source.column, 1),
        }
    return {
        "ruleId": one.rule,
        "ruleIndex": places[one.rule],
        "level": one.severity.value,
        "message": {"text": one.text},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"why503/v1": one.fingerprint},
    }


def _uri(path: str) -> str:
    """A path as a URI relative to the root of the repository, where it is relative."""
    plain = path.replace("\\", "/").removeprefix("./")
    return (
        quote(plain, safe="/!~@:+,=.-_") if not plain.startswith("/") else "file://" + quote(plain)
    )
