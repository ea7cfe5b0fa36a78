from typing import Any

import pytest

from tests.evidence.capture.frames import (
    ACK,
    ANSWER,
    FIN,
    PSH,
    REQUEST,
    RST,
    START,
    SYN,
    Talk,
    pcap,
)
from tests.evidence.capture.frames import connections as read_connections
from tests.mesh import build
from why503.facts import Peer, TcpConnection
from why503.mesh import Mesh
from why503.mesh.captured import (
    Captured,
    Shape,
    at_work,
    captured_on,
    closed_for_idleness,
    cut_together,
    cut_when_new,
    failures_on,
    no_idle_close,
    packets,
    plain_refused,
    words_of_close,
)

UPSTREAM = "10.0.0.7:8080"
HELLO = bytes.fromhex("160301002f0100002b0303") + bytes(32) + bytes.fromhex("000002130101000000")
ALERT = bytes.fromhex("15030300020230")  # fatal, unknown_ca
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")


def read(*talks: Talk) -> list[TcpConnection]:
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda found: found[0])
    found, unread = read_connections(pcap(frames))
    assert not unread
    return found


def shapes(*talks: Talk) -> list[Shape]:
    return [failed.shape for found in read(*talks) for failed in failures_on(found)]


def race(port: int = 40000, at: float = 6.0, last: float = 1.0) -> Talk:
    talk = Talk(port=port).open(last - 0.5).exchange(last)
    talk.send(1, FIN | ACK, at)
    talk.send(0, PSH | ACK, at + 0.5, REQUEST, ack=talk.seqs[1] - 1)
    talk.send(1, RST, at + 0.501)
    return talk


def cut(port: int = 40000, begin: float = 0.0, work: float = 0.3, how: int = FIN | ACK) -> Talk:
    talk = Talk(port=port).open(begin)
    talk.send(0, PSH | ACK, begin + 1.0, REQUEST)
    talk.send(1, ACK, begin + 1.0001)
    talk.send(1, how, begin + 1.0001 + work)
    return talk


def spoken(asked: bytes, answered: bytes) -> Talk:
    talk = Talk().open()
    talk.send(0, PSH | ACK, 1.0, asked)
    talk.send(1, PSH | ACK, 1.01, answered)
    talk.send(0, FIN | ACK, 1.02)
    return talk


def lone_syn(answer: int | None = None) -> Talk:
    talk = Talk()
    talk.send(0, SYN, 0.0)
    if answer is None:
        talk.send(0, SYN, 1.0, seq=100)
    else:
        talk.send(1, answer, 0.2)
    return talk


def late_syn_ack() -> Talk:
    talk = lone_syn(SYN | ACK)
    talk.send(0, RST, 0.2001)
    return talk


def silent() -> Talk:
    talk = Talk().open().exchange(1.0)
    talk.send(0, PSH | ACK, 300.0, REQUEST)
    for at in (300.2, 300.6, 301.4):
        talk.send(0, PSH | ACK, at, REQUEST, seq=talk.seqs[0] - len(REQUEST))
    return talk


def lost() -> Talk:
    talk = Talk().open().exchange(1.0)
    talk.send(0, PSH | ACK, 300.0, REQUEST)
    talk.send(1, RST, 300.001)
    return talk


def left() -> Talk:
    talk = Talk().open()
    talk.send(0, PSH | ACK, 1.0, REQUEST)
    talk.send(1, ACK, 1.001)
    talk.send(0, FIN | ACK, 4.0)
    return talk


def failed_answer() -> Talk:
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    return Talk().open().exchange(1.0, answer=answer)


@pytest.mark.parametrize(
    ("talk", "shape"),
    [
        (race(), Shape.RACE),
        (cut(), Shape.CUT),
        (lone_syn(), Shape.UNANSWERED),
        (lone_syn(RST | ACK), Shape.REFUSED),
        (late_syn_ack(), Shape.LATE_SYN_ACK),
        (silent(), Shape.SILENT),
        (lost(), Shape.LOST),
        (left(), Shape.CLIENT_LEFT),
        (failed_answer(), Shape.ERROR_ANSWER),
        (spoken(HELLO, ANSWER), Shape.PLAIN_ANSWER),
        (spoken(REQUEST, ALERT), Shape.PLAIN_TO_TLS),
        (spoken(HELLO, ALERT), Shape.ALERT),
        (spoken(PREFACE, ANSWER), Shape.OTHER_VERSION),
        (spoken(REQUEST, b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), Shape.BAD_ANSWER),
    ],
    ids=lambda told: told.value if isinstance(told, Shape) else "",
)
def test_a_failing_connection_is_told_by_its_shape(talk: Talk, shape: Shape) -> None:
    assert shapes(talk) == [shape]


