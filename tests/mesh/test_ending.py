import pytest

from tests.mesh.build import RESET, request
from why503.facts import Witness
from why503.mesh.ending import BARE_RESET, HEADERS_TOO_LARGE, Ending, errno_of, outcome_of

E = Ending
AFTER = "upstream_reset_after_response_started"
BODY = "upstream connect error or disconnect/reset before headers. "

TOLD = [
    (503, "UF", RESET + "{remote_connection_failure|delayed_connect_error:_Connection_refused}",
     E.CONNECTION_REFUSED),
    (503, "UF", RESET + "{connection_failure,delayed_connect_error:_111}", E.CONNECTION_REFUSED),
    (503, "UF", RESET + "{remote_connection_failure,delayed_connect_error:_113}",
     E.NO_ROUTE_TO_HOST),
    (503, "UF", RESET + "{connection_timeout}", E.CONNECTION_TIMEOUT),
    (503, "UF", RESET + "{connection_failure}", E.CONNECTION_FAILURE),
    (503, "UF", RESET + "{remote_connection_failure|TLS_error:|268435703:SSL_routines:"
     "OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end}", E.TLS_FAILURE),
    (503, "UC", RESET + "{connection_termination|TLS_error:|268436501:SSL_routines:x}",
     E.TLS_FAILURE),
    (503, "UC", RESET + "{connection_termination}", E.CONNECTION_TERMINATION),
    (502, "UPE", RESET + "{protocol_error}", E.PROTOCOL_ERROR),
    (503, "UR", RESET + "{remote_reset}", E.REMOTE_RESET),
    (503, "UR", RESET + "{remote_refused_stream_reset}", E.REFUSED_STREAM),
    (503, "LR", RESET + "{HTTP/1_premature_upstream_half_close}", E.LOCAL_RESET),
    (503, "UO", RESET + "{overflow}", E.OVERFLOW),
    (503, "OM", RESET + "{overload_manager_reset}", E.OVERLOAD),
    (200, "UPE", AFTER + "{protocol_error}", E.PROTOCOL_ERROR),
    (200, "UR", AFTER + "{remote_reset}", E.REMOTE_RESET),
    (503, "UH", "no_healthy_upstream", E.NO_HEALTHY_UPSTREAM),
    (503, "UO", "maintenance_mode", E.OVERFLOW),
    (504, "UT", "response_timeout", E.RESPONSE_TIMEOUT),
    (504, "URX,UT", "upstream_per_try_timeout", E.PER_TRY_TIMEOUT),
    (504, "URX,UT", "upstream_per_try_idle_timeout", E.PER_TRY_TIMEOUT),
    (504, "-", "max_duration_timeout", E.MAX_DURATION),
    (504, "UMSDR", "upstream_max_stream_duration_reached", E.MAX_DURATION),
    (504, "SI", "stream_idle_timeout", E.STREAM_IDLE_TIMEOUT),
    (503, "NC", "cluster_not_found", E.NO_CLUSTER),
    (404, "NR", "route_not_found", E.NO_ROUTE),
    (503, "-", "direct_response", E.DIRECT_RESPONSE),
    (503, "DO", "drop_overload", E.OVERLOAD),
    (503, "UDO", "unconditional_drop_overload", E.OVERLOAD),
    (503, "-", "overload", E.OVERLOAD),
    (500, "DI,FI", "fault_filter_abort", E.FAULT_ABORT),
    (429, "RL", "local_rate_limited", E.RATE_LIMITED),
    (429, "RL", "request_rate_limited", E.RATE_LIMITED),
    (500, "RLSE", "rate_limiter_error", E.RATE_LIMIT_ERROR),
    (403, "UAEX", "ext_authz_error", E.EXT_AUTHZ_ERROR),
    (403, "UAEX", "ext_authz_denied", E.EXT_AUTHZ_DENIED),
    (403, "-", "rbac_access_denied_matched_policy[none]", E.RBAC_DENIED),
    (403, "-", "rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]", E.RBAC_DENIED),
    (401, "-", "jwt_authn_access_denied{Jwt_is_missing}", E.JWT_DENIED),
    (503, "DF", "dns_resolution_failure{x}", E.DNS_FAILURE),
    (500, "-", "ext_proc_error_per-message_timeout_exceeded", E.FILTER_FAILED),
    (502, "-", "grpc_json_transcode_failure{bad{nested}}", E.FILTER_FAILED),
    (503, "-", "denied_by_admission_control", E.OVERLOAD),
    (0, "DC", "downstream_remote_disconnect", E.CLIENT_GONE),
    (0, "DR", "http2.remote_reset", E.CLIENT_GONE),
    (0, "-", "downstream_local_disconnect(on_idle_timeout)", E.PROXY_CLOSED),
    (400, "DPE", "http1.codec_error", E.DOWNSTREAM_PROTOCOL_ERROR),
    (431, "DPE", "http1.headers_too_large", E.DOWNSTREAM_PROTOCOL_ERROR),
    (426, "DPE", "low_version", E.DOWNSTREAM_PROTOCOL_ERROR),
    (400, "-", "missing_host_header", E.DOWNSTREAM_PROTOCOL_ERROR),
    (408, "-", "request_header_timeout", E.REQUEST_TIMEOUT),
    (403, "-", "upgrade_failed", E.DOWNSTREAM_PROTOCOL_ERROR),
    (400, "IH", "request_headers_failed_strict_check{x-envoy-retry-on}",
     E.DOWNSTREAM_PROTOCOL_ERROR),
    (503, "-", "via_upstream", E.VIA_UPSTREAM),
    (503, "URX", "via_upstream", E.VIA_UPSTREAM),
    (200, "-", "via_upstream", E.OK),
    (200, "DC", "via_upstream", E.CLIENT_GONE),
    (503, "-", "somebody_elses_filter", E.UNKNOWN),
    (503, "UC", "upstream_reset_before_response_started", E.CONNECTION_TERMINATION),
]  # fmt: skip


