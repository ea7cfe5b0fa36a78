"""A release as JSON: the contract `why503/rollout/v1` and its JSON Schema."""

from typing import Any

import msgspec

from why503.repair.rollout import answer
from why503.report.json import document_of, schema_of


def render(told: answer.RolloutAnswer) -> str:
    """One JSON document; keys in the order of the dataclasses, ends with a line end."""
    return document_of(told)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the answer."""
    return schema_of(answer.RolloutAnswer, answer, answer.SCHEMA, "why503 rollout")


def schema_text() -> str:
    """The JSON Schema as the text of `docs/schema/rollout-v1.json`."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