def test_a_connection_that_ends_in_peace_is_no_failure() -> None:
    quiet = Talk().open().exchange(1.0)
    quiet.send(1, FIN | ACK, 6.0)
    quiet.send(0, FIN | ACK, 6.001)
    assert shapes(quiet) == []
    assert shapes(Talk().open().exchange(1.0)) == []


def mesh(*talks: Talk, **told: Any) -> Mesh:
    line = {"upstream_host": UPSTREAM, "at": 6.0, "duration": 1.0, **told}
    return build.mesh(build.log(build.outbound(503, "UC", **line)), *read(*talks))


def found_on(made: Mesh, *shapes: Shape) -> tuple[Captured, ...]:
    return captured_on(made.hops[0], made, *shapes)


def ports(found: tuple[Captured, ...]) -> list[str]:
    return [failed.connection.client.rpartition(":")[2] for failed in found]


def test_failures_of_a_hop_are_those_on_its_own_connections() -> None:
    made = mesh(race(40001), race(40002), upstream_local="10.0.0.1:40002")
    assert ports(found_on(made, Shape.RACE)) == ["40002"]
    assert found_on(made, Shape.CUT) == ()


def test_without_the_connection_they_are_those_of_the_same_time() -> None:
    made = mesh(race(40001), race(40002, at=906.0, last=900.0))
    assert ports(found_on(made, Shape.RACE)) == ["40001"]


def test_a_capture_of_another_leg_says_nothing_of_the_hop() -> None:
    inside = Talk(client="127.0.0.6").open().exchange(1.0)
    inside.send(1, FIN | ACK, 6.0)
    inside.send(0, PSH | ACK, 6.5, REQUEST, ack=inside.seqs[1] - 1)
    assert found_on(mesh(inside), Shape.RACE) == ()


def test_a_race_is_shown_by_the_fin_and_the_request() -> None:
    (found,) = found_on(mesh(race()), Shape.RACE)
    assert [source.line for source in found.sources] == [7, 8]
    assert packets((found, found), most=1) == found.sources
    assert (found.how, round(found.late_after or 0, 3)) == ("FIN", 0.5)


def closed_idle(*talks: Talk) -> bool:
    made = mesh(*talks)
    return closed_for_idleness(found_on(made, Shape.RACE), made.hops[0], made)


def test_alike_pauses_before_the_close_are_idleness() -> None:
    assert closed_idle(race(40001), race(40002, at=9.1, last=4.0))
    assert not closed_idle(race(40001, at=1.2))
    assert not closed_idle(race(40001), race(40002, at=12.0, last=2.0))


def test_a_server_that_closes_everything_at_once_is_not_idle() -> None:
    other = Talk(port=40009).open(4.0).exchange(5.5)
    other.send(1, FIN | ACK, 6.001)
    assert not closed_idle(race(40001), other)


def test_requests_that_were_taken_are_told_from_those_cut_at_once() -> None:
    made = mesh(cut(40001, 5.0), cut(40002, 5.5, how=RST | ACK))
    worked = found_on(made, Shape.CUT)
    assert at_work(worked) == pytest.approx(0.3, abs=0.01)
    assert cut_when_new(worked) == ()
    assert not cut_together(worked)
    assert cut_together(found_on(mesh(cut(40001, 5.0), cut(40002, 5.01)), Shape.CUT))


def test_new_connections_cut_at_their_first_request_are_plain_text_refused() -> None:
    made = mesh(cut(work=0.0003, begin=5.0, how=RST | ACK))
    assert at_work(found_on(made, Shape.CUT)) is None
    assert len(plain_refused(made.hops[0], made)) == 1


def test_who_sent_the_alert_is_told() -> None:
    (found,) = failures_on(read(spoken(HELLO, ALERT))[0])
    assert (found.by, found.detail) == (Peer.SERVER, "unknown_ca")


def test_the_close_is_put_in_words() -> None:
    (found,) = found_on(mesh(race()), Shape.RACE)
    assert words_of_close(found) == {"how": "FIN", "idle": "4.99 s", "gap": "500 ms later"}


def test_requests_taken_or_lost_met_no_idle_close() -> None:
    for talk in (cut(begin=5.0), lost()):
        made = mesh(talk, at=301.0 if talk.frames[-1][0] > START + 100 else 6.0)
        assert len(no_idle_close(made.hops[0], made)) == 1
    made = mesh(race())
    assert no_idle_close(made.hops[0], made) == ()
