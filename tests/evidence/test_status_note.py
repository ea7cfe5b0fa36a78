import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import status_note

TEXT = """\
shop to cart.depot: 503
from edge -> http://cart.depot:8080/items?a=1 => HTTP 502 Bad Gateway
POST http://user:word@mail.example.net/send returned 504
GET /ready -> 500
second tab: HTTP ERROR 404
"""


def test_each_note_is_a_request_that_a_client_saw():
    reading, claimed = read_lines(status_note, TEXT)
    assert claimed == [1, 2, 3, 4, 5]
    told = [(f.code, f.authority, f.path, f.method) for f in reading.facts]
    assert told == [
        (503, "cart.depot", None, None),
        (502, "cart.depot:8080", "/items?a=1", None),
        (504, "mail.example.net", "/send", "POST"),
        (500, None, "/ready", "GET"),
        (404, None, None, None),
    ]


def test_a_browsers_own_page_is_kept_as_its_words():
    reading, _claimed = read_lines(status_note, TEXT)
    assert reading.facts[-1].body == "HTTP ERROR 404"


def test_no_password_is_kept():
    reading, _claimed = read_lines(status_note, TEXT)
    assert not any("word" in fact.raw for fact in reading.facts)


@pytest.mark.parametrize(
    "line",
    ["port: 443", "replicas: 200", "we moved to v2: 300 users", "weight to 503", "  number: 503"],
)
def test_settings_and_sentences_are_no_notes(line):
    _reading, claimed = read_lines(status_note, line + "\n")
    assert claimed == []


def test_never_raises():
    assert_never_raises(status_note, TEXT)
