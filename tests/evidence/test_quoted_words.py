import base64

import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import quoted_words
from why503.evidence.stand_in_keys import WORDS
from why503.facts import ProxyEvent, ProxyEventKind, Request, Witness

TEXT = """\
{
  "status": 408,
  "error": "stream timeout"
}
we only get "no healthy upstream" from the shop
OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end
HTTP status code 431 trailers: Metadata(:status=431,x-envoy-upstream-service-time=7,server=envoy)
upstream connect error
the weather is fine
"""


def test_words_of_envoy_become_requests_and_events():
    reading, claimed = read_lines(quoted_words, TEXT)
    assert claimed == [2, 3, 5, 6, 7, 8]
    told = [(f.code, f.body) for f in reading.facts if isinstance(f, Request)]
    assert told == [
        (408, "stream timeout"),
        (None, "no healthy upstream"),
        (431, None),
        (None, "upstream connect error"),
    ]
    (event,) = [f for f in reading.facts if isinstance(f, ProxyEvent)]
    assert event.kind is ProxyEventKind.TLS_ERROR


def test_what_a_grpc_client_tells_of_the_answer_is_kept():
    reading, _claimed = read_lines(quoted_words, TEXT)
    (told,) = [f for f in reading.facts if isinstance(f, Request) and f.code == 431]
    assert (told.upstream_service_time, told.server) == (7.0, "envoy")


@pytest.mark.parametrize(
    "text",
    ["an upstream connect error happens when a pod is gone", "code: 200", "error 503", "timeout"],
)
def test_a_sentence_without_words_of_envoy_is_left_alone(text):
    assert read_lines(quoted_words, text + "\n")[1] == []


def test_a_status_far_above_the_message_does_not_belong_to_it():
    far = "code: 503\n" + "\n" * 20 + "no healthy upstream\n"
    reading, _claimed = read_lines(quoted_words, far)
    assert [f.code for f in reading.facts] == [None]


def test_never_raises():
    assert_never_raises(quoted_words, TEXT)


@pytest.mark.parametrize(
    ("text", "code", "flags", "details"),
    [
        ("intermittent 503 UC at the gateway", 503, {"UC"}, None),
        ("it says `503 UF,URX`", 503, {"UF", "URX"}, None),
        (
            "details are rbac_access_denied_matched_policy[none] now",
            None,
            None,
            "rbac_access_denied_matched_policy[none]",
        ),
        ('response_flags="UH" since noon', None, {"UH"}, None),
        ("Stream max duration time reached", None, None, "max_duration_timeout"),
        ("reason: delayed connect error: 111", None, {"UF"}, None),
        ("404 NR route_not_found", 404, {"NR"}, "route_not_found"),
    ],
)
def test_flags_and_details_in_a_sentence_are_a_proxys_account(text, code, flags, details):
    (told,) = read_lines(quoted_words, text + "\n")[0].facts
    assert (told.witness, told.code, told.flags, told.details) == (
        Witness.PROXY_LOG,
        code,
        flags,
        details,
    )


@pytest.mark.parametrize("text", ["503 URGENT", "http1.codec_error_total: 3", "NR 503", "UC"])
def test_what_only_looks_like_flags_is_left_alone(text):
    assert read_lines(quoted_words, text + "\n")[1] == []


def test_the_stand_in_for_keys_is_seen_in_any_line():
    coded = base64.urlsafe_b64encode(f"{WORDS}https://idp.example/k".encode()).decode().rstrip("=")
    reading, _claimed = read_lines(quoted_words, f'  inline_string: "{{\\"n\\":\\"{coded}\\"}}"')
    (event,) = reading.facts
    assert isinstance(event, ProxyEvent)
    assert (event.kind, event.text) == (
        ProxyEventKind.JWKS_FETCH_FAILED,
        f"{WORDS}https://idp.example/k",
    )


def test_flags_right_before_details_are_read_without_a_status():
    (told,) = read_lines(quoted_words, "UF,URX no_healthy_upstream\n")[0].facts
    assert (told.code, told.flags) == (None, {"UF", "URX"})


def test_a_tunnel_below_a_request_is_its_upstream_host():
    host = "envoy://connect_originate/10.1.2.3:80"
    (told,) = read_lines(quoted_words, f'503 UF no_healthy_upstream\n"{host}"\n')[0].facts
    assert told.upstream_host == host
    assert read_lines(quoted_words, f'"{host}"\n')[1] == []


def test_a_proxy_that_closed_by_itself_is_heard_with_its_reason():
    details = "downstream_local_disconnect(filter_chain_is_being_removed)"
    (told,) = read_lines(quoted_words, f'"GET / HTTP/1.1" 0 DC {details}\n')[0].facts
    assert (told.code, told.flags, told.details) == (0, {"DC"}, details)


@pytest.mark.parametrize(
    "reason",
    ["ConnectionResetError(104, 'Connection reset by peer')", 'OSError("(54, x ECONNRESET)")'],
)
def test_a_call_of_python_that_was_reset_is_a_clients_account(reason):
    (told,) = read_lines(quoted_words, f"('Connection aborted.', {reason})\n")[0].facts
    assert (told.witness, told.code, told.transport_failure) == (
        Witness.CLIENT,
        None,
        "Connection reset",
    )
