import json

from tests.report.test_input_table import CLOCK
from why503.diagnosis.finding import NotRead, ReadInput, Spot
from why503.diagnosis.inspection import SCHEMA, Inspection
from why503.report.inspection import render_json, render_markdown, render_text

INPUT = ReadInput(
    path="x.tgz!a|b\x1b.log", kinds=("access log",), lines=9, facts=3, not_understood=0
)
UNREAD = NotRead(source=Spot(path="x.tgz", line=0), reason="`x.tgz` is cut.", lines=0)
NAMELESS = NotRead(source=Spot(path="y", line=3), reason="It is cut.", lines=1)
FULL = Inspection(schema=SCHEMA, inputs=(INPUT,), clocks=(CLOCK,), unread=(UNREAD, NAMELESS))
EMPTY = Inspection(schema=SCHEMA, inputs=(), clocks=(), unread=())


def test_text_lists_inputs_clocks_and_what_was_not_read() -> None:
    shown = render_text(FULL)
    assert shown.startswith("1 file was read\n")
    assert "x.tgz!a|b\\x1b.log" in shown
    assert CLOCK.text in shown
    assert "• `x.tgz` is cut." in shown
    assert "• y:3  It is cut." in shown
    assert render_text(FULL, ascii_only=True).isascii()
    assert render_text(EMPTY) == "0 files were read\n"


def test_markdown_is_one_table_in_which_nothing_is_markup() -> None:
    shown = render_markdown(FULL)
    assert "| path | read as |" in shown
    assert "a\\|b" in shown


def test_json_is_exact_and_harmless() -> None:
    shown = render_json(FULL)
    assert "\x1b" not in shown
    document = json.loads(shown)
    assert list(document) == ["schema", "inputs", "clocks", "unread"]
    assert document["inputs"][0]["path"] == INPUT.path
    assert document["schema"] == "why503/inspection/v1"


def test_a_path_that_is_no_unicode_is_written_out_in_json() -> None:
    strange = ReadInput(path="a\udcff", kinds=(), lines=0, facts=0, not_understood=0)
    found = Inspection(schema=SCHEMA, inputs=(strange,), clocks=(), unread=())
    assert json.loads(render_json(found))["inputs"][0]["path"] == "a\\udcff"
