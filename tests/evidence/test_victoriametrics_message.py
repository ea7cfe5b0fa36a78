# ruff: noqa: E501 - log lines are kept whole

from why503.evidence.victoriametrics_message import event_of
from why503.facts import AppEventKind


def test_vmagents_words_for_a_failed_write_are_understood() -> None:
    event = event_of(
        'unexpected status code received after sending a block with size 9 bytes to "http://b/w" '
        'during retry #3: 503; response body="no healthy upstream"; re-sending the block in 2.0 seconds',
        "error",
    )
    assert event is not None
    assert (event.kind, event.attempt, event.code) == (AppEventKind.WRITE_FAILED, 3, 503)
    assert (event.text, event.retriable) == ("no healthy upstream", True)


def test_a_network_errors_reason_ends_before_the_length() -> None:
    event = event_of(
        'attempt 1 to send request failed: error while sending request to http://b/w: Post "http://b/w": '
        "EOF; Data len 9(8) (retriable: true)",
        "warn",
    )
    assert event is not None
    assert event.text == 'Post "http://b/w": EOF'
    assert event.retriable is True


def test_saturation_and_errors_are_told_and_other_words_are_not() -> None:
    busy = event_of("cannot process insert request for 60 seconds because 4 concurrent", "error")
    assert busy is not None
    assert busy.kind is AppEventKind.OVERLOADED
    assert event_of("all is well", "info") is None
