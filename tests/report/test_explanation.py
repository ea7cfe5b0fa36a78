import json

from why503.diagnosis.explanation import ExplainedField, Explanation, Topic, UsualCause
from why503.report.explanation import render_json, render_markdown, render_text

ANSWER = Explanation(
    text="x",
    topic=Topic.ACCESS_LOG_LINE,
    summary="It *ended* \x1b[31m.",
    fields=(ExplainedField(name="code", value="503", meaning="See `this`."),),
    causes=(UsualCause(id="race", title="A race"),),
)


def test_text_shows_fields_and_causes_and_obeys_no_control_character():
    shown = render_text(ANSWER)
    assert "code 503" in shown
    assert "race  A race" in shown
    assert "\x1b" not in shown


def test_text_can_be_told_in_ascii():
    assert render_text(ANSWER, ascii_only=True).isascii()


def test_markdown_escapes_the_text_and_keeps_our_code_spans():
    shown = render_markdown(ANSWER)
    assert "\\*ended\\*" in shown
    assert "- **code** `503`  See `this`." in shown


def test_json_survives_bytes_that_are_no_text():
    answer = json.loads(render_json(Explanation(text="\udcff", topic=Topic.NOT_KNOWN, summary="")))
    assert answer["topic"] == "not known"
