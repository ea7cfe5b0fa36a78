import pytest

from why503.evidence.told_outcome import authority_told, outcome_spoken, outcome_told


@pytest.mark.parametrize(
    ("text", "code", "flag"),
    [
        ("404 and NR", 404, "NR"),
        ("503 UF", 503, "UF"),
        ("we get HTTP 503 with response flag UH.", 503, "UH"),
        ("the call returns a 503 (UC)", 503, "UC"),
        ("  response code 504, flags: UT", 504, "UT"),
    ],
)
def test_a_code_with_its_flag_in_few_words_is_an_outcome(text, code, flag):
    told = outcome_told(text)
    assert told is not None
    assert (told.code, told.flags) == (code, frozenset({flag}))


@pytest.mark.parametrize(
    "text",
    [
        "503",
        "the page has 404 entries",
        "NR",
        "503 UNITS sold",
        "     12 503 UC",
        '10.0.0.1 "GET / HTTP/1.1" 503 UC 0 95 12',
        "503 UC" + " and so on" * 40,
    ],
)
def test_a_code_alone_a_count_or_a_log_line_is_none(text):
    assert outcome_told(text) is None


def test_a_sentence_behind_a_command_tells_its_code():
    told = outcome_spoken("curl http://till/x?y=z, request fails with HTTP 400.")
    assert told is not None
    assert (told.code, told.flags) == (400, None)
    assert outcome_spoken("curl http://till/400, then wait") is None


def test_the_url_of_a_sentence_gives_the_host():
    assert authority_told("then ask http://till-0.till:8080/<path>") == "till-0.till:8080"
    assert authority_told("at https://me:pw@till.example.com.") == "till.example.com"
    assert authority_told("no address") == ""
    assert authority_told("http://[::1") == ""
