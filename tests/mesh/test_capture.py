from typing import Any

import pytest

from tests.mesh import build
from tests.mesh.build import START
from why503.facts import (
    CloseKind,
    Closing,
    Handshake,
    Peer,
    Request,
    Source,
    TcpConnection,
    TlsAlert,
)
from why503.mesh import capture as asked

SERVER = "10.1.0.7:8080"


def connection(line: int = 1, **told: Any) -> TcpConnection:
    """An opened connection to the hop's upstream host, watched for a minute."""
    plain: dict[str, Any] = {
        "client": f"10.1.0.9:{40000 + line}",
        "server": SERVER,
        "client_known": True,
        "first": START,
        "last": START + 1,
        "captured_until": START + 60,
        "handshake": Handshake(line=line, time=START, answered=START + 0.001),
    }
    return TcpConnection(source=Source(path="c.pcap", line=line), **{**plain, **told})


def closing(by: Peer = Peer.SERVER, **told: Any) -> Closing:
    return Closing(line=9, time=START + 30, by=by, how=CloseKind.FIN, **told)


def of_first_hop(request: Request, *found: TcpConnection) -> list[int]:
    made = build.mesh(build.log(request), *found)
    return [one.source.line for one in asked.connections_of(made, made.hops[0])]


LATE = closing(late_bytes=99, late_request=True, late_time=START + 30.002, idle=5.0)
ELSEWHERE = (
    connection(1),
    connection(2, server="10.1.0.7:9090"),
    connection(3, server="10.1.0.8:8080"),
    connection(4, server="[fd00::7]:8080"),
)


def test_a_hops_connections_go_to_its_upstream_hosts() -> None:
    assert of_first_hop(build.outbound(503, "UC", upstream_host=SERVER), *ELSEWHERE) == [1]
    in_six = build.outbound(503, "UC", upstream_host="[fd00::7]:8080")
    assert of_first_hop(in_six, *ELSEWHERE) == [4]


def test_without_an_upstream_host_they_go_to_the_hops_port() -> None:
    nameless = build.outbound(503, "UF", upstream_host=None)
    assert of_first_hop(nameless, *ELSEWHERE) == [1, 3, 4]


def test_of_the_legs_to_one_pod_only_the_hops_own_count() -> None:
    legs = (connection(1), connection(2, client="127.0.0.6:40000"))
    assert of_first_hop(build.outbound(503, "UC"), *legs) == [1]
    assert of_first_hop(build.inbound(503, "UC"), *legs) == [2]


def test_a_connection_of_a_pod_to_its_own_proxy_does_not_stay_within() -> None:
    assert asked.within_pod(connection(client="10.1.0.7:40000"))
    assert not asked.within_pod(connection(client="10.1.0.7:40000", server="10.1.0.7:15006"))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"syns": 2}, True),
        ({}, True),
        ({"answered": START + 3}, False),
        ({"syns": 2, "refused": START + 0.1}, False),
        ({"syns": 2, "unreachable": "admin prohibited"}, False),
    ],
    ids=["sent again", "watched for long", "answered late", "refused", "unreachable"],
)
def test_a_syn_is_unanswered_when_nobody_said_anything(told: Any, expected: bool) -> None:
    opening = Handshake(line=1, time=START, **told)
    assert asked.never_answered(connection(handshake=opening)) is expected


def test_the_end_of_the_capture_is_no_silence() -> None:
    last = Handshake(line=1, time=START + 59.9)
    assert not asked.never_answered(connection(handshake=last))
    assert not asked.never_answered(connection(handshake=None))


def test_alerts_that_say_goodbye_are_left_out() -> None:
    def alert(description: str) -> TlsAlert:
        return TlsAlert(line=3, time=START, by=Peer.CLIENT, level="fatal", description=description)

    told = connection(alerts=(alert("unknown_ca"), alert("close_notify"), alert("")))
    assert [one.description for one in asked.alerts_of(told)] == ["unknown_ca"]


def test_a_constant_number_of_requests_before_the_close_is_found() -> None:
    same = [connection(n, request_count=101, closing=LATE) for n in range(1, 4)]
    assert asked.constant_count(same) == 100
    assert asked.constant_count(same[:2]) is None
    assert asked.constant_count([*same, connection(9, request_count=7, closing=LATE)]) is None


def test_only_whole_connections_that_the_server_closed_are_counted() -> None:
    same = [connection(n, request_count=101, closing=LATE) for n in range(1, 4)]
    others = (
        connection(7, request_count=5, closing=LATE, handshake=None),
        connection(8, request_count=5, closing=closing(Peer.CLIENT)),
        connection(9, request_count=5),
    )
    assert asked.constant_count([*same, *others]) == 100
