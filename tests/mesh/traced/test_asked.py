import pytest

from why503.mesh.traced.asked import NotAskedError, asked_of
from why503.mesh.traced.call import Speech, Tls


def ask(url, *headers, method="get"):
    return asked_of(method, url, headers, source="", address="", sni="")


@pytest.mark.parametrize(
    ("url", "port", "speech", "tls"),
    [
        ("quay/x", 80, Speech.HTTP, Tls.NONE),
        ("http://quay:9080/x", 9080, Speech.HTTP, Tls.NONE),
        ("https://quay/x", 443, Speech.HTTP, Tls.TLS),
        ("grpc://quay:7070/a.B/C", 7070, Speech.HTTP2, Tls.NONE),
        ("tcp://quay:5432", 5432, Speech.TCP, Tls.NONE),
        ("tls://quay", 443, Speech.TCP, Tls.TLS),
        ("mtls://quay", 443, Speech.HTTP, Tls.MUTUAL),
    ],
)
def test_the_scheme_says_what_is_on_the_wire(url, port, speech, tls):
    asked = ask(url)
    assert (asked.host, asked.port, asked.speech, asked.tls) == ("quay", port, speech, tls)


def test_path_query_and_headers_are_told_apart():
    asked = ask("http://quay:1/a/b?x=1&y=", "X-User: jo: e")
    assert (asked.method, asked.path, dict(asked.query)) == ("GET", "/a/b", {"x": "1", "y": ""})
    assert dict(asked.headers) == {"x-user": "jo: e"}
    assert asked.url == "quay:1/a/b"
    assert ask("tcp://quay:1").url == "quay:1"


@pytest.mark.parametrize(
    ("url", "header", "word"),
    [
        ("ftp://quay/x", "", "ftp"),
        ("http://:80/", "", "host"),
        ("tcp://quay", "", "port"),
        ("http://quay:99999/", "", "URL"),
        ("http://quay/", "nonsense", "header"),
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(url, header, word):
    with pytest.raises(NotAskedError, match=word):
        ask(url, *([header] if header else []))
