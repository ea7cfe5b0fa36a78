"""The answer as JSON: the contract `why503/diagnosis/v1` and its JSON Schema."""

import ast
import inspect
from types import ModuleType
from typing import Any

import msgspec

from why503.diagnosis import finding
from why503.diagnosis.finding import SCHEMA, Diagnosis
from why503.report.clean import encodable, escaped


def render(diagnosis: Diagnosis) -> str:
    """One JSON document; see `document_of`."""
    return document_of(diagnosis)


def document_of(answer: object) -> str:
    """A dataclass as JSON; keys in the order of its fields, ends with a line end.

    Values are exact; what a terminal could obey is written as an escape of JSON.
    """
    try:
        document = msgspec.json.encode(answer)
    except UnicodeEncodeError:
        document = msgspec.json.encode(_encodable(msgspec.to_builtins(answer)))
    return escaped(msgspec.json.format(document, indent=2).decode()) + "\n"


def schema_text() -> str:
    """The JSON Schema as the text of `docs/schema/diagnosis-v1.json`."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the report, made from its dataclasses and their docstrings."""
    return schema_of(Diagnosis, finding, SCHEMA, "why503 diagnosis")


def schema_of(answer: type, module: ModuleType, version: str, title: str) -> dict[str, Any]:
    """The JSON Schema of an answer whose dataclasses stand in ``module``.

    ``version`` is what its field `schema` holds.
    """
    made: dict[str, Any] = msgspec.json.schema(answer)
    definitions: dict[str, Any] = made["$defs"]
    told = _field_docs(module)
    for name, definition in definitions.items():
        for field, shape in definition.get("properties", {}).items():
            if (name, field) in told:
                shape["description"] = told[name, field]
    definitions[answer.__name__]["properties"]["schema"]["const"] = version
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + version.replace("/", ":"),
        "title": title,
        "$ref": made["$ref"],
        "$defs": definitions,
    }


def _field_docs(module: ModuleType) -> dict[tuple[str, str], str]:
    """The docstrings that stand under the fields, by class and field."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                found[node.name, field.target.id] = inspect.cleandoc(str(below.value.value))
    return found


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list | tuple):
        return [_encodable(element) for element in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(element) for key, element in value.items()}
    return value
