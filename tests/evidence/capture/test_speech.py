import pytest

from tests.evidence.capture.frames import ACK, ANSWER, FIN, PSH, REQUEST, Talk, connection
from tests.evidence.capture.test_tls_record import ALERT, DATA, GOODBYE, HELLO
from why503.evidence.capture import speech
from why503.facts import Peer, Speech, TcpConnection

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
SERVER_HELLO = b"\x16\x03\x03\x00\x04\x02\x00\x00\x00"


def talk(request: bytes, answer: bytes = b"") -> Talk:
    made = Talk().open()
    made.send(0, PSH | ACK, 1.0, request)
    if answer:
        made.send(1, PSH | ACK, 1.01, answer)
        made.send(0, ACK, 1.02)
    return made


@pytest.mark.parametrize(
    ("request_", "answer", "client", "server"),
    [
        (REQUEST, ANSWER, Speech.HTTP1, Speech.HTTP1),
        (PREFACE, ANSWER, Speech.HTTP2, Speech.HTTP1),
        (PREFACE, PREFACE[24:], Speech.HTTP2, Speech.HTTP2),
        (HELLO, SERVER_HELLO, Speech.TLS, Speech.TLS),
        (HELLO, ANSWER, Speech.TLS, Speech.HTTP1),
        (REQUEST, ALERT, Speech.HTTP1, Speech.TLS),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n", Speech.OTHER, Speech.OTHER),
        (REQUEST, b"", Speech.HTTP1, Speech.NOTHING),
    ],
)
def test_what_each_end_speaks_is_told(
    request_: bytes, answer: bytes, client: Speech, server: Speech
) -> None:
    one = connection(talk(request_, answer))
    assert (one.from_client.speech, one.from_server.speech) == (client, server)


def test_a_client_hello_that_is_answered_in_plain_text_is_told() -> None:
    one = connection(talk(HELLO, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
    assert (one.client_hello, one.server_name) == (True, "orders.shop.svc")
    assert one.plain_answer_line == 5


def test_an_alert_is_told_with_its_sender_and_packet() -> None:
    made = talk(HELLO, SERVER_HELLO)
    made.send(0, PSH | ACK, 1.1, ALERT)
    one = connection(made)
    assert [(a.by, a.level, a.description, a.line) for a in one.alerts] == [
        (Peer.CLIENT, "fatal", "unknown_ca", 7)
    ]
    assert one.plain_answer_line == 0


def late(payload: bytes, first: bytes, answer: bytes) -> TcpConnection:
    made = talk(first, answer)
    made.send(1, FIN | ACK, 5.0)
    made.send(0, PSH | ACK, 5.001, payload, ack=made.seqs[1] - 1)
    return connection(made)


@pytest.mark.parametrize(
    ("payload", "first", "answer", "request_"),
    [
        (DATA, HELLO, SERVER_HELLO, True),
        (GOODBYE, HELLO, SERVER_HELLO, False),
        (b"\0\0\4\1\5\0\0\0\3abcd", PREFACE, PREFACE[24:], True),
        (b"\0\0\x08\7\0\0\0\0\0" + bytes(8), PREFACE, PREFACE[24:], False),
    ],
)
def test_a_goodbye_after_the_servers_fin_is_no_request(
    payload: bytes, first: bytes, answer: bytes, *, request_: bool
) -> None:
    closing = late(payload, first, answer).closing
    assert closing is not None
    assert (closing.late_bytes, closing.late_request) == (len(payload), request_)


def test_an_answer_that_is_no_http_is_told_with_the_packet() -> None:
    one = connection(
        talk(REQUEST, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
    )
    assert (one.malformed_by, one.malformed_line) == (Peer.SERVER, 5)
    assert "Content-Length" in one.malformed


def test_a_head_request_and_an_interim_answer_do_not_shift_the_answers() -> None:
    made = Talk().open()
    made.exchange(1.0, REQUEST.replace(b"GET", b"HEAD"), ANSWER[:-2])
    made.exchange(2.0, REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER.replace(b"200", b"418"))
    assert [found.status for found in connection(made).requests] == [200, 418]


def test_beyond_the_budget_requests_are_counted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech.Budget, "__init__", lambda self: setattr(self, "exchanges", 1))
    one = connection(Talk().open().exchange(1.0).exchange(2.0))
    assert (len(one.requests), one.request_count) == (1, 2)
