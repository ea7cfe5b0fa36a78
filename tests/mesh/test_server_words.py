import pytest

from tests.mesh.build import inbound, log, mesh
from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.server_words import last_words, sent_away_for_age, server_said

FAILED = inbound(503, "-", details="via_upstream", duration=100.0)


def said(after, *, teller="server", kind=AppEventKind.ERROR, program=""):
    event = AppEvent(
        source=Source(path="app.log", line=3),
        kind=kind,
        teller=teller,
        program=program,
        time=None if after is None else (FAILED.time or 0.0) + after,
    )
    given = mesh(log(FAILED), event)
    return bool(server_said(given.hops[0], given, frozenset({AppEventKind.ERROR})))


@pytest.mark.parametrize(("after", "near"), [(0.1, True), (-4.0, True), (9.0, False), (None, True)])
def test_lines_count_near_a_failure_or_without_a_time(after, near):
    assert said(after) is near


def test_other_kinds_and_other_programs_do_not_speak_for_the_server():
    assert not said(0.1, kind=AppEventKind.SHUTDOWN)
    assert not said(0.1, teller="somebody")
    assert not said(0.1, program="vmalert")


def words(kind, text, time=None):
    return AppEvent(
        source=Source(path="app.log", line=4), kind=kind, teller="server", text=text, time=time
    )


@pytest.mark.parametrize(
    ("text", "time", "dying"),
    [
        ("panic: assignment to entry in nil map", None, True),
        ("FATAL ERROR: Reached heap limit", None, True),
        ("Uncaught TypeError: x is undefined", None, False),
        ("panic: assignment to entry in nil map", 1.0, False),
    ],
)
def test_last_words_are_those_after_which_no_process_goes_on_and_no_time_is_told(text, time, dying):
    given = mesh(log(FAILED), words(AppEventKind.CRASH, text, time))
    assert bool(last_words(given.hops[0], given)) is dying


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('received prior goaway: code: NO_ERROR, debug data: "max_age"', True),
        ("Connection closed after GOAWAY. HTTP/2 error code: NO_ERROR, debug data: max_age", True),
        ('received prior goaway: code: NO_ERROR, debug data: "graceful_stop"', False),
        ("cookie with max_age is gone", False),
    ],
)
def test_a_goaway_for_the_age_of_the_connection_is_known(text, told):
    assert bool(sent_away_for_age(mesh(words(AppEventKind.CALL_FAILED, text)))) is told
