"""The answer of `why503 fix` as JSON: the contract `why503/fix/v1` and its JSON Schema."""

from typing import Any

import msgspec

from why503.repair import fixed
from why503.report.json import document_of, schema_of


def render(answer: fixed.Fix) -> str:
    """One JSON document; keys in the order of the dataclasses, ends with a line end."""
    return document_of(answer)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    return schema_of(fixed.Fix, fixed, fixed.SCHEMA, "why503 fix")


def schema_text() -> str:
    """The JSON Schema as the text of `docs/schema/fix-v1.json`."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
