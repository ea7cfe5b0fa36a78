from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import analyze_json

TEXT = """\
[
  {
    "code": "IST0101",
    "level": "Error",
    "message": "Referenced host not found: \\"shelf\\"",
    "origin": "VirtualService books/desk"
  },
  {
    "code": "IST0102",
    "level": "Info",
    "message": "The namespace is not enabled",
    "origin": "Namespace tools"
  }
]
"""


def test_each_message_has_its_code_level_object_and_line():
    first, second = analyze_json.read(TEXT, CONTEXT).facts
    assert (first.code, first.level, first.object) == (
        "IST0101",
        "Error",
        "VirtualService books/desk",
    )
    assert first.text.startswith("Referenced host not found")
    assert (first.source.line, second.source.line) == (3, 9)


def test_a_cut_list_gives_its_whole_messages_and_says_so():
    reading = analyze_json.read(TEXT[: TEXT.index('"level": "Info"') + 20], CONTEXT)
    assert reading.facts[0].code == "IST0101"
    assert reading.unread


def test_other_lists_are_left_alone():
    assert analyze_json.bid(TEXT) > 0.9
    assert analyze_json.bid('[{"code": 503}]') == 0.0


def test_no_text_makes_it_raise():
    assert_never_raises(analyze_json, TEXT)