@pytest.mark.parametrize(("code", "flags", "details", "ending"), TOLD)
def test_details_tell_the_ending(code: int, flags: str, details: str, ending: Ending) -> None:
    assert outcome_of(request(code, flags, details=details)).ending is ending


BY_FLAGS = [
    (503, "UF", E.CONNECTION_FAILURE), (503, "UC", E.CONNECTION_TERMINATION),
    (502, "UPE", E.PROTOCOL_ERROR), (503, "UR", E.REMOTE_RESET), (503, "LR", E.LOCAL_RESET),
    (503, "UO", E.OVERFLOW), (503, "UH", E.NO_HEALTHY_UPSTREAM), (503, "LH", E.NO_HEALTHY_UPSTREAM),
    (504, "UT", E.RESPONSE_TIMEOUT), (504, "UMSDR", E.MAX_DURATION), (504, "DT", E.MAX_DURATION),
    (504, "SI", E.STREAM_IDLE_TIMEOUT), (503, "NC", E.NO_CLUSTER), (404, "NR", E.NO_ROUTE),
    (503, "NR", E.NO_CLUSTER), (503, "UDO", E.OVERLOAD), (503, "OM", E.OVERLOAD),
    (500, "DI,FI", E.FAULT_ABORT), (429, "RL", E.RATE_LIMITED), (500, "RLSE", E.RATE_LIMIT_ERROR),
    (403, "UAEX", E.EXT_AUTHZ_DENIED), (503, "DF", E.DNS_FAILURE), (500, "NFCF", E.FILTER_FAILED),
    (0, "DC", E.CLIENT_GONE), (0, "DI,DC", E.CLIENT_GONE), (0, "DR", E.CLIENT_GONE),
    (400, "DPE", E.DOWNSTREAM_PROTOCOL_ERROR), (400, "IH", E.DOWNSTREAM_PROTOCOL_ERROR),
    (200, "DI", E.FAULT_DELAY), (503, "DI", E.UNKNOWN), (503, "URX", E.VIA_UPSTREAM),
]  # fmt: skip


@pytest.mark.parametrize(("code", "flags", "ending"), BY_FLAGS)
def test_flags_alone_tell_the_ending(code: int, flags: str, ending: Ending) -> None:
    assert outcome_of(request(code, flags)).ending is ending


@pytest.mark.parametrize("flags", ["URX,UF", "UF,URX"])
def test_flags_are_a_set_and_urx_says_that_retries_were_used_up(flags: str) -> None:
    outcome = outcome_of(request(503, flags, transport_failure="delayed_connect_error:_111"))
    assert (outcome.ending, outcome.errno, outcome.retried) == (E.CONNECTION_REFUSED, 111, True)


