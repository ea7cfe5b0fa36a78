"""What only a capture file can show, as clues of the causes."""

from pathlib import Path

import pytest

from tests.evidence.capture.frames import ACK, ANSWER, FIN, PSH, REQUEST, RST, Talk, pcap
from tests.mesh.test_captured import ALERT, HELLO, PREFACE, cut, lost, race, silent, spoken
from why503.causes import CATALOGUE
from why503.diagnosis.diagnose import diagnose
from why503.diagnosis.finding import Diagnosis
from why503.evidence import read_paths
from why503.evidence.reader import Options

LINE = (
    '[2025-06-15T15:06:46.500Z] "GET /orders/7 HTTP/1.1" 503 UC '
    "upstream_reset_before_response_started{connection_termination} - "
    '"-" 0 95 1 - "-" "-" "abc-1" "orders" "10.0.0.7:8080" '
    "inbound|8080|| 127.0.0.6:40000 10.0.0.7:8080 10.0.0.1:5000 - default\n"
)


def answer(folder: Path, *talks: Talk, log: str = "") -> Diagnosis:
    frames = sorted((frame for talk in talks for frame in talk.frames), key=lambda found: found[0])
    (folder / "made.pcap").write_bytes(pcap(frames))
    if log:
        (folder / "access.log").write_text(log, encoding="utf-8")
    return diagnose(read_paths([str(folder)], Options()), CATALOGUE)


BAD = b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"


@pytest.mark.parametrize(
    ("talk", "cause"),
    [
        (spoken(HELLO, ALERT), "certificate-invalid"),
        (spoken(PREFACE, ANSWER), "h2-mismatch"),
        (spoken(REQUEST, BAD), "protocol-error"),
        (race(), "keepalive-race"),
        (silent(), "stale-connection"),
    ],
)
def test_a_capture_alone_proves(talk: Talk, cause: str, tmp_path: Path) -> None:
    first = answer(tmp_path, talk).findings[0]
    assert (first.cause, first.verdict.value) == (cause, "proven")
    places = [clue.source.path for clue in first.clues if clue.source is not None]
    assert any(path.endswith("made.pcap") for path in places)


@pytest.mark.parametrize(
    ("talks", "cause"),
    [
        ((spoken(HELLO, ANSWER),), "mtls-mismatch"),
        (tuple(cut(port, 5.0, 0.0002, RST | ACK) for port in (1, 2, 3)), "mtls-mismatch"),
        ((lost(),), "stale-connection"),
        ((cut(1, 1.0), cut(2, 9.0, 0.6)), "upstream-reset"),
    ],
)
def test_a_capture_speaks_for(talks: tuple[Talk, ...], cause: str, tmp_path: Path) -> None:
    assert answer(tmp_path, *talks).findings[0].cause == cause


def inside(fin_after: float) -> Talk:
    talk = Talk(client="127.0.0.6").open().exchange(1.0)
    if fin_after < 0:
        talk.send(1, FIN | ACK, 6.4)
        talk.send(0, PSH | ACK, 6.5, REQUEST, ack=talk.seqs[1] - 1)
        talk.send(1, RST, 6.501)
        return talk
    talk.send(0, PSH | ACK, 6.5, REQUEST)
    talk.send(1, ACK, 6.5001)
    talk.send(1, FIN | ACK, 6.5 + fin_after)
    return talk


def test_a_capture_beside_a_log_proves_its_failures(tmp_path: Path) -> None:
    found = answer(tmp_path, inside(-1), log=LINE).findings
    assert [(one.cause, one.failures) for one in found] == [("keepalive-race", 1)]
    assert found[0].verdict.value == "proven"


def test_a_close_amid_the_work_speaks_against_the_race(tmp_path: Path) -> None:
    line = LINE.replace('"-" 0 95 1 -', '"-" 0 95 200 -')
    found = answer(tmp_path, inside(0.2), log=line).findings
    assert found[0].cause == "upstream-reset"
    assert "keepalive-race" not in {one.cause for one in found if one.confidence > 0.2}


def test_who_gave_a_capture_is_not_asked_for_it(tmp_path: Path) -> None:
    asked = [check.command for check in answer(tmp_path, inside(0.2), log=LINE).next_checks]
    assert not any("tcpdump" in command for command in asked)
    without = tmp_path / "without"
    without.mkdir()
    (without / "access.log").write_text(LINE, encoding="utf-8")
    asked = [
        check.command
        for check in diagnose(read_paths([str(without)], Options()), CATALOGUE).next_checks
    ]
    assert any("tcpdump" in command for command in asked)
