import pytest

from why503.evidence.curl_text import body_of, code_in, continues, error_of


@pytest.mark.parametrize(
    "text",
    [
        "no healthy upstream%",
        "# RBAC: access denied",
        "upstream request timeout",
        "  > fault filter abort",
        "Jwt is expired",
        "# → upstream connect error or disconnect/reset before headers. reset reason: overflow",
    ],
)
def test_bodies_that_envoy_makes_are_known_behind_any_mark(text):
    assert body_of(text)
    assert body_of(text)[0] not in "#>→ "


def test_a_sentence_about_a_body_is_none():
    assert body_of("we see no healthy upstream") == ""


def test_errors_of_curl_and_kubectl_are_known():
    assert error_of("curl: (52) Empty reply from server")
    assert error_of("command terminated with exit code 56")
    assert not error_of("curl is a program")
    assert code_in("curl: (22) The requested URL returned error: 503") == 503


def test_only_a_wrapped_body_goes_on():
    body = "upstream connect error or disconnect/reset before headers."
    assert continues(body, "#   reset reason: connection failure")
    assert not continues(body, "Then we restarted it")
    assert not continues("no healthy upstream", "reset reason: x")


def test_a_body_in_quotes_is_known_inside_a_sentence():
    assert body_of('then it says "RBAC: access denied" again') == "RBAC: access denied"
    assert body_of('we saw "nothing"') == ""


def test_the_words_of_a_tls_port_are_known_inside_html():
    assert body_of("<head><title>400 The plain HTTP request was sent to HTTPS port</title>")
    assert body_of("Client sent an HTTP request to an HTTPS server.")
