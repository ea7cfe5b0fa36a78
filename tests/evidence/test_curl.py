import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import curl
from why503.facts import Witness

VERBOSE = """\
$ curl -v http://shelf.books/list?token=abc
*   Trying 10.0.0.9:80...
> GET /list?token=abc HTTP/1.1
> Host: shelf.books
> User-Agent: curl/8.1
>
< HTTP/1.1 503 Service Unavailable
< content-length: 95
< server: istio-envoy
< x-envoy-upstream-service-time: 12
< date: Tue, 03 Mar 2026 10:00:00 GMT
<
upstream connect error or disconnect/reset before headers. reset reason:
connection termination%
We do not know why
"""
SHORT = """\
curl -sI shelf.books:8080
HTTP/2 200
x-envoy-upstream-service-time: 3

curl shelf.books/other
curl: (56) Recv failure: Connection reset by peer
command terminated with exit code 56
no healthy upstream
"""


def test_a_verbose_call_is_one_request_with_its_body():
    reading, claimed = read_lines(curl, VERBOSE)
    (found,) = reading.facts
    assert (found.witness, found.code, found.method) == (Witness.CLIENT, 503, "GET")
    assert (found.authority, found.source.line, found.bytes_sent) == ("shelf.books", 7, 95)
    assert (found.upstream_service_time, found.protocol) == (12.0, "HTTP/1.1")
    assert found.time == 1772532000.0
    assert found.body.endswith("reset reason: connection termination")
    assert claimed == list(range(1, 15))


def test_a_token_in_the_path_is_masked():
    (found,) = read_lines(curl, VERBOSE)[0].facts
    assert "abc" not in found.path


def test_credentials_on_the_command_line_are_masked():
    text = "$ curl -u bob:hunter2 -d 'pin=hunter2' http://a.b/\nno healthy upstream\n"
    (found,) = read_lines(curl, text)[0].facts
    assert "hunter2" not in found.raw
    assert "http://a.b/" in found.raw


def test_good_answers_errors_and_bare_bodies_are_requests_too():
    facts = read_lines(curl, SHORT)[0].facts
    assert [(f.code, f.authority, f.source.line) for f in facts] == [
        (200, "shelf.books:8080", 2),
        (None, "shelf.books", 6),
        (None, "shelf.books", 8),
    ]
    assert facts[0].method == "HEAD"
    assert "Recv failure" in facts[1].body
    assert facts[2].body == "no healthy upstream"


def test_a_body_without_any_command_is_a_request():
    (found,) = read_lines(curl, "RBAC: access denied\n")[0].facts
    assert (found.code, found.body) == (None, "RBAC: access denied")


def test_bare_codes_count_only_below_a_command_that_asked_for_them():
    text = "for i in 1 2; do curl -s -o /dev/null -w '%{http_code}' http://a.b/; done\n200\n503\n"
    assert [f.code for f in read_lines(curl, text)[0].facts] == [200, 503]
    assert read_lines(curl, "503\n")[1] == []


def test_a_command_without_any_answer_is_no_request():
    assert read_lines(curl, "$ curl http://a.b/\n")[0].facts == []


def test_a_plain_body_is_kept_where_its_length_is_told():
    text = (
        "HTTP/1.1 502 Bad Gateway\ncontent-length: 11\n\nbad gateway\nother words that come later\n"
    )
    reading, claimed = read_lines(curl, text)
    assert reading.facts[0].body == "bad gateway"
    assert 5 not in claimed


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ("Server: awselb/2.0\n", "awselb/2.0"),
        ("Via: 1.1 edge\n", "1.1 edge"),
        ("via: 1.1 edge\nserver: envoy\n", "envoy"),
        ("content-length: 3\n", None),
    ],
)
def test_the_server_that_names_itself_in_the_answer_is_kept(headers, server):
    facts = read_lines(curl, f"HTTP/1.1 504 Gateway Time-out\n{headers}\n")[0].facts
    assert facts[0].server == server


def test_never_raises():
    assert_never_raises(curl, VERBOSE + SHORT)


def test_a_command_over_several_lines_is_one_and_a_blank_in_its_url_is_kept() -> None:
    text = "$ curl 'http://10.0.0.9/a?q=x, y' \\\n  -H 'Host: shelf.books'"
    (fact,) = read_lines(curl, text)[0].facts
    assert (fact.authority, fact.path, fact.code) == ("shelf.books", "/a?q=x, y", None)


def test_a_command_without_an_answer_is_no_request() -> None:
    assert read_lines(curl, "$ curl 'http://10.0.0.9/a?q=x' \\\n  -H 'Host: b'")[0].facts == []


def test_headers_that_were_left_out_do_not_end_an_answer() -> None:
    text = "HTTP/1.1 404 Not Found\n...\nx-envoy-upstream-service-time: 4\nserver: istio-envoy\n"
    (request,) = read_lines(curl, text)[0].facts
    assert (request.server, request.upstream_service_time) == ("istio-envoy", 4.0)


def test_a_code_and_flag_in_a_persons_words_is_a_request_to_the_url_before() -> None:
    text = "I call http://till-0.till:8080/x from the other pod\nand get 404 with NR\n"
    (request,) = read_lines(curl, text)[0].facts
    assert (request.code, request.flags) == (404, frozenset({"NR"}))
    assert request.authority == "till-0.till:8080"


def test_a_sentence_behind_the_command_tells_its_code() -> None:
    (request,) = read_lines(curl, "curl http://till/a?b=ü, it fails with HTTP 400\n")[0].facts
    assert request.code == 400
