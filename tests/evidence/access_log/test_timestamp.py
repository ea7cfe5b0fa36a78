import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why503.evidence.access_log.timestamp import compile_time, guess_time

MOMENT = 1772600767.25


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("%Y-%m-%dT%H:%M:%S.%3fZ", "2026-03-04T05:06:07.250Z"),
        ("%Y-%m-%dT%H:%M:%S.%3f%z", "2026-03-04T07:06:07.250+0200"),
        ("%s.%3f", "1772600767.250"),
        ("%s%3f", "1772600767250"),
        ("%d/%b/%Y:%T.%6f %z", "04/Mar/2026:00:06:07.250000 -0500"),
        ("%F %T,%3f", "2026-03-04 05:06:07,250"),
        ("%E4Y-%m-%d%ET%H:%M:%E3S%Ez", "2026-03-04T05:06:07.250+00:00"),
        ("%Y %j %I:%M:%S.%9f %p", "2026 063 05:06:07.250000000 AM"),
    ],
)
def test_a_time_is_read_with_its_own_format(template, text):
    pattern, parse = compile_time(template)
    assert re.fullmatch(pattern, text)
    assert parse(text) == pytest.approx(MOMENT, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T05:06:07.250Z",
        "2026-03-04 05:06:07,250",
        "2026/03/04T06:06:07.25+01:00",
        "[1772600767.25]",
        "1772600767250",
        "1772600767250000",
        "04/03/2026T05:06:07+0000 1772600767.25",
        "04/Mar/2026:05:06:07.25 +0000",
    ],
)
def test_a_time_of_unknown_format_is_guessed(text):
    assert guess_time(text) == pytest.approx(MOMENT, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "-", "soon", "2026-13-40T05:06:07Z", "40/Abc/2026:00:00:00 +0"]
)
def test_what_is_no_time_is_none(text):
    assert guess_time(text) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_template_and_no_text_raises(template, text):
    pattern, parse = compile_time(template)
    re.compile(pattern)
    parse(text)
