import pytest

from why503.evidence.access_log.self_evident import assign
from why503.evidence.access_log.words import split_words


def assigned(text):
    fields = {}
    assign(fields, split_words(text))
    return fields


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('"TLS_error:|1:SSL"', "transport_failure"),
        ('"immediate_connect_error:_111"', "transport_failure"),
        ("via_upstream", "details"),
        ("ext_authz_denied", "details"),
        ("inbound|80||", "upstream_cluster"),
        ("BlackHoleCluster", "upstream_cluster"),
        ("InboundPassthroughClusterIpv4", "upstream_cluster"),
        ('"10.0.0.1:8080"', "upstream_host"),
        ("10.0.0.1:50000", "downstream_remote"),
        ('"Mozilla/5.0 (X11)"', "user_agent"),
        ('"shop.example.org"', "authority"),
    ],
)
def test_a_value_says_itself_what_it_is(text, field):
    assert assigned(text) == {field: text.strip('"')}


def test_a_run_of_numbers_is_bytes_duration_and_upstream_time():
    assert assigned("x 1 2 3 -") == {
        "bytes_received": "1",
        "bytes_sent": "2",
        "duration": "3",
        "upstream_service_time": "-",
    }
    assert assigned("1 2") == {}


def test_a_field_that_is_known_is_not_overwritten():
    fields = {"upstream_cluster": "inbound|80||"}
    assign(fields, split_words("PassthroughCluster"))
    assert fields == {"upstream_cluster": "inbound|80||"}


@pytest.mark.parametrize("text", ["...", "-", "default", '"PassthroughClus'])
def test_what_says_nothing_is_left_alone(text):
    assert assigned(text) == {}


def test_addresses_around_a_cluster_stand_as_in_istios_lines():
    text = '"10.0.0.9:80" outbound|80||a.b 10.0.0.1:40000 10.1.0.9:80 10.0.0.1:50000 rest'
    assert assigned(text) == {
        "upstream_host": "10.0.0.9:80",
        "upstream_cluster": "outbound|80||a.b",
        "upstream_local": "10.0.0.1:40000",
        "downstream_local": "10.1.0.9:80",
        "downstream_remote": "10.0.0.1:50000",
    }