def test_transport_failure_of_the_old_formats_has_blanks() -> None:
    told = request(503, "UF", transport_failure="TLS error: 268435703:SSL routines:X")
    assert outcome_of(told).ending is E.TLS_FAILURE


def test_a_response_cut_off_says_that_it_had_begun_with_details_or_without() -> None:
    assert outcome_of(request(200, "UR", details=AFTER + "{remote_reset}")).after_headers
    assert outcome_of(request(200, "UPE", bytes_sent=4000)).after_headers
    assert outcome_of(request(200, "SI", details="stream_idle_timeout", bytes_sent=9)).after_headers
    assert not outcome_of(request(200, "UC", bytes_sent=0)).after_headers


def test_listener_without_filter_chain_differs_from_a_missing_route() -> None:
    told = request(0, "NR", method="", details=None)
    assert outcome_of(told).ending is E.NO_FILTER_CHAIN
    assert outcome_of(request(0, "NR", details="filter_chain_not_found")).ending is (
        E.NO_FILTER_CHAIN
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"code": 502, "flags": "-", "route": "block_all", "details": "direct_response"},
        {"code": 502, "flags": "-", "route": "block_all"},
        {"code": 0, "flags": "UH", "upstream_cluster": "BlackHoleCluster", "method": ""},
    ],
)
def test_registry_only_blocks_by_route_or_cluster(fields: dict[str, object]) -> None:
    assert outcome_of(request(**fields)).ending is E.BLOCKED  # type: ignore[arg-type]


def test_code_zero_without_flags_is_a_lost_client_in_http_and_nothing_in_tcp() -> None:
    assert outcome_of(request(0)).ending is E.CLIENT_GONE
    assert outcome_of(request(0, method="")).ending is E.OK
    assert outcome_of(request(0, witness=Witness.CLIENT)).ending is E.UNKNOWN


def test_tcp_connection_denied_by_a_policy_says_so_in_its_termination_details() -> None:
    told = request(0, method="", termination_details="rbac_access_denied_matched_policy[none]")
    assert outcome_of(told).ending is E.RBAC_DENIED


REFUSED = "remote connection failure, transport failure reason: delayed connect error: 111"
BODIES = [
    (BODY + "reset reason: connection termination", E.CONNECTION_TERMINATION),
    ('Response body "' + BODY + 'reset reason: overflow"', E.OVERFLOW),
    ('{"body":"' + BODY + 'reset reason: connection termination\\"}"', E.CONNECTION_TERMINATION),
    (BODY + "reset reason: " + REFUSED, E.CONNECTION_REFUSED),
    (BODY.replace(" or ", "\n  or ") + "reset\nreason: remote\n reset", E.REMOTE_RESET),
    (BODY + "reset reason: connection failure, transport failure reason: TLS error: "
     "268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER", E.TLS_FAILURE),
    (BODY + "reset reason: connection termination and then more words", E.CONNECTION_TERMINATION),
    ("upstream connect error or disconnect/reset before headers", E.UNKNOWN),
    ("no healthy upstream", E.NO_HEALTHY_UPSTREAM),
    ("upstream request timeout", E.RESPONSE_TIMEOUT),
    ("stream timeout", E.STREAM_IDLE_TIMEOUT),
    ("RBAC: access denied", E.RBAC_DENIED),
    ("Jwt is expired", E.JWT_DENIED),
]  # fmt: skip


@pytest.mark.parametrize(("body", "ending"), BODIES)
def test_a_body_seen_by_a_client_tells_the_ending(body: str, ending: Ending) -> None:
    assert outcome_of(request(503, None, witness=Witness.CLIENT, body=body)).ending is ending


def test_a_body_says_that_the_failed_attempt_was_a_retry() -> None:
    body = BODY + "retried and the latest reset reason: connection timeout"
    outcome = outcome_of(request(503, None, body=body))
    assert (outcome.ending, outcome.retried) == (E.CONNECTION_TIMEOUT, True)


def test_another_servers_upstream_timeout_is_not_envoys_stream_timeout() -> None:
    told = request(504, None, witness=Witness.CLIENT, body="upstream timeout")
    assert outcome_of(told).ending is E.UNKNOWN


