import pytest

from why503.evidence.app_line import app_line_of


@pytest.mark.parametrize(
    "text",
    [
        "2031-03-04T05:06:07Z ERROR no beans",
        "2031-03-04 05:06:07,123 [main] ERROR no beans",
        "2031-03-04 05:06:07.123  ERROR 17 --- [main] c.b.Kiosk : no beans",
        "2031-03-04 05:06:07 - kiosk - ERROR - no beans",
        "2031/03/04 05:06:07 [error] 29#29: *1 no beans",
        "E0304 05:06:07.123456       1 kiosk.go:12] no beans",
        'time="2031-03-04T05:06:07Z" level=error msg="no beans"',
        '{"level":"error","ts":1930367167.5,"msg":"no beans"}',
        '{"level":50,"time":1930367167500,"msg":"no beans"}',
        "ERROR: no beans",
    ],
)
def test_level_and_message_of_usual_formats(text: str) -> None:
    line = app_line_of(text)
    assert line is not None
    assert line.level == "error"
    assert "no beans" in line.message


def test_fields_of_an_error_are_part_of_the_message() -> None:
    line = app_line_of('{"level":"error","msg":"no beans","error":"connection refused"}')
    assert line is not None
    assert "connection refused" in line.message


def test_prose_and_other_json_are_no_lines() -> None:
    assert app_line_of("the beans are gone") is None
    assert app_line_of('{"kind":"Service"}') is None
