import pytest

from tests.mesh.build import inbound, log, mesh
from why503.facts import AppEvent, AppEventKind, Source
from why503.mesh.server_words import server_said

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
