import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.made import log
from why503.evidence.access_log.key_value import read_key_value


def test_pairs_with_any_spelling_of_the_keys_are_read():
    fact = log(
        "[04/03/2026T05:06:07+0000 1772600767] method=POST request=/a alpn=HTTP/2 response_flag=UT "
        "status=200 status_details=response_timeout total_time_ms=15001 upstream=10.0.0.1:80 "
        'ua="a b"'
    )
    (one,) = fact.failures
    assert fact.formats == ("key=value",)
    assert (one.code, one.flags, one.details) == (200, {"UT"}, "response_timeout")
    assert (one.method, one.path, one.protocol) == ("POST", "/a", "HTTP/2")
    assert (one.duration, one.upstream_host, one.time) == (15001.0, "10.0.0.1:80", 1772600767.0)
    assert one.user_agent == "a b"


def test_pairs_with_colons_are_read():
    fields = read_key_value("code: 503, response_flags: UF,URX, duration: 1.5s")
    assert fields is not None
    assert (fields["code"], fields["duration"]) == ("503", "1.5s")


def test_a_whole_request_line_fills_three_fields():
    fields = read_key_value('request="GET /a HTTP/1.1" code=503 flags=UC')
    assert fields is not None
    assert (fields["method"], fields["path"], fields["protocol"]) == ("GET", "/a", "HTTP/1.1")


@pytest.mark.parametrize(
    "text", ["a=1 b=2 c=3", "status=503 method=GET path=/a", "code=503 flags=verbose path=/a", ""]
)
def test_pairs_without_flags_of_envoy_are_another_programs(text):
    assert read_key_value(text) is None


@given(
    st.lists(st.sampled_from(["code=", "503", " ", "flags=", "UC", '"', "\\", ": ", ","])).map(
        "".join
    )
)
def test_any_text_is_read_without_harm(text):
    read_key_value(text)


def test_pairs_behind_a_usual_request_line_take_its_code_and_time():
    fields = read_key_value(
        '10.0.0.5 - - [05/May/2026:18:11:09 +0000] "GET /hot HTTP/1.1" 503 81 flags=UO '
        'upstream="outbound|80||hot.lab" rt=0.001 details="overflow"'
    )
    assert fields is not None
    assert (fields["code"], fields["path"], fields["flags"]) == ("503", "/hot", "UO")
    assert fields["time"] == "05/May/2026:18:11:09 +0000"


def test_pairs_without_flags_need_details_of_envoys_own():
    text = "response_code: 500 response_code_details: {} upstream_cluster: -"
    assert read_key_value(text.format('"direct_response"')) is not None
    assert read_key_value(text.format("something")) is None


def test_null_is_no_value():
    fields = read_key_value("response_code=503 response_flags=UH upstream_cluster=null path=/a")
    assert fields is not None
    assert fields["upstream_cluster"] == "-"
