# ruff: noqa: E501 - log lines are kept whole

import json

import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import app_log
from why503.facts import AppEvent, AppEventKind, Request, Witness

BODY = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
AT = "2031-03-04T05:06:07.008Z"
CALL = f"{AT}\tERROR\tbarista\tPUT \"http://beans.bar.svc:9191/grind?x=1\": unexpected status code 503: '{BODY}'"


def events(text: str) -> list[AppEvent]:
    return [f for f in read_lines(app_log, text)[0].facts if isinstance(f, AppEvent)]


def requests(text: str) -> list[Request]:
    return [f for f in read_lines(app_log, text)[0].facts if isinstance(f, Request)]


def test_a_failed_call_is_an_event_and_a_clients_request() -> None:
    assert events(CALL)[0].kind is AppEventKind.CALL_FAILED
    (request,) = requests(CALL)
    assert request.witness is Witness.CLIENT
    assert (request.code, request.method, request.body) == (503, "PUT", BODY)
    assert (request.authority, request.path) == ("beans.bar.svc:9191", "/grind?x=1")
    assert request.time is not None


def test_an_empty_body_is_seen_as_empty() -> None:
    assert requests(CALL.replace(BODY, ""))[0].body == ""


@pytest.mark.parametrize(
    "line",
    [
        f"{AT} ERROR 503 Server Error: Service Unavailable for url: http://beans:9191/x",
        f"{AT} ERROR AxiosError: Request failed with status code 503",
        json.dumps({"level": "error", "msg": "call failed", "status": 503, "url": "http://b/x"}),
        f'time="{AT}" level=error msg="request failed: http://b/x status=503"',
        f'ERROR: call of http://b/x returned 503: "{BODY}"',
    ],
)
def test_clients_of_many_libraries_are_understood(line: str) -> None:
    assert events(line)[0].kind is AppEventKind.CALL_FAILED
    assert requests(line)[0].code == 503


def test_grpc_tells_the_body_without_a_status() -> None:
    line = f"{AT} ERROR rpc error: code = Unavailable desc = {BODY}"
    assert (requests(line)[0].code, requests(line)[0].body) == (None, BODY)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("kiosk listening on 127.0.0.1:9191", AppEventKind.LISTENING),
        ("Tomcat started on port(s): 8080 (http)", AppEventKind.LISTENING),
        ("Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C)", AppEventKind.LISTENING),
        ("received SIGTERM, shutting down", AppEventKind.SHUTDOWN),
        ("panic: runtime error: index out of range", AppEventKind.CRASH),
        ("java.lang.OutOfMemoryError: Java heap space", AppEventKind.CRASH),
        ("dial tcp 10.9.8.7:5432: connect: connection refused", AppEventKind.CONNECTION_REFUSED),
        ("malformed HTTP request b'PRI * HTTP/2.0'", AppEventKind.MALFORMED_REQUEST),
        ("client sent an HTTP request to an HTTPS server", AppEventKind.MALFORMED_REQUEST),
        ("accept4: too many open files", AppEventKind.OVERLOADED),
    ],
)
def test_telling_lines_have_their_kind(message: str, kind: AppEventKind) -> None:
    assert [event.kind for event in events(f"{AT} WARN {message}")] == [kind]


def test_the_address_of_a_listener_is_told() -> None:
    texts = [
        events(f"{AT} INFO {message}")[0].text
        for message in ("listening on 127.0.0.1:9191", "Tomcat started on port(s): 8080")
    ]
    assert texts == ["127.0.0.1:9191", ":8080"]


def test_lines_of_no_interest_are_claimed_and_give_nothing() -> None:
    reading, claimed = read_lines(app_log, f'{AT} INFO kiosk http: "GET /menu" 200 5ms')
    assert (reading.facts, claimed) == ([], [1])


def test_an_answer_of_its_own_is_an_error_and_no_call() -> None:
    line = f'{AT} INFO kiosk http: "GET /menu" 503 5ms'
    assert [event.kind for event in events(line)] == [AppEventKind.ERROR]
    assert requests(line) == []


def test_a_stack_trace_belongs_to_its_line() -> None:
    text = f'{AT} ERROR boom\nTraceback (most recent call last):\n  File "a.py", line 1, in x\nValueError: no'
    assert read_lines(app_log, text)[1] == [1, 2, 3, 4]


def test_secrets_in_urls_are_masked() -> None:
    line = CALL.replace("http://beans", "http://me:hunter22@beans").replace("x=1", "token=hunter22")
    for fact in read_lines(app_log, line)[0].facts:
        assert "hunter22" not in repr(fact)


def test_a_refused_call_is_a_request_that_never_became_http() -> None:
    line = f"{AT} ERROR GET http://beans:8080/menu: dial tcp 10.0.0.9:8080: connection refused"
    (request,) = requests(line)
    told = (request.authority, request.transport_failure, request.code)
    assert told == ("beans:8080", "Connection refused", None)


def test_prose_is_left_alone() -> None:
    assert read_lines(app_log, "please help, it fails now and then")[1] == []


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(app_log, CALL)


def test_the_rest_of_a_broken_message_tells_of_the_call() -> None:
    rest = (
        "Cannot reach http://beans.bar.svc:9191/grind [java.net.SocketException: Connection reset]"
    )
    head = "ERROR [2031-03-04 05:06:07,008] [main]"
    (request,) = requests(f"{head}\n{rest}")
    assert (request.authority, request.code, request.body) == ("beans.bar.svc:9191", None, None)
    assert request.transport_failure == app_log.RESET
    assert request.time is not None
    assert requests(f"{head.replace('ERROR', 'INFO')}\n{rest}") == []
    assert requests(f"{head}\n\n\n\n\n{rest}") == []


def test_an_exception_inside_a_trace_tells_which_bytes_came():
    told = events(
        "Jan 5, 2026 4:03:02 PM io.grpc.netty.NettyServerHandler onConnectionError\n"
        "WARNING: Connection Error\n"
        "a.b.Http2Exception: HTTP/2 client preface string missing or corrupt. Hex dump: 504f\n"
        "\tat a.b.Http2Exception.connectionError(Http2Exception.java:85)\n"
    )
    (event,) = [event for event in told if event.kind is AppEventKind.MALFORMED_REQUEST]
    assert "preface string missing" in event.text
