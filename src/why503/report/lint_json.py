"""Findings of lint as JSON: the contract `why503/lint/v1` and its JSON Schema."""

from typing import Any

import msgspec

from why503.diagnosis import lint_finding
from why503.report.json import document_of, schema_of


def render(report: lint_finding.LintReport) -> str:
    """One JSON document; keys in the order of the dataclasses, ends with a line end."""
    return document_of(report)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    return schema_of(lint_finding.LintReport, lint_finding, lint_finding.SCHEMA, "why503 lint")


def schema_text() -> str:
    """The JSON Schema as the text of `docs/schema/lint-v1.json`."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
