"""A trace as JSON: the contract `why503/trace/v1` and its JSON Schema."""

from typing import Any

import msgspec

from why503.diagnosis import trace
from why503.report.json import document_of, schema_of


def render(answer: trace.Trace) -> str:
    """One JSON document; keys in the order of the dataclasses, ends with a line end."""
    return document_of(answer)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a trace."""
    return schema_of(trace.Trace, trace, trace.SCHEMA, "why503 trace")


def schema_text() -> str:
    """The JSON Schema as the text of `docs/schema/trace-v1.json`."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
