import pytest

from tests.evidence.access_log.made import VALUES, line, log
from why503.evidence.access_log.loose import read_loose


def failure(text):
    (one,) = log(text).failures
    return one


def test_a_cut_line_gives_the_fields_it_still_has():
    text = line()
    one = failure(text[: text.index('"192.0.2.9"')] + "...")
    assert (one.code, one.flags, one.details) == (503, {"UC"}, VALUES["details"])
    assert (one.bytes_received, one.bytes_sent, one.duration) == (11, 95, 40.0)
    assert (one.upstream_host, one.upstream_cluster) == (None, None)


def test_a_line_cut_inside_a_quoted_value_leaves_that_value_out():
    text = line()
    one = failure(text[: text.index("0b1c2d3e") + 10])
    assert one.user_agent == "tester/1.0 (unit)"
    assert one.request_id is None


def test_what_stands_after_an_elision_is_read_where_it_says_itself():
    one = failure(
        '[2026-03-04T05:06:07.250Z] "GET /a HTTP/1.1" 503 UF ... "delayed_connect_error:_111" ... '
        '"10.1.2.3:9000" inbound|9000|| outbound_.9000_._.a.b.svc.cluster.local'
    )
    assert one.transport_failure == "delayed_connect_error:_111"
    assert (one.upstream_host, one.upstream_cluster) == ("10.1.2.3:9000", "inbound|9000||")
    assert one.server_name == "outbound_.9000_._.a.b.svc.cluster.local"


def test_a_short_old_line_without_time_is_read():
    one = failure('"GET / HTTP/1.0" 0 - 0 7 5 - "-" "Mozilla')
    assert (one.code, one.flags, one.time) == (0, frozenset(), None)
    assert (one.bytes_received, one.bytes_sent, one.duration) == (0, 7, 5.0)
    assert one.forwarded_for == ""
    assert one.user_agent is None


def test_an_unknown_format_gives_what_is_self_evident():
    one = failure(
        '[2026-03-04T05:06:07.250Z] "GET /a HTTP/2" 503 UC '
        "upstream_reset_before_response_started{x} "
        '5 6 7 - "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d" "api.example.org" "curl/8.5" '
        "PassthroughCluster 10.0.0.9:443 10.0.0.1:40000"
    )
    assert one.details == "upstream_reset_before_response_started{x}"
    assert (one.bytes_received, one.bytes_sent, one.duration) == (5, 6, 7.0)
    assert one.request_id == "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"
    assert (one.authority, one.user_agent) == ("api.example.org", "curl/8.5")
    assert (one.upstream_cluster, one.upstream_host) == ("PassthroughCluster", "10.0.0.9:443")
    assert one.downstream_remote == "10.0.0.1:40000"


def test_a_value_that_cannot_be_a_client_address_ends_the_known_format():
    one = failure(
        '[2026-03-04T05:06:07.250Z] "GET /a HTTP/1.1" 503 UF 0 9 3 - "api.example.org" '
        '"10.0.0.1:50000"'
    )
    assert one.forwarded_for is None
    assert one.authority == "api.example.org"


def test_a_field_put_into_istios_line_keeps_the_rest_readable():
    one = failure(line().replace(' 40 - "', ' 40 - trace=1 "'))
    assert one.duration == 40.0
    assert (one.upstream_host, one.upstream_local) == ("10.9.8.7:8080", "10.9.8.1:40100")
    assert (one.downstream_local, one.downstream_remote) == ("10.9.7.7:8080", "10.9.8.1:50100")
    assert one.request_id == VALUES["request_id"]


def test_a_field_after_the_end_of_istios_line_does_no_harm():
    one = failure(line() + ' "00-aa-bb-01" extra')
    assert (one.route, one.upstream_local) == ("default", "10.9.8.1:40100")


def test_long_flag_names_and_unknown_flags_are_kept():
    head = '[2026-03-04T05:06:07.250Z] "GET /a HTTP/1.1" 503 '
    assert failure(head + "UpstreamConnectionFailure,UpstreamRetryLimitExceeded").flags == {
        "UF",
        "URX",
    }
    assert failure(head + "XNEW").flags == {"XNEW"}


@pytest.mark.parametrize("rest", ["", " 12 34"])
def test_a_format_without_flags_is_read_as_far_as_the_code(rest):
    one = failure(f'[2026-03-04T05:06:07.250Z] "GET /a HTTP/1.1" 503{rest}')
    assert (one.code, one.flags) == (503, None)


def test_details_with_blanks_hold_together():
    one = failure(
        '[2026-03-04T05:06:07.250Z] "GET /a HTTP/1.1" 503 UF '
        'upstream_reset_before_response_started{connection failure,TLS error: x y} - "-" 0 1 2 -'
    )
    assert (
        one.details == "upstream_reset_before_response_started{connection failure,TLS error: x y}"
    )
    assert one.duration == 2.0


def test_a_line_without_quotes_names_its_addresses_in_the_order_of_the_way():
    one = failure(
        "2026-03-04T05:06:07.250Z GET /a HTTP/2 503 UC 0 95 1 - "
        "10.1.0.4:40777 10.1.0.9:8443 127.0.0.1:51000 127.0.0.1:8080"
    )
    assert (one.code, one.flags, one.bytes_sent) == (503, {"UC"}, 95)
    assert (one.upstream_local, one.upstream_host) == ("127.0.0.1:51000", "127.0.0.1:8080")
    assert (one.downstream_remote, one.downstream_local) == ("10.1.0.4:40777", "10.1.0.9:8443")


def test_a_line_without_quotes_or_addresses_is_some_other_programs():
    assert read_loose("2026-03-04T05:06:07Z GET /a HTTP/1.1 503 - 12 ms", ()) is None


def test_a_line_without_a_protocol_is_a_proxy_s_where_it_names_a_cluster():
    one = failure(
        "2026-03-04T05:06:07.250Z PUT /a 503 UC "
        "upstream_reset_before_response_started{connection_termination} 127.0.0.6:40111 "
        "inbound|9090|| 3ms"
    )
    assert (one.flags, one.duration, one.upstream_cluster) == ({"UC"}, 3.0, "inbound|9090||")
    assert (one.upstream_local, one.upstream_host) == ("127.0.0.6:40111", None)
    assert read_loose("2026-03-04T05:06:07Z PUT /a 503 UC 10.0.0.1:80 3ms", ()) is None
