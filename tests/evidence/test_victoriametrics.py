# ruff: noqa: E501 - log lines are kept whole

import json

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import victoriametrics
from why503.facts import AppEvent, AppEventKind, Request, Witness

BODY = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
URL = "http://vminsert-blue.metrics.svc:8480/insert/7/prometheus/api/v1/write"
CALLER = "VictoriaMetrics/app/vmalert/remotewrite/client.go:77"
MESSAGE = f'attempt 3 to send request failed: unexpected response code 503 for {URL}. Response body "{BODY}" (retriable: true)'
LINE = f"2031-03-04T05:06:07.008Z\twarn\t{CALLER}\t{MESSAGE}"


def events(text: str) -> list[AppEvent]:
    reading, _claimed = read_lines(victoriametrics, text)
    return [fact for fact in reading.facts if isinstance(fact, AppEvent)]


def requests(text: str) -> list[Request]:
    reading, _claimed = read_lines(victoriametrics, text)
    return [fact for fact in reading.facts if isinstance(fact, Request)]


def test_a_failed_attempt_is_told_in_full() -> None:
    (event,) = events(LINE)
    assert event.kind is AppEventKind.WRITE_FAILED
    assert (event.attempt, event.code, event.retriable, event.url) == (3, 503, True, URL)
    assert (event.text, event.program) == (BODY, "vmalert")


def test_a_failed_attempt_is_also_a_clients_request() -> None:
    (request,) = requests(LINE)
    assert request.witness is Witness.CLIENT
    assert (request.method, request.code, request.body) == ("POST", 503, BODY)
    assert request.authority == "vminsert-blue.metrics.svc:8480"
    assert request.path == "/insert/7/prometheus/api/v1/write"


def test_json_tells_the_same() -> None:
    data = {"ts": "2031-03-04T05:06:07.008Z", "level": "warn", "caller": CALLER, "msg": MESSAGE}
    assert events(json.dumps(data))[0].url == URL


def test_a_blank_inside_the_url_is_kept() -> None:
    assert events(LINE.replace("/v1/write", "/v1 /write"))[0].url == URL.replace("/v1/", "/v1 /")


def test_a_line_broken_by_a_paste_is_joined_without_a_blank_in_the_url() -> None:
    pasted = (
        "2031-03-04T05:06:07.008+0800\n\nwarn\n\nVictoriaMetrics/app/ vmalert/remotewrite/client.go:77\n\n"
        "attempt 3 to\n\nsend request failed: unexpected response code 503 for http://vminsert-blue.me\n\n"
        f'trics.svc:8480/api/v1 /write. Response body "{BODY}"\n\n(retriable: true)\n'
    )
    (event,) = events(pasted)
    assert event.url == "http://vminsert-blue.metrics.svc:8480/api/v1 /write"
    assert (event.retriable, event.attempt, event.source.line) == (True, 3, 1)


def test_lines_before_191_say_nothing_of_retrying() -> None:
    old = LINE.replace(" (retriable: true)", "")
    found = events(f"{old}\n{old}")
    assert [event.retriable for event in found] == [None, None]


def test_a_network_error_has_no_code_and_no_request() -> None:
    message = f'attempt 1 to send request failed: error while sending request to {URL}: Post "{URL}": EOF; Data len 9(8)'
    line = LINE.replace(MESSAGE, message)
    assert events(line)[0].code is None
    assert requests(line) == []


def test_dropped_series_and_a_full_queue_are_counted() -> None:
    dropped = LINE.replace(
        MESSAGE, "all 5 attempts to send request failed - dropping 12 time series"
    )
    full = LINE.replace(
        MESSAGE, "failed to push timeseries - queue is full (99 entries). Queue ..."
    )
    assert [(event.kind, event.amount) for event in events(f"{dropped}\n{full}")] == [
        (AppEventKind.WRITE_DROPPED, 12),
        (AppEventKind.QUEUE_FULL, 99),
    ]


def test_a_failed_query_names_url_and_body() -> None:
    message = (
        'group "g": rule "r": failed to execute: failed to execute query "up": unexpected response '
        f"code 503 for http://vmselect:8481/q?query=up. Response body {BODY}"
    )
    (event,) = events(LINE.replace(MESSAGE, message))
    assert (event.kind, event.code, event.text) == (AppEventKind.QUERY_FAILED, 503, BODY)


def test_flags_are_told_and_secrets_hidden() -> None:
    flags = "\n".join(
        LINE.replace(MESSAGE, message)
        for message in (
            'flag "http.idleConnTimeout"="7s"',
            'flag "remoteWrite.basicAuth.password"="tiger"',
        )
    )
    assert [(event.name, event.text) for event in events(flags)] == [
        ("http.idleConnTimeout", "7s"),
        ("remoteWrite.basicAuth.password", "***"),
    ]


def test_start_and_stop_are_told() -> None:
    texts = ('starting server at http://127.0.0.1:8480/"', "service received signal terminated")
    found = events("\n".join(LINE.replace(MESSAGE, text) for text in texts))
    assert [event.kind for event in found] == [AppEventKind.LISTENING, AppEventKind.SHUTDOWN]
    assert found[0].text == "127.0.0.1:8480"


def test_other_logs_are_left_alone() -> None:
    _reading, claimed = read_lines(victoriametrics, "2031-03-04T05:06:07Z warn kiosk is closed")
    assert claimed == []


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(victoriametrics, LINE)
