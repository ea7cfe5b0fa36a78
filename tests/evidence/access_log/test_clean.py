import pytest

from tests.evidence.access_log.made import line
from why503.evidence.access_log.clean import clean, plain_dashes, with_head


def test_a_line_as_envoy_wrote_it_stays_as_it_is():
    text = line(upstream_cluster="inbound|80||")
    assert clean(text) == with_head(text) == plain_dashes(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“a” — b", '"a" - b'),
        (r"  | outbound\|80\|\|a.b |  ", "outbound|80||a.b"),
        ("**503 UC** x", "503 UC x"),
        ("> `a`", "a"),
        ("&quot;a&quot;", '"a"'),
        ("inbound|80||", "inbound|80||"),
        ("│ a b │", "a b"),
        ('GET / HTTP/1.1"" 0 ""-"" 5', 'GET / HTTP/1.1" 0 "-" 5'),
        ('503 "" 5', '503 "" 5'),
        ("a—b", "a—b"),
        ("/a/********* b", "/a/********* b"),
    ],
)
def test_marks_are_taken_off(text, expected):
    assert clean(text) == expected


def test_a_lost_head_is_set_again():
    assert with_head('2026-03-04T05:06:07.250Z] "GET').startswith("[2026")
    assert with_head('2026-03-04T05:06:07.250Z "GET /') == '[2026-03-04T05:06:07.250Z] "GET /'
    assert with_head('"GET /').startswith('[-] "GET')
    assert (
        with_head('pod-1 istio-proxy [2026-03-04T05:06:07Z] "GET') == '[2026-03-04T05:06:07Z] "GET'
    )


def test_a_lost_first_quote_is_set_again():
    assert with_head('GET /a HTTP/1.1" 401 -') == '[-] "GET /a HTTP/1.1" 401 -'
    assert with_head("GET /a HTTP/1.1 401 -") == "GET /a HTTP/1.1 401 -"
