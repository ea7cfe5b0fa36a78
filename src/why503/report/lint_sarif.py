"""Findings of lint as SARIF 2.1.0, as GitHub's code scanning takes it."""

from typing import Any
from urllib.parse import quote

from why503.diagnosis.hazard import Severity
from why503.diagnosis.lint_finding import (
    LintFinding,
    LintReport,
    LintRule,
    LintSpot,
    LintUnread,
)
from why503.report.json import document_of
from why503.report.lint_rules import sentence_of
from why503.support.pattern import lazy_re

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 1000
"""Characters of a description; GitHub takes 1024."""
_MOST = 25_000
"""Results of one run that GitHub takes; it refuses a log with more."""
_TAGS = 10
"""Tags of a rule that GitHub shows."""
_DRIVE = lazy_re(r"[A-Za-z]:/")


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
        "results": [_result(one, places) for one in _most_important(report.findings)],
    }
    if report.unread:
        run["invocations"] = [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(one) for one in report.unread],
            }
        ]
    return document_of({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _most_important(findings: tuple[LintFinding, ...]) -> tuple[LintFinding, ...]:
    """As many as are taken, in the order given; the worst stay where not all can."""
    if len(findings) <= _MOST:
        return findings
    worst_first = sorted(range(len(findings)), key=lambda place: findings[place].severity.rank)
    return tuple(findings[place] for place in sorted(worst_first[:_MOST]))


def _rule(rule: LintRule) -> dict[str, Any]:
    sentence = sentence_of(rule)
    help_text = f"why503 explain {rule.cause}" if rule.cause else sentence
    same = f" ({', '.join(rule.same_as)})" if rule.same_as else ""
    tags = dict.fromkeys(("istio", "5xx", *rule.same_as))
    return {
        "id": rule.id,
        "name": rule.id.replace("/", "-"),
        "shortDescription": {"text": (rule.title or sentence)[:_LONGEST]},
        "fullDescription": {"text": (sentence + same)[:_LONGEST]},
        "help": {"text": help_text, "markdown": f"`{help_text}`" if rule.cause else help_text},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "precision": "high" if rule.severity is Severity.ERROR else "medium",
            "problem.severity": "recommendation" if rule.severity is Severity.NOTE
            else rule.severity.value,
            "tags": list(tags)[:_TAGS],
        },
    }  # fmt: skip


def _result(one: LintFinding, places: dict[str, int]) -> dict[str, Any]:
    related = [{"id": number, **_location(spot)} for number, spot in enumerate(one.related, 1)]
    return {
        "ruleId": one.rule,
        "ruleIndex": places[one.rule],
        "level": one.severity.value,
        "message": {"text": one.text},
        "locations": [_location(one.source)],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"why503/v1": one.fingerprint},
    }


def _notification(one: LintUnread) -> dict[str, Any]:
    told: dict[str, Any] = {"level": "warning", "message": {"text": one.reason}}
    return {**told, "locations": [_location(one.source)]} if one.source.path else told


def _location(spot: LintSpot) -> dict[str, Any]:
    """A place; all four numbers, which GitHub asks for, and the first line for a whole file.

    Where it ends is not known, so it is one sign long.
    """
    line, column = max(spot.line, 1), max(spot.column, 1)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(spot.path)},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": line,
                "endColumn": column + 1,
            },
        }
    }


def _uri(path: str) -> str:
    """A path as a URI relative to the root of the repository, where it is relative.

    A colon would make a scheme of what stands in front of it, so it is written as `%3A`.
    """
    plain = path.replace("\\", "/")
    while plain.startswith("./"):
        plain = plain.removeprefix("./").lstrip("/")
    if _DRIVE.match(plain):
        plain = f"/{plain}"
    quoted = quote(plain, safe="/!~@+,=.-_", errors="surrogateescape")
    return f"file://{quoted}" if plain.startswith("/") else quoted
