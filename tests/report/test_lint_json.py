import json
from pathlib import Path

import jsonschema

from tests.report.linted import IGNORED, WORST, finding, report
from why503.report import lint_json

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "lint-v1.json"


def test_the_document_keeps_its_schema():
    document = json.loads(lint_json.render(report(WORST, finding(), ignored=(IGNORED,))))
    jsonschema.validate(document, lint_json.json_schema())
    assert [one["rule"] for one in document["findings"]] == ["bad/worse", "race/short"]


def test_the_published_schema_is_the_one_of_the_code():
    assert PUBLISHED.read_text(encoding="utf-8") == lint_json.schema_text()
