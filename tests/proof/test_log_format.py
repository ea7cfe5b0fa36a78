import pytest

from why503.proof.log_format import LogFormat, envoy_format


@pytest.mark.parametrize("log_format", [LogFormat.TEXT, LogFormat.OLD])
def test_a_text_format_ends_its_lines(log_format):
    text = envoy_format(log_format)["text_format_source"]["inline_string"]
    assert text.endswith("%ROUTE_NAME%\n")


def test_details_came_with_the_newer_format():
    texts = {
        one: envoy_format(one)["text_format_source"]["inline_string"]
        for one in (LogFormat.TEXT, LogFormat.OLD)
    }
    assert "%RESPONSE_CODE_DETAILS%" in texts[LogFormat.TEXT]
    assert "%RESPONSE_CODE_DETAILS%" not in texts[LogFormat.OLD]


def test_json_has_a_key_for_each_column():
    keys = envoy_format(LogFormat.JSON)["json_format"]
    assert {"response_flags", "upstream_cluster", "request_id"} <= set(keys)
