# ruff: noqa: E501 - log lines are kept whole

import json

import pytest

from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import ztunnel_log
from why503.facts import ProxyEvent, ProxyEventKind, Tunnel

AT = "2031-03-04T05:06:07.008123Z"
FIELDS = (
    'src.addr=10.9.1.5:41000 src.workload="guest-1" dst.addr=10.9.2.7:15008 dst.hbone_addr=10.9.2.7:9191 '
    'dst.service="beans.bar.svc" dst.workload="beans-1" direction="outbound" bytes_sent=12 bytes_recv=0 '
    'duration="10001ms" error="connection failed: \\"late\\""'
)
LINE = f"{AT}\terror\taccess\tconnection complete\t{FIELDS}"


def facts(text: str) -> list[object]:
    return list(read_lines(ztunnel_log, text)[0].facts)


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        LINE.replace("\t", "    "),
        f"{AT} ERROR access: connection complete {FIELDS}",
    ],
)
def test_a_connection_is_told_in_full(line: str) -> None:
    (tunnel,) = facts(line)
    assert isinstance(tunnel, Tunnel)
    assert (tunnel.level, tunnel.message) == ("error", "connection complete")
    assert (tunnel.direction, tunnel.source_workload) == ("outbound", "guest-1")
    assert (tunnel.target_address, tunnel.bytes_sent, tunnel.duration) == (
        "10.9.2.7:9191",
        12,
        10001,
    )
    assert tunnel.error.startswith("connection failed")
    assert tunnel.time is not None


def test_json_tells_the_same() -> None:
    data = {
        "level": "error",
        "time": AT,
        "scope": "access",
        "message": "connection complete",
        "dst.addr": "10.9.2.7:15008",
        "bytes_recv": 5,
        "error": "http status: 503",
    }
    (tunnel,) = facts(json.dumps(data))
    assert isinstance(tunnel, Tunnel)
    assert (tunnel.error, tunnel.bytes_received) == ("http status: 503", 5)


def test_a_trouble_at_level_info_is_an_event() -> None:
    (event,) = facts(f"{AT}\tinfo\tinpod::statemanager\tretrying workload failed: failed to bind")
    assert isinstance(event, ProxyEvent)
    assert event.kind is ProxyEventKind.ZTUNNEL_ERROR
    assert "failed to bind" in event.text


def test_a_start_line_is_claimed_without_a_fact() -> None:
    reading, claimed = read_lines(
        ztunnel_log, f"{AT}\tinfo\tdns::server\tstarting local DNS server"
    )
    assert (reading.facts, claimed) == ([], [1])


def test_lines_of_other_programs_are_left_alone() -> None:
    text = f"{AT}\terror\txdsproxy\tupstream error\n{AT}\tinfo\tads\tCDS: PUSH for node:x"
    assert read_lines(ztunnel_log, text)[1] == []


def test_no_text_makes_it_raise() -> None:
    assert_never_raises(ztunnel_log, LINE)


def test_a_connection_past_the_waypoint_is_a_trouble_whatever_its_level():
    line = f"{AT}  INFO inbound{{id=ab peer_ip=10.9.1.1}}: ztunnel::proxy::inbound: bypassed waypoint conn=10.9.1.1(x)->10.9.2.2:80"
    (event,) = facts(line)
    assert isinstance(event, ProxyEvent)
    assert event.kind is ProxyEventKind.ZTUNNEL_ERROR
    assert "bypassed waypoint" in event.text


def test_a_wrapped_line_is_put_together_again() -> None:
    text = 'access  connection complete\n  dst.addr=10.9.2.7:15008\n  error="http status: 503"\nend'
    reading, claimed = read_lines(ztunnel_log, text)
    (tunnel,) = reading.facts
    assert isinstance(tunnel, Tunnel)
    assert (tunnel.destination_address, tunnel.error) == ("10.9.2.7:15008", "http status: 503")
    assert claimed == [1, 2, 3]


def test_fields_that_follow_nothing_are_left_alone() -> None:
    assert read_lines(ztunnel_log, 'error="http status: 503"')[1] == []


def test_a_handshake_error_without_its_head_is_an_event() -> None:
    (event,) = facts("tls handshake error: Custom { kind: InvalidData, error: X(Expired) }")
    assert isinstance(event, ProxyEvent)
    assert not facts("tls handshake error: EOF")
