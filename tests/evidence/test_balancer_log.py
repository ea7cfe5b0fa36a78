# ruff: noqa: E501 - log lines are kept whole
from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import balancer_log
from why503.facts import Request, Witness

ITSELF = 'https 2031-05-06T07:08:09.120Z app/shop/5f0c3a10 203.0.113.9:51000 10.4.0.7:31000 0.002 0.001 -1 502 - 380 277 "POST https://shop.example.org:443/pay?n=1 HTTP/1.1" "okhttp/4.12" - -\n'
PASSED_ON = 'h2 2031-05-06T07:08:10.120Z app/shop/5f0c3a10 203.0.113.9:51001 10.4.0.7:31000 0.000 0.040 0.000 503 503 90 95 "GET https://shop.example.org:443/ HTTP/2.0" "okhttp/4.12" - -\n'
NOBODY = '2031-05-06T07:08:11.120Z shop-elb 203.0.113.9:51002 - -1 -1 -1 503 0 0 0 "GET http://shop.example.org:80/ HTTP/1.1"\n'
GOOD = 'http 2031-05-06T07:08:12.120Z app/shop/5f0c3a10 203.0.113.9:51003 10.4.0.7:31000 0.000 0.009 0.000 200 200 90 900 "GET http://shop.example.org:80/ HTTP/1.1" "okhttp/4.12" - -\n'


def requests_of(text: str) -> list[Request]:
    reading, claimed = read_lines(balancer_log, text)
    assert claimed == list(range(1, 1 + text.count("\n")))
    return [fact for fact in reading.facts if isinstance(fact, Request)]


def test_an_answer_without_a_status_of_the_target_is_signed_by_the_balancer():
    (request,) = requests_of(ITSELF)
    assert (request.witness, request.code, request.server) == (Witness.CLIENT, 502, "awselb/2.0")
    assert (request.authority, request.upstream_host) == ("shop.example.org:443", "10.4.0.7:31000")
    assert request.duration == 3.0
    assert request.time is not None


def test_a_status_that_the_target_gave_is_passed_on_and_a_good_one_is_no_failure():
    (request,) = requests_of(PASSED_ON + GOOD)
    assert (request.code, request.server) == (503, None)


def test_a_request_that_had_no_target_is_understood():
    (request,) = requests_of(NOBODY)
    assert (request.upstream_host, request.server) == ("", "awselb/2.0")


def test_a_proxy_s_line_is_left_alone():
    line = '[2031-05-06T07:08:09.120Z] "GET / HTTP/1.1" 503 UF - - "-" 0 91 1 - "-"\n'
    assert read_lines(balancer_log, line)[1] == []


def test_never_raises():
    assert_never_raises(balancer_log, ITSELF + NOBODY)
