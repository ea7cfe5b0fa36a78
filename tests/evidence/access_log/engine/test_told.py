from tests.evidence.access_log.made import VALUES, line
from why503.evidence.access_log.engine.told import loosely, often, told_of
from why503.evidence.access_log.timestamp import guess_time


def test_the_fields_of_a_request_are_plain_values():
    told = told_of("the line", dict(VALUES), guess_time)

    assert (told["code"], told["flags"], told["duration"]) == (503, frozenset({"UC"}), 40.0)
    assert told["upstream_service_time"] is None
    assert told["transport_failure"] == ""
    assert told["raw"] == "the line"


def test_a_field_that_the_format_lacks_is_none():
    assert told_of("", {}, guess_time)["path"] is None
    assert often(None) is None
    assert often("-") == ""


def test_a_line_that_only_the_tolerant_parser_reads_has_fields_and_noise_has_none():
    assert loosely(line(user_agent='say "hello"'))["code"] == "503"
    assert loosely("something else") == {}
    assert loosely("") == {}
