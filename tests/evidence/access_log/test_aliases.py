import pytest

from why503.evidence.access_log.aliases import field_of, is_proxy_line, put


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (":authority", "authority"),
        ("X-Request-Id", "request_id"),
        ("responseCodeDetails", "details"),
        ("RESPONSE_FLAGS", "flags"),
        ("downstream_remote_address", "downstream_remote"),
        ("colour", None),
    ],
)
def test_a_key_names_its_field_in_any_spelling(key, field):
    assert field_of(key) == field


def test_the_first_value_that_is_there_wins():
    fields = {}
    for value in ("-", "503", "200"):
        put(fields, "status", value)
    assert fields == {"code": "503"}


def test_seconds_become_milliseconds():
    fields = {}
    put(fields, "duration_seconds", "1.5")
    assert float(fields["duration"]) == 1500.0


def test_an_upstream_may_be_a_host_or_a_cluster():
    fields = {}
    put(fields, "upstream", "outbound|80||a.b")
    put(fields, "upstream", "10.0.0.1:80")
    assert fields == {"upstream_cluster": "outbound|80||a.b", "upstream_host": "10.0.0.1:80"}


def test_a_status_alone_makes_no_proxy_line():
    assert not is_proxy_line({"code": "503", "path": "/a"})
    assert not is_proxy_line({"flags": "UC"})
    assert is_proxy_line({"code": "503", "flags": "-"})
