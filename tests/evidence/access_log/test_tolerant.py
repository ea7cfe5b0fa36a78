from why503.evidence.access_log.format import compile_format
from why503.evidence.access_log.tolerant import match

TOKENS = compile_format('"%REQ(USER-AGENT)%" %RESPONSE_CODE% "%UPSTREAM_HOST%" %ROUTE_NAME%').tokens


def test_quotes_inside_a_quoted_value_belong_to_it():
    assert match(TOKENS, '"a "b" 7" c" 503 "h" r') == ['a "b" 7" c', "503", "h", "r"]


def test_an_escaped_quote_ends_no_value_where_another_end_fits():
    tokens = compile_format('"%REQ(USER-AGENT)%" "%UPSTREAM_HOST%"').tokens
    assert match(tokens, r'"a\" "b" "h"') == [r"a\" " + '"b', "h"]


def test_a_user_agent_that_imitates_a_border_moves_no_other_field():
    tokens = compile_format('"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%UPSTREAM_HOST%"').tokens
    assert match(tokens, '"a" "b" "id" "10.0.0.1:80"') == ['a" "b', "id", "10.0.0.1:80"]


def test_a_line_that_fits_in_no_way_is_refused():
    assert match(TOKENS, '"a" 5 "h" r') is None
    assert match(TOKENS, "") is None
    assert match(TOKENS, "x" * 20_000) is None


def test_a_line_with_endless_choices_is_given_up():
    tokens = compile_format("%REQ(:PATH)% " * 30 + "%RESPONSE_CODE%").tokens
    assert match(tokens, "a " * 3000) is None


def test_a_value_with_blanks_inside_braces_is_kept_whole():
    tokens = compile_format("%RESPONSE_CODE_DETAILS% %ROUTE_NAME% %RESPONSE_CODE%").tokens
    assert match(tokens, "reset{a failure,TLS error: 1} - 503") == [
        "reset{a failure,TLS error: 1}",
        "-",
        "503",
    ]
