import json

from why503.evidence.access_log import spread
from why503.evidence.reader import Line

ENTRY = {"response_code": 503, "response_flags": "UC", "path": "/a{b}c", "duration": 3}


def lines(text: str) -> list[Line]:
    return [Line(number=number, text=one) for number, one in enumerate(text.split("\n"), start=1)]


def joined(text: str) -> list[Line]:
    return list(spread.joined(lines(text)))


def test_a_printed_object_becomes_one_line_with_the_number_of_its_first() -> None:
    found = joined("before\n" + json.dumps(ENTRY, indent=2) + "\nafter")
    assert [line.number for line in found] == [1, 2, 8]
    assert json.loads(found[1].text) == ENTRY


def test_neighbouring_objects_stay_apart() -> None:
    text = json.dumps([ENTRY, ENTRY], indent=1)
    assert sum("response_flags" in line.text for line in joined(text)) == 2


def test_an_object_that_is_cut_is_joined_as_far_as_it_goes() -> None:
    (found,) = joined('{\n  "response_code": "503",\n  "response_flags": "UF",\n  "path": "/cu')
    assert found.text.endswith('"path": "/cu')


def test_unquoted_pairs_lose_their_braces() -> None:
    (found,) = joined("entry:{\n  response_code:503\n  response_flags:UF\n}")
    assert found.text == "response_code:503 response_flags:UF"


def test_fields_below_a_status_line_are_one_entry_with_its_code() -> None:
    text = '500 Internal Server Error\nresponse_code_details: "direct_response"\nroute_name: null'
    (found,) = joined(text)
    assert found.text == (
        'response_code: 500 response_code_details: "direct_response" route_name: -'
    )


def test_what_names_no_end_of_a_request_passes_as_it_came() -> None:
    for text in (
        '{\n  "kind": "Service",\n  "host": "a"\n}',
        "spec: {\n}",
        "host: a\npath: /b\nmethod: GET",
        "{\n" * 500,
        'response_flags: "%RESPONSE_FLAGS%"\nresponse_code: "%RESPONSE_CODE%"',
        "503 Service Unavailable\n\nserver: envoy",
    ):
        assert [line.text for line in joined(text)] == text.split("\n")


def test_a_long_object_is_given_back_whole() -> None:
    text = "{\n" + "\n".join(f'"response_flags{n}": "UC",' for n in range(spread.MOST_LINES + 9))
    assert len(joined(text)) >= 10
