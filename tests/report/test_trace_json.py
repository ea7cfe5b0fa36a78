import json
from pathlib import Path

import jsonschema

from tests.report.traced import WEIGHTS, trace_of
from why503.report import trace_json as report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "trace-v1.json"


def test_the_published_schema_is_fresh_and_explains_its_fields():
    assert PUBLISHED.read_text(encoding="utf-8") == report.schema_text()
    fields = report.json_schema()["$defs"]["TraceOutcome"]["properties"]
    assert "no-listener" in fields["id"]["description"]
    jsonschema.Draft202012Validator.check_schema(report.json_schema())


def test_the_answer_keeps_to_the_schema():
    for text in ("", WEIGHTS):
        document = json.loads(report.render(trace_of(text)))
        jsonschema.validate(document, report.json_schema())
        assert document["schema"] == "why503/trace/v1"
    assert [branch["share"] for branch in document["branches"]] == [80.0, 20.0]
