import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log import compile_format, find_formats
from why503.evidence.access_log.format_string import is_format_line
from why503.evidence.access_log.known_formats import KNOWN_FORMATS

PLAIN = '[%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)%" %RESPONSE_CODE% %RESPONSE_FLAGS%'
ESCAPED = PLAIN.replace('"', '\\"')


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN + "\n",
        f"mesh:\n  accessLogFormat: '{PLAIN}'\n  other: 1",
        f'accessLogFormat: "{ESCAPED}\\n"',
        f"accessLogFormat: |\n  {PLAIN}\n",
        f"  --set meshConfig.accessLogFormat='{PLAIN}'",
        "format: >-\n  " + PLAIN.replace(" %RESPONSE_FLAGS%", "\n  %RESPONSE_FLAGS%"),
    ],
)
def test_a_format_is_found_wherever_it_stands(text):
    assert find_formats(text) == [PLAIN]


@pytest.mark.parametrize("known", KNOWN_FORMATS, ids=lambda known: known.name)
def test_the_known_formats_are_found_whole(known):
    assert find_formats(f"text: {known.template}\n") == [known.template]


def test_labels_become_one_json_format():
    text = """
    labels:
      code: "%RESPONSE_CODE%"
      flags: "%RESPONSE_FLAGS%"
      took: '%DURATION%'
    """
    (found,) = find_formats(text)
    assert json.loads(found) == {
        "code": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "took": "%DURATION%",
    }
    assert compile_format(found).parse('{"code":200,"flags":"-","took":2}') == {
        "code": "200",
        "flags": "-",
        "duration": "2",
    }


def test_two_formats_stay_two():
    assert find_formats(f"a: '{PLAIN}'\nb: '{PLAIN} %DURATION%'") == [PLAIN, f"{PLAIN} %DURATION%"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100% sure, 50% done",
        "%RESPONSE_CODE% %DURATION%",
        "%FOO% %BAR% %BAZ%",
        "GET /a%2FB%2FC%2F",
    ],
)
def test_fewer_than_three_operators_are_no_format(text):
    assert find_formats(text) == []


def test_only_a_line_that_is_nothing_else_is_a_format_line():
    assert is_format_line(PLAIN)
    assert is_format_line(f"'{PLAIN}'")
    assert not is_format_line(f"accessLogFormat: '{PLAIN}'")
    assert not is_format_line(
        "please tell me what these mean in our logs: %RESPONSE_CODE% and %DURATION% and %PROTOCOL%"
    )


@given(
    st.lists(st.sampled_from([PLAIN, "%", "\n", "%REQ(", "{", "'", '"', "a: ", " "])).map("".join)
)
def test_any_text_is_searched_without_harm(text):
    for found in find_formats(text):
        compile_format(found).parse(text)
