import json
from pathlib import Path

import jsonschema

from tests.repair.rollout.test_controller import FLAGGER, canary
from tests.repair.rollout.world import CANARY, DONE, NOW, answer
from why503.report import rollout_json as report

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "rollout-v1.json"


def test_the_published_schema_is_fresh_and_explains_its_fields() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == report.schema_text()
    fields = report.json_schema()["$defs"]["RolloutDanger"]["properties"]
    assert "not come yet" in fields["lacking"]["description"]
    jsonschema.Draft202012Validator.check_schema(report.json_schema())


def test_the_answer_keeps_to_the_schema() -> None:
    for told in (answer(NOW, DONE), answer(CANARY), answer("", ""), answer(FLAGGER + canary())):
        document = json.loads(report.render(told))
        jsonschema.validate(document, report.json_schema())
        assert document["schema"] == "why503/rollout/v1"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert report.render(answer(NOW, DONE)) == report.render(answer(NOW, DONE))
