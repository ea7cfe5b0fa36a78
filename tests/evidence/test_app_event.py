# ruff: noqa: E501 - log lines are kept whole

import pytest

from why503.evidence.app_event import told_by
from why503.facts import AppEventKind


def test_a_status_alone_is_no_call() -> None:
    told = told_by("job 503 finished", "info")
    assert told is None


def test_a_refused_call_inside_envoys_body_stays_a_call() -> None:
    body = (
        "upstream connect error or disconnect/reset before headers. reset reason: remote connection "
        "failure, transport failure reason: delayed connect error: Connection refused"
    )
    told = told_by(f"GET \"http://b/x\": unexpected status code 503: '{body}'", "error")
    assert told is not None
    assert (told.kind, told.body) == (AppEventKind.CALL_FAILED, body)


@pytest.mark.parametrize("message", ["GET http://b/x: socket hang up", "Get http://b/x: EOF"])
def test_a_call_without_an_answer_has_neither_code_nor_body(message: str) -> None:
    told = told_by(message, "error")
    assert told is not None
    assert (told.kind, told.code, told.body) == (AppEventKind.CALL_FAILED, None, None)


def test_another_line_at_level_error_is_an_error() -> None:
    told = told_by("no beans", "error")
    assert told is not None
    assert told.kind is AppEventKind.ERROR
    assert told_by("no beans", "info") is None


@pytest.mark.parametrize(
    "message",
    [
        "dial tcp 10.0.0.9:5432: connect: connection refused",
        "connect ECONNREFUSED 10.0.0.9:5432",
        "ConnectionRefusedError: [Errno 111] Connect call failed ('10.0.0.9', 5432)",
    ],
)
def test_a_refused_call_tells_what_was_dialled(message: str) -> None:
    told = told_by(message, "error")
    assert told is not None
    assert (told.kind, told.url) == (AppEventKind.CONNECTION_REFUSED, "tcp://10.0.0.9:5432")
