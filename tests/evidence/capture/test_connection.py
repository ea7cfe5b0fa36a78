import pytest

from tests.evidence.capture.frames import ANSWER, REQUEST, Talk, connection
from why503.evidence.capture import connection as kept


def test_only_the_last_requests_are_kept_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from why503.evidence.capture import speech

    monkeypatch.setattr(speech, "REQUESTS_KEPT", 3)
    talk = Talk().open()
    for number in range(5):
        talk.exchange(float(number + 1), REQUEST.replace(b"/7", f"/{number}".encode()), ANSWER)
    one = connection(talk)
    assert [found.path for found in one.requests] == ["/orders/2", "/orders/3", "/orders/4"]
    assert (one.request_count, {found.status for found in one.requests}) == (5, {200})
    assert kept.REQUESTS_KEPT == 1000


def test_a_request_knows_its_answer_with_packet_and_times() -> None:
    found = connection(Talk().open().exchange(1.0)).requests[0]
    assert (found.line, found.answer_line, found.status) == (4, 5, 200)
    assert (found.method, found.host, found.request_id) == ("GET", "orders", "abc-1")
    assert found.answered is not None
    assert found.answered - found.time == pytest.approx(0.01, abs=1e-5)
    assert found.end == found.answered
