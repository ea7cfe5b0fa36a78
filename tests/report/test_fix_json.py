import json
from pathlib import Path

import jsonschema

from tests.report.mended import ANSWER
from why503.report import fix_json as report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "fix-v1.json"


def test_the_published_schema_is_fresh_and_explains_its_fields():
    assert PUBLISHED.read_text(encoding="utf-8") == report.schema_text()
    fields = report.json_schema()["$defs"]["FixRemedy"]["properties"]
    assert "--remedy" in fields["number"]["description"]
    jsonschema.Draft202012Validator.check_schema(report.json_schema())


def test_the_answer_keeps_to_the_schema():
    document = json.loads(report.render(ANSWER))
    jsonschema.validate(document, report.json_schema())
    assert document["remedies"][1]["elsewhere"][0]["operations"] == [{"op": "add"}]
