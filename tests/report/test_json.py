import json
from pathlib import Path

import jsonschema
from hypothesis import given, settings

from tests.report import example
from tests.report.strange import diagnoses
from why503.diagnosis.finding import Answer, FoundMissing
from why503.report import json as report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "diagnosis-v1.json"
VALIDATOR = jsonschema.Draft202012Validator(report.json_schema())


def test_the_published_schema_is_fresh() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == report.schema_text()


def test_the_schema_is_one_and_explains_its_fields() -> None:
    VALIDATOR.check_schema(report.json_schema())
    confidence = report.json_schema()["$defs"]["Finding"]["properties"]["confidence"]
    assert confidence["description"].startswith("0 to 1")


def test_the_answer_keeps_to_the_schema() -> None:
    VALIDATOR.validate(json.loads(report.render(example.full())))


def test_the_schema_refuses_another_version() -> None:
    document = json.loads(report.render(example.full()))
    assert not VALIDATOR.is_valid(document | {"schema": "why503/diagnosis/v2"})


def test_keys_stand_in_the_order_of_the_contract() -> None:
    shown = report.render(example.diagnosis())
    assert shown.startswith('{\n  "schema": "why503/diagnosis/v1",\n  "answer": "no-failure-seen"')
    assert list(json.loads(shown))[-1] == "unread"
    assert shown.endswith("}\n")


def test_values_are_exact_yet_no_terminal_can_obey_them() -> None:
    value = "a\x1b[2J\x9b2J\u202e中"
    question = FoundMissing(what=value, command="", decides=(), gain=0.0)
    shown = report.render(example.without_findings(Answer.CANNOT_TELL, next_checks=(question,)))
    assert json.loads(shown)["next_checks"][0]["what"] == value
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "中" in shown


@settings(max_examples=60)
@given(diagnoses)
def test_any_answer_is_one_document_that_keeps_to_the_schema(answer) -> None:  # type: ignore[no-untyped-def]
    shown = report.render(answer)
    assert shown.encode()
    VALIDATOR.validate(json.loads(shown))