LENGTHS = [
    (503, 95, E.CONNECTION_TERMINATION), (503, 118, E.CONNECTION_TERMINATION),
    (503, 98, E.CONNECTION_FAILURE), (503, 121, E.CONNECTION_FAILURE),
    (503, 91, E.CONNECTION_TIMEOUT), (503, 85, E.REMOTE_RESET), (503, 100, E.REFUSED_STREAM),
    (502, 87, E.PROTOCOL_ERROR), (503, 81, E.OVERFLOW), (503, 19, E.NO_HEALTHY_UPSTREAM),
    (504, 24, E.RESPONSE_TIMEOUT), (503, 87, None), (503, 94, None), (503, 24, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "length", "behind"), LENGTHS)
def test_the_exact_length_of_a_passed_on_answer_betrays_the_proxy_behind(
    code: int, length: int, behind: Ending | None
) -> None:
    outcome = outcome_of(request(code, details="via_upstream", bytes_sent=length))
    assert (outcome.ending, outcome.behind) == (E.VIA_UPSTREAM, behind)
    assert outcome.surmised is (behind is not None)


def test_91_bytes_are_no_timeout_in_a_format_older_than_details() -> None:
    assert outcome_of(request(503, bytes_sent=91)).behind is E.CONNECTION_FAILURE
    assert outcome_of(request(503, "UF", bytes_sent=91)).ending is E.CONNECTION_FAILURE


def test_an_applications_answer_of_95_bytes_is_surmised_at_most() -> None:
    told = request(503, details="via_upstream", bytes_sent=95, upstream_service_time=12.0)
    assert outcome_of(told).surmised


def test_without_details_an_error_of_a_proxy_that_chose_no_host_is_not_the_upstreams() -> None:
    assert outcome_of(request(503, upstream_host="10.1.0.7:80")).ending is E.VIA_UPSTREAM
    assert outcome_of(request(503, upstream_host="")).ending is E.UNKNOWN
    denied = request(403, upstream_host="", bytes_sent=19)
    assert outcome_of(denied).ending is E.RBAC_DENIED


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("delayed connect error: 111", 111),
        ("immediate connect error: Network is unreachable|remote address:[::1]:80", 101),
        ("TLS error: 111", None),
        ("", None),
    ],
)
def test_errno_is_read_as_number_or_in_words(text: str, number: int | None) -> None:
    assert errno_of(text) == number


def test_a_431_of_which_only_the_code_is_told_is_about_large_headers() -> None:
    told = outcome_of(request(431, None, upstream_service_time=4.0))
    assert (told.ending, told.detail, told.surmised) == (
        E.DOWNSTREAM_PROTOCOL_ERROR,
        HEADERS_TOO_LARGE,
        True,
    )


@pytest.mark.parametrize(
    "body", ["upstream connect error", "upstream connect error or disconnect/reset before headers"]
)
def test_a_body_without_a_reason_says_that_the_connection_failed_and_no_more(body: str) -> None:
    told = outcome_of(request(503, witness=Witness.CLIENT, body=body))
    assert (told.ending, told.detail) == (E.UNKNOWN, BARE_RESET)


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({"details": "request_payload_too_large"}, Ending.FILTER_FAILED),
        ({"witness": Witness.CLIENT}, Ending.FILTER_FAILED),
        ({"witness": Witness.CLIENT, "body": "<html>too large</html>"}, Ending.UNKNOWN),
        ({"witness": Witness.CLIENT, "upstream_service_time": 3.0}, Ending.VIA_UPSTREAM),
        ({}, Ending.VIA_UPSTREAM),
    ],
)
def test_a_413_is_a_filters_where_no_upstream_has_written_it(
    fields: dict[str, object], ending: Ending
) -> None:
    flags = None if "witness" in fields else "-"
    assert outcome_of(request(413, flags, **fields)).ending is ending


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({"server": "istio-envoy"}, Ending.DOWNSTREAM_PROTOCOL_ERROR),
        ({"server": "istio-envoy", "upstream_service_time": 2.0}, Ending.VIA_UPSTREAM),
        ({"server": "nginx"}, Ending.UNKNOWN),
    ],
)
def test_a_426_is_for_the_version_where_the_proxy_itself_wrote_it(
    fields: dict[str, object], ending: Ending
) -> None:
    told = request(426, None, witness=Witness.CLIENT, **fields)
    assert outcome_of(told).ending is ending
